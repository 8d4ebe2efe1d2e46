/**
 * Size equations: what an axis expression of a spec, or a constraint, says about sizes. This file says what an
 * equation is; `infer-sizes.ts` solves a list of them.
 *
 * A coefficient may hold sizes itself, as in `|w|*h + w`, so it has a value only once those are known.
 */
import { unreachable } from "../support/errors.ts";
import type { Span } from "../support/carets.ts";
import { type Affine, affineOf } from "./affine.ts";

/** Where an equation comes from: a place in the text, and its name in a message. */
export interface Place {
  readonly span: Span;
  /** Where the text names the axis itself, as constraints do: the `x` of `x = 2*y + k`. */
  readonly axisSpan?: Span;
  /** `axis 1 of operand 0`, `axis 0 of the output`, `'x'`. */
  readonly what: string;
  readonly side: "input" | "output";
  /** Number of the operand, -1 for the output; of a constraint, its own number. */
  readonly operand: number;
}

/** What one axis says about sizes. */
export type AxisEquation = PlainEquation | ProductEquation | AffineEquation | UnitEquation;

export type SizeEquation = AxisEquation | BalanceEquation;

interface EquationBase {
  readonly place: Place;
  /** Known for operands that there are; else null. */
  readonly axisSize: number | null;
  /** The unknown that is the size of this axis, where other equations may speak of it; `axisSize` is null then. */
  readonly axis?: string;
}

/** The axis has the size of one index; an axis of size 1 repeats along a larger one of another operand. */
export interface PlainEquation extends EquationBase {
  readonly kind: "plain";
  readonly index: string;
}

/** The axis has the product of the sizes: `(h w)`. */
export interface ProductEquation extends EquationBase {
  readonly kind: "product";
  readonly indices: readonly string[];
}

/** `coefficient*index + ... + constant` runs over the axis and the padding declared around it. */
export interface AffineEquation extends EquationBase {
  readonly kind: "affine";
  readonly parts: readonly AffineEquationPart[];
  /** Summed. */
  readonly constant: readonly SizeExpression[];
  /** The padding declared behind the axis; null: as much as before it. */
  readonly paddingAfter: number | null;
  /**
   * How much of the axis a strict solution may leave unread behind the last element read. A window: less than its
   * stride, as there is no room for one more; exact: nothing; placed: anything, since the expression says where in the
   * axis something lies, so it is solved where nothing else is; inside: anything, and other equations determine sizes.
   */
  readonly fit?: Fit;
}

export type Fit = "window" | "exact" | "placed" | "inside";

export interface AffineEquationPart {
  readonly index: string;
  readonly coefficient: SizeExpression;
}

/** The axis has size 1. */
export interface UnitEquation extends EquationBase {
  readonly kind: "unit";
}

/** Two expressions over sizes are equal: `|d| = |a| + 2*|c|`. There is no axis. */
export interface BalanceEquation extends EquationBase {
  readonly kind: "balance";
  readonly left: SizeExpression;
  readonly right: SizeExpression;
}

/** An affine equation whose coefficients have values. */
export interface ResolvedAffine {
  /** The element of the axis, over the indices; parts of one index are added up. */
  readonly expression: Affine;
  /** Padding declared before and after the axis. */
  readonly before: number;
  readonly after: number;
}

/**
 * Gives the coefficients their values; undefined while one of them is unknown. A negative constant `- p` declares p
 * elements of padding before the axis, and after it too unless the equation says otherwise.
 */
export function resolveAffine(equation: AffineEquation, sizeOf: SizeOf): ResolvedAffine | undefined {
  const coefficients = new Map<string, number>();
  for (const { index, coefficient } of equation.parts) {
    const value = valueOfSize(coefficient, sizeOf);
    if (value === undefined) return undefined;
    coefficients.set(index, (coefficients.get(index) ?? 0) + value);
  }
  let constant = 0;
  for (const part of equation.constant) {
    const value = valueOfSize(part, sizeOf);
    if (value === undefined) return undefined;
    constant += value;
  }
  const before = Math.max(0, -constant);
  return { expression: affineOf(coefficients, constant), before, after: equation.paddingAfter ?? before };
}

/** The size of an equation's axis, as far as it is known. */
export function axisSizeOf({ axis, axisSize }: SizeEquation, sizeOf: SizeOf): number | undefined {
  return axis === undefined ? (axisSize ?? undefined) : sizeOf(axis);
}

/** The indices an equation's expression runs over; those it only takes the size of are not among them. */
export function iteratedBy(equation: SizeEquation): readonly string[] {
  switch (equation.kind) {
    case "plain":
      return [equation.index];
    case "product":
      return equation.indices;
    case "affine":
      return equation.parts.map(({ index }) => index);
    case "unit":
    case "balance":
      return [];
    default:
      return unreachable(equation);
  }
}

/** The indices that an expression takes the size of: those in `|k|`. */
export function measuredBy(equation: SizeEquation): readonly string[] {
  if (equation.kind === "balance") return [equation.left, equation.right].flatMap(sizesIn);
  if (equation.kind !== "affine") return [];
  return [...equation.parts.map(({ coefficient }) => coefficient), ...equation.constant].flatMap(sizesIn);
}

/** The indices whose sizes an expression speaks of, each once: those it runs over, then those in `|k|`. */
export function indicesOf(equation: SizeEquation): readonly string[] {
  return [...new Set([...iteratedBy(equation), ...measuredBy(equation)])];
}

/** All that an equation relates: the indices of its expression and, where it is an unknown as well, its axis. */
export function unknownsOf(equation: SizeEquation): readonly string[] {
  const indices = indicesOf(equation);
  return equation.axis === undefined || indices.includes(equation.axis) ? indices : [...indices, equation.axis];
}

//  * Expressions over sizes: integers, `|k|`, sums, products and floor division. They are the coefficients and constants
// of axis expressions, and the sides of equations between sizes.
//
// Invariant: expressions are trees of bounded depth (whoever builds them sees to that), so that functions may recurse.

export type SizeExpression =
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "size"; readonly index: string }
  | { readonly kind: "sum" | "product"; readonly parts: readonly SizeExpression[] }
  /** The dividend and the divisor; rounded down. */
  | { readonly kind: "quotient"; readonly parts: readonly [SizeExpression, SizeExpression] };

/** The size of an index by name; undefined while it is unknown. */
export type SizeOf = (index: string) => number | undefined;

export function integerSize(value: number): SizeExpression {
  return { kind: "integer", value };
}

/** Multiplies expressions: integers become one factor, which is left out where it is 1. */
export function productOfSizes(factors: readonly SizeExpression[]): SizeExpression {
  let integer = 1;
  const parts: SizeExpression[] = [];
  for (const factor of factors) {
    if (factor.kind === "integer") integer *= factor.value;
    else parts.push(factor);
  }
  // A negative factor times 0 would leave -0.
  if (parts.length === 0) return integerSize(integer + 0);
  if (integer !== 1) parts.unshift(integerSize(integer));
  return parts.length === 1 ? (parts[0] as SizeExpression) : { kind: "product", parts };
}

/** Adds expressions; nothing adds up to 0. */
export function sumOfSizes(parts: readonly SizeExpression[]): SizeExpression {
  if (parts.length === 0) return integerSize(0);
  return parts.length === 1 ? (parts[0] as SizeExpression) : { kind: "sum", parts };
}

const OPERATORS = {
  sum: (left: number, right: number): number => left + right,
  product: (left: number, right: number): number => left * right,
  quotient: (left: number, right: number): number => (right === 0 ? NaN : Math.floor(left / right)),
};

/** The value, or undefined while a size in it is unknown; NaN where it divides by 0. */
export function valueOfSize(expression: SizeExpression, sizeOf: SizeOf): number | undefined {
  if (expression.kind === "integer") return expression.value;
  if (expression.kind === "size") return sizeOf(expression.index);
  let result: number | undefined;
  for (const part of expression.parts) {
    const value = valueOfSize(part, sizeOf);
    if (value === undefined) return undefined;
    result = result === undefined ? value : OPERATORS[expression.kind](result, value);
  }
  return result;
}

/** The indices whose sizes an expression takes, in the order written; one may come more than once. */
export function sizesIn(expression: SizeExpression): readonly string[] {
  if (expression.kind === "integer") return [];
  return expression.kind === "size" ? [expression.index] : expression.parts.flatMap(sizesIn);
}
