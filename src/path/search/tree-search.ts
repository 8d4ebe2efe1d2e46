/**
 * From a search over trees to an optimizer: options, time, progress, and the path of the best tree.
 *
 * Invariant: the same problem, seed and options give the same path, unless `maxTime` ends the search.
 */
import { flopsOf } from "../cost.ts";
import { findGreedy } from "../greedy.ts";
import type { Minimize, Optimizer, PathProblem, SearchOptions, SsaPath } from "../path.ts";
import { createBudget, type Budget } from "./budget.ts";
import { pathOf, flopsOfTree, isBetter, largestLog, scoreOf, type Score } from "./finish.ts";
import type { Merger } from "./merger.ts";
import { createRandom } from "./random.ts";
import { copyTree, type Tree } from "./tree.ts";
import { startTrials, trialsFrom, type Trials } from "./trials.ts";

/** A search under way: its start, what it may spend, and the best tree so far. */
export interface TreeSearch {
  readonly trials: Trials;
  readonly budget: Budget;
  readonly minimize: Minimize;
  /** Takes a copy of a tree that is better than all before; whether it was. */
  offer(tree: Tree): boolean;
}

/** Offers trees until it has no more, or its budget is spent. */
export type SearchTrees = (search: TreeSearch) => void;

/** The sets of one tree beyond which none is built: more than half a gigabyte. */
const MOST_WORDS = 2 ** 27;

/** Makes an optimizer that may spend so many units of work where no time is given. */
export function treeOptimizer(units: (problem: PathProblem) => number, searchTrees: SearchTrees): Optimizer {
  return (problem, options = {}) => {
    const count = problem.inputs.length;
    if (count <= 2) return [problem.inputs.map((_, id) => id)];
    if ((problem.sizes.size / 32) * 2 * count > MOST_WORDS) return findGreedy(problem);
    const minimize = options.minimize ?? "flops";
    const trials = startTrials(problem, minimize, createRandom(options.seed ?? 0));
    const found = search(problem, trials, options, createBudget(units(problem), options.maxTime), searchTrees);
    // In few trials, or where it knows nothing of many windows, a search may find less than greedy does.
    if (minimize !== "flops") return found;
    const greedy = findGreedy(problem);
    return flopsOf(problem, greedy) < flopsOf(problem, found) ? greedy : found;
  };
}

/** Searches from the tree that a merger has made, for so many units of work. */
export function searchFrom(
  problem: PathProblem,
  merger: Merger,
  options: SearchOptions,
  units: number,
  searchTrees: SearchTrees,
): SsaPath {
  const trials = trialsFrom(merger, options.minimize ?? "flops", createRandom(options.seed ?? 0));
  return search(problem, trials, options, createBudget(units, undefined), searchTrees);
}

function search(
  problem: PathProblem,
  trials: Trials,
  { minimize = "flops", onProgress }: SearchOptions,
  budget: Budget,
  searchTrees: SearchTrees,
): SsaPath {
  let best: Tree | undefined;
  let bestScore: Score = [Infinity, Infinity];
  const offer = (tree: Tree): boolean => {
    const score = scoreOf(tree, minimize);
    if (best && !isBetter(score, bestScore)) return false;
    bestScore = score;
    best = copyTree(tree);
    onProgress?.({
      trials: trials.count,
      seconds: budget.seconds(),
      flops: flopsOfTree(tree),
      largestIntermediate: 2 ** largestLog(tree),
    });
    return true;
  };
  offer(trials.first);
  searchTrees({ trials, budget, minimize, offer });
  return pathOf(problem, best ?? trials.first);
}
