/**
 * Fused forms: accesses of arrays, an expression over them, at most one reduction of it, and an expression over the
 * result. Each becomes one contraction: see `compile-graph.ts`.
 *
 * Invariant: the indices of a form's accesses are its axes and those it reduces over; the two never meet.
 */
import { binary } from "../ir/activations.ts";
import type { Dtype } from "../ir/dtype.ts";
import { elementOf, elementsIn, type Elementwise, includes, partsOf, renumber } from "../ir/elementwise.ts";
import { partsOfTerm } from "../ir/product.ts";
import { required } from "../support/errors.ts";
import type { ReduceNode } from "./graph.ts";
import { type IndexExpression, indicesIn, type LazySymbol, print, resolveIndices } from "./index-expression.ts";

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

/** An array as a form. */
export function formOf(array: ArrayRef): Fused {
  return { axes: array.axes, dtype: array.dtype, leaves: [{ array, axes: array.axes }], expression: elementOf(0) };
}

/** Whether a form is a single access, nothing done to it. */
export function isBare({ leaves, expression, reduction }: Fused): boolean {
  return leaves.length === 1 && expression.kind === "element" && !reduction;
}

/** Whether a form says what lies outside of what it reads. */
export function isPadded({ expression }: Fused): boolean {
  return includes(expression, ({ kind }) => kind === "inside");
}

/** Whether computing an expression again costs more than storing it. */
export function isCostly(expression: Elementwise): boolean {
  const isCostlyPart = (part: Elementwise): boolean =>
    (part.kind === "call" && !part.function.cheap) || (part.kind === "binary" && part.operator === "div");
  return includes(expression, isCostlyPart);
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

type CombineOperator = (typeof COMBINATIONS)[ReduceNode["reduce"]][number];

/** A part of what is reduced: an expression over the leaves named. */
export interface Factor {
  readonly leaves: readonly number[];
  readonly expression: Elementwise;
}

/** What a form reduces, as a combination of factors; those over one leaf are one factor. */
export function factorsOf(form: Fused): { readonly combine: CombineOperator; readonly factors: readonly Factor[] } {
  const reduce = form.reduction?.reduce ?? "sum";
  const found = partsOfTerm(form.expression);
  const combine = COMBINATIONS[reduce].find((allowed) => allowed === found.combine) ?? "mul";
  const parts = combine === found.combine ? found.parts : [form.expression];
  const groups = new Map<string, Factor>();
  for (const expression of parts) {
    const leaves = elementsIn(expression);
    const key = leaves.length === 1 ? `one ${leaves[0]}` : leaves.length === 0 ? "constant" : `several ${groups.size}`;
    const before = groups.get(key);
    groups.set(key, { leaves, expression: before ? binary(combine, before.expression, expression) : expression });
  }
  const constant = groups.get("constant");
  groups.delete("constant");
  const [first, ...others] = groups.values();
  if (!first) return { combine, factors: constant ? [constant] : [] };
  const scaled = constant ? { ...first, expression: binary(combine, first.expression, constant.expression) } : first;
  return { combine, factors: [scaled, ...others] };
}

/** A form in which leaves that read the same are one. */
export function unifyForm(form: Fused): Fused {
  const { leaves, expression, reduction } = form;
  const after = reduction && { ...reduction, after: unifyLeaves(reduction.after, leaves) };
  return { ...form, expression: unifyLeaves(expression, leaves), ...(after && { reduction: after }) };
}

/** Leaves that read the same become the first of them. */
function unifyLeaves(expression: Elementwise, leaves: readonly Leaf[]): Elementwise {
  const keys = leaves.map(keyOfLeaf);
  return renumber(expression, (access) => keys.indexOf(required(keys[access], "a leaf")));
}

function keyOfLeaf({ array, axes }: Leaf): string {
  return `${array.name}[${axes.map(({ terms }) => print(terms, ({ id }) => `#${id}`)).join(", ")}]`;
}

/** The indices that some leaves depend on. */
export function indicesOfLeaves(leaves: readonly Leaf[]): LazySymbol[] {
  return indicesIn(leaves.flatMap(({ axes }) => axes));
}

/** Whether an expression over indices that have values reaches out of an axis. */
export function leavesAxis(expression: IndexExpression, axis: LazySymbol, sizeOf: SizeOf): boolean {
  const { coefficients, constant } = required(resolveIndices(expression, sizeOf), "an affine expression");
  let [min, max] = [constant, constant];
  for (const [index, coefficient] of coefficients) {
    const reach = coefficient * Math.max(0, sizeOf(index) - 1);
    if (reach < 0) min += reach;
    else max += reach;
  }
  return min < 0 || max > sizeOf(axis) - 1;
}
