/**
 * How a gradient is computed: what its kernel takes, what is computed first, and the contraction that it is in the end.
 */
import type { Access, Contraction } from "../ir/contraction.ts";

/** A contraction, and what it reads: the ids of operands and of earlier results. */
export interface GradientStage {
  readonly contraction: Contraction;
  readonly inputs: readonly number[];
}

/** Ids are those of the operands, then of the results of `before`. The last stage gives the gradient. */
export interface GradientPlan extends GradientStage {
  /** What the kernel of the gradient takes, in order. */
  readonly operands: readonly Access[];
  /** What is computed first. */
  readonly before: readonly GradientStage[];
}
