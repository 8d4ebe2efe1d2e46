/**
 * The contraction: what a spec means once every size is known. Each index runs over `0 .. size - 1`; the result is,
 * for every value of the output's indices, the finish of the reduction over the other indices of a term: an expression
 * over the elements that its accesses read.
 *
 *     out[o, x] = relu(acc + bias[o]) where acc = sum over k of a[x + k] * w[o, k]
 *
 * has the reads `a`, `w` and `bias`, the term `a * w`, the reduction `sum` and the finish `relu(acc + bias)`.
 *
 * Invariants (see `verify.ts`): every variable of an access is an index of the contraction; an access has one axis
 * per axis of its tensor; reads that leave an axis happen only where it is `padded`.
 */
import { variableAffine, type Affine } from "../affine/affine.ts";
import type { EinsumSpec } from "../spec/ast.ts";
import type { Dtype } from "./dtype.ts";
import type { Elementwise } from "./elementwise.ts";
import type { Symbols } from "./symbols.ts";
import type { TensorType } from "./tensor.ts";

/** How the terms under one element of the output become one: a monoid. No order matters to it. */
export type Monoid = ReduceOperator | CompoundMonoid;

/** The monoids whose state is one value, of any dtype. */
export type ReduceOperator = "sum" | "max" | "min" | "prod" | "any" | "all";

/**
 * A monoid of doubles whose state has several components, as that of an argmax or a logsumexp has. The term is a tuple then,
 * the state of one point.
 */
export interface CompoundMonoid {
  /** For readers: `first max`. */
  readonly name: string;
  /** What each component of a state is called by readers, and what it is of no point. */
  readonly components: readonly { readonly name: string; readonly identity: number }[];
  /**
   * What two states are together, component by component: the elements 0, 1 and so on are those of one state, and behind
   * them those of the other. A component that reads another one of the same state is shared, or reads it in a shared part.
   */
  readonly combine: readonly Elementwise[];
  /** What is stored of a state, over its components as elements. */
  readonly result: Elementwise;
  /** What is stored of no point. */
  readonly nothing: number;
}

/** What a spec may ask for. A mean is a sum that its finish divides by the count of reduced values. */
export type Reduction = ReduceOperator | "mean";

/** How the operands' elements under one value of the indices become one. */
export type Combination = "mul" | "add" | "min" | "max" | "and" | "or";

export const REDUCTIONS: readonly Reduction[] = ["sum", "max", "min", "prod", "mean", "any", "all"];
export const COMBINATIONS: readonly Combination[] = ["mul", "add", "min", "max", "and", "or"];

export interface Contraction {
  /** What it was bound from; absent for a step of a path. */
  readonly spec?: EinsumSpec;
  /** Output indices first, in the order of the output; then the reduced ones, in order of appearance. */
  readonly indices: readonly ContractionIndex[];
  /** What is read: first what the term reads, then what the finish alone does. */
  readonly reads: readonly Access[];
  readonly output: Access;
  /** What is reduced, over the elements of the reads. */
  readonly term: Elementwise;
  readonly reduce: Monoid;
  /**
   * What becomes of each reduced value before it is stored, over elements of reads that depend on indices which are axes
   * of the output, and are not padded. It is applied to every element of the output, those that no value of the indices
   * reaches included, which hold the identity.
   */
  readonly finish: Elementwise;
  /** The dtype that elements are promoted to before anything is computed of them. */
  readonly dtype: Dtype;
  /** What is left to run time, where anything is: sizes and layouts are then those of an example. */
  readonly symbols?: Symbols;
}

export interface ContractionIndex {
  readonly name: string;
  readonly size: number;
  /** Whether it occurs in no axis of the output. */
  readonly reduced: boolean;
  /** Whether its loop is best around all others: the phase of a stride, for one. */
  readonly outermost?: true;
}

/** An operand read, or an output written, through axis expressions. */
export interface Access {
  readonly tensor: TensorType;
  /** One per axis of the tensor. */
  readonly axes: readonly AxisAccess[];
}

export interface AxisAccess {
  /** Which element of the axis, over the indices' names. */
  readonly expression: Affine;
  /** Whether the expression may leave the axis: the term says what such reads give; such writes are dropped. */
  readonly padded: boolean;
}

/** An axis that an index, or an expression, walks along and never leaves. */
export function plainAxis(at: string | Affine): AxisAccess {
  return { expression: typeof at === "string" ? variableAffine(at) : at, padded: false };
}

/** Whether a contraction is a mean: a sum divided by the count of what is reduced. */
export function isMean({ reduce, finish, indices }: Contraction): boolean {
  if (reduce !== "sum" || finish.kind !== "binary" || finish.operator !== "div" || finish.left.kind !== "value") {
    return false;
  }
  const count = countValues(reducedOf(indices));
  return finish.right.kind === "integer" || (finish.right.kind === "constant" && finish.right.value === count);
}

/** How many values some indices have together. */
export function countValues(indices: readonly { readonly size: number }[]): number {
  return indices.reduce((count, { size }) => count * size, 1);
}

/** Those of some indices that are kept. */
export function keptOf<I extends { readonly reduced: boolean }>(indices: readonly I[]): I[] {
  return indices.filter(({ reduced }) => !reduced);
}

/** Those of some indices that are reduced. */
export function reducedOf<I extends { readonly reduced: boolean }>(indices: readonly I[]): I[] {
  return indices.filter(({ reduced }) => reduced);
}

/** The size of an index by name; names are unique. */
export function sizesOf(contraction: Contraction): Map<string, number> {
  return new Map(contraction.indices.map(({ name, size }) => [name, size]));
}
