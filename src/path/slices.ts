/**
 * What one slice of a path is: the path over tensors without the sliced indices, and what that costs.
 *
 * Invariant: sliced indices are in no set, no window and no step of what is made here.
 */
import { walkPath, type PathStep } from "./cost.ts";
import type { PathProblem, SsaPath } from "./path.ts";
import { findWindows } from "./windows.ts";

/** The problem of one slice. */
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
