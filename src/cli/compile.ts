/** `einsmith compile`: the source of a kernel, printed or written to a file. */
import type { Command } from "commander";
import type { Target } from "../emit/source.ts";
import { formatModule } from "../writer/format.ts";
import { deliver } from "./files.ts";
import type { Io } from "./io.ts";
import {
  addCodeOptions,
  addMeaningOptions,
  addSearchOptions,
  addResultOptions,
  addShapeOption,
  addSpecArgument,
  compileKernel,
  compileOptionsOf,
  type KernelArguments,
} from "./kernel-options.ts";

interface CompileArguments extends KernelArguments {
  readonly out?: string;
}

const EXAMPLE = `
Example: a 3 x 3 convolution with padding 1, as a TypeScript module (by the ending of its name); its gradient by the input
  $ einsmith compile 'bi(y+u-1)(x+v-1),oiuv->boyx' --shape 2,3,32,32 --shape 8,3,3,3 --out convolution.ts
  $ einsmith compile 'bi(y+u-1)(x+v-1),oiuv->boyx' --shape 2,3,32,32 --shape 8,3,3,3 --operands in,w --grad in`;

/** Adds the command `compile`. */
export function addCompileCommand(program: Command, io: Io): void {
  const command = program.command("compile").description("print or write the source of a kernel");
  addSpecArgument(command);
  addShapeOption(command);
  addMeaningOptions(command);
  addSearchOptions(command);
  addResultOptions(command);
  addCodeOptions(command)
    .option("-o, --out <file>", "write the source there, whole or not at all; - prints it")
    .addHelpText("after", EXAMPLE)
    .action(async (spec: string, given: CompileArguments) => {
      const target = given.target ?? targetOf(given.out);
      const { source } = compileKernel(spec, given, { ...compileOptionsOf(given), target });
      const text = await formatModule(source.text, target);
      if (given.out === undefined) return void io.stdout.write(text);
      await deliver(io, given.out, text, `${source.name}, ${target}, ${text.length} characters`);
    });
}

/** A file's name tells the language where no option does. */
function targetOf(file: string | undefined): Target {
  return file !== undefined && /\.[cm]?ts$/i.test(file) ? "typescript" : "javascript";
}
