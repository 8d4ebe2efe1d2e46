/**
 * Where the gradient of an extreme goes when several points are it: to one of them, whole. The page on gradients lists which,
 * and what PyTorch does; what PyTorch would give stands beside each case.
 */
import { describe, expect, it } from "vitest";
import { array, compileGradient, convGrad, einsumGrad, maxPoolGrad, toNested, type NdArray } from "../../src/index.ts";
import { grad, max, min, symbol, tensor, type LazyTensor } from "../../src/lazy/index.ts";
import { evaluateSource } from "../support/evaluate.ts";

type Nested = Parameters<typeof array>[0];

/** Spec, operands, cotangent, options, the gradients here, and those of PyTorch. */
const CASES: readonly (readonly [string, readonly Nested[], Nested, object, readonly Nested[], readonly Nested[]])[] = [
  ["i->", [[1, 3, 3, 2]], 6, { reduce: "max" }, [[0, 6, 0, 0]], [[0, 3, 3, 0]]],
  ["i->", [[4, 3, 3, 3]], 6, { reduce: "min" }, [[0, 6, 0, 0]], [[0, 2, 2, 2]]],
  ["ij->i", [[[5, 5], [2, 7]]], [2, 4], { reduce: "max" }, [[[2, 0], [0, 4]]], [[[1, 1], [0, 4]]]],
  ["ij->j", [[[5, 2], [5, 2]]], [2, 4], { reduce: "max" }, [[[2, 4], [0, 0]]], [[[1, 2], [1, 2]]]],
  ["ij->", [[[1, 9], [9, 9]]], 3, { reduce: "max" }, [[[0, 3], [0, 0]]], [[[0, 1], [1, 1]]]],
  ["i,i->i", [[3, 1, 2], [3, 2, 1]], [2, 2, 2], { combine: "max" }, [[2, 0, 2], [0, 2, 0]], [[1, 0, 2], [1, 2, 0]]],
  ["i,i->i", [[3, 1, 2], [3, 2, 1]], [2, 2, 2], { combine: "min" }, [[2, 2, 0], [0, 0, 2]], [[1, 2, 0], [1, 0, 2]]],
]; // prettier-ignore

describe("ties of einsumGrad", () => {
  it.each(CASES)("of %s over %j", (spec, operands, cotangent, options, wanted, shared) => {
    const arrays = operands.map((operand) => array(operand));
    const found = einsumGrad(spec, arrays, array(cotangent), options);
    expect(found.map((gradient) => toNested(gradient))).toEqual(wanted);
    expect(wanted).not.toEqual(shared);
    // A share or the whole: both give away the cotangent.
    expect(totalOf(wanted)).toBe(totalOf(shared));
    const shapes = arrays.map(({ shape }) => shape);
    wanted.forEach((gradient, by) => {
      const run = evaluateSource(compileGradient(spec, by, { ...options, shapes }).source);
      const data = run(...arrays.map((given) => given.data as Float64Array), array(cotangent).data as Float64Array);
      expect(data).toEqual(array(gradient).data);
    });
  });
});

function totalOf(nested: unknown): number {
  return Array.isArray(nested) ? nested.reduce((sum: number, item) => sum + totalOf(item), 0) : Number(nested);
}

describe("ties of layers", () => {
  it("go to the first element of a window, as PyTorch's max_pool2d", () => {
    const x = array([[[2, 2, 1], [2, 2, 1], [1, 1, 1]]]); // prettier-ignore
    const options = { kernelSize: 2, stride: 1 };
    expect(toNested(maxPoolGrad(x, 2, array([[[1, 10], [100, 1000]]]), options))).toEqual([
      [[1, 10, 0], [100, 1000, 0], [0, 0, 0]],
    ]); // prettier-ignore
  });

  it.each([
    ["relu", [0, 0, 1]],
    // At its bounds, as hardtanh; PyTorch's clamp has 1 there.
    [{ name: "clamp", min: -1, max: 1 }, [0, 1, 0]],
  ] as const)("give nothing at the corner of %j", (activation, wanted) => {
    const x = array([[-1, 0, 1]]);
    const found = convGrad(x, array([[[1]]]), array([[1, 1, 1]]), { activation });
    expect(toNested(found.input)).toEqual([wanted]);
  });
});

describe("ties of lazy tensors", () => {
  const i = symbol("i");
  const [a, b] = [tensor(i), tensor(i)];
  const values = new Map([
    [a, array([3, 1, 2])],
    [b, array([3, 2, 1])],
  ]);
  const dataOf = (lazy: LazyTensor): NdArray["data"] => lazy.compute(values).data;

  it("go to the second of two operands", () => {
    expect((grad(max(a, b).sum(), [a, b]) as LazyTensor[]).map(dataOf)).toEqual([
      Float64Array.of(0, 0, 1),
      Float64Array.of(1, 1, 0),
    ]);
    expect((grad(min(a, b).sum(), [a, b]) as LazyTensor[]).map(dataOf)).toEqual([
      Float64Array.of(0, 1, 0),
      Float64Array.of(1, 0, 1),
    ]);
  });
});
