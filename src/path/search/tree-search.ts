/**
 * From a search over trees to an optimizer: options, time, progress, and the path of the best tree.
 *
 * Invariant: the same problem, seed and options give the same path, unless `maxTime` ends the search.
 */
import { flopsOf } from "../cost.ts";
import { findGreedy } from "../greedy.ts";
import type { Optimizer, PathProblem, SearchOptions, SsaPath } from "../path.ts";
import { createBudget, type Budget } from "./budget.ts";
import { pathOf, flopsOfTree, isBetter, largestLog, scoreOf, type Score } from "./finish.ts";
import { createRandom } from "./random.ts";
import { copyTree, type Tree } from "./tree.ts";
import { startTrials, type Trials } from "./trials.ts";

/** A search under way: its start, what it may spend, and the best tree so far. */
export interface TreeSearch {
  readonly trials: Trials;
  readonly budget: Budget;
  /** Takes a copy of a tree that is better than all before. */
  offer(tree: Tree): void;
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
    const budget = createBudget(units(problem), options.maxTime);
    const found = searchFrom(problem, trials, options, budget, searchTrees);
    // In few trials, or where it knows nothing of many windows, a search may find less than greedy does.
    if (minimize !== "flops") return found;
    const greedy = findGreedy(problem);
    return flopsOf(problem, greedy) < flopsOf(problem, found) ? greedy : found;
  };
}

/** Searches from the first tree of trials; returns the path of the best one. */
export function searchFrom(
  problem: PathProblem,
  trials: Trials,
  { minimize = "flops", onProgress }: SearchOptions,
  budget: Budget,
  searchTrees: SearchTrees,
): SsaPath {
  const started = performance.now();
  let best: Tree | undefined;
  let bestScore: Score = [Infinity, Infinity];
  const offer = (tree: Tree): void => {
    const score = scoreOf(tree, minimize);
    if (best && !isBetter(score, bestScore)) return;
    bestScore = score;
    best = copyTree(tree);
    onProgress?.({
      trials: trials.count,
      seconds: (performance.now() - started) / 1000,
      flops: flopsOfTree(tree),
      largestIntermediate: 2 ** largestLog(tree),
    });
  };
  offer(trials.first);
  searchTrees({ trials, budget, offer });
  return pathOf(problem, best ?? trials.first);
}
