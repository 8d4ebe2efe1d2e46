/**
 * Makes a path keep to a memory limit by slicing: it runs once for every value of some indices, each time over tensors
 * without them.
 *
 *     i j, j k, k l, l i ->   with j sliced:   for every j: i, k, k l, l i ->
 *
 * Steps without a sliced index are repeated: that is what slicing costs. The indices are chosen one by one, the one that
 * adds the fewest flops for what it takes off the results that are too large; a path that was searched is then refined
 * for what is left of the network. The result of the last step is the output, which exists whole whatever is sliced.
 *
 * Source: Gray and Kourtis, "Hyper-optimized tensor network contraction" (2021), section on slicing.
 *
 * Invariant: no step but the last has a result of more than `limit` elements, nor the output.
 */
import { type PathStep, slicedFlops, walkPath, withoutIndices } from "../cost.ts";
import type { FoundPath, PathProblem, SearchOptions, SsaPath } from "../path.ts";
import { memoryLimit } from "../../support/messages/path.ts";
import { heldBy } from "../windows.ts";
import { networkOf } from "../network.ts";
import { createBudget } from "./budget.ts";
import { createMerger } from "./merger.ts";
import { annealFirst } from "./portfolio.ts";
import { createRandom } from "./random.ts";
import { searchFrom } from "./tree-search.ts";
import { trialsFrom } from "./trials.ts";

/** How many indices are sliced before the path is refined for what is left. */
const STRIDE = 3;
/** How often a path that fits is refined, and sliced anew. */
const ROUNDS = 3;

/**
 * Slices a path, and refines it in between where `options` say how it was searched. Refuses a limit below the size of
 * the output: any other can be met.
 */
export function fitMemory(
  problem: PathProblem,
  path: SsaPath,
  limit: number,
  options: SearchOptions | undefined,
): FoundPath {
  const valuesOf = (name: string): number => problem.sizes.get(name) ?? 1;
  const outputSize = problem.outputSize ?? [...problem.output].reduce((size, name) => size * valuesOf(name), 1);
  if (outputSize > limit) throw memoryLimit(limit, outputSize);
  let best = slicePath(problem, path, limit);
  if (!options || best.sliced.length === 0) return best;
  let bestFlops = slicedFlops(problem, best.path, best.sliced);
  const starts = [best.path, refinePath(problem, path, { ...options, minimize: "size" })];
  for (const start of starts) {
    let found: FoundPath = { path: start, sliced: [] };
    for (let isOpen = true; isOpen;) {
      const next = slicePath(problem, found.path, limit, found.sliced, STRIDE);
      isOpen = next.sliced.length === found.sliced.length + STRIDE;
      found = isOpen ? { ...next, path: refinePath(withoutIndices(problem, next.sliced), next.path, options) } : next;
    }
    for (let round = 0; round < ROUNDS; round++) {
      const refined = refinePath(withoutIndices(problem, found.sliced), found.path, options);
      found = dropNeedless(problem, slicePath(problem, refined, limit, found.sliced), limit);
      const flops = slicedFlops(problem, found.path, found.sliced);
      if (flops < bestFlops) {
        bestFlops = flops;
        best = found;
      }
    }
  }
  return best;
}

/** Chooses further indices, at most so many, until every result but the output fits. */
function slicePath(
  problem: PathProblem,
  path: SsaPath,
  limit: number,
  already: readonly string[] = [],
  most = Infinity,
): FoundPath {
  const sliced = [...already];
  for (;;) {
    const current = withoutIndices(problem, sliced);
    const steps = walkPath(current, path);
    const large = steps.slice(0, -1).filter(({ size }) => size > limit);
    if (large.length === 0 || sliced.length === already.length + most) return { path, sliced };
    sliced.push(bestSlice(current, steps, large));
  }
}

/** The index that adds the fewest flops for each halving of what is too large. */
function bestSlice({ sizes }: PathProblem, steps: readonly PathStep[], large: readonly PathStep[]): string {
  const reach = new Map<string, number>();
  for (const { kept, windows } of large) {
    for (const name of [...kept, ...heldBy(windows)]) reach.set(name, (reach.get(name) ?? 0) + 1);
  }
  const shares = new Map<string, number>();
  let total = 0;
  for (const { kept, reduced, windows, flops } of steps) {
    total += flops;
    for (const names of [kept, reduced, heldBy(windows)]) {
      for (const name of names) if (reach.has(name)) shares.set(name, (shares.get(name) ?? 0) + flops);
    }
  }
  let best = "";
  let least = Infinity;
  for (const [name, count] of reach) {
    const size = sizes.get(name) ?? 1;
    if (size === 1) continue;
    const share = (shares.get(name) ?? 0) / total;
    // All runs over the one before: what has the index costs as much as ever, the rest `size` times that.
    const growth = Math.log2(share + size * (1 - share));
    const score = (growth + 1e-6) / (Math.log2(size) * count);
    if (score >= least) continue;
    least = score;
    best = name;
  }
  return best;
}

/** Takes back the slices that are not needed any more, the first ones first. */
function dropNeedless(problem: PathProblem, { path, sliced }: FoundPath, limit: number): FoundPath {
  let left = sliced;
  for (const name of sliced) {
    const fewer = left.filter((other) => other !== name);
    const steps = walkPath(withoutIndices(problem, fewer), path);
    if (steps.slice(0, -1).every(({ size }) => size <= limit)) left = fewer;
  }
  return { path, sliced: left };
}

/** Units of work for each operand, a tenth of a millisecond; where there is a time, of each second of it. */
const REFINING = 100_000;
const TIMED_REFINING = 1e9 / 30;

/**
 * Refines a path for a network that may have changed, by exact search in small windows and annealing: returns one that is
 * no worse by what is minimized. The given one must be of steps of one or two tensors.
 */
function refinePath(problem: PathProblem, path: SsaPath, options: SearchOptions): SsaPath {
  const { seed = 0, minimize = "flops", maxTime } = options;
  const network = networkOf(problem);
  const merger = createMerger(network);
  const ids = problem.inputs.map((_, id) => id);
  for (const [one = 0, other] of path) {
    // A step of one tensor is the tree's leaf: `finish.ts` decides anew whether it is taken.
    ids.push(other === undefined ? (ids[one] as number) : merger.merge(ids[one] as number, ids[other] as number));
  }
  const units = maxTime === undefined ? REFINING * problem.inputs.length : TIMED_REFINING * maxTime;
  const trials = trialsFrom(merger, minimize, createRandom(seed));
  return searchFrom(problem, trials, { minimize }, createBudget(units, undefined), annealFirst);
}
