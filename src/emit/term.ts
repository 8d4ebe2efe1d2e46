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
import { bytesOf, extremesOf, isBig, isFloat, type Dtype, type ValueType } from "../ir/dtype.ts";
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
  if (type === "f64" || isWithin(term, range)) return term;
  if (isBig(type)) return primary(lowBits(64, range, term), range);
  return infix(term, type === "i32" ? "|" : ">>>", constant(0), range);
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

const SIGNS = { add: "+", sub: "-", mul: "*", div: "/" } as const;

/** Computes with two terms. No verified kernel divides integers. */
export function arithmetic(operator: keyof typeof SIGNS, type: ValueType, left: Term, right: Term): Term {
  const sign = SIGNS[operator];
  if (type === "f64" || isBig(type)) return infix(left, sign, right, UNKNOWN);
  if (operator === "mul") {
    const corners = [left.min * right.min, left.min * right.max, left.max * right.min, left.max * right.max];
    const exact = { min: Math.min(...corners), max: Math.max(...corners) };
    const range = isWithin(exact, RANGES.i32) ? exact : RANGES.i32;
    return primary(code`Math.imul(${left.code}, ${right.code})`, range);
  }
  const { min, max } = operator === "sub" ? { min: -right.max, max: -right.min } : right;
  const range = { min: left.min + min, max: left.max + max };
  if (isWithin(range, EXACT)) return infix(left, sign, right, range);
  return arithmetic(operator, type, normal(left, type), normal(right, type));
}

/** Sums that are exact, with room below 2^53 for the element or accumulator that is added to them. */
const EXACT: Range = { min: -(2 ** 52), max: 2 ** 52 };

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
  const whole = normal(value, from);
  if (isFloat(to)) return isBig(from) ? primary(code`Number(${whole.code})`, UNKNOWN) : { ...whole, ...UNKNOWN };
  if (isBig(to)) return isBig(from) ? value : primary(code`BigInt(${whole.code})`, whole);
  const range = rangeOf(to);
  const bits = 8 * bytesOf(to);
  if (isBig(from)) return primary(code`Number(${lowBits(bits, range, value)})`, range);
  // Those of 32 bits are wrapped when somebody looks.
  if (bits === 32 || isWithin(value, range)) return value;
  if (range.min === 0) return infix(value, "&", constant(range.max), range);
  const shift = constant(32 - bits);
  return infix(infix(value, "<<", shift, RANGES.i32), ">>", shift, range);
}

/** The low bits of a BigInt, as a BigInt with or without a sign. */
function lowBits(bits: number, { min }: Range, value: Term): Code {
  return min < 0 ? code`BigInt.asIntN(${bits}, ${value.code})` : code`BigInt.asUintN(${bits}, ${value.code})`;
}

function isWithin(inner: Range, outer: Range): boolean {
  return inner.min >= outer.min && inner.max <= outer.max;
}
