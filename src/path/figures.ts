/**
 * The figures of a path: what its table, its picture and JSON show.
 *
 * Invariant: plain data; every name is one of the spec's, or of a step's.
 */
import type { LinearPath, SsaPath } from "./path.ts";

/** The figures of a contraction path. Counts are doubles: Infinity where they pass the largest double. */
export interface PathFigures {
  /** The canonical text of the whole contraction. */
  readonly spec: string;
  /** Its indices and their sizes: those of the output first. */
  readonly indices: readonly IndexFigures[];
  /** The operands as the steps read them, over index names: `i (2*y + k - 1)`. */
  readonly operands: readonly OperandFigures[];
  /** The path as opt_einsum writes it: positions in the list of remaining tensors. */
  readonly path: LinearPath;
  /** The same path over ids that never change. */
  readonly ssaPath: SsaPath;
  /** The indices that the path is run through one value at a time, outermost loop first. */
  readonly sliced: readonly string[];
  /** How many times that is: 1 where none is sliced. */
  readonly slices: number;
  /** Multiplications and additions along the path, as opt_einsum counts them, those of all slices. */
  readonly flops: number;
  /** The same for all operands at once, in one nest. */
  readonly naiveFlops: number;
  /** Elements of the largest result of a step in one slice, the last included. */
  readonly largestIntermediate: number;
  /** Elements of the most results of steps that exist at one time, that of the last included; operands are not counted. */
  readonly peakMemory: number;
  /** The most indices that one step runs over; a window that stays whole counts as one. */
  readonly scaling: number;
  /** How many indices the whole contraction has. */
  readonly naiveScaling: number;
  /** What is done in one slice. */
  readonly steps: readonly StepFigures[];
}

export interface IndexFigures {
  readonly name: string;
  readonly size: number;
  readonly reduced: boolean;
}

export interface OperandFigures {
  readonly name: string;
  readonly term: string;
  /** Elements of its shape. */
  readonly size: number;
}

export interface StepFigures {
  /** SSA ids of what the step contracts, in the order of `spec`. */
  readonly inputs: readonly number[];
  /** SSA id of its result. */
  readonly result: number;
  /** The step over index names: `i j, j k -> i k`. */
  readonly spec: string;
  /** Its result over index names: `i k`. */
  readonly term: string;
  /** How many indices it runs over. */
  readonly scaling: number;
  readonly flops: number;
  /** Elements of its result. */
  readonly size: number;
  /** Where the step runs over a window as over one index: its name in `spec`, what it stands for, how many values. */
  readonly windows: readonly WindowFigures[];
}

export interface WindowFigures {
  readonly name: string;
  readonly expression: string;
  readonly size: number;
  /** The indices it stands for. */
  readonly indices: readonly string[];
}
