/**
 * Elementwise expressions one value at a time, for the reference: doubles as JavaScript computes them, integers as
 * BigInts that wrap to their dtype after every operation.
 */
import { bytesOf, isFloat, type Dtype } from "../../src/ir/dtype.ts";
import type { Elementwise, ElementwiseBinary } from "../../src/ir/elementwise.ts";

export type Value = number | bigint;

/** Applies an expression in a dtype to a value of it; `element` reads a further access. */
export function applyElementwise(
  expression: Elementwise,
  value: Value,
  dtype: Dtype,
  element: (access: number) => Value,
): Value {
  const apply = (part: Elementwise): Value => applyElementwise(part, value, dtype, element);
  switch (expression.kind) {
    case "value":
      return inDtype(value, dtype);
    case "constant":
      return inDtype(expression.value, dtype);
    case "integer":
      throw new Error("the reference knows every size");
    case "element":
      return inDtype(element(expression.access), dtype);
    case "binary":
      return inDtype(combine(expression.operator, apply(expression.left), apply(expression.right)), dtype);
    case "call":
      return expression.function.compute(apply(expression.value) as number);
    case "shared":
    case "wrap":
      return apply(expression.value);
  }
}

/** A double for floats; for integers, a BigInt that the dtype holds. */
export function inDtype(value: Value, dtype: Dtype): Value {
  if (isFloat(dtype)) return Number(value);
  const bits = 8 * bytesOf(dtype);
  return dtype.startsWith("uint") ? BigInt.asUintN(bits, BigInt(value)) : BigInt.asIntN(bits, BigInt(value));
}

function combine(operator: ElementwiseBinary["operator"], left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") {
    return {
      add: left + right,
      sub: left - right,
      mul: left * right,
      div: left / right,
      max: Math.max(left, right),
      min: Math.min(left, right),
    }[operator];
  }
  const [one, other] = [BigInt(left), BigInt(right)];
  switch (operator) {
    case "add":
      return one + other;
    case "sub":
      return one - other;
    case "mul":
      return one * other;
    case "max":
      return one > other ? one : other;
    case "min":
      return one < other ? one : other;
    case "div":
      throw new Error("integers are never divided");
  }
}
