/**
 * The search that `auto-hq` is: many cheap trees, the best of them refined, the best of those annealed.
 *
 * Greedy trials, elimination orders and recursive cuts find trees of quite different shapes in milliseconds; exact search in small
 * windows takes them to their local optimum; annealing, again and again, and exact search after each time, takes the
 * best further. Half of the trees are dropped after each round, so that most of the time goes to few.
 *
 * Invariant: every tree that may be the best is offered.
 */
import { anneal } from "./anneal.ts";
import type { Budget } from "./budget.ts";
import { searchParts } from "./dynamic-programming.ts";
import { createReconfigurer, type Reconfigurer } from "./reconfigure.ts";
import type { TreeSearch } from "./tree-search.ts";
import { assignTree, copyTree, totalCost, type Tree } from "./tree.ts";
import { bisectionTree, eliminationTree, hasHyperedges, mayEliminate, sampleTrees } from "./trials.ts";

/** Leaves of a window: the exact search of eight takes about ten microseconds, and of each further one three times that. */
const WINDOW = 8;
/** Once over a tree after its small windows have settled: see further. */
const WIDE_WINDOW = 10;
/** How often the small windows go over a tree, at most. */
const PASSES = 4;
/** How many trees are refined; of large networks fewer, for the room they take. */
const POOL = 6;
const POOL_WORDS = 4e7;
/** Where cuts are worth a try, and how many. */
const LEAST_BISECTED = 60;
const MOST_BISECTIONS = 3;
/** The most operands for which an exact search is tried as well. */
const MOST_EXACT = 250;

/** Refines and anneals the best of many trees until the budget is spent. */
export function searchPortfolio(search: TreeSearch): void {
  const { trials, budget, offer } = search;
  const { network, first, costing } = trials;
  const reconfigurer = createReconfigurer(first, WIDE_WINDOW);
  const capacity = Math.max(1, Math.min(POOL, Math.floor(POOL_WORDS / first.bits.length)));
  const trees: Tree[] = [];
  // Each rule twice, since ties are broken at random.
  const rules = ["degree", "fill", "degree", "fill"] as const;
  const mayHelp = hasHyperedges(network) && mayEliminate(network);
  const orders = mayHelp ? rules.map((rule) => (own: Budget) => eliminationTree(trials, rule, own)) : [];
  trees.push(...makeTrees(search, 0.15, orders));
  const cuts = network.operandCount >= LEAST_BISECTED ? MOST_BISECTIONS : 0;
  trees.push(
    ...makeTrees(
      search,
      0.1,
      new Array(cuts).fill((own: Budget) => bisectionTree(trials, own)),
    ),
  );
  trees.push(...sampleTrees(trials, Infinity, capacity, budget.share(0.15), offer));
  // A look at all of them first: cuts and eliminations are better trees than they seem before it.
  const looking = budget.share(0.15);
  for (const tree of trees) reconfigurer.pass(tree, WINDOW, trials.random, looking);
  const refining = budget.share(0.2);
  for (const tree of trees.sort(byCost)) settle(search, tree, reconfigurer, refining);
  if (network.operandCount <= MOST_EXACT && costing.resultPower === 1) {
    // Chains, trees and the like: nothing is left to search then, but for outer products.
    const cap = trees.reduce((least, tree) => Math.min(least, totalCost(tree)), Infinity);
    if (searchParts({ ...search, budget: budget.share(0.3) }, cap)) return;
  }
  annealTrees(search, trees.sort(byCost).slice(0, capacity), reconfigurer);
}

/** Makes trees, as many as there is time for in a part of the budget. */
function makeTrees({ budget, offer }: TreeSearch, part: number, makes: readonly ((own: Budget) => Tree)[]): Tree[] {
  const own = budget.share(part);
  const trees: Tree[] = [];
  for (const make of makes) {
    if (own.isSpent()) break;
    const tree = make(own);
    trees.push(tree);
    offer(tree);
  }
  return trees;
}

/** Anneals and refines one tree until the budget is spent. */
export function annealFirst(search: TreeSearch): void {
  const tree = copyTree(search.trials.first);
  const reconfigurer = createReconfigurer(tree, WIDE_WINDOW);
  settle(search, tree, reconfigurer, search.budget);
  while (!search.budget.isSpent()) cycle(search, tree, reconfigurer, search.budget);
}

/** Gives every tree its turns, then the better half of them, then the best alone. */
function annealTrees(search: TreeSearch, trees: readonly Tree[], reconfigurer: Reconfigurer): void {
  const { budget } = search;
  let left = trees;
  while (left.length > 1) {
    left.forEach((tree, at) => {
      const own = budget.share(0.4 / (left.length - at));
      while (!own.isSpent()) cycle(search, tree, reconfigurer, own);
    });
    left = [...left].sort(byCost).slice(0, Math.ceil(left.length / 2));
  }
  const [tree] = left;
  while (tree && !budget.isSpent()) cycle(search, tree, reconfigurer, budget);
}

/** Anneals a copy and refines it; the tree becomes the copy where that is cheaper. */
function cycle(search: TreeSearch, tree: Tree, reconfigurer: Reconfigurer, budget: Budget): void {
  const { random } = search.trials;
  const copy = copyTree(tree);
  // Which temperature and pace serve a network best is not known beforehand: both are drawn.
  const hottest = 0.3 * 8 ** random.next();
  const sweeps = Math.round(30 * 10 ** random.next());
  anneal(copy, { hottest, coldest: 0.05, sweeps }, random, budget);
  search.trials.count++;
  settle(search, copy, reconfigurer, budget);
  if (totalCost(copy) < totalCost(tree)) assignTree(tree, copy);
}

/** Exact search in small windows until nothing changes, and once in wide ones. */
function settle(search: TreeSearch, tree: Tree, reconfigurer: Reconfigurer, budget: Budget): void {
  const { random } = search.trials;
  for (let pass = 0; pass < PASSES; pass++) {
    if (reconfigurer.pass(tree, WINDOW, random, budget)) continue;
    reconfigurer.pass(tree, WIDE_WINDOW, random, budget);
    break;
  }
  search.offer(tree);
}

function byCost(one: Tree, other: Tree): number {
  return totalCost(one) - totalCost(other);
}
