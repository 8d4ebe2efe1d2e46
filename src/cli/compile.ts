/** `einsmith compile`: the source of a kernel, printed or written to a file. */
import type { Command } from "commander";
import { compileGradient, type SpecGradientCompilation } from "../compile-gradient.ts";
import { compile, type Compilation, type CompileOptions } from "../compile.ts";
import { DIALECTS, printModule, type ModuleForm } from "../emit/dialect.ts";
import type { Target } from "../emit/source.ts";
import { verifyCompilation } from "../loops/verify-compilation.ts";
import { fileOfDeclarations, fileTarget } from "../support/messages/files.ts";
import { speaking } from "../support/words.ts";
import { plainHeader } from "../writer/files.ts";
import { formatModule } from "../writer/packages.ts";
import { deliver, STANDARD, type Io } from "./io.ts";
import { addSpec, commandLineWords, compileOptionsOf, type Given } from "./kernel-options.ts";

interface CompileArguments extends Given {
  readonly target?: Target;
  readonly out?: string;
}

const EXAMPLE = `
Example: a 3 x 3 convolution with padding 1, as a TypeScript module (by the ending of its name); its gradient by the input
  $ einsmith compile 'bi(y+u-1)(x+v-1),oiuv->boyx' --shape 2,3,32,32 --shape 8,3,3,3 --out convolution.ts
  $ einsmith compile 'bi(y+u-1)(x+v-1),oiuv->boyx' --shape 2,3,32,32 --shape 8,3,3,3 --operands in,w --grad in`;

/** Adds the command `compile`. */
export function addCompileCommand(program: Command, io: Io): void {
  const command = program.command("compile").description("print or write the source of a kernel");
  addSpec(command, "shapes", "meaning", "search", "result", "code")
    .option(
      "-o, --out <file>",
      "write the source there, whole or not at all: TypeScript to .ts, CommonJS to .cjs, else an ES module; - prints it",
    )
    .addHelpText("after", EXAMPLE)
    .action(async (spec: string, given: CompileArguments) => {
      const { out = STANDARD } = given;
      const { target, form } = languageOf(given);
      const { source } = compileKernel(spec, given, { target });
      const code = await formatModule(printModule(source, DIALECTS[target], form), target);
      // What is printed is for readers.
      const text = out === STANDARD ? code : `${plainHeader(target)}\n\n${code}`;
      await deliver(io, out, text, `${source.name}, ${target}, ${text.length} characters`);
    });
}

/** Compiles what the arguments ask for, with some options of its own: the spec, or its gradient by an operand. */
export function compileKernel(
  spec: string,
  given: Given & { readonly grad?: string },
  own: Partial<CompileOptions> = {},
): Compilation | SpecGradientCompilation {
  const { grad } = given;
  const options = { ...compileOptionsOf(given), ...own };
  const compilation = speaking(commandLineWords("--shape"), () =>
    grad === undefined
      ? compile(spec, options)
      : compileGradient(spec, /^[0-9]+$/.test(grad) ? Number(grad) : grad, options),
  );
  verifyCompilation(compilation);
  return compilation;
}

interface Language {
  readonly target: Target;
  readonly form: ModuleForm;
}

/** What files hold by the endings of their names. */
const LANGUAGES: readonly (readonly [RegExp, Language])[] = [
  [/\.[cm]?tsx?$/i, { target: "typescript", form: "esm" }],
  [/\.cjs$/i, { target: "javascript", form: "commonjs" }],
  [/\.m?jsx?$/i, { target: "javascript", form: "esm" }],
];

/** The name of the file tells the language; an option where it does not. Refuses two that contradict each other. */
function languageOf({ out = "", target }: CompileArguments): Language {
  if (/\.d\.[cm]?ts$/i.test(out)) throw fileOfDeclarations(out);
  const told = LANGUAGES.find(([ending]) => ending.test(out))?.[1];
  if (told && target && told.target !== target) throw fileTarget(out, told.target, target);
  return told ?? { target: target ?? "javascript", form: "esm" };
}
