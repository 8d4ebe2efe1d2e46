/**
 * What the operators of a kernel compute, type by type: the definition that the interpreter runs, that constant
 * folding may use, and that every target's code must agree with bit for bit.
 *
 * Invariant: given values of the type, a result is a value of the type: integers are wrapped, never rounded.
 */
import { bytesOf, extremesOf, isBig, isFloat, type Dtype, type ValueType } from "../ir/dtype.ts";
import { InternalError, unreachable } from "../support/errors.ts";
import type { ReduceOperator } from "../ir/contraction.ts";
import type { ComparisonOperator } from "../ir/elementwise.ts";
import type { BinaryOperator } from "./kernel.ts";

/** A number for f64, i32 and u32; a BigInt for i64 and u64. */
export type Value = number | bigint;

export type BinaryFunction = (left: Value, right: Value) => Value;

const AS_BINARY: Readonly<Record<ReduceOperator, BinaryOperator>> = {
  sum: "add",
  prod: "mul",
  any: "or",
  all: "and",
  max: "max",
  min: "min",
};

/** The binary operator that reduces one more value into those before it. */
export function reduceAsBinary(operator: ReduceOperator): BinaryOperator {
  return AS_BINARY[operator];
}

/** The function an operator is, for one type. Operators that serve numbers serve BigInts, too. */
export function binaryFunction(operator: BinaryOperator, type: ValueType): BinaryFunction {
  if (operator === "div" && type !== "f64") throw new InternalError("integers are never divided");
  if (operator === "and" || operator === "or") {
    return operator === "and"
      ? (left, right) => truthValue(isTrue(left) && isTrue(right), type)
      : (left, right) => truthValue(isTrue(left) || isTrue(right), type);
  }
  if (operator === "mul" && (type === "i32" || type === "u32")) {
    return onNumbers((left, right) => WRAPS[type](Math.imul(left, right)) as number);
  }
  const compute = (operator === "max" || operator === "min") && isBig(type) ? CHOICES[operator] : NUMERIC[operator];
  return type === "f64" ? onNumbers(compute) : (left, right) => WRAPS[type](compute(left as number, right as number));
}

/** NaN wins in a maximum and a minimum of doubles, as in `Math`. */
const NUMERIC: Readonly<Record<Exclude<BinaryOperator, "and" | "or">, (left: number, right: number) => number>> = {
  add: (left, right) => left + right,
  sub: (left, right) => left - right,
  mul: (left, right) => left * right,
  div: (left, right) => left / right,
  max: Math.max,
  min: Math.min,
};

/** `Math` refuses BigInts. */
const CHOICES = {
  max: (left: number, right: number): number => (left > right ? left : right),
  min: (left: number, right: number): number => (left < right ? left : right),
} as const;

const WRAPS: Readonly<Record<ValueType, (value: Value) => Value>> = {
  f64: (value) => value,
  i32: (value) => Number(value) | 0,
  u32: (value) => Number(value) >>> 0,
  i64: (value) => BigInt.asIntN(64, value as bigint),
  u64: (value) => BigInt.asUintN(64, value as bigint),
};

/** A verified kernel hands numbers to number types alone. */
function onNumbers(operation: (left: number, right: number) => number): BinaryFunction {
  return operation as BinaryFunction;
}

/** Converts a value of a type to a dtype; refuses a double as an integer, which no promotion asks for. */
export function convertFunction(from: ValueType, to: Dtype): (value: Value) => Value {
  if (to === "float32" || to === "float64") return Number;
  if (from === "f64") throw new InternalError(`a double is no ${to}`);
  const [wrap, bits] = [to.startsWith("uint") ? BigInt.asUintN : BigInt.asIntN, 8 * bytesOf(to)];
  return isBig(to) ? (value) => wrap(bits, BigInt(value)) : (value) => Number(wrap(bits, BigInt(value)));
}

/** Whether two values of one type compare so. */
export function comparisonOf(operator: ComparisonOperator): (left: Value, right: Value) => boolean {
  switch (operator) {
    case "eq":
      return (left, right) => left === right;
    case "ne":
      return (left, right) => left !== right;
    case "lt":
      return (left, right) => left < right;
    case "le":
      return (left, right) => left <= right;
    default:
      return unreachable(operator);
  }
}

/** Whether a value counts as true: everything but 0, so NaN does. */
export function isTrue(value: Value): boolean {
  return value !== 0 && value !== 0n;
}

/** 1 or 0, as a value of a type. */
export function truthValue(truth: boolean, type: ValueType): Value {
  if (isBig(type)) return truth ? 1n : 0n;
  return truth ? 1 : 0;
}

/** Whether a number or BigInt is a value of a type. */
export function isValueOf(type: ValueType, value: Value): boolean {
  return isElementOf(WIDEST[type], value);
}

/** Whether a number or BigInt is one that an array of a dtype holds; a float32 counts before it is rounded. */
export function isElementOf(dtype: Dtype, value: Value): boolean {
  if (isFloat(dtype)) return typeof value === "number";
  const { lowest, highest } = extremesOf(dtype);
  if (typeof value !== typeof lowest) return false;
  return (typeof value === "bigint" || Number.isInteger(value)) && lowest <= value && value <= highest;
}

/** The dtype that holds exactly the values of a type. */
const WIDEST: Readonly<Record<ValueType, Dtype>> = {
  f64: "float64",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
};
