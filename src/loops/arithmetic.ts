/**
 * What the operators of a kernel compute, type by type: the definition that the interpreter runs, that constant
 * folding may use, and that every target's code must agree with bit for bit.
 *
 * Invariant: given values of the type, a result is a value of the type: integers are wrapped, never rounded.
 */
import { extremesOf, isBig, isFloat, type Dtype, type ValueType } from "../ir/dtype.ts";
import { InternalError, unreachable } from "../support/errors.ts";
import type { BinaryOperator, ReduceOperator } from "./kernel.ts";

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

/** The function an operator is, for one type. */
export function binaryFunction(operator: BinaryOperator, type: ValueType): BinaryFunction {
  if (type === "f64") return onNumbers(doubleFunction(operator));
  if (operator === "div") throw new InternalError("integers are never divided");
  switch (type) {
    case "i32":
      return onNumbers(integerFunction(operator, (value) => value | 0));
    case "u32":
      return onNumbers(integerFunction(operator, (value) => value >>> 0));
    case "i64":
      return onBigInts(bigIntFunction(operator, (value) => BigInt.asIntN(64, value)));
    case "u64":
      return onBigInts(bigIntFunction(operator, (value) => BigInt.asUintN(64, value)));
    default:
      return unreachable(type);
  }
}

/** Converts a value of a type to a dtype; refuses a double as an integer, which no promotion asks for. */
export function convertFunction(from: ValueType, to: Dtype): (value: Value) => Value {
  if (to === "float32" || to === "float64") return Number;
  if (from === "f64") throw new InternalError(`a double is no ${to}`);
  const wrap = INTEGER_WRAPS[to];
  return isBig(to) ? (value) => wrap(BigInt(value)) : (value) => Number(wrap(BigInt(value)));
}

/** Whether a value counts as true: everything but 0, so NaN does. */
export function isTrue(value: Value): boolean {
  return value !== 0 && value !== 0n;
}

/** 1 or 0, as a value of a type. */
export function truthValue(truth: boolean, type: ValueType): Value {
  if (type === "i64" || type === "u64") return truth ? 1n : 0n;
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

const INTEGER_WRAPS: Readonly<Record<Exclude<Dtype, "float32" | "float64">, (value: bigint) => bigint>> = {
  int8: (value) => BigInt.asIntN(8, value),
  int16: (value) => BigInt.asIntN(16, value),
  int32: (value) => BigInt.asIntN(32, value),
  int64: (value) => BigInt.asIntN(64, value),
  uint8: (value) => BigInt.asUintN(8, value),
  uint16: (value) => BigInt.asUintN(16, value),
  uint32: (value) => BigInt.asUintN(32, value),
  uint64: (value) => BigInt.asUintN(64, value),
};

function doubleFunction(operator: BinaryOperator): (left: number, right: number) => number {
  switch (operator) {
    case "add":
      return (left, right) => left + right;
    case "sub":
      return (left, right) => left - right;
    case "mul":
      return (left, right) => left * right;
    case "div":
      return (left, right) => left / right;
    case "max":
      return Math.max;
    case "min":
      return Math.min;
    case "and":
      return (left, right) => (left !== 0 && right !== 0 ? 1 : 0);
    case "or":
      return (left, right) => (left !== 0 || right !== 0 ? 1 : 0);
    default:
      return unreachable(operator);
  }
}

function integerFunction(
  operator: Exclude<BinaryOperator, "div">,
  wrap: (value: number) => number,
): (left: number, right: number) => number {
  switch (operator) {
    case "add":
      return (left, right) => wrap(left + right);
    case "sub":
      return (left, right) => wrap(left - right);
    case "mul":
      return (left, right) => wrap(Math.imul(left, right));
    case "max":
    case "min":
    case "and":
    case "or":
      return doubleFunction(operator);
    default:
      return unreachable(operator);
  }
}

function bigIntFunction(
  operator: Exclude<BinaryOperator, "div">,
  wrap: (value: bigint) => bigint,
): (left: bigint, right: bigint) => bigint {
  switch (operator) {
    case "add":
      return (left, right) => wrap(left + right);
    case "sub":
      return (left, right) => wrap(left - right);
    case "mul":
      return (left, right) => wrap(left * right);
    case "max":
      return (left, right) => (left > right ? left : right);
    case "min":
      return (left, right) => (left < right ? left : right);
    case "and":
      return (left, right) => (left !== 0n && right !== 0n ? 1n : 0n);
    case "or":
      return (left, right) => (left !== 0n || right !== 0n ? 1n : 0n);
    default:
      return unreachable(operator);
  }
}

/** A verified kernel hands numbers to number types alone, and BigInts to the others. */
function onNumbers(operation: (left: number, right: number) => number): BinaryFunction {
  return operation as BinaryFunction;
}

function onBigInts(operation: (left: bigint, right: bigint) => bigint): BinaryFunction {
  return operation as BinaryFunction;
}
