/**
 * The contraction: what a spec means once every size is known. Each index runs over `0 .. size - 1`; the result is,
 * for every value of the output's indices, the reduction over the other indices of the combination of the elements
 * that the operands' accesses read.
 *
 * Invariants (see `verify.ts`): every variable of an access is an index of the contraction; an access has one axis
 * per axis of its tensor; reads that leave an axis happen only where it is `padded`.
 *
 * There is room for what comes: a complex element type is a dtype of two numbers an element, interleaved, whose buffer
 * has another innermost axis of size 2.
 */
import type { Affine } from "../affine/affine.ts";
import type { EinsumSpec } from "../spec/ast.ts";
import type { Dtype } from "./dtype.ts";
import type { Elementwise } from "./elementwise.ts";
import type { Symbols } from "./symbols.ts";
import type { TensorType } from "./tensor.ts";

/** How the elements under one output element become one. `mean` is a sum divided by the count of reduced values. */
export type Reduction = "sum" | "max" | "min" | "prod" | "mean" | "any" | "all";

/** How the operands' elements under one value of the indices become one. */
export type Combination = "mul" | "add" | "min" | "max" | "and" | "or";

/**
 * For gradients, of three operands: `match` is the first where the second equals the third and both are finite, else 0;
 * `differ` is 0 there, and else the first.
 */
export type AnyCombination = Combination | "match" | "differ";

export const REDUCTIONS: readonly Reduction[] = ["sum", "max", "min", "prod", "mean", "any", "all"];
export const COMBINATIONS: readonly Combination[] = ["mul", "add", "min", "max", "and", "or"];

export interface Contraction {
  /** What it was bound from; absent for a step of a path. */
  readonly spec?: EinsumSpec;
  /** Output indices first, in the order of the output; then the reduced ones, in order of appearance. */
  readonly indices: readonly ContractionIndex[];
  readonly operands: readonly Access[];
  readonly output: Access;
  readonly combine: AnyCombination;
  readonly reduce: Reduction;
  /** The dtype operands are promoted to before they are combined. */
  readonly dtype: Dtype;
  /**
   * Applied to each accumulated value before it is stored; absent: stored as it is. It is applied to every element of
   * the output, those that no value of the indices reaches included, which hold the identity.
   */
  readonly epilogue?: Elementwise;
  /**
   * What elements of the output hold that no value of the indices reaches; the reduction's identity where absent. Only
   * where each element is reached at most once and nothing is reduced.
   */
  readonly fill?: number | bigint;
  /**
   * What the epilogue and prologues read beside their value: arrays that the kernel takes after the operands. An access
   * of the epilogue depends on indices that are axes of the output; none is padded.
   */
  readonly further?: readonly Access[];
  /**
   * Whether what lies outside of an operand contributes nothing, whatever it meets; absent: it is the reduction's identity,
   * and times infinity that is NaN.
   */
  readonly ignoresOutside?: true;
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
  /** Whether each element is its own address, so that the tensor is no operand of the kernel; absent: it is one. */
  readonly positions?: true;
  /**
   * Applied to each element read, as one of the contraction's dtype; absent: read as it is. Padding surrounds what it
   * gives, so that a read outside is the reduction's identity, whatever the prologue makes of it. It reads further
   * accesses only where it is that of a contraction's only operand.
   */
  readonly prologue?: Elementwise;
  /** Whether the prologue is applied once an element, while the operand is copied, instead of at every read. */
  readonly staged?: boolean;
}

export interface AxisAccess {
  /** Which element of the axis, over the indices' names. */
  readonly expression: Affine;
  /** Whether the expression may leave the axis: such reads give the reduction's identity, such writes are dropped. */
  readonly padded: boolean;
}

/** The size of an index by name; names are unique. */
export function sizesOf(contraction: Contraction): Map<string, number> {
  return new Map(contraction.indices.map(({ name, size }) => [name, size]));
}
