/**
 * Emitted TypeScript under the versions of TypeScript that read it: what is allocated is in memory of its own, and so
 * goes where the platform wants that; what is given stays of its kind.
 */
import { describe, expect, it } from "vitest";
import { compile, compileLayer, convSpec, type Dtype } from "../../src/index.ts";
import { mul, symbols, tensor, type LazySymbol } from "../../src/lazy/index.ts";
import { emitModule } from "../../src/writer/index.ts";
import { typeCheck, VERSIONS } from "../support/type-check.ts";

const HALVE = compile("(2*x + k - 1), k -> x", {
  shapes: [["n"], [3]],
  dtype: "float32",
  target: "typescript",
  name: "halve",
});

/** A program that type-checks where results are known to be in memory of their own. */
const STRICT = `import { halve } from "./halve.ts";
const samples = new Float32Array(12);
export const result: Float32Array<ArrayBuffer> = halve(samples, samples);
export const blob = new Blob([halve(samples, samples, new Float32Array(6))]);
`;

/** A program for every version: arrays of which nothing is known beside their class go in, and are what comes out. */
const PLAIN = `import { halve } from "./halve.ts";
export function run(samples: Float32Array, out: Float32Array): Float32Array {
  return halve(samples, samples, out);
}
export const kernel: (samples: Float32Array, taps: Float32Array, out?: Float32Array) => Float32Array = halve;
export const [first]: Float32Array = halve(new Float32Array(12), new Float32Array(3));
`;

describe("a module for TypeScript 5.7", () => {
  it.each(["5.7", "6.0"] as const)("gives results in memory of their own, under %s", async (version) => {
    const module = await emitModule(HALVE);
    expect(module).toContain("out?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer>;");
    expect(typeCheck(version, { "halve.ts": module, "strict.ts": STRICT, "plain.ts": PLAIN })).toEqual([]);
  });

  it("does not claim that of what it is given", async () => {
    const shared = `import { halve } from "./halve.ts";
const samples = new Float32Array(12);
export const result: Float32Array<ArrayBuffer> = halve(samples, samples, new Float32Array(new SharedArrayBuffer(24)));
`;
    expect(typeCheck("6.0", { "halve.ts": await emitModule(HALVE), "shared.ts": shared })).toEqual([
      "shared.ts: Type 'Float32Array<ArrayBufferLike>' is not assignable to type 'Float32Array<ArrayBuffer>'.",
    ]);
  });

  it("is none for older ones", async () => {
    expect(typeCheck("5.0", { "halve.ts": await emitModule(HALVE) })).toContain(
      "halve.ts: Type 'Float32Array' is not generic.",
    );
  });

  it("is what compile emits as text, too", () => {
    expect(typeCheck("6.0", { "halve.ts": HALVE.source.text, "strict.ts": STRICT })).toEqual([]);
  });
});

describe("a module for TypeScript 5.0", () => {
  it.each(VERSIONS)("is read by %s", async (version) => {
    const module = await emitModule(HALVE, { typescript: "5.0" });
    expect(module).not.toContain("<ArrayBuffer>");
    expect(typeCheck(version, { "halve.ts": module, "plain.ts": PLAIN })).toEqual([]);
  });

  it("cannot say where its results are", async () => {
    const module = await emitModule(HALVE, { typescript: "5.0" });
    expect(typeCheck("6.0", { "halve.ts": module, "strict.ts": STRICT })).toEqual([
      "strict.ts: Type 'Float32Array<ArrayBufferLike>' is not assignable to type 'Float32Array<ArrayBuffer>'.",
      "strict.ts: Type 'Float32Array<ArrayBufferLike>' is not assignable to type 'BlobPart'.",
    ]);
  });
});

describe("every kind of kernel", () => {
  it("gives results that a Blob takes", async () => {
    const dtypes: readonly Dtype[] = ["float64", "float32", "int8", "uint8", "int16", "uint32", "int64", "uint64"];
    const target = "typescript";
    const shapes = [[4, 5], [5]];
    const [i, k] = symbols("i k") as [LazySymbol, LazySymbol];
    const [x, w] = [tensor(i, k, { name: "x" }), tensor(k, { name: "w" })];
    const product = mul(x, w).sum(k);
    x.setSize(3, 4);
    const kernels = [
      ...dtypes.map((dtype) => compile("ij,j->i", { shapes, dtype, target, name: dtype })),
      compile("ij,j->i", { shapes: [["n", 5], [5]], target, name: "anySize" }),
      compile("ij->", { shapes: [[4, 5]], reduce: "mean", dtype: "int32", target, name: "mean" }),
      compile("(2*y + u - 1) -> y", {
        shapes: [[9]],
        sizes: { u: 3 },
        reduce: "max",
        dtype: "float32",
        target,
        name: "pool",
      }),
      compileLayer(convSpec([1, 3, 8, 8], [4, 3, 3, 3], { padding: 1, bias: true }), { target, name: "conv" }),
      product.compile({ target, name: "product" }),
    ];
    const texts = await Promise.all(kernels.map((kernel) => emitModule(kernel)));
    const modules = kernels.map(({ source: { name } }, at) => [`${name}.ts`, texts[at] as string] as const);
    const files = Object.fromEntries(modules);
    const calls = kernels.map(({ source: { name, main } }) => {
      const given = main.parameters.slice(0, -1).map(({ type }) => (type === "number" ? "1" : `new ${type}(1)`));
      const text = `import { ${name} } from "./${name}.ts";\nexport const blob = new Blob([${name}(${given.join(", ")})]);\n`;
      return [`${name}-use.ts`, text] as const;
    });
    expect(typeCheck("6.0", { ...files, ...Object.fromEntries(calls) })).toEqual([]);
  });
});
