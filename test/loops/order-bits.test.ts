import { describe, expect, it } from "vitest";
import { compile, jit, maxPool2d, type CompileOptions } from "../../src/index.ts";
import { writeScript } from "../../src/emit/script.ts";
import { evaluateKernel } from "../../src/jit/evaluate.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import { printKernel } from "../../src/loops/print-kernel.ts";
import { evaluateSource } from "../support/evaluate.ts";

const WINDOWS = "(2*y + u) (2*x + v) -> y x";
const OPTIONS = { shapes: [[81, 81]], sizes: { u: 3, v: 3 }, dtype: "float32" } as const satisfies CompileOptions;

/** A NaN of either sign: what a processor makes of 0 / 0 has one. */
const NANS = [0x7fc00001, 0xffc00000];

/** All kinds of floats, some of them close together. */
function floats(length: number): Float32Array {
  const bits = Uint32Array.from({ length }, (_, at) => Math.imul(at + 1, 0x9e3779b1) ^ (at << 7));
  return new Float32Array(bits.buffer).map((value) => (Number.isNaN(value) ? 1 : value));
}

function windowsOf(a: Float32Array, reduce: "max" | "min"): Float32Array {
  return Float32Array.from({ length: 1600 }, (_, place) => {
    const [y, x] = [Math.floor(place / 40) * 2, (place % 40) * 2];
    return Math[reduce](...[0, 1, 2].flatMap((u) => [0, 1, 2].map((v) => a[(y + u) * 81 + x + v] as number)));
  });
}

describe("extrema by their bits", () => {
  it.each(["max", "min"] as const)("are the %s of all kinds of floats, emitted and interpreted", (reduce) => {
    const { kernel, source } = compile(WINDOWS, { ...OPTIONS, reduce });
    expect(source.text).toContain(reduce === "max" ? "greaterOf(" : "lesserOf(");
    expect(source.text).not.toContain("Math.");
    for (const special of [null, NaN, Infinity, -Infinity, -0, 1e-45]) {
      const a = floats(81 * 81);
      if (special !== null) for (let at = 0; at < a.length; at += 13) a[at] = special;
      const expected = windowsOf(a, reduce);
      expect(evaluateSource(source)(a)).toEqual(expected);
      const interpreted = new Float32Array(1600);
      interpretKernel(kernel)([a], interpreted);
      expect(interpreted).toEqual(expected);
    }
  });

  it.each(["max", "min"] as const)("are NaN of either sign for %s", (reduce) => {
    const run = jit(WINDOWS, { ...OPTIONS, reduce });
    for (const bits of NANS) {
      const a = floats(81 * 81);
      new Uint32Array(a.buffer)[81 * 4 + 4] = bits;
      const found = run(a);
      expect(found).toEqual(windowsOf(a, reduce));
      expect([...found].filter(Number.isNaN)).toHaveLength(4);
    }
    const bits = new Float32Array(new Uint32Array(81 * 81).fill(0xffc00000).buffer);
    expect([...run(bits)].every(Number.isNaN)).toBe(true);
  });

  it("looks at a part of a longer array, and writes into one", () => {
    const run = jit(WINDOWS, { ...OPTIONS, reduce: "max" });
    const whole = floats(81 * 81 + 10);
    const a = whole.subarray(7);
    const result = new Float32Array(1603).fill(5);
    const out = result.subarray(2, 1602);
    expect(run(a, out)).toBe(out);
    expect(out).toEqual(windowsOf(a, "max"));
    expect([result[1], result[1602]]).toEqual([5, 5]);
    expect(() => run(new Int32Array(81 * 81))).toThrow("Float32Array");
    expect(run.compilation.source.main.parameters.map(({ type }) => type)).toEqual(["Float32Array", "Float32Array"]);
  });

  it("serves layers, which evaluate what nobody reads", () => {
    const a = floats(2 * 40 * 40);
    const { data } = maxPool2d({ data: a, shape: [2, 40, 40] }, { kernelSize: 3, stride: 1, padding: 1 });
    const at = (c: number, y: number, x: number): number =>
      y < 0 || x < 0 || y > 39 || x > 39 ? -Infinity : (a[1600 * c + 40 * y + x] as number);
    const expected = a.map((_, place) => {
      const [c, y, x] = [Math.floor(place / 1600), Math.floor((place % 1600) / 40), place % 40];
      return Math.max(...[-1, 0, 1].flatMap((u) => [-1, 0, 1].map((v) => at(c, y + u, x + v))));
    });
    expect(data).toEqual(expected);
  });

  it("stands in the kernel as integers of which the order is that of the floats", () => {
    const { kernel } = compile("(2*x + k) -> x", {
      shapes: [[4001]],
      sizes: { k: 2 },
      reduce: "max",
      dtype: "float32",
    });
    expect(printKernel(kernel)).toContain("restoreBits(max(orderBits(a[");
    expect(kernel.operands[0]).toMatchObject({ dtype: "int32", bitsOf: "float32" });
    expect(kernel.definitions?.map(({ name }) => name)).toEqual(["orderBits", "restoreBits", "greaterOf"]);
  });

  it("takes up the passes of a short loop", () => {
    const shapes = [[160, 160]];
    const run = jit("(8*y + u) (8*x + v) -> y x", { shapes, sizes: { u: 8, v: 8 }, reduce: "min", dtype: "float32" });
    expect(printKernel(run.compilation.kernel)).toContain("accumulator acc0: i32 = 2147483647");
    const a = floats(160 * 160);
    a[165] = NaN;
    const expected = Float32Array.from({ length: 400 }, (_, place) => {
      const first = 1280 * Math.floor(place / 20) + 8 * (place % 20);
      return Math.min(
        ...Array.from({ length: 64 }, (_, at) => a[first + 160 * Math.floor(at / 8) + (at % 8)] as number),
      );
    });
    expect(run(a)).toEqual(expected);
  });

  it("chooses among small integers as they are", () => {
    const { kernel, source } = compile(WINDOWS, { ...OPTIONS, dtype: "int8", reduce: "min" });
    expect(kernel.operands[0]).toMatchObject({ dtype: "int8" });
    expect(kernel.operands[0]).not.toHaveProperty("bitsOf");
    expect(source.text).toContain("lesserOf(");
    const a = Int8Array.from({ length: 81 * 81 }, (_, at) => Math.imul(at, 37));
    const expected = new Int8Array(1600);
    interpretKernel(kernel)([a], expected);
    expect(evaluateSource(source)(a)).toEqual(expected);
  });

  it.each<readonly [string, string, CompileOptions]>([
    ["doubles", WINDOWS, { ...OPTIONS, dtype: "float64", reduce: "max" }],
    ["unsigned integers of 32 bits", WINDOWS, { ...OPTIONS, dtype: "uint32", reduce: "max" }],
    ["few results", "(2*y + u) (2*x + v) -> y x", { ...OPTIONS, shapes: [[31, 31]], reduce: "max" }],
    ["long reductions", "ij->i", { shapes: [[2000, 90]], dtype: "float32", reduce: "max" }],
    ["sums", WINDOWS, { ...OPTIONS }],
    ["sums of two operands", "i j, i j -> i", { shapes: [[2000, 3], [2000, 3]], dtype: "float32", reduce: "max", combine: "add" }], // prettier-ignore
    ["sizes that are left to run time", "(2*x + k) -> x", { shapes: [["n"]], sizes: { k: 3 }, dtype: "float32", reduce: "max" }], // prettier-ignore
  ])("leaves alone %s", (_, spec, options) => {
    const { kernel, source } = compile(spec, options);
    expect(kernel.definitions).toBeUndefined();
    expect(source.text).not.toContain("Of(");
    expect(evaluateKernel(kernel, writeScript(kernel)).run).toBeTypeOf("function");
  });
});
