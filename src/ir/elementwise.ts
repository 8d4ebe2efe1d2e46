/**
 * Elementwise expressions: what a contraction computes from the elements that its accesses read, before they are reduced
 * (its *term*) and after (its *finish*): a product, a relu before it, a mean's division, a bias, an activation.
 *
 * Floats are computed as doubles. Integers are computed in their dtype, by operators that are exact in it alone: see
 * `integer-elementwise.ts`, through which whoever makes a contraction of integers sends its expressions.
 */
import type { Affine } from "../affine/affine.ts";
import { unreachable } from "../support/errors.ts";
import type { ElementFunction } from "./element-function.ts";

export type Elementwise =
  | ElementwiseValue
  | ElementwiseConstant
  | ElementwiseInteger
  | ElementwiseElement
  | ElementwiseInside
  | ElementwiseBinary
  | ElementwiseCompare
  | ElementwiseSelect
  | ElementwiseCall
  | ElementwiseShared
  | ElementwiseWrap
  | ElementwiseTuple;

/** The parts of an expression that have no parts. */
export type ElementwiseLeaf = ElementwiseValue | ElementwiseConstant | ElementwiseInteger | ElementwiseElement;

/** What a finish is applied to: the reduced value. No term has one. */
export interface ElementwiseValue {
  readonly kind: "value";
}

/** A constant of the dtype that is computed in: a BigInt for integers of 64 bits. */
export interface ElementwiseConstant {
  readonly kind: "constant";
  readonly value: number | bigint;
}

/**
 * An expression over integers as a double: over those of the kernel, such as the count of reduced values where sizes are
 * left to run time; or a position, over the indices of the contraction.
 */
export interface ElementwiseInteger {
  readonly kind: "integer";
  readonly value: Affine;
}

/** The element that an access reads, by its number in `Contraction.reads`; a padded one stands inside an `inside`. */
export interface ElementwiseElement {
  readonly kind: "element";
  readonly access: number;
}

/** A value where an access lies inside its tensor, and a constant where it leaves a padded axis. */
export interface ElementwiseInside {
  readonly kind: "inside";
  readonly access: number;
  readonly value: Elementwise;
  readonly outside: number | bigint;
}

/** Division is for floats alone; `and` and `or` give 1 or 0, where everything but 0 is true, NaN included. */
export interface ElementwiseBinary {
  readonly kind: "binary";
  readonly operator: "add" | "sub" | "mul" | "div" | "max" | "min" | "and" | "or";
  readonly left: Elementwise;
  readonly right: Elementwise;
}

/** How two values compare: equal, unequal, less, less or equal, as JavaScript has it: NaN is unequal to all. */
export type ComparisonOperator = "eq" | "ne" | "lt" | "le";

/** 1 where two values compare so, else 0. */
export interface ElementwiseCompare {
  readonly kind: "compare";
  readonly operator: ComparisonOperator;
  readonly left: Elementwise;
  readonly right: Elementwise;
}

/** One value where a condition is not 0, another one where it is. The one that is not selected leaves no trace. */
export interface ElementwiseSelect {
  readonly kind: "select";
  readonly condition: Elementwise;
  readonly yes: Elementwise;
  readonly no: Elementwise;
}

/** A function of a double. */
export interface ElementwiseCall {
  readonly kind: "call";
  readonly function: ElementFunction;
  readonly value: Elementwise;
}

/** Computed once, however often the same object occurs: the x of `x / (1 + exp(-x))`. */
export interface ElementwiseShared {
  readonly kind: "shared";
  readonly value: Elementwise;
}

/** Wraps an integer to the dtype that is computed in, where that is narrower than its arithmetic. */
export interface ElementwiseWrap {
  readonly kind: "wrap";
  readonly value: Elementwise;
}

/** A whole term alone: the components of a state that a compound monoid reduces. */
export interface ElementwiseTuple {
  readonly kind: "tuple";
  readonly parts: readonly Elementwise[];
}

/** The components of the state that a term is of one point; most are one value. */
export function componentsOf(term: Elementwise): readonly Elementwise[] {
  return term.kind === "tuple" ? term.parts : [term];
}

/** What a finish is applied to; alone, the finish that leaves it as it is. */
export const VALUE: ElementwiseValue = { kind: "value" };

/** The element that an access reads, by its number. */
export function elementOf(access: number): ElementwiseElement {
  return { kind: "element", access };
}

/** One operator between all of some expressions, left to right; very many by halves, so that no expression is deep. */
export function combineAll(operator: ElementwiseBinary["operator"], parts: readonly Elementwise[]): Elementwise {
  const join = (left: Elementwise, right: Elementwise): Elementwise => ({ kind: "binary", operator, left, right });
  if (parts.length <= MANY_PARTS) return parts.reduce(join);
  const half = parts.length >> 1;
  return join(combineAll(operator, parts.slice(0, half)), combineAll(operator, parts.slice(half)));
}

const MANY_PARTS = 256;

/** The parts between which one operator stands, left to right: those of `a * b * c`. */
export function flatten(expression: Elementwise, operator: ElementwiseBinary["operator"]): readonly Elementwise[] {
  if (expression.kind === "shared") return flatten(expression.value, operator);
  if (expression.kind !== "binary" || expression.operator !== operator) return [expression];
  return [...flatten(expression.left, operator), ...flatten(expression.right, operator)];
}

/** The value divided by a count: a mean. */
export function divideBy(count: Affine): Elementwise {
  const right: Elementwise =
    count.terms.length === 0 ? { kind: "constant", value: count.constant } : { kind: "integer", value: count };
  return { kind: "binary", operator: "div", left: VALUE, right };
}

/** Whether an expression is the truth of its left side: together with what is true, or apart from what is not. */
export function isTruth({ operator, right }: ElementwiseBinary): boolean {
  if (right.kind !== "constant") return false;
  return operator === "and" ? Number(right.value) !== 0 : operator === "or" && Number(right.value) === 0;
}

/** The parts of an expression that are expressions. */
export function partsOf(expression: Elementwise): readonly Elementwise[] {
  switch (expression.kind) {
    case "value":
    case "constant":
    case "integer":
    case "element":
      return [];
    case "binary":
    case "compare":
      return [expression.left, expression.right];
    case "select":
      return [expression.condition, expression.yes, expression.no];
    case "call":
    case "inside":
    case "shared":
    case "wrap":
      return [expression.value];
    case "tuple":
      return expression.parts;
    default:
      return unreachable(expression);
  }
}

function isLeaf(expression: Elementwise): expression is ElementwiseLeaf {
  return partsOf(expression).length === 0;
}

/** The accesses that an expression reads, or asks whether they lie inside, by number, each once, in order of appearance. */
export function elementsIn(expression: Elementwise): readonly number[] {
  const found = new Set<number>();
  includes(expression, (part) => {
    if (part.kind === "element" || part.kind === "inside") found.add(part.access);
    return false;
  });
  return [...found];
}

/** Whether a part of an expression is as asked for. Looks once into what is shared, however often it occurs. */
export function includes(
  expression: Elementwise,
  isWanted: (part: Elementwise) => boolean,
  seen = new Set<Elementwise>(),
): boolean {
  if (seen.has(expression)) return false;
  if (expression.kind === "shared") seen.add(expression);
  return isWanted(expression) || partsOf(expression).some((part) => includes(part, isWanted, seen));
}

/** Rebuilds an expression with others in the place of its parts; what is shared stays shared. */
export function mapParts(
  expression: Elementwise,
  map: (part: Elementwise) => Elementwise,
  shared: Map<Elementwise, Elementwise>,
): Elementwise {
  if (isLeaf(expression)) return expression;
  switch (expression.kind) {
    case "binary":
    case "compare":
      return { ...expression, left: map(expression.left), right: map(expression.right) };
    case "select": {
      const { condition, yes, no } = expression;
      return { kind: "select", condition: map(condition), yes: map(yes), no: map(no) };
    }
    case "shared": {
      const known = shared.get(expression) ?? { kind: "shared", value: map(expression.value) };
      shared.set(expression, known);
      return known;
    }
    case "call":
    case "inside":
    case "wrap":
      return { ...expression, value: map(expression.value) };
    case "tuple":
      return { kind: "tuple", parts: expression.parts.map(map) };
    default:
      return unreachable(expression);
  }
}

/** Rebuilds an expression with others in the place of some leaves; what is shared stays shared. */
export function mapLeaves(
  expression: Elementwise,
  map: (leaf: ElementwiseLeaf) => Elementwise,
  shared = new Map<Elementwise, Elementwise>(),
): Elementwise {
  if (isLeaf(expression)) return map(expression);
  return mapParts(expression, (part) => mapLeaves(part, map, shared), shared);
}

/** A text that two expressions share exactly when they are the same: for maps and sets. */
export function elementwiseKey(expression: Elementwise): string {
  // JSON has no BigInts, and one text for all numbers that are not finite.
  return JSON.stringify(expression, (_, part: unknown) =>
    typeof part === "number" || typeof part === "bigint" ? String(part) : part,
  );
}

/** The expression with other positions over the indices. */
export function mapPositions(expression: Elementwise, map: (position: Affine) => Affine): Elementwise {
  return mapLeaves(expression, (leaf) =>
    leaf.kind === "integer" ? { kind: "integer", value: map(leaf.value) } : leaf,
  );
}

/** The expression over the same accesses under other numbers. */
export function renumber(expression: Elementwise, numberOf: (access: number) => number): Elementwise {
  const shared = new Map<Elementwise, Elementwise>();
  const rebuild = (part: Elementwise): Elementwise => {
    if (part.kind === "element") return elementOf(numberOf(part.access));
    const mapped = mapParts(part, rebuild, shared);
    return mapped.kind === "inside" ? { ...mapped, access: numberOf(mapped.access) } : mapped;
  };
  return rebuild(expression);
}
