import { describe, expect, it } from "vitest";
import {
  concatenate,
  grad,
  mul,
  symbol,
  symbols,
  tensor,
  type LazySymbol,
  type LazyTensor,
} from "../../src/lazy/index.ts";
import type { NdArray } from "../../src/index.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { UnsupportedError } from "../../src/support/errors.ts";
import { messageOf } from "../support/message-of.ts";
import { seededRandom } from "../support/random.ts";

type Doubles = NdArray<Float64Array>;

const random = seededRandom(21);
function doubles(...shape: number[]): Doubles {
  const count = elementCount(shape);
  const steps = random.shuffle(Array.from({ length: count }, (_, at) => (at - count / 2 + 0.25) / count));
  return { data: Float64Array.from(steps, (step) => 2 * step), shape };
}

/** Compares the gradients of `sum(cotangent * of)` with central differences, at every element of every input. */
function checkGradients(of: LazyTensor, given: readonly (readonly [LazyTensor, Doubles])[], weights: Doubles): void {
  const cotangent = tensor(...of.axes, { name: "cotangent" });
  const inputs = new Map(given);
  const loss = (): number => {
    const { data } = of.compute(inputs);
    return weights.data.reduce((sum, weight, at) => sum + weight * Number(data[at]), 0);
  };
  const gradients = grad(
    of,
    given.map(([one]) => one),
    cotangent,
  );
  given.forEach(([one, { data, shape }], at) => {
    const gradient = gradients[at] as LazyTensor;
    expect(gradient.axes).toEqual(one.axes);
    const found = gradient.compute(new Map([...given, [cotangent, weights]]));
    expect(found.shape).toEqual(shape);
    data.forEach((before, element) => {
      data[element] = before + 1e-5;
      const above = loss();
      data[element] = before - 1e-5;
      const difference = (above - loss()) / 2e-5;
      data[element] = before;
      expect(Math.abs(Number(found.data[element]) - difference), `input ${at}, element ${element}`).toBeLessThan(1e-6);
    });
  });
}

describe("gradients of lazy tensors agree with finite differences", () => {
  it("through products and sums", () => {
    const [i, j, k] = symbols("i j k") as [LazySymbol, LazySymbol, LazySymbol];
    const [a, b] = [tensor(i, j), tensor(j, k)];
    checkGradients(mul(a, b).sum(j), [[a, doubles(3, 4)], [b, doubles(4, 2)]], doubles(3, 2)); // prettier-ignore
  });

  it("through functions, means and numbers", () => {
    const [i, j] = symbols("i j") as [LazySymbol, LazySymbol];
    const [a, b] = [tensor(i, j), tensor(j)];
    const of = a.mul(b).add(0.3).tanh().sub(a.relu().mul(a)).div(b.mul(b).add(1)).mean(i);
    checkGradients(of, [[a, doubles(3, 4)], [b, doubles(4)]], doubles(4)); // prettier-ignore
  });

  it("through windows with strides, and padding", () => {
    const [c, s, so, w, o] = symbols("c s so w o") as [LazySymbol, LazySymbol, LazySymbol, LazySymbol, LazySymbol];
    const [x, filter] = [tensor(c, s), tensor(o, c, w)];
    const strided = x.to([c, so, w], { where: [[s, so.times(2).plus(w)]] }).mul(filter).sum(c, w).relu(); // prettier-ignore
    checkGradients(strided, [[x, doubles(2, 9)], [filter, doubles(3, 2, 3)]], doubles(4, 3)); // prettier-ignore
    const padded = x.to([c, so, w], { where: [[s, so.plus(w).minus(1)]] }).mul(filter).sum(c, w); // prettier-ignore
    checkGradients(padded, [[x, doubles(2, 6)], [filter, doubles(3, 2, 3)]], doubles(6, 3)); // prettier-ignore
  });

  it("through transposes, padding, cropping and concatenation", () => {
    const [i, j] = symbols("i j") as [LazySymbol, LazySymbol];
    const [a, b] = [tensor(i, j), tensor(i, j)];
    checkGradients(a.to(j, i).mul(2), [[a, doubles(2, 3)]], doubles(3, 2));
    checkGradients(a.pad([[1, 2], [-1, 1]], 2.5).pow(2), [[a, doubles(2, 3)]], doubles(5, 3)); // prettier-ignore
    checkGradients(a.pad([[1, 2], [-1, 0]]), [[a, doubles(2, 3)]], doubles(5, 2)); // prettier-ignore
    checkGradients(concatenate([a, b], 1).exp(), [[a, doubles(2, 3)], [b, doubles(2, 3)]], doubles(2, 6)); // prettier-ignore
  });

  it("through numbers of axes that repeat", () => {
    const [a, b] = [tensor(2, 1), tensor(2, 3)];
    checkGradients(a.mul(b), [[a, doubles(2, 1)], [b, doubles(2, 3)]], doubles(2, 3)); // prettier-ignore
  });
});

describe("grad", () => {
  it("takes the sum of all elements where there is no cotangent, and gives 0 where nothing depends", () => {
    const i = symbol("i");
    const [a, b] = [tensor(i, { name: "a" }), tensor(i, { name: "b" })];
    const [byA, byB] = grad(a.mul(a), [a, b]) as [LazyTensor, LazyTensor];
    expect(byA.compute({ a: { data: Float64Array.of(1, 2, 3), shape: [3] } }).data).toEqual(Float64Array.of(2, 4, 6));
    expect(byB.compute({ b: { data: Float64Array.of(1, 2, 3), shape: [3] } }).data).toEqual(new Float64Array(3));
  });

  it("is a tensor like any other: it is differentiated again", () => {
    const a = tensor(symbol("i"), { name: "a" });
    const [first] = grad(a.pow(3), [a]) as [LazyTensor];
    const [second] = grad(first, [a]) as [LazyTensor];
    expect(second.compute({ a: { data: Float64Array.of(1, 2), shape: [2] } }).data).toEqual(Float64Array.of(6, 12));
  });

  it("refuses what is no list of tensors, and reductions without a gradient yet", () => {
    const i = symbol("i");
    const a = tensor(i);
    expect(messageOf(() => grad(a, a as never))).toContain("what gradients are taken by");
    expect(() => grad(a.max(i), [a])).toThrow(UnsupportedError);
    expect(() => grad(a.prod(), [a])).toThrow(UnsupportedError);
  });
});
