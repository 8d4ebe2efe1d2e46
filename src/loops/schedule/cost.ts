/**
 * The cost model: what a scheduled nest does, weighed by constants that `npm run bench:costs` measures. Its unit is the time
 * of one multiply-add at the peak of scalar code.
 *
 * Invariant: a cost is a sum, so that constants can be found by fitting it to times.
 */
import { nestsIn, type LoopNest } from "../nest.ts";
import { countWork, type Work } from "./count-work.ts";

/** What each counts for, in multiply-adds at the peak. Written by `npm run bench:costs`. */
const COSTS: Work = {
  operations: 0.84,
  loads: 0.71,
  stores: 0.01,
  conversions: 0.26,
  spills: 0.35,
  waits: 0.05,
  lines: 0.9,
  conflicts: 5,
  passes: 4,
  starts: 3.1,
  stationary: 2.6,
};

/** How long a scheduled nest takes, as multiply-adds at the peak. */
export function costOf(nest: LoopNest): number {
  const weigh = (work: Work): number =>
    Object.entries(COSTS).reduce((sum, [kind, each]) => sum + each * work[kind as keyof Work], 0);
  return nestsIn(nest).reduce((sum, statement) => sum + weigh(countWork(statement)), 0);
}
