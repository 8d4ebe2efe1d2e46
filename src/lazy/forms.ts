/**
 * Fused forms: accesses of arrays, an expression over them, at most one reduction of it, and an expression over the
 * result. Each becomes one contraction: see `contractions.ts`.
 *
 * Invariant: the indices of a form's accesses are its axes and those it reduces over; the two never meet.
 */
import type { Dtype } from "../ir/dtype.ts";
import { elementsIn, mapLeaves, partsOf, type Elementwise } from "../ir/elementwise.ts";
import { required } from "../support/errors.ts";
import type { ReduceNode } from "./graph.ts";
import { print, resolveIndices, symbolsIn, type IndexExpression, type LazySymbol } from "./index-expression.ts";

/** An array: an input or an intermediate. */
export interface ArrayRef {
  readonly name: string;
  readonly dtype: Dtype;
  readonly axes: readonly LazySymbol[];
}

/** An array read through an expression an axis. */
export interface Leaf {
  readonly array: ArrayRef;
  readonly axes: readonly IndexExpression[];
  /** Where some expression leaves its axis: what is read there. */
  readonly outside?: number;
  /** Applied to each element, before `outside` surrounds them; only where there is such a thing. */
  readonly within?: Elementwise;
}

export interface Fused {
  readonly axes: readonly LazySymbol[];
  readonly dtype: Dtype;
  readonly leaves: readonly Leaf[];
  /** Over the leaves, by number. */
  readonly expression: Elementwise;
  readonly reduction?: FusedReduction;
}

export interface FusedReduction {
  readonly reduce: ReduceNode["reduce"];
  readonly over: readonly LazySymbol[];
  /** What becomes of the reduced value; it may read leaves, too. */
  readonly after: Elementwise;
}

/** A form to be computed into an array. */
export interface Stage {
  readonly form: Fused;
  readonly target: ArrayRef;
  /** For axes of the target: where along them the form's elements go; elsewhere is 0. */
  readonly writes: ReadonlyMap<LazySymbol, IndexExpression>;
}

export type SizeOf = (of: LazySymbol) => number;

/** The first leaf, as it is. */
export const ELEMENT: Elementwise = { kind: "element", access: 0 };

/** An array as a form. */
export function formOf(array: ArrayRef): Fused {
  return { axes: array.axes, dtype: array.dtype, leaves: [{ array, axes: array.axes }], expression: ELEMENT };
}

/** Whether a form is a single access, nothing done to it. */
export function isBare({ leaves, expression, reduction }: Fused): boolean {
  return leaves.length === 1 && expression.kind === "element" && !reduction;
}

/** Moves the numbers of leaves. */
export function shiftElements(expression: Elementwise, by: number): Elementwise {
  return mapLeaves(expression, (leaf) =>
    leaf.kind === "element" ? { kind: "element", access: leaf.access + by } : leaf,
  );
}

/** Puts an expression in the place of a leaf. */
export function replaceElement(expression: Elementwise, access: number, by: Elementwise): Elementwise {
  return mapLeaves(expression, (leaf) => (leaf.kind === "element" && leaf.access === access ? by : leaf));
}

/** Whether computing an expression again costs more than storing it. */
export function isCostly(expression: Elementwise): boolean {
  if (expression.kind === "call" && !expression.function.cheap) return true;
  if (expression.kind === "binary" && expression.operator === "div") return true;
  return partsOf(expression).some(isCostly);
}

/** How many operations an expression has. */
export function lengthOf(expression: Elementwise): number {
  return partsOf(expression).reduce((length, part) => length + lengthOf(part), 1);
}

/** What reductions split their operands by: their combination distributes over them. */
const COMBINATIONS = {
  sum: ["mul"],
  mean: ["mul"],
  prod: ["mul"],
  max: ["add", "max", "min"],
  min: ["add", "max", "min"],
} as const satisfies Record<ReduceNode["reduce"], readonly string[]>;

export type CombineOperator = (typeof COMBINATIONS)[ReduceNode["reduce"]][number];

/** A part of what is reduced: an expression over the leaves named. */
export interface Factor {
  readonly leaves: readonly number[];
  readonly expression: Elementwise;
}

/** What a form reduces, as a combination of factors; those over one leaf are one factor. */
export function factorsOf(form: Fused): { readonly combine: CombineOperator; readonly factors: readonly Factor[] } {
  const reduce = form.reduction?.reduce ?? "sum";
  const top = unshared(form.expression);
  const allowed: readonly string[] = COMBINATIONS[reduce];
  const combine = top.kind === "binary" && allowed.includes(top.operator) ? (top.operator as CombineOperator) : "mul";
  const groups = new Map<string, Factor>();
  for (const expression of flatten(top, combine, allowed)) {
    const leaves = elementsIn(expression);
    const key = leaves.length === 1 ? `one ${leaves[0]}` : leaves.length === 0 ? "constant" : `several ${groups.size}`;
    const before = groups.get(key);
    groups.set(key, { leaves, expression: before ? join(combine, before.expression, expression) : expression });
  }
  const constant = groups.get("constant");
  groups.delete("constant");
  const [first, ...others] = groups.values();
  if (!first) return { combine, factors: constant ? [constant] : [] };
  const scaled = constant ? { ...first, expression: join(combine, first.expression, constant.expression) } : first;
  return { combine, factors: [scaled, ...others] };
}

function flatten(expression: Elementwise, combine: CombineOperator, allowed: readonly string[]): Elementwise[] {
  const part = unshared(expression);
  if (part.kind !== "binary" || part.operator !== combine || !allowed.includes(combine)) return [part];
  return [...flatten(part.left, combine, allowed), ...flatten(part.right, combine, allowed)];
}

function unshared(expression: Elementwise): Elementwise {
  return expression.kind === "shared" ? unshared(expression.value) : expression;
}

function join(operator: CombineOperator, left: Elementwise, right: Elementwise): Elementwise {
  return { kind: "binary", operator, left, right };
}

/** A form in which leaves that read the same are one. */
export function unifyForm(form: Fused): Fused {
  const { leaves, expression, reduction } = form;
  const after = reduction && { ...reduction, after: unifyLeaves(reduction.after, leaves) };
  return { ...form, expression: unifyLeaves(expression, leaves), ...(after && { reduction: after }) };
}

/** The leaves that a form uses, by number. */
export function usedLeaves({ expression, reduction }: Fused): readonly number[] {
  return [...elementsIn(expression), ...(reduction ? elementsIn(reduction.after) : [])];
}

/** Leaves that read the same become the first of them. */
function unifyLeaves(expression: Elementwise, leaves: readonly Leaf[]): Elementwise {
  const keys = leaves.map(keyOfLeaf);
  return mapLeaves(expression, (leaf) =>
    leaf.kind === "element" ? { kind: "element", access: keys.indexOf(required(keys[leaf.access], "a leaf")) } : leaf,
  );
}

function keyOfLeaf({ array, axes, outside, within }: Leaf, at: number): string {
  const shown = axes.map(({ terms }) => print(terms, ({ id }) => `#${id}`)).join(", ");
  return within ? `leaf ${at}` : `${array.name}[${shown}] ${outside}`;
}

/** The indices that some leaves depend on. */
export function indicesOfLeaves(leaves: readonly Leaf[]): LazySymbol[] {
  return [...new Set(leaves.flatMap(({ axes }) => axes.flatMap((expression) => symbolsIn(expression, "index"))))];
}

/** What an expression over one leaf makes of a value; undefined where it reads another. */
export function valueAt(expression: Elementwise, value: number): number | undefined {
  const parts = partsOf(expression).map((part) => valueAt(part, value));
  if (parts.includes(undefined)) return undefined;
  const [left, right] = parts as number[];
  switch (expression.kind) {
    case "element":
    case "value":
      return value;
    case "constant":
      return Number(expression.value);
    case "call":
      return expression.function.compute(left as number);
    case "shared":
    case "wrap":
      return left;
    case "binary":
      return OPERATORS[expression.operator](left as number, right as number);
  }
}

const OPERATORS = {
  add: (left: number, right: number): number => left + right,
  sub: (left: number, right: number): number => left - right,
  mul: (left: number, right: number): number => left * right,
  div: (left: number, right: number): number => left / right,
  max: Math.max,
  min: Math.min,
};

/** Smallest and largest value of an expression over indices that have values. */
export function rangeOf(expression: IndexExpression, sizeOf: SizeOf): { readonly min: number; readonly max: number } {
  const { coefficients, constant } = required(resolveIndices(expression, sizeOf), "an affine expression");
  let [min, max] = [constant, constant];
  for (const [index, coefficient] of coefficients) {
    const reach = coefficient * Math.max(0, sizeOf(index) - 1);
    if (reach < 0) min += reach;
    else max += reach;
  }
  return { min, max };
}

/** What a reduction starts from, as `outside` says it; NaN where it is none of these. */
export function identityOfReduce(reduce: ReduceNode["reduce"]): number {
  return { sum: 0, mean: 0, prod: 1, max: -Infinity, min: Infinity }[reduce];
}
