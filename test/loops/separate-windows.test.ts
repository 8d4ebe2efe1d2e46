import { describe, expect, it } from "vitest";
import type { CompileOptions } from "../../src/compile.ts";
import { printFormula } from "../../src/ir/print.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { mayOrderBits } from "../../src/loops/order-bits.ts";
import { separateWindows } from "../../src/loops/separate-windows.ts";
import { reference } from "../support/reference.ts";
import { contractionOf, operandsOf } from "./nests.ts";

/** The formulas of the parts, which are executed first, one after the other. */
function formulasOf(spec: string, options: CompileOptions, isBranchless?: boolean): string[] {
  const contraction = contractionOf(spec, options);
  const parts = separateWindows(contraction, isBranchless ?? mayOrderBits(contraction));
  parts.forEach(verifyContraction);
  const arrays = operandsOf(contraction);
  const found = parts.reduce((read, part) => [reference(part, read)], arrays);
  expect(found).toEqual([reference(contraction, arrays)]);
  return parts.map(printFormula);
}

const WINDOWS = "c (2*y + u - 1) (2*x + v - 1) -> c y x";

describe("separating", () => {
  it("reduces the last axis first, and keeps the others whole", () => {
    const options = { shapes: [[20, 9, 11]], sizes: { u: 3, v: 3 }, reduce: "max", dtype: "float32" } as const;
    expect(formulasOf(WINDOWS, options)).toEqual([
      "aMax[c, y_u, x] = max over v of a[c, y_u, 2*x + v - 1 padded]",
      "out[c, y, x] = max over u of aMax[c, 2*y + u - 1 padded, x]",
    ]);
    expect(
      formulasOf("(z + t) (y + u) (x + v) -> z y x", {
        ...options,
        shapes: [[9, 10, 11]],
        sizes: { t: 2, u: 2, v: 2 },
      }),
    ).toEqual([
      "aMax[z_t, y_u, x] = max over v of a[z_t, y_u, x + v]",
      "aMax2[z_t, y, x] = max over u of aMax[z_t, y + u, x]",
      "out[z, y, x] = max over t of aMax2[z + t, y, x]",
    ]);
  });

  it("divides by the elements of a mean, and takes truths, once", () => {
    const options = { shapes: [[20, 9, 11]], sizes: { u: 5, v: 5 } };
    expect(formulasOf("c (y + u - 2) (x + v - 2) -> c y x", { ...options, reduce: "mean" })).toEqual([
      "aSum[c, y_u, x] = sum over v of a[c, y_u, x + v - 2 padded]",
      "out[c, y, x] = acc / 25 where acc = sum over u of aSum[c, y + u - 2 padded, x]",
    ]);
    expect(formulasOf("c (y + u - 2) (x + v - 2) -> c y x", { ...options, combine: "and" })).toHaveLength(2);
  });

  it("keeps an axis of one element, which its window reaches out of", () => {
    const options = { shapes: [[20, 1, 11]], sizes: { y: 1, u: 4, v: 4 } };
    expect(formulasOf("c (2*y + u : 3) (x + v) -> c y x", options)).toEqual([
      "aSum[c, x, _u] = sum over v of a[c, _u, x + v]",
      "out[c, 0, x] = sum over u of aSum[c, x, 2*y + u padded]",
    ]);
  });

  it("needs sums to read half as much, and extrema that branch, too", () => {
    const options = { shapes: [[20, 9, 11]], sizes: { u: 3, v: 3 } };
    const dense = "c (y + u - 1) (x + v - 1) -> c y x";
    expect(formulasOf(dense, { ...options, reduce: "sum" })).toHaveLength(1);
    expect(formulasOf(dense, { ...options, reduce: "max" })).toHaveLength(1);
    expect(formulasOf(dense, { ...options, reduce: "max", dtype: "uint32" })).toHaveLength(1);
    expect(formulasOf(dense, { ...options, reduce: "max", dtype: "int8" })).toHaveLength(2);
    expect(formulasOf(dense, { ...options, reduce: "max", dtype: "int8" }, false)).toHaveLength(1);
    expect(formulasOf(dense, { ...options, shapes: [[2, 9, 11]], reduce: "max", dtype: "int8" })).toHaveLength(1);
  });

  it.each<readonly [string, string, CompileOptions]>([
    ["windows that do not overlap", "(2*y + u) (2*x + v) -> y x", { shapes: [[8, 8]], sizes: { u: 2, v: 2 } }],
    ["a window along one axis", "c (x + v) -> c x", { shapes: [[2, 90]], sizes: { v: 9 } }],
    ["two windows along one axis", "(y + u) (x + v + w) -> y x", { shapes: [[20, 20]], sizes: { u: 5, v: 4, w: 4 } }],
    ["an index in two axes", "(y + u) (y + v) -> y", { shapes: [[20, 20]], sizes: { u: 5, v: 5 } }],
    ["a window over two axes", "(y + u) (x + v) u -> y x", { shapes: [[20, 20, 5]], sizes: { v: 5 } }],
    ["two operands", "(y + u) (x + v), u v -> y x", { shapes: [[20, 20], [5, 5]] }], // prettier-ignore
  ])("leaves alone %s", (_, spec, options) => {
    expect(formulasOf(spec, { ...options, reduce: "max", combine: "add", dtype: "float32" })).toHaveLength(1);
  });
});
