/** What a bundler makes of an index of written modules: a program pays for the kernels that it imports, and for no other. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { rollup } from "rollup";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { compile, compileGradient, compileLayer, maxPoolSpec } from "../../src/index.ts";
import { emitModule } from "../../src/writer/index.ts";
import { inFolder } from "../cli/harness.ts";

const GENERATED = fileURLToPath(new URL("../../generated/index.ts", import.meta.url));

type Bundle = (program: string) => Promise<string>;

const BUNDLERS: readonly (readonly [string, Bundle])[] = [
  ["esbuild", bundleByEsbuild],
  ["Rollup", bundleByRollup],
];

async function bundleByEsbuild(program: string): Promise<string> {
  const stdin = { contents: program, resolveDir: "/", loader: "ts" } as const;
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false, logLevel: "silent" });
  return outputFiles[0]?.text ?? "";
}

async function bundleByRollup(program: string): Promise<string> {
  const types = (text: string): string =>
    ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
      .outputText;
  const bundle = await rollup({
    input: "program",
    plugins: [
      {
        name: "typescript",
        resolveId: (id, importer) => {
          if (id === "program") return id;
          return id.startsWith(".") ? join(importer ?? "/", "..", id.replace(/\.js$/, ".ts")) : id;
        },
        load: (id) => (id === "program" ? program : undefined),
        transform: (text) => types(text),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  return output[0].code;
}

/** The names of everything at the top level of a bundle. */
function declared(text: string): string[] {
  const { statements } = ts.createSourceFile("bundle.js", text, ts.ScriptTarget.ES2022);
  return statements.flatMap((statement) => {
    if (ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? ""];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text);
    return ["a statement"];
  });
}

describe.each(BUNDLERS)("a bundle by %s of one kernel", (_, bundle) => {
  it("out of the generated index holds nothing of the others", async () => {
    const text = await bundle(`import { trace } from ${JSON.stringify(GENERATED)};\nconsole.log(trace);\n`);
    expect(declared(text)).toEqual(["trace", "a statement"]);
    expect(text.length).toBeLessThan(1500);
    expect(text).not.toContain("new Float64Array(5");
  });

  it("holds what that kernel needs", async () => {
    const text = await bundle(`import { conv3x3 } from ${JSON.stringify(GENERATED)};\nconsole.log(conv3x3);\n`);
    expect(declared(text)).toEqual([
      "inputPadded",
      "outRows",
      "conv3x3Step1",
      "conv3x3Step2",
      "conv3x3",
      "a statement",
    ]);
  });

  it("holds nothing of kernels with scratch of any kind", async () => {
    const target = "typescript";
    const pool = { shapes: [[64, 64]], sizes: { u: 3 }, dtype: "float32", target } as const;
    const kernels = [
      // A border that is not 0, parts of other scratch, scratch that grows, functions of numbers; positions need none.
      compile("(x + u - 1) y, y -> x", {
        ...pool,
        shapes: [[64, 8], [8]],
        reduce: "max",
        combine: "add",
        name: "filled",
      }),
      compileGradient("ij->i", 0, { shapes: [[16, 20]], reduce: "max", target, name: "positions" }),
      compile("ij,jk,kl,lm,mn->in", {
        shapes: [
          [9, 30],
          [30, 31],
          [31, 32],
          [32, 33],
          [33, 9],
        ],
        optimize: "left-to-right",
        target,
        name: "parts",
      }),
      compile("(x + k - 1), k -> x", { shapes: [["n"], [3]], target, name: "grows" }),
      compileLayer(maxPoolSpec([1, 4, 16, 16], 2, { kernelSize: 3, stride: 2, padding: 1 }), {
        dtype: "float32",
        target,
        name: "chosen",
      }),
    ];
    const initials = kernels.flatMap(({ source }) => source.scratch.map(({ initial }) => initial));
    for (const kind of [/\.fill\(/, /\.subarray\(/, /\(0\)$/, /^new Float64Array\(\d+\)$/]) {
      expect(
        initials.some((initial) => kind.test(initial)),
        String(kind),
      ).toBe(true);
    }
    await inFolder(async (folder) => {
      for (const kernel of kernels) {
        writeFileSync(join(folder, `${kernel.source.name}.ts`), await emitModule(kernel));
      }
      const path = (name: string): string => JSON.stringify(join(folder, `${name}.ts`));
      const imports = kernels.map(({ source: { name } }) => `import { ${name} } from ${path(name)};`);
      expect(declared(await bundle([...imports, "console.log(1);"].join("\n")))).toEqual(["a statement"]);
      const uses = `console.log(${kernels.map(({ source: { name } }) => name).join(", ")});`;
      expect(declared(await bundle([...imports, uses].join("\n"))).length).toBeGreaterThan(12);
    });
  });
});
