import { describe, expect, it } from "vitest";
import type { ReduceOperator } from "../../src/ir/contraction.ts";
import { arrayOf, isBig, valueTypeOf, type Dtype } from "../../src/ir/dtype.ts";
import type { ComparisonOperator } from "../../src/ir/elementwise.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import type { BinaryOperator, Expression, Kernel } from "../../src/loops/kernel.ts";
import { at, binary, constant, convert, kernelOf, load, naiveMatmul, operand, output } from "../support/kernels.ts";
import { paddedMean, scratch, stationaryMatmul } from "../support/kernels.ts";

type Values = readonly (number | bigint)[];

function array(dtype: Dtype, values: Values): InstanceType<ReturnType<typeof arrayOf>> {
  const filled = new (arrayOf(dtype))(values.length);
  values.forEach((value, index) => ((filled as unknown as (number | bigint)[])[index] = value));
  return filled;
}

/** Stores one expression of two elements of `a`; gives the element of `out`. */
function computed(
  dtype: Dtype,
  values: Values,
  make: (left: Expression, right: Expression) => Expression,
  into = dtype,
) {
  const [a, out] = [operand("a", 2, dtype), output("out", 1, into)];
  const value = make(load(a, at(0)), load(a, at(1)));
  const result = new (arrayOf(into))(1);
  interpretKernel(kernelOf("k", [a], out, { kind: "store", buffer: out, address: at(0), value }))(
    [array(dtype, values)],
    result,
  );
  return result[0];
}

describe("interpretKernel", () => {
  it.each<[Dtype, BinaryOperator, Values, number | bigint]>([
    ["float64", "add", [0.1, 0.2], 0.1 + 0.2],
    ["float64", "div", [1, 3], 1 / 3],
    ["float64", "max", [NaN, 1], NaN],
    ["float64", "min", [1, NaN], NaN],
    ["float64", "max", [-0, 0], 0],
    ["float64", "min", [0, -0], -0],
    ["float64", "and", [NaN, 2], 1],
    ["float64", "or", [-0, 0], 0],
    ["float32", "add", [1, 2 ** -30], 1],
    ["int32", "add", [2 ** 31 - 1, 1], -(2 ** 31)],
    ["int32", "sub", [-(2 ** 31), 1], 2 ** 31 - 1],
    ["int32", "mul", [123456789, 987654321], -67153019],
    ["int32", "or", [0, -3], 1],
    ["int8", "mul", [100, 3], 44],
    ["int8", "max", [-128, 127], 127],
    ["uint8", "sub", [1, 2], 255],
    ["uint32", "sub", [1, 2], 2 ** 32 - 1],
    ["uint32", "mul", [4294967295, 4294967295], 1],
    ["uint32", "max", [4294967295, 1], 4294967295],
    ["int64", "add", [2n ** 63n - 1n, 1n], -(2n ** 63n)],
    ["int64", "mul", [2n ** 62n, 6n], -(2n ** 63n)],
    ["int64", "min", [-1n, 1n], -1n],
    ["uint64", "sub", [0n, 1n], 2n ** 64n - 1n],
    ["uint64", "mul", [2n ** 63n, 2n], 0n],
    ["uint64", "and", [5n, 0n], 0n],
  ])("computes %s %s of its definition", (dtype, operator, values, expected) => {
    expect(computed(dtype, values, (left, right) => binary(operator, left, right))).toBe(expected);
  });

  it.each<[Dtype, number | bigint, Dtype, Dtype, number | bigint]>([
    ["int32", 300, "int8", "int32", 44],
    ["int32", 200, "int8", "int32", -56],
    ["int32", -1, "uint16", "int32", 65535],
    ["int32", -1, "uint32", "uint32", 4294967295],
    ["uint32", 4294967295, "int32", "int32", -1],
    ["int32", -1, "uint64", "uint64", 2n ** 64n - 1n],
    ["uint64", 2n ** 64n - 1n, "int64", "int64", -1n],
    ["int64", 2n ** 40n + 7n, "int32", "int32", 7],
    ["int64", 2n ** 53n + 1n, "float64", "float64", 2 ** 53],
    ["uint8", 255, "float32", "float64", 255],
    ["float64", 0.1, "float32", "float64", 0.1],
  ])("converts %s %s to %s", (from, value, to, into, expected) => {
    expect(computed(from, [value, value], (left) => convert(to, left), into)).toBe(expected);
  });

  it.each<[Dtype, number | bigint, number | bigint]>([
    ["float64", NaN, 1],
    ["float64", -0, 0],
    ["int32", -7, 1],
    ["uint64", 0n, 0n],
    ["int64", -7n, 1n],
  ])("knows the truth of %s %s", (dtype, value, expected) => {
    const type = valueTypeOf(dtype);
    const zero = constant(isBig(dtype) ? 0n : 0, type);
    const truth = (left: Expression): Expression => ({ kind: "compare", type, operator: "ne", left, right: zero });
    expect(computed(dtype, [value, value], truth)).toBe(expected);
  });

  it.each<[Dtype, number | bigint, ComparisonOperator, number | bigint, number | bigint]>([
    ["float64", NaN, "eq", NaN, 0],
    ["float64", NaN, "ne", NaN, 1],
    ["float64", NaN, "lt", 1, 0],
    ["float64", 1, "le", NaN, 0],
    ["float64", -0, "eq", 0, 1],
    ["float64", -0, "lt", 0, 0],
    ["int32", -1, "lt", 1, 1],
    ["uint32", 4294967295, "lt", 1, 0],
    ["uint32", 4294967295, "le", 4294967295, 1],
    ["int64", -1n, "lt", 1n, 1n],
    ["uint64", 2n ** 64n - 1n, "le", 1n, 0n],
    ["uint64", 2n ** 63n, "eq", 2n ** 63n, 1n],
  ])("compares %s: %s %s %s is %s", (dtype, left, operator, right, expected) => {
    const compare = (one: Expression, other: Expression): Expression => ({
      kind: "compare",
      type: valueTypeOf(dtype),
      operator,
      left: one,
      right: other,
    });
    expect(computed(dtype, [left, right], compare)).toBe(expected);
  });

  it.each<[Dtype, number | bigint, number | bigint, number | bigint]>([
    ["float64", NaN, 3, NaN],
    ["float64", 0, 3, 3],
    ["float64", -0, 3, 3],
    ["float64", Infinity, NaN, Infinity],
    ["int32", -7, 3, -7],
    ["uint64", 0n, 3n, 3n],
    ["int64", -7n, 3n, -7n],
  ])("selects of %s %s where it is not 0, else %s", (dtype, value, other, expected) => {
    const select = (yes: Expression, no: Expression): Expression => ({
      kind: "select",
      type: valueTypeOf(dtype),
      condition: yes,
      yes,
      no,
    });
    expect(computed(dtype, [value, other], select)).toBe(expected);
  });

  it.each<[ReduceOperator, number]>([
    ["sum", 7],
    ["prod", 10],
    ["max", 5],
    ["min", 2],
    ["any", 1],
    ["all", 1],
  ])("updates by %s", (operator, expected) => {
    const out = output("out", 1);
    const update = { kind: "update", buffer: out, address: at(0), operator, value: constant(5) } as const;
    const result = Float64Array.of(2);
    interpretKernel(kernelOf("k", [], out, update))([], result);
    expect(result[0]).toBe(expected);
  });

  it("multiplies matrices, one accumulator an element or a row at a time", () => {
    const a = Float64Array.from({ length: 12 }, (_, index) => index);
    const b = Float64Array.from({ length: 15 }, (_, index) => index % 4);
    const expected = Float64Array.from({ length: 20 }, (_, index) => {
      const [i, k] = [Math.floor(index / 5), index % 5];
      return [0, 1, 2].reduce((sum, j) => sum + (a[3 * i + j] ?? NaN) * (b[5 * j + k] ?? NaN), 0);
    });
    for (const kernel of [naiveMatmul(), stationaryMatmul()]) {
      const out = new Float64Array(20).fill(NaN);
      interpretKernel(kernel)([a, b], out);
      expect(out).toEqual(expected);
    }
  });

  it("runs routines in order, through scratch that starts as 0", () => {
    const out = new Float64Array(6);
    interpretKernel(paddedMean())([Float64Array.of(3, 6, 9, 12, 15, 18)], out);
    expect(Array.from(out)).toEqual([3, 6, 9, 12, 15, 11]);
  });

  it("fills scratch once and keeps what is written between calls", () => {
    const [out, count] = [output("out", 1, "int32"), scratch("count", 1, "int32", 40)];
    const update = {
      kind: "update",
      buffer: count,
      address: at(0),
      operator: "sum",
      value: constant(1, "i32"),
    } as const;
    const store = { kind: "store", buffer: out, address: at(0), value: load(count, at(0)) } as const;
    const kernel: Kernel = { ...kernelOf("counter", [], out, update, store), scratch: [count] };
    const [first, second] = [interpretKernel(kernel), interpretKernel(kernel)];
    const result = new Int32Array(1);
    const counts = [first, first, second].map((run) => (run([], result), result[0]));
    expect(counts).toEqual([41, 42, 41]);
  });
});
