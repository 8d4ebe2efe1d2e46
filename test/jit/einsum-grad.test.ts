import { describe, expect, it } from "vitest";
import { array, einsum, einsumGrad, toNested, type NdArray } from "../../src/index.ts";
import { messageOf } from "../support/message-of.ts";

const A = array([[1, 2], [3, 4]]); // prettier-ignore
const B = array([[5, 6], [7, 8]]); // prettier-ignore
const ONES = array([[1, 1], [1, 1]]); // prettier-ignore

describe("einsumGrad", () => {
  it("gives one gradient an operand, of its shape", () => {
    const gradients = einsumGrad("ij,jk->ik", [A, B], ONES);
    expect(gradients.map((gradient) => toNested(gradient))).toEqual([
      [[11, 15], [11, 15]],
      [[4, 4], [6, 6]],
    ]); // prettier-ignore
  });

  it("gives the gradients that options.by asks for, in its order", () => {
    const [second, first] = einsumGrad("ij,jk->ik", [A, B], ONES, { by: [1, 0] });
    expect([toNested(first as NdArray), toNested(second as NdArray)]).toEqual(
      einsumGrad("ij,jk->ik", [A, B], ONES).map((gradient) => toNested(gradient)),
    );
    expect(einsumGrad("ij,jk->ik", [A, B], ONES, { by: [] })).toEqual([]);
  });

  it("keeps each operand's dtype, whatever that of the result and the cotangent", () => {
    const floats = { data: Float32Array.of(1, 2, 3), shape: [3] };
    const doubles = { data: Float64Array.of(4, 5, 6), shape: [3] };
    const [da, db] = einsumGrad("i,i->", [floats, doubles], { data: Int32Array.of(2), shape: [] });
    expect([da?.data, db?.data]).toEqual([Float32Array.of(8, 10, 12), Float64Array.of(2, 4, 6)]);
  });

  it("leaves integers aside where they are not asked for", () => {
    const mask = { data: Uint8Array.of(1, 0, 1), shape: [3] };
    const [dx] = einsumGrad("i,i->i", [array([1, 2, 3]), mask], array([5, 6, 7]), { by: [0] });
    expect(toNested(dx as NdArray)).toEqual([5, 0, 7]);
  });

  it("reads operands and cotangents through their strides", () => {
    const transposed = { data: A.data, shape: [2, 2], strides: [1, 2] };
    const repeated = { data: Float64Array.of(0, 3), shape: [2, 2], strides: [0, 0], offset: 1 };
    const dense = einsumGrad("ij,jk->ik", [array([[1, 3], [2, 4]]), B], array([[3, 3], [3, 3]])); // prettier-ignore
    expect(einsumGrad("ij,jk->ik", [transposed, B], repeated)).toEqual(dense);
  });

  it("goes along a path with several operands as PyTorch does with pairs", () => {
    const operands = [A, B, array([[1, -1], [2, 0]]), array([3, 1])]; // prettier-ignore
    const cotangent = array([1, 2]);
    const gradients = einsumGrad("ij,jk,kl,l->i", operands, cotangent);
    const atOnce = operands.map((_, by) => {
      const others = [...operands];
      others[by] = cotangent;
      const terms = ["ij", "jk", "kl", "l"].map((term, at) => (at === by ? "i" : term));
      return toNested(einsum(`${terms.join(",")}->${["ij", "jk", "kl", "l"][by]}`, others));
    });
    expect(gradients.map((gradient) => toNested(gradient))).toEqual(atOnce);
  });

  it("remembers kernels by everything that decides them", () => {
    const call = (options: object) => toNested(einsumGrad("ij->i", [A], array([1, 1]), options)[0] as NdArray);
    expect([call({}), call({ reduce: "mean" }), call({})]).toEqual([
      [[1, 1], [1, 1]],
      [[0.5, 0.5], [0.5, 0.5]],
      [[1, 1], [1, 1]],
    ]); // prettier-ignore
  });
});

describe("einsumGrad refuses", () => {
  it("a cotangent of another shape", () => {
    expect(messageOf(() => einsumGrad("ij,jk->ik", [A, B], array([1, 1])))).toBe(
      "the cotangent has shape [2], but the result has shape [2, 2] [cotangent-shape]\n" +
        "  remedy: the cotangent is the gradient by the result, and has one element for each of its elements",
    );
  });

  it("positions that are no operand, or listed twice", () => {
    const remedy = "\n  remedy: list positions of operands, from 0 to 1, each once";
    for (const [by, found] of [[[2], "2"], [[0, 0], "0"], [["a"], "'a'"], [7, "7"]] as const) {
      expect(messageOf(() => einsumGrad("ij,jk->ik", [A, B], ONES, { by } as never))).toBe(
        `options.by lists ${found}, which is no operand [gradient-operand]${remedy}`,
      );
    } // prettier-ignore
  });

  it("integers, and other options than its own", () => {
    const integers = { data: Int8Array.of(1, 2), shape: [2] };
    expect(messageOf(() => einsumGrad("i->", [integers], array(1)))).toContain("[gradient-of-integers]");
    expect(messageOf(() => einsumGrad("ij->", [A], array(1), { out: A } as never))).toContain("[unknown-option]");
  });
});
