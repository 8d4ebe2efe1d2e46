import { describe, expect, it } from "vitest";
import { compile, compileContraction, type CompileOptions } from "../../src/compile.ts";
import { compileGradient } from "../../src/compile-gradient.ts";
import type { LoopNest } from "../../src/loops/nest.ts";
import { skipping, surround } from "../../src/ir/product.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import { updatesInMemory } from "../../src/loops/lower.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { interpret } from "../support/plain-kernel.ts";
import { reference } from "../support/reference.ts";
import { operandsOf } from "./nests.ts";

/** A mean over windows of 3 x 3, its borders peeled. */
const MEAN: readonly [string, CompileOptions] = [
  "c (y + u - 1) (x + v - 1) -> c y x",
  { shapes: [[4, 20, 24]], sizes: { u: 3, v: 3 }, reduce: "mean", dtype: "float32" },
];

/** The nests of a spec, which are executed first. */
function nestsOf(spec: string, options: CompileOptions): readonly LoopNest[] {
  const { contraction, nests, kernel } = compile(spec, options);
  nests.forEach(verifyNest);
  const arrays = operandsOf(contraction);
  const expected = reference(contraction, arrays);
  const found = expected.slice();
  // What the output holds before it is written must not show.
  interpretKernel(kernel)(arrays, found.fill(7 as never));
  expect(found).toEqual(expected);
  return nests;
}

function isPeeled(nests: readonly LoopNest[]): boolean {
  return (
    nests.some(({ reach, before }) => reach === "partly" && before === "kept") &&
    !nests.some(({ target }) => target.buffer.name === "aPadded")
  );
}

describe("peeling", () => {
  it("cuts the output into boxes, the largest first, and says which they are", () => {
    expect(nestsOf(...MEAN).map(({ comment }) => comment)).toEqual([
      "out[c, y, x] = acc / 9 where acc = sum over u, v of a[c, y + u - 1, x + v - 1], where y is 1 to 18 and x is 1 to 22",
      "The same where y is 0 and u is 1 to 2 and x is 1 to 22.",
      "The same where y is 19 and u is 0 to 1 and x is 1 to 22.",
      "The same where y is 1 to 18 and x is 0 and v is 1 to 2.",
      "The same where y is 1 to 18 and x is 23 and v is 0 to 1.",
      "The same where y is 0 and u is 1 to 2 and x is 0 and v is 1 to 2.",
      "The same where y is 0 and u is 1 to 2 and x is 23 and v is 0 to 1.",
      "The same where y is 19 and u is 0 to 1 and x is 0 and v is 1 to 2.",
      "The same where y is 19 and u is 0 to 1 and x is 23 and v is 0 to 1.",
    ]);
    expect(compile(...MEAN).kernel.scratch).toEqual([]);
  });

  it("clips what windows read past the end, however they are dilated", () => {
    const options = { shapes: [[3, 2000]], sizes: { k: 3, x: 998 }, reduce: "min" } as const;
    expect(nestsOf("c (2*x + 4*k - 3) -> c x", options).map(({ comment }) => comment)).toEqual([
      "out[c, x] = min over k of a[c, 2*x + 4*k - 3], where x is 2 to 997",
      "The same where x is 0 to 1 and k is 1 to 2.",
    ]);
    const longer = { ...options, sizes: { k: 3, x: 1001 } };
    expect(nestsOf("c (2*x + 4*k - 3) -> c x", longer)).toHaveLength(4);
  });

  it("multiplies no zeros in the gradient by a windowed operand, however often that uses an element", () => {
    const gradientOf = (channels: number): readonly LoopNest[] => {
      const image = [8, 20, 24];
      const dense = channels > 1;
      const spec = dense ? "i(y+u-1)(x+v-1),oiuv->oyx" : "c(y+u-1)(x+v-1),cuv->cyx";
      const weights = dense ? [channels, 8, 3, 3] : [8, 3, 3];
      return compileGradient(spec, 0, { shapes: [image, weights], operands: ["a", "w"] }).nests;
    };
    const padded = (nests: readonly LoopNest[]): boolean => nests.some(({ name }) => name.endsWith("Padded"));
    for (const channels of [1, 8]) {
      expect(gradientOf(channels)).toHaveLength(9);
      expect(padded(gradientOf(channels))).toBe(false);
    }
  });

  it.each(["sum", "mean", "max", "min"] as const)("starts from nothing where boxes add in memory: %s", (reduce) => {
    const options = { shapes: [[3, 900]], sizes: { k: 40 }, reduce } as const;
    const nests = nestsOf("c (x + k - 1) -> c x", options);
    expect(nests.some(updatesInMemory)).toBe(true);
    const [first, ...others] = nests.filter(({ reach }) => reach === "partly");
    expect(first?.before).toBe("nothing");
    expect(others.map(({ before }) => before)).toEqual(["kept", "kept"]);
  });

  it("applies a finish in every box", () => {
    const { contraction } = compile("c (x + k - 1) -> c x", { shapes: [[3, 900]], sizes: { k: 3 } });
    const bias = { ...contraction.reads[0]!.tensor, name: "bias", shape: [900], strides: [1] };
    const axes = [{ expression: { terms: [{ variable: "x", coefficient: 1 }], constant: 0 }, padded: false }];
    const [value, element] = [{ kind: "value" }, { kind: "element", access: 1 }] as const;
    const biased = {
      ...contraction,
      reads: [...contraction.reads, { tensor: bias, axes }],
      finish: { kind: "binary", operator: "add", left: value, right: element } as const,
    };
    const { nests, kernel } = compileContraction(biased, {});
    expect(isPeeled(nests)).toBe(true);
    const a = Float64Array.from({ length: 2700 }, (_, at) => (at % 11) - 5);
    const each = Float64Array.from({ length: 900 }, (_, at) => at);
    const found = new Float64Array(2700);
    interpretKernel(kernel)([a, each], found);
    const at = (c: number, x: number): number => (x < 0 || x > 899 ? 0 : (a[900 * c + x] as number));
    const wanted = a.map((_, place) => {
      const [c, x] = [Math.floor(place / 900), place % 900];
      return at(c, x - 1) + at(c, x) + at(c, x + 1) + x;
    });
    expect(found).toEqual(wanted);
  });

  it("is undone by no tile over what is reduced", () => {
    const [spec, options] = MEAN;
    expect(isPeeled(nestsOf(spec, { ...options, tile: { u: 2, x: 8 }, unroll: { v: 2 } }))).toBe(true);
  });

  it("leaves alone products of floats, for 0 times Infinity is no 0, unless what lies outside contributes nothing", () => {
    const spec = "c (y + u - 1) (x + v - 1), c u v -> c y x";
    const shapes = [
      [4, 20, 24],
      [4, 3, 3],
    ];
    const options = { shapes, operands: ["a", "w"] };
    expect(isPeeled(nestsOf(spec, options))).toBe(false);
    expect(isPeeled(nestsOf(spec, { ...options, dtype: "int32" }))).toBe(true);
    expect(isPeeled(nestsOf(spec, { ...options, dtype: "int32", combine: "add" }))).toBe(false);
    expect(isPeeled(nestsOf(spec, { ...options, dtype: "int32", reduce: "min" }))).toBe(false);
    // The truth of -Infinity is 1.
    const truths = { shapes: [[3, 900]], sizes: { k: 3 }, dtype: "int8", reduce: "max", combine: "or" } as const;
    expect(isPeeled(nestsOf("c (x + k - 1) -> c x", truths))).toBe(false);
    const { contraction } = compile(spec, options);
    const term = skipping(contraction.term, contraction.reads, 0);
    expect(isPeeled(compileContraction({ ...contraction, term }, {}).nests)).toBe(true);
  });

  it("drops nothing that lies outside and is not 0, in sums of products of integers either", () => {
    const { contraction } = compile("c (x + k - 1), c k -> c x", { shapes: [[3, 900], [3, 3]], dtype: "int32" }); // prettier-ignore
    const { reads } = contraction;
    const arrays = operandsOf(contraction);
    for (const outside of [0, 2, -1]) {
      const given = { ...contraction, term: surround(contraction.term, reads, outside) };
      const { nests, kernel } = compileContraction(given, {});
      expect(isPeeled(nests)).toBe(outside === 0);
      expect(interpret(kernel, arrays)).toEqual(reference(given, arrays));
    }
  });

  it("sums long windows axis by axis, and keeps no copy of what is read", () => {
    const sizes = { u: 20, v: 20 };
    const scratchOf = (spec: string): readonly string[] => {
      nestsOf(spec, { shapes: [[40, 40]], sizes });
      return compile(spec, { shapes: [[40, 40]], sizes }).kernel.scratch.map(({ name }) => name);
    };
    expect(scratchOf("(y + u - 1) (x + v - 1) -> y x")).toEqual(["aSum"]);
    expect(scratchOf("(y + u) (x + v) -> y x")).toEqual(["aSum"]);
  });

  it.each<readonly [string, string, CompileOptions]>([
    ["few elements", "c (x + k - 1) -> c x", { shapes: [[3, 100]], sizes: { k: 3 } }],
    ["sizes that are left to run time", "c (x + k - 1) -> c x", { shapes: [[3, "n"]], sizes: { k: 3 } }],
    ["a window that lies outside", "c (x + k - 9) -> c x", { shapes: [[3, 900]], sizes: { k: 3 } }],
    ["nothing reduced", "c (x - 1) -> c x", { shapes: [[9, 900]] }],
    ["more boxes than nine", "c (y+2*u-3) (x+2*v-3) -> c y x", { shapes: [[9, 30, 30]], sizes: { u: 3, v: 3 } }],
    ["more border than inside", "c (x + k - 4) -> c x", { shapes: [[900, 4]], sizes: { k: 5 } }],
    ["an output that accumulates", "c (x + k - 1) -> c (x + c)", { shapes: [[3, 900]], sizes: { k: 3 } }],
    ["an axis of two windows", "c (x + k + l - 1) -> c x", { shapes: [[3, 900]], sizes: { k: 3, l: 2 } }],
    ["an index clipped by two axes", "(x + k - 1) (x + l - 1) -> x", { shapes: [[900, 900]], sizes: { k: 3, l: 3 } }],
  ])("leaves alone %s", (_, spec, options) => {
    const { nests } = compile(spec, { ...options, operands: ["a"] });
    expect(isPeeled(nests)).toBe(false);
    expect(nests.some(({ target }) => target.buffer.name === "aPadded")).toBe(true);
  });
});
