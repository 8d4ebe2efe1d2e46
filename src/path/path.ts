/**
 * Contraction paths: in which order operands meet. Two forms, one meaning:
 *
 * - *linear*, as opt_einsum writes it: each step lists positions in the list of remaining tensors, from which they are
 *   removed; the result is appended. `[[0, 1], [0, 1]]`.
 * - *SSA*: each step lists ids that never change; operands are `0 .. n - 1`, the result of step `s` is `n + s`.
 *   `[[0, 1], [2, 3]]`.
 *
 * A step of more than two tensors contracts them in one nest.
 *
 * Invariant: the way from one form to the other keeps the order of the tensors within a step, so that both ways round
 * give the same path back.
 */
import { invalidOption } from "../support/messages/options.ts";
import type { Window } from "./windows.ts";
import * as messages from "../support/messages/path.ts";

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
export function checkSearchOptions(options: SearchOptions): void {
  const isNumber = (value: unknown): value is number => typeof value === "number";
  const checks: readonly [name: keyof SearchOptions, isInRange: (value: unknown) => boolean, range: string][] = [
    ["seed", Number.isSafeInteger, "an integer"],
    ["maxTime", (value) => isNumber(value) && value > 0 && value < Infinity, "a number of seconds above 0"],
    ["memoryLimit", (value) => isNumber(value) && value >= 1, "a number of elements of at least 1"],
    ["onProgress", (value) => typeof value === "function", "a function"],
    ["minimize", isMinimize, "'flops', 'size', 'write', 'peak', or weights such as { flops: 1, write: 64 }"],
  ];
  for (const [name, isInRange, range] of checks) {
    const value = options[name];
    if (value !== undefined && !isInRange(value)) throw invalidOption(name, value, range);
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

/** Turns positions in the list of remaining tensors into ids. The path must be valid: see `validatePath`. */
export function linearToSsa(path: LinearPath, operandCount: number): SsaPath {
  // Ascending, since results are appended. Moving what is behind a removed one is cheap even for thousands.
  const live = Array.from({ length: operandCount }, (_, id) => id);
  return path.map((positions, step) => {
    const ids = positions.map((position) => live[position] as number);
    removeAll(live, positions);
    live.push(operandCount + step);
    return ids;
  });
}

/** Turns ids into positions in the list of remaining tensors. */
export function ssaToLinear(path: SsaPath, operandCount: number): LinearPath {
  const live = Array.from({ length: operandCount }, (_, id) => id);
  return path.map((ids, step) => {
    const positions = ids.map((id) => positionOf(live, id));
    removeAll(live, positions);
    live.push(operandCount + step);
    return positions;
  });
}

function removeAll(live: number[], positions: readonly number[]): void {
  for (const position of [...positions].sort((a, b) => b - a)) live.splice(position, 1);
}

/** Where an id is in an ascending list that has it. */
function positionOf(live: readonly number[], id: number): number {
  let [low, high] = [0, live.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((live[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Returns a copy of a caller's path, or refuses it: every step must list positions of tensors that remain, each once,
 * and one tensor must remain after the last. A lone operand needs no step: its empty path gets one.
 */
export function validatePath(path: unknown, operandCount: number): LinearPath {
  if (!Array.isArray(path)) throw messages.notAPath(path);
  const steps: number[][] = [];
  let remaining = operandCount;
  for (let step = 0; step < path.length; step++) {
    const positions = validateStep(path[step], step, remaining);
    steps.push(positions);
    remaining -= positions.length - 1;
  }
  if (operandCount === 1 && steps.length === 0) return [[0]];
  if (remaining !== 1) throw messages.incompletePath(steps.length, remaining, operandCount);
  return steps;
}

/** Checks one step, where `remaining` tensors are left to choose from. */
function validateStep(step: unknown, number: number, remaining: number): number[] {
  if (!Array.isArray(step) || step.length === 0) throw messages.malformedStep(number, step);
  const positions = new Set<number>();
  for (let at = 0; at < step.length; at++) {
    const position: unknown = step[at];
    if (!Number.isInteger(position) || (position as number) < 0 || (position as number) >= remaining) {
      throw messages.positionOutOfRange(number, step, at, remaining);
    }
    if (positions.has(position as number)) throw messages.repeatedPosition(number, step, at);
    // Of a Set, an explicit -0 is a 0.
    positions.add(position as number);
  }
  return [...positions];
}

/** Returns the path in SSA form that an optimizer gave, or refuses it: of a caller's own there is no saying what it gives. */
export function validateSsa(path: SsaPath, operandCount: number): SsaPath {
  const live = new Set(Array.from({ length: operandCount }, (_, id) => id));
  const isStep = (ids: unknown, step: number): boolean =>
    Array.isArray(ids) && ids.length > 0 && ids.every((id) => live.delete(id)) && !!live.add(operandCount + step);
  const wrong = Array.isArray(path) ? path.findIndex((ids, step) => !isStep(ids, step)) : 0;
  if (wrong >= 0 || live.size !== 1) throw messages.optimizerPath(path, wrong, live.size);
  return path;
}
