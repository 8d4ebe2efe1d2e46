/**
 * Steps: a contraction split along a path. Each step is a contraction of its own, over operands of the whole or
 * intermediates of earlier steps; the last step's output is the whole's.
 */
import type { Contraction } from "../ir/contraction.ts";

/** Where a step finds an operand: operand `id` of the whole, or the intermediate that step `id - operandCount` made. */
export interface ContractionStep {
  /** SSA ids of what it contracts, in the order of `contraction.reads`. */
  readonly inputs: readonly number[];
  /** SSA id of its result. */
  readonly result: number;
  /** The step itself; an intermediate's tensor is named `t0`, `t1`, ... and is row-major. */
  readonly contraction: Contraction;
}
