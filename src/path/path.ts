/**
 * Contraction paths: in which order operands meet. Two forms, one meaning:
 *
 * - *linear*, as opt_einsum writes it: each step lists positions in the list of remaining tensors, from which they are
 *   removed; the result is appended. `[[0, 1], [0, 1]]`.
 * - *SSA*: each step lists ids that never change; operands are `0 .. n - 1`, the result of step `s` is `n + s`.
 *   `[[0, 1], [2, 3]]`.
 *
 * A step of more than two tensors contracts them in one nest.
 */
import { invalidOption } from "../support/messages/options.ts";
import type { Window } from "./windows.ts";

export type LinearPath = readonly (readonly number[])[];
export type SsaPath = readonly (readonly number[])[];

/**
 * A contraction as an optimizer sees it: each tensor is the set of indices it depends on, whatever its index
 * expressions; sizes are those of the indices. An index of the output, or of an expression in it, is kept to the end.
 */
export interface PathProblem {
  readonly inputs: readonly ReadonlySet<string>[];
  readonly output: ReadonlySet<string>;
  readonly sizes: ReadonlyMap<string, number>;
  /** How many elements the output has, where expressions make that another number than its indices have values. */
  readonly outputSize?: number;
  /** The windows of each input, whose indices its set holds all the same; absent where no input has one. */
  readonly windows?: readonly (readonly Window[])[];
}

/**
 * What a search makes small:
 *
 * - `flops`: operations, as opt_einsum counts them
 * - `size`: elements of the largest result of a step; among equals, flops
 * - `write`: elements of the results of all steps together
 * - `peak`: elements of the most results that exist at one time; operands are not counted
 */
export const OBJECTIVE_NAMES = ["flops", "size", "write", "peak"] as const;

/** An objective by name. */
export type ObjectiveName = (typeof OBJECTIVE_NAMES)[number];

/** An objective, or the weights of a sum: cotengra's `combo` is `{ flops: 1, write: 64 }`. */
export type Minimize = ObjectiveName | { readonly flops?: number; readonly write?: number };

/** How to search. Optimizers that do not search take no notice of what does not concern them. */
export interface SearchOptions {
  /** An integer from which all random choices follow; 0 by default. One seed, one path, unless `maxTime` cuts. */
  readonly seed?: number | undefined;
  /** Seconds, fractions allowed: a search goes on until they are over, and returns the best it has found. */
  readonly maxTime?: number | undefined;
  /** "flops" by default. */
  readonly minimize?: Minimize | undefined;
  /** The most elements the result of a step may have; indices are sliced where no path that is found keeps to it. */
  readonly memoryLimit?: number | undefined;
  /** Called with every improvement. What it throws ends the search, and is thrown on. */
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined;
}

/** The best path so far. */
export interface SearchProgress {
  /** How many paths have been tried. */
  readonly trials: number;
  /** Since the search began. */
  readonly seconds: number;
  /** As opt_einsum counts them, before slicing. */
  readonly flops: number;
  /** Elements of the largest result of a step, before slicing. */
  readonly largestIntermediate: number;
}

/** A path, and the indices that it is run through one value at a time so that its results fit into memory. */
export interface FoundPath {
  readonly path: SsaPath;
  /**
   * Names of indices, outermost loop first: the path runs once for every combination of their values, each index being
   * of size 1. Results of runs that differ in a reduced index are added up; a kept one places them in the output.
   */
  readonly sliced: readonly string[];
}

/** Finds an order of pairwise contractions: a path in SSA form, whose last step gives the result. */
export type Optimizer = (problem: PathProblem, options?: SearchOptions) => SsaPath;

/** Finds a path of a problem of three operands or more by an optimizer or its name, or fits a given path into memory. */
export type FindPath = (problem: PathProblem, optimize: string | Optimizer | SsaPath) => FoundPath;

/** Refuses options of a search that are out of range. */
export function checkSearchOptions({ seed, maxTime, minimize, memoryLimit, onProgress }: SearchOptions): void {
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw invalidOption("seed", seed, "an integer");
  if (maxTime !== undefined && !(typeof maxTime === "number" && maxTime > 0 && maxTime < Infinity)) {
    throw invalidOption("maxTime", maxTime, "a number of seconds above 0");
  }
  if (memoryLimit !== undefined && !(typeof memoryLimit === "number" && memoryLimit >= 1)) {
    throw invalidOption("memoryLimit", memoryLimit, "a number of elements of at least 1");
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidOption("onProgress", onProgress, "a function");
  }
  if (minimize !== undefined && !isMinimize(minimize)) {
    throw invalidOption(
      "minimize",
      minimize,
      "'flops', 'size', 'write', 'peak', or weights such as { flops: 1, write: 64 }",
    );
  }
}

function isMinimize(value: unknown): value is Minimize {
  if (OBJECTIVE_NAMES.some((name) => name === value)) return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const isWeight = (weight: unknown): boolean => typeof weight === "number" && weight >= 0 && weight < Infinity;
  return (
    entries.every(([name, weight]) => (name === "flops" || name === "write") && isWeight(weight)) &&
    entries.some(([, weight]) => weight > 0)
  );
}
