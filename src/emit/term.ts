/**
 * Terms: code of an expression, with its outermost operator, which decides about parentheses, and the range of
 * the integers it may be, which decides about wrapping.
 *
 * Invariant: a term of an integer type is exact and congruent to the expression's value modulo the type's 2^32 or
 * 2^64; it *is* the value once `normal` has seen it. So sums may stay doubles until somebody looks.
 */
import { extremesOf, type Dtype, type ValueType } from "../ir/dtype.ts";
import { code, literal, type Code, type Name } from "./code.ts";

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

export interface Range {
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
