/** The written modules as text: what the writer would write, self-contained, and what the JIT evaluates. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.ts";
import { jit } from "../../src/index.ts";
import { formatModule } from "../../src/writer/packages.ts";
import { generate } from "../../src/writer/index.ts";
import { compileOptionsOf, entries, exportedNames, MANIFEST, moduleText, ROOT } from "./kernels.ts";

const FOLDER = fileURLToPath(new URL("generated", ROOT));

function filesOf(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "latin1")]),
  );
}

/** A module without its types and comments, laid out anew. */
function withoutTypes(text: string, target: "typescript" | "javascript"): Promise<string> {
  const { outputText } = ts.transpileModule(text, {
    fileName: target === "typescript" ? "kernel.ts" : "kernel.js",
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, allowJs: true, removeComments: true },
  });
  return formatModule(outputText, "javascript");
}

describe("the folder of generated modules", () => {
  it("is what the writer would write", async () => {
    const report = await generate(fileURLToPath(MANIFEST), { out: FOLDER, check: true });
    expect(report).toEqual({
      written: [],
      unchanged: [...entries.map(({ name }) => `${name}.ts`), "index.ts"].sort(),
      removed: [],
      missing: [],
      stale: [],
      orphaned: [],
    });
  });

  it("is, byte for byte, what a second run writes elsewhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "einsmith-"));
    try {
      await generate(fileURLToPath(MANIFEST), { out: folder });
      expect(filesOf(folder)).toEqual(filesOf(FOLDER));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("exports every kernel of the manifest from its index", () => {
    expect([...exportedNames].sort()).toEqual(entries.map(({ name }) => name).sort());
  });
});

describe("the module of", () => {
  describe.each(entries)("$name", (entry) => {
    const { name, spec, description = "" } = entry;
    const text = moduleText(name);

    it("imports nothing", () => {
      expect(ts.preProcessFile(text, true, true).importedFiles).toEqual([]);
      expect(text).not.toMatch(/\b(require|import|globalThis|process)\b/);
    });

    it("is the text of the JIT's kernel but for types", async () => {
      const rest = text.slice(text.indexOf("\n\n") + 2);
      const paragraph = ` * ${description}\n *\n`;
      expect(rest).toContain(paragraph);
      const written = await withoutTypes(rest.replace(paragraph, ""), "typescript");
      const { source, compilation } = jit(spec, compileOptionsOf(entry));
      const { main, routines } = compilation.source;
      for (const line of [main, ...routines].flatMap(({ documentation }) => documentation)) expect(rest).toContain(line);
      expect(written).toBe(await withoutTypes(source, "javascript"));
    });

    it("has no function too large for V8 to optimise", () => {
      const { main, routines } = compile(spec, compileOptionsOf(entry)).source;
      const sizes = [main, ...routines].map(({ bytecode }) => bytecode);
      // Twice the 20 KB up to which unrolling pays; V8 gives up at 60 KB.
      expect(Math.max(...sizes)).toBeLessThan(40_000);
    });
  });
});

describe("the estimate of bytecode", () => {
  it.each(["matmul8", "avgPool2x2", "conv3x3Small"])("is within a quarter of what V8 says of %s", (name) => {
    const entry = entries.find((candidate) => candidate.name === name);
    if (!entry) throw new Error(`the manifest has no ${name}`);
    const { main, routines } = compile(entry.spec, compileOptionsOf(entry)).source;
    const script = ts.transpileModule(moduleText(name).replace("export function", "function"), {
      compilerOptions: { target: ts.ScriptTarget.ES2022 },
    }).outputText;
    const { kernel } = compile(entry.spec, compileOptionsOf(entry));
    const lengths = kernel.operands.map(({ length }) => length);
    const arrayName = kernel.output.dtype === "float32" ? "Float32Array" : "Float64Array";
    const call = `${name}(...${JSON.stringify(lengths)}.map((length) => new ${arrayName}(length)));`;
    for (const { name: called, bytecode } of [main, ...routines]) {
      const flags = ["--print-bytecode", `--print-bytecode-filter=${called}`];
      const printed = execFileSync(process.execPath, [...flags, "--eval", `${script}\n${call}`], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      });
      const actual = Number(/^Bytecode length: (\d+)$/m.exec(printed)?.[1]);
      expect(bytecode / actual).toBeGreaterThan(3 / 4);
      expect(bytecode / actual).toBeLessThan(5 / 4);
    }
  });
});
