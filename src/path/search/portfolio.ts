/**
 * The search that `auto-hq` is: many cheap trees, the best of them refined, the best of those annealed.
 *
 * Greedy trials and elimination orders find trees of quite different shapes in a millisecond each; exact search in small
 * windows takes them to their local optimum; annealing, again and again, and exact search after each time, takes the
 * best further. Half of the trees are dropped after each round, so that most of the time goes to few.
 *
 * Invariant: the tree that is returned is the best of all that were looked at.
 */
import type { Minimize } from "../path.ts";
import { anneal } from "./anneal.ts";
import type { Budget } from "./budget.ts";
import type { Random } from "./random.ts";
import { createReconfigurer, type Reconfigurer } from "./reconfigure.ts";
import { isBetter, scoreOf, type Score } from "./score.ts";
import { assignTree, copyTree, totalCost, type Tree } from "./tree.ts";
import { eliminationTrees, hasHyperedges, sampleTrees, type Trials } from "./trials.ts";

/** Leaves of a window: eight take about ten microseconds. */
const WINDOW = 8;
/** Now and then a wider one, which sees further. */
const WIDE_WINDOW = 10;

interface Refinement {
  readonly random: Random;
  readonly budget: Budget;
  readonly reconfigurer: Reconfigurer;
  /** Called with every tree that might be the best. */
  readonly offer: (tree: Tree) => void;
}

/** Searches until the budget is spent; `onBetter` hears of every tree that is better than all before. */
export function searchPortfolio(
  trials: Trials,
  minimize: Minimize,
  budget: Budget,
  onBetter: (tree: Tree) => void,
): Tree {
  let best = copyTree(trials.first);
  let bestScore: Score = scoreOf(best, minimize);
  onBetter(best);
  const offer = (tree: Tree): void => {
    const score = scoreOf(tree, minimize);
    if (!isBetter(score, bestScore)) return;
    bestScore = score;
    best = copyTree(tree);
    onBetter(best);
  };
  const reconfigurer = createReconfigurer(trials.first, WIDE_WINDOW);
  const refinement: Refinement = { random: trials.random, budget, reconfigurer, offer };
  const trees = hasHyperedges(trials.network) ? eliminationTrees(trials, budget.share(0.15)) : [];
  trees.push(...sampleTrees(trials, Infinity, 6, budget.share(0.15)));
  const refining = budget.share(0.2);
  for (const tree of trees) {
    offer(tree);
    settle(tree, 4, { ...refinement, budget: refining });
    offer(tree);
  }
  anneaTrees(trees, trials, refinement);
  return best;
}

function anneaTrees(trees: Tree[], trials: Trials, refinement: Refinement): void {
  const { budget } = refinement;
  for (let left = trees; ; left = left.slice(0, Math.ceil(left.length / 2))) {
    left.sort((a, b) => totalCost(a) - totalCost(b));
    if (left.length === 1) {
      const [tree] = left;
      while (tree && !budget.isSpent()) cycle(tree, trials, refinement);
      return;
    }
    for (const [at, tree] of left.entries()) {
      const own = budget.share(0.4 / (left.length - at));
      while (!own.isSpent()) cycle(tree, trials, { ...refinement, budget: own });
    }
  }
}

/** Anneals a copy and refines it; the tree becomes the copy where that is cheaper. */
function cycle(tree: Tree, trials: Trials, refinement: Refinement): void {
  const { random, budget, offer } = refinement;
  const copy = copyTree(tree);
  const hottest = 0.3 * 8 ** random.next();
  const sweeps = Math.round(30 * 10 ** random.next());
  anneal(copy, { hottest, coldest: 0.05, sweeps }, random, budget);
  settle(copy, 4, refinement);
  trials.count++;
  if (totalCost(copy) >= totalCost(tree)) return;
  assignTree(tree, copy);
  offer(tree);
}

/** Exact search in small windows until nothing changes, and once in wide ones. */
function settle(tree: Tree, passes: number, { random, budget, reconfigurer }: Refinement): void {
  for (let pass = 0; pass < passes; pass++) {
    if (!reconfigurer.pass(tree, WINDOW, random, budget)) break;
  }
}
