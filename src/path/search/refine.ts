/** Refines a path that there is: exact search in small windows, and annealing, for a network that may have changed. */
import { networkOf } from "../network.ts";
import type { PathProblem, SearchOptions, SsaPath } from "../path.ts";
import { createMerger } from "./merger.ts";
import { annealFirst } from "./portfolio.ts";
import { searchFrom } from "./tree-search.ts";

/** Units of work for each operand, a tenth of a millisecond; where there is a time, of each second of it. */
const REFINING = 100_000;
const TIMED_REFINING = 1e9 / 30;

/** Returns a path that is no worse by what is minimized. The given one must be of steps of one or two tensors. */
export function refinePath(problem: PathProblem, path: SsaPath, { seed, minimize, maxTime }: SearchOptions): SsaPath {
  const network = networkOf(problem);
  const merger = createMerger(network);
  const ids = problem.inputs.map((_, id) => id);
  for (const [one = 0, other] of path) {
    // A step of one tensor is the tree's leaf: `finish.ts` decides anew whether it is taken.
    ids.push(other === undefined ? (ids[one] as number) : merger.merge(ids[one] as number, ids[other] as number));
  }
  const units = maxTime === undefined ? REFINING * problem.inputs.length : TIMED_REFINING * maxTime;
  return searchFrom(problem, merger, { seed, minimize }, units, annealFirst);
}
