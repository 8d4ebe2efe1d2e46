/**
 * Elementwise expressions one value at a time, for the reference: doubles as JavaScript computes them, integers as
 * BigInts that wrap to their dtype after every operation.
 */
import { bytesOf, isFloat, type Dtype } from "../../src/ir/dtype.ts";
import type { Elementwise, ElementwiseBinary } from "../../src/ir/elementwise.ts";

export type Value = number | bigint;

/** Where an expression is evaluated. */
export interface Point {
  /** What a finish is applied to. */
  readonly value?: Value;
  /** The element that an access reads; null where it leaves a padded axis. */
  element(access: number): Value | null;
  /** The value of an index. */
  index(name: string): number;
}

/** Applies an expression in a dtype at a point. */
export function applyElementwise(expression: Elementwise, dtype: Dtype, point: Point): Value {
  const apply = (part: Elementwise): Value => applyElementwise(part, dtype, point);
  const truth = (holds: boolean): Value => inDtype(Number(holds), dtype);
  switch (expression.kind) {
    case "value":
      return inDtype(given(point.value), dtype);
    case "constant":
      return inDtype(expression.value, dtype);
    case "integer": {
      const { terms, constant } = expression.value;
      return terms.reduce((sum, { variable, coefficient }) => sum + coefficient * point.index(variable), constant);
    }
    case "element":
      return inDtype(given(point.element(expression.access)), dtype);
    case "inside":
      return point.element(expression.access) === null ? inDtype(expression.outside, dtype) : apply(expression.value);
    case "binary": {
      const { operator, left, right } = expression;
      if (operator === "and") return truth(isTrue(apply(left)) && isTrue(apply(right)));
      if (operator === "or") return truth(isTrue(apply(left)) || isTrue(apply(right)));
      return inDtype(combine(operator, apply(left), apply(right)), dtype);
    }
    case "compare": {
      const [left, right] = [apply(expression.left), apply(expression.right)];
      return truth(
        { eq: left === right, ne: left !== right, lt: left < right, le: left <= right }[expression.operator],
      );
    }
    case "select":
      return isTrue(apply(expression.condition)) ? apply(expression.yes) : apply(expression.no);
    case "call":
      return expression.function.compute(apply(expression.value) as number);
    case "shared":
    case "wrap":
      return apply(expression.value);
    case "tuple":
      throw new Error("a state is applied component by component");
  }
}

function given(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error("an expression reads what there is not");
  return value;
}

/** Everything but 0 is true, NaN included. */
export function isTrue(value: Value): boolean {
  return typeof value === "bigint" ? value !== 0n : value !== 0;
}

/** A double for floats; for integers, a BigInt that the dtype holds. */
export function inDtype(value: Value, dtype: Dtype): Value {
  if (isFloat(dtype)) return Number(value);
  const bits = 8 * bytesOf(dtype);
  return dtype.startsWith("uint") ? BigInt.asUintN(bits, BigInt(value)) : BigInt.asIntN(bits, BigInt(value));
}

function combine(operator: Exclude<ElementwiseBinary["operator"], "and" | "or">, left: Value, right: Value): Value {
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
