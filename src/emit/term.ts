/**
 * Terms: code of an expression, with its outermost operator, which decides about parentheses, and the range of
 * the integers it may be, which decides about wrapping.
 *
 * Invariant: a term of an integer type is exact and congruent to the expression's value modulo the type's 2^32 or
 * 2^64; it *is* the value once `normal` has seen it. So sums may stay doubles until somebody looks.
 *
 * Operators on terms are the code that computes what `loops/arithmetic.ts` does, bit for bit; those that compare are in
 * `statement.ts`, for their operands occur as conditions or twice. 32-bit sums stay doubles, exact below 2^53, until a
 * wrapped value is wanted; so do products, which `Math.imul` has wrapped to 32 bits. V8 turns BigInts inside
 * `BigInt.asIntN(64, ...)` into machine integers in the same way.
 */
import { bytesOf, extremesOf, isFloat, valueTypeOf, type Dtype, type ValueType } from "../ir/dtype.ts";
import { code, commaSeparated, literal, type Code, type Name } from "./code.ts";

export interface Term {
  readonly code: Code;
  readonly operator: Operator;
  /** Bounds of an integer; infinite where nothing is known. A double's are not looked at. */
  readonly min: number;
  readonly max: number;
}

export type Operator = "primary" | "unary" | keyof typeof INFIX | "?:";

type InfixOperator = keyof typeof INFIX;

/** Precedences are those of the language. */
const INFIX = {
  "*": { sign: code`*`, precedence: 13 },
  "/": { sign: code`/`, precedence: 13 },
  "+": { sign: code`+`, precedence: 12 },
  "-": { sign: code`-`, precedence: 12 },
  "<<": { sign: code`<<`, precedence: 11 },
  ">>": { sign: code`>>`, precedence: 11 },
  ">>>": { sign: code`>>>`, precedence: 11 },
  ">": { sign: code`>`, precedence: 10 },
  "<": { sign: code`<`, precedence: 10 },
  "<=": { sign: code`<=`, precedence: 10 },
  "===": { sign: code`===`, precedence: 9 },
  "!==": { sign: code`!==`, precedence: 9 },
  "&": { sign: code`&`, precedence: 8 },
  "|": { sign: code`|`, precedence: 6 },
  "&&": { sign: code`&&`, precedence: 4 },
  "||": { sign: code`||`, precedence: 3 },
} as const;

interface Range {
  readonly min: number;
  readonly max: number;
}

export const UNKNOWN: Range = { min: -Infinity, max: Infinity };
export const BOOLEAN: Range = { min: 0, max: 1 };

/** The values of each type. Those of 64 bits are rounded outwards: nothing is computed with them, only compared. */
export const RANGES: Readonly<Record<ValueType, Range>> = {
  f64: UNKNOWN,
  i32: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  u32: { min: 0, max: 2 ** 32 - 1 },
  i64: { min: -(2 ** 63), max: 2 ** 63 },
  u64: { min: 0, max: 2 ** 64 },
};

/** The elements of a dtype. */
export function rangeOf(dtype: Dtype): Range {
  const { lowest, highest } = extremesOf(dtype);
  return { min: Number(lowest), max: Number(highest) };
}

/** A name, an element, a call: what needs no parentheses anywhere. */
export function primary(text: Code | Name, { min, max }: Range): Term {
  return { code: code`${text}`, operator: "primary", min, max };
}

export function constant(value: number | bigint): Term {
  const negative = value < 0 || Object.is(value, -0);
  return {
    code: literal(value),
    operator: negative ? "unary" : "primary",
    min: Number(value),
    max: Number(value),
  };
}

/** Joins two terms with an operator that associates to the left, with the parentheses it takes. */
export function infix(left: Term, operator: InfixOperator, right: Term, { min, max }: Range): Term {
  const leftCode = needsParentheses(left, operator, "left") ? code`(${left.code})` : left.code;
  const rightCode = needsParentheses(right, operator, "right") ? code`(${right.code})` : right.code;
  return { code: code`${leftCode} ${INFIX[operator].sign} ${rightCode}`, operator, min, max };
}

export function conditional(condition: Term, yes: Term, no: Term, { min, max }: Range): Term {
  return { code: code`${condition.code} ? ${yes.code} : ${no.code}`, operator: "?:", min, max };
}

/** Wraps an integer to its type, unless it cannot be outside; leaves a double alone. */
export function normal(term: Term, type: ValueType): Term {
  const range = RANGES[type];
  if (term.min >= range.min && term.max <= range.max) return term;
  switch (type) {
    case "f64":
      return term;
    case "i32":
      return infix(term, "|", constant(0), range);
    case "u32":
      return infix(term, ">>>", constant(0), range);
    case "i64":
      return primary(code`BigInt.asIntN(64, ${term.code})`, range);
    case "u64":
      return primary(code`BigInt.asUintN(64, ${term.code})`, range);
  }
}

/**
 * By precedence; and where two operators are seldom seen together, for the reader, as Prettier has it: quotients in
 * products, sums in bit operations, `&&` in `||`.
 */
function needsParentheses(term: Term, around: InfixOperator, side: "left" | "right"): boolean {
  const { operator } = term;
  if (operator === "primary" || operator === "unary") return false;
  if (operator === "?:") return true;
  const [inner, outer] = [INFIX[operator].precedence, INFIX[around].precedence];
  if (inner !== outer) return inner < outer || isBitwise(around) || (around === "||" && operator === "&&");
  if (operator === around && (operator === "&&" || operator === "||")) return false;
  return side === "right" || (outer === 13 && operator !== around) || isBitwise(around);
}

function isBitwise(operator: InfixOperator): boolean {
  return operator === "|" || operator === "&" || operator === "<<" || operator === ">>" || operator === ">>>";
}

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
