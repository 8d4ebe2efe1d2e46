/**
 * What a path costs, counted as opt_einsum's `flop_count` does: a step costs the product of the sizes of all its
 * indices, times one multiplication for each tensor after the first (at least one operation), plus one addition where
 * it reduces an index. An index of size 1 multiplies nothing, so broadcast axes are free; a window that stays whole
 * counts as one index of as many values as its expression has. A path that is sliced costs what one slice does, as often as
 * there are slices.
 *
 * Invariant: counts are doubles: exact up to 2^53, rounded above it, Infinity beyond the largest double.
 */
import { required } from "../support/errors.ts";
import type { PathProblem, SsaPath } from "./path.ts";
import { type Labels, type Window, findWindows, heldBy, joinLabels, labelsOf } from "./windows.ts";

/** One step of a path with what it reads, keeps and costs. */
export interface PathStep {
  /** SSA ids of what it contracts. */
  readonly inputs: readonly number[];
  /** SSA id of what it makes. */
  readonly result: number;
  /** The indices another tensor still needs, or the output; after the last step, exactly the output's. */
  readonly kept: ReadonlySet<string>;
  /** The windows that its inputs and its result are read by; it reduces none. */
  readonly windows: readonly Window[];
  /** The indices it sums over: those of its inputs that it does not keep. */
  readonly reduced: ReadonlySet<string>;
  readonly flops: number;
  /** How many elements its result has. */
  readonly size: number;
}

/** Walks a path and counts each step. The path must be valid. */
export function walkPath(problem: PathProblem, path: SsaPath): PathStep[] {
  const { inputs: operands, output, sizes } = problem;
  const tensors: (Labels | undefined)[] = operands.map((input, id) => labelsOf(input, problem.windows?.[id]));
  const users = new Map<string, number>();
  const count = ({ apart, windows }: Labels, by: number): void => {
    for (const index of [...apart, ...heldBy(windows)]) users.set(index, (users.get(index) ?? 0) + by);
  };
  for (const tensor of tensors) if (tensor) count(tensor, 1);
  return path.map((inputs, at) => {
    const terms = inputs.map((id) => {
      const term = required(tensors[id], `tensor ${id} of the path`);
      tensors[id] = undefined;
      count(term, -1);
      return term;
    });
    const isLast = at === path.length - 1;
    const isKept = (index: string): boolean => output.has(index) || (!isLast && (users.get(index) ?? 0) > 0);
    // An index that no operand has repeats the result along the output, which the last step writes.
    const { apart, windows } = joinLabels(terms, isKept, sizes, isLast ? output : []);
    const kept = new Set([...apart].filter(isKept));
    const reduced = new Set([...apart].filter((index) => !kept.has(index)));
    const size = sizeOfIndices(kept, sizes) * windows.reduce((product, window) => product * window.size, 1);
    const flops = flopCount(size * sizeOfIndices(reduced, sizes), terms.length, reduced.size > 0);
    const result = { apart: kept, windows };
    count(result, 1);
    tensors.push(result);
    return { inputs, result: tensors.length - 1, kept, windows, reduced, flops, size };
  });
}

/** Counts the operations of a whole path. */
export function flopsOf(problem: PathProblem, path: SsaPath): number {
  return walkPath(problem, path).reduce((total, { flops }) => total + flops, 0);
}

/** Counts the operations of meeting all operands at once, in one nest. */
export function naiveFlopsOf(problem: PathProblem): number {
  return flopsOf(problem, [problem.inputs.map((_, id) => id)]);
}

/** Returns the product of the sizes of some indices: the number of elements of a tensor that has them. */
function sizeOfIndices(indices: Iterable<string>, sizes: ReadonlyMap<string, number>): number {
  let size = 1;
  for (const index of indices) size *= required(sizes.get(index), `the size of ${index}`);
  return size;
}

/** Returns opt_einsum's `flop_count`: `size` is that of all indices of the step. */
export function flopCount(size: number, termCount: number, reduces: boolean): number {
  return size * (Math.max(1, termCount - 1) + (reduces ? 1 : 0));
}

/** The problem of one slice: sliced indices are in no set and no window of it. */
export function withoutIndices(problem: PathProblem, sliced: readonly string[]): PathProblem {
  if (sliced.length === 0) return problem;
  const gone = new Set(sliced);
  const without = (indices: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...indices].filter((index) => !gone.has(index)));
  const { windows, sizes } = problem;
  const left = windows?.map((own) =>
    findWindows(
      own.map(({ terms }) => terms),
      new Set(gone),
      sizes,
    ),
  );
  return {
    inputs: problem.inputs.map(without),
    output: without(problem.output),
    sizes: new Map([...sizes].filter(([name]) => !gone.has(name))),
    ...(left?.some(({ length }) => length > 0) && { windows: left }),
  };
}

/** The steps of one slice. Where slices add up, each adds its result onto the output, which the last step counts. */
export function walkSlice(problem: PathProblem, path: SsaPath, sliced: readonly string[]): PathStep[] {
  const steps = walkPath(withoutIndices(problem, sliced), path);
  const addsUp = sliced.some((name) => !problem.output.has(name));
  // A step that reduces adds each of its products to something already.
  return steps.map((step, at) =>
    addsUp && at === steps.length - 1 && step.reduced.size === 0 ? { ...step, flops: step.flops + step.size } : step,
  );
}

/** The flops of all slices together. */
export function slicedFlops(problem: PathProblem, path: SsaPath, sliced: readonly string[]): number {
  const runs = sliced.reduce((count, name) => count * (problem.sizes.get(name) ?? 1), 1);
  return walkSlice(problem, path, sliced).reduce((sum, { flops }) => sum + flops, 0) * runs;
}
