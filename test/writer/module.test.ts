import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InternalError } from "../../src/support/errors.ts";
import { writeIndex } from "../../src/writer/generate.ts";
import { OUTPUT } from "../../src/writer/manifest.ts";
import { writeModule } from "../../src/writer/module.ts";
import { handMadeSource } from "./sources.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "einsmith-module-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Evaluates a module as it would be: from its file. */
async function load(name: string, text: string): Promise<Record<string, (...args: unknown[]) => unknown>> {
  const file = join(folder, name);
  await writeFile(file, text);
  return import(pathToFileURL(file).href) as Promise<Record<string, (...args: unknown[]) => unknown>>;
}

const WRITTEN = `// first line

const rows: Float64Array = /* @__PURE__ */ new Float64Array(3);

/** rows = x */
function fillRows(x: Float32Array): void {
  for (let i = 0; i < 3; i++) {
    rows[i] = x[i]!;
  }
}

/**
 * Twice as much.
 *
 * \`i -> i\`
 *
 * x: 3
 */
export function double(x: Float32Array, out?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
export function double(x: Float32Array, out?: Float32Array): Float32Array;
export function double(x: Float32Array, out: Float32Array = new Float32Array(3)): Float32Array {
  fillRows(x);
  for (let i = 0; i < 3; i++) {
    out[i] = 2 * rows[i]!;
  }
  return out;
}
`;

describe("a written module", () => {
  it("holds the kernel in the form of the template, and works", async () => {
    const text = await writeModule(handMadeSource(), { header: "// first line", description: "Twice as much." });
    expect(text).toBe(WRITTEN);
    const { double } = await load("double.ts", text);
    expect(double?.(new Float32Array([1, 2, 3]))).toEqual(new Float32Array([2, 4, 6]));
  });

  it("is the same text whenever it is written", async () => {
    const texts = await Promise.all([1, 2, 3].map(() => writeModule(handMadeSource(), { header: "// first line" })));
    expect(new Set(texts).size).toBe(1);
  });

  it("holds neither scratch nor routines where the source has none", async () => {
    const source = handMadeSource(
      { name: "first", scratch: [], routines: [] },
      { name: "first", documentation: [], parameters: [{ name: "x", type: "Int8Array" }], body: "return x;" },
    );
    expect(await writeModule(source, { header: "// first line" })).toBe(
      "// first line\n\nexport function first(x: Int8Array): Float32Array {\n  return x;\n}\n",
    );
  });

  it("has no types in JavaScript", async () => {
    const source = handMadeSource(
      { target: "javascript", routines: [] },
      { documentation: ["Copies."], body: "rows.set(x);\nout.set(rows);\nreturn out;" },
    );
    const text = await writeModule(source, { header: "// first line" });
    expect(text).toBe(`// first line

const rows = /* @__PURE__ */ new Float64Array(3);

/** Copies. */
export function double(x, out = new Float32Array(3)) {
  rows.set(x);
  out.set(rows);
  return out;
}
`);
    const { double } = await load("double.mjs", text);
    expect(double?.(new Float32Array([1, 2, 3]))).toEqual(new Float32Array([1, 2, 3]));
  });

  it("keeps a hostile description inside its comment", async () => {
    const hostile = "*/ export const evil = 1; /*\u2028// @ts-nocheck\n\u202e `${evil}` */";
    const text = await writeModule(handMadeSource(), { header: "// first line", description: hostile });
    expect(text).toContain(" * * / export const evil = 1; /* // @ts-nocheck \u00b7 `${evil}` * /\n");
    expect(Object.keys(await load("hostile.ts", text))).toEqual(["double"]);
  });

  it("breaks a long description at words", async () => {
    const text = await writeModule(handMadeSource(), { header: "//", description: "word ".repeat(40) });
    const lines = text.split("\n").filter((line) => line.includes("word"));
    expect(lines.map((line) => line.length)).toEqual([112, 92]);
  });

  it.each([
    ["a body that ends its function", "return out; } export function evil() {"],
    ["a body that leaves its function open", "if (x) {"],
  ])("is refused with %s", async (_, body) => {
    await expect(writeModule(handMadeSource({}, { body }), { header: "//" })).rejects.toThrow(InternalError);
  });

  it("is refused with documentation that ends its comment", async () => {
    const source = handMadeSource({}, { documentation: ["*/ const evil = 1; /*"] });
    await expect(writeModule(source, { header: "//" })).rejects.toThrow(InternalError);
  });
});

describe("the index", () => {
  it("exports every kernel, sorted by the units of their names", async () => {
    expect(await writeIndex("index.ts", ["b", "a10", "a2", "B", "__proto__"], OUTPUT)).toBe(
      [
        '// @generated by einsmith as "index.ts"',
        "// To change it, edit the manifest and run: npx einsmith generate",
        "/* eslint-disable */",
        "",
        'export { B } from "./B.js";',
        'export { __proto__ } from "./__proto__.js";',
        'export { a10 } from "./a10.js";',
        'export { a2 } from "./a2.js";',
        'export { b } from "./b.js";',
        "",
      ].join("\n"),
    );
  });

  it("is a module even without kernels", async () => {
    expect((await writeIndex("index.ts", [], OUTPUT)).split("\n").slice(3)).toEqual(["", "export {};", ""]);
  });
});
