/**
 * Operators on terms, type by type: the code that computes what `loops/arithmetic.ts` does, bit for bit. Comparing
 * operators are in `expression.ts`, for their operands occur as conditions or twice.
 *
 * 32-bit sums stay doubles, exact below 2^53, until a wrapped value is wanted; so do products, which `Math.imul`
 * has wrapped to 32 bits. V8 turns BigInts inside `BigInt.asIntN(64, ...)` into machine integers in the same way.
 */
import { bytesOf, isFloat, valueTypeOf, type Dtype, type ValueType } from "../ir/dtype.ts";
import { code, commaSeparated } from "./code.ts";
import { constant, infix, normal, primary, rangeOf, RANGES, UNKNOWN, type Range, type Term } from "./term.ts";

export function addition(type: ValueType, left: Term, right: Term): Term {
  if (!is32Bit(type)) return infix(left, "+", right, UNKNOWN);
  const range = { min: left.min + right.min, max: left.max + right.max };
  return isExact(range) ? infix(left, "+", right, range) : addition(type, normal(left, type), normal(right, type));
}

export function subtraction(type: ValueType, left: Term, right: Term): Term {
  if (!is32Bit(type)) return infix(left, "-", right, UNKNOWN);
  const range = { min: left.min - right.max, max: left.max - right.min };
  return isExact(range) ? infix(left, "-", right, range) : subtraction(type, normal(left, type), normal(right, type));
}

export function multiplication(type: ValueType, left: Term, right: Term): Term {
  if (!is32Bit(type)) return infix(left, "*", right, UNKNOWN);
  const corners = [left.min * right.min, left.min * right.max, left.max * right.min, left.max * right.max];
  const exact = { min: Math.min(...corners), max: Math.max(...corners) };
  const fits = exact.min >= RANGES.i32.min && exact.max <= RANGES.i32.max;
  return primary(code`Math.imul(${left.code}, ${right.code})`, fits ? exact : RANGES.i32);
}

/** Of doubles alone: no verified kernel divides integers. */
export function division(_: ValueType, left: Term, right: Term): Term {
  return infix(left, "/", right, UNKNOWN);
}

/** `Math.max` and `Math.min` of numbers, in one call however many: NaN wins, -0 is less than 0. Not for BigInts. */
export function extremum(operator: "max" | "min", type: ValueType, terms: readonly Term[]): Term {
  const values = terms.map((term) => normal(term, type));
  const pick = operator === "max" ? Math.max : Math.min;
  const range = { min: pick(...values.map(({ min }) => min)), max: pick(...values.map(({ max }) => max)) };
  const list = commaSeparated(values.map((value) => value.code));
  return primary(operator === "max" ? code`Math.max(${list})` : code`Math.min(${list})`, range);
}

/** The same of 32-bit integers, by a function of two that the kernel defines. */
export function chosen(operator: "max" | "min", type: ValueType, terms: readonly Term[]): Term {
  const name = operator === "max" ? code`greaterOf` : code`lesserOf`;
  const choose = (left: Term, right: Term): Term => primary(code`${name}(${left.code}, ${right.code})`, RANGES[type]);
  return terms.map((term) => normal(term, type)).reduce(choose);
}

/** Converts a term of a type to a dtype; values that the dtype holds anyway stay as they are. */
export function conversion(from: ValueType, to: Dtype, value: Term): Term {
  if (isFloat(to)) {
    const whole = normal(value, from);
    return isBigType(from) ? primary(code`Number(${whole.code})`, UNKNOWN) : { ...whole, ...UNKNOWN };
  }
  const type = valueTypeOf(to);
  if (isBigType(type)) {
    if (isBigType(from)) return value;
    const whole = normal(value, from);
    return primary(code`BigInt(${whole.code})`, whole);
  }
  return isBigType(from) ? fromBigInt(to, value) : toDtype(to, value);
}

/** The low bits of a BigInt as a number. */
function fromBigInt(to: Dtype, value: Term): Term {
  const bits = 8 * bytesOf(to);
  const range = rangeOf(to);
  return range.min < 0
    ? primary(code`Number(BigInt.asIntN(${bits}, ${value.code}))`, range)
    : primary(code`Number(BigInt.asUintN(${bits}, ${value.code}))`, range);
}

/** The low bits of a 32-bit integer; those of 32 bits are wrapped when somebody looks. */
function toDtype(to: Dtype, value: Term): Term {
  const bits = 8 * bytesOf(to);
  const range = rangeOf(to);
  if (bits === 32 || (value.min >= range.min && value.max <= range.max)) return value;
  if (range.min === 0) return infix(value, "&", constant(range.max), range);
  const shift = constant(32 - bits);
  return infix(infix(value, "<<", shift, RANGES.i32), ">>", shift, range);
}

/** Whether values of a type are BigInts. */
export function isBigType(type: ValueType): boolean {
  return type === "i64" || type === "u64";
}

function is32Bit(type: ValueType): boolean {
  return type === "i32" || type === "u32";
}

/** Leaves room below 2^53 for the element or accumulator that the term is added to. */
function isExact({ min, max }: Range): boolean {
  return min >= -(2 ** 52) && max <= 2 ** 52;
}
