/**
 * The search that `auto-hq` is: many cheap trees, the best of them refined, the best of those annealed.
 *
 * Greedy trials, elimination orders and recursive cuts find trees of quite different shapes in milliseconds; exact search in small
 * windows takes them to their local optimum; annealing, again and again, and exact search after each time, takes the
 * best further. Half of the trees are dropped after each round, so that most of the time goes to few.
 *
 * Invariant: every tree that may be the best is offered.
 */
import type { Budget } from "./budget.ts";
import { searchParts } from "./dynamic-programming.ts";
import { type Reconfigure, createReconfigurer } from "./reconfigure.ts";
import type { TreeSearch } from "./tree-search.ts";
import { byCost, copyTree, stepCost, totalCost, type Tree } from "./tree.ts";
import { bisectionTree, eliminationTree, hasHyperedges, mayEliminate, sampleTrees } from "./trials.ts";
import { type Ahead, beyondIndices, lookAhead } from "../network.ts";
import type { Random } from "./random.ts";

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

/** The temperature of the last sweep of annealing, in doublings of cost. */
const COLDEST = 0.05;

/** Refines and anneals the best of many trees until the budget is spent. */
export function searchPortfolio(search: TreeSearch): void {
  const { trials, budget, offer } = search;
  const { network, first, costing } = trials;
  const reconfigure = createReconfigurer(network, WIDE_WINDOW);
  const capacity = Math.max(1, Math.min(POOL, Math.floor(POOL_WORDS / first.bits.length)));
  // Each rule twice, since ties are broken at random.
  const rules = hasHyperedges(network) && mayEliminate(network) ? (["degree", "fill", "degree", "fill"] as const) : [];
  const cuts = network.operandCount >= LEAST_BISECTED ? MOST_BISECTIONS : 0;
  const trees = [
    ...makeTrees(search, 0.15, rules.length, (own, at) => eliminationTree(trials, rules[at] ?? "fill", own)),
    ...makeTrees(search, 0.1, cuts, (own) => bisectionTree(trials, own)),
    ...sampleTrees(trials, Infinity, capacity, budget.share(0.15), offer),
  ];
  // A look at all of them first: cuts and eliminations are better trees than they seem before it.
  const looking = budget.share(0.15);
  for (const tree of trees) reconfigure(tree, WINDOW, trials.random, looking);
  const refining = budget.share(0.2);
  for (const tree of trees.sort(byCost)) settle(search, tree, reconfigure, refining);
  if (network.operandCount <= MOST_EXACT && costing.resultPower === 1) {
    // Chains, trees and the like: nothing is left to search then, but for outer products.
    const cap = trees.reduce((least, tree) => Math.min(least, totalCost(tree)), Infinity);
    if (searchParts({ ...search, budget: budget.share(0.3) }, cap)) return;
  }
  annealTrees(search, trees.sort(byCost).slice(0, capacity), reconfigure);
}

/** Makes so many trees, or as many as there is time for in a part of the budget. */
function makeTrees(
  { budget, offer }: TreeSearch,
  part: number,
  most: number,
  make: (own: Budget, at: number) => Tree,
): Tree[] {
  const own = budget.share(part);
  const trees: Tree[] = [];
  while (trees.length < most && !own.isSpent()) {
    const tree = make(own, trees.length);
    trees.push(tree);
    offer(tree);
  }
  return trees;
}

/** Anneals and refines one tree until the budget is spent. */
export function annealFirst(search: TreeSearch): void {
  const tree = copyTree(search.trials.first);
  const reconfigure = createReconfigurer(tree.network, WIDE_WINDOW);
  settle(search, tree, reconfigure, search.budget);
  annealTrees(search, [tree], reconfigure);
}

/** Gives every tree its turns, then the better half of them, then the best alone. */
function annealTrees(search: TreeSearch, trees: readonly Tree[], reconfigure: Reconfigure): void {
  const { budget } = search;
  let left = trees;
  while (left.length > 1) {
    left = left
      .map((tree, at) => annealTree(search, tree, reconfigure, budget.share(0.4 / (left.length - at))))
      .sort(byCost)
      .slice(0, Math.ceil(left.length / 2));
  }
  for (const tree of left) annealTree(search, tree, reconfigure, budget);
}

/** Anneals copies of a tree and refines them until the budget is spent; returns the cheapest, from which each starts. */
function annealTree(search: TreeSearch, start: Tree, reconfigure: Reconfigure, budget: Budget): Tree {
  const { trials } = search;
  const { random } = trials;
  let tree = start;
  while (!budget.isSpent()) {
    const copy = copyTree(tree);
    // Which temperature and pace serve a network best is not known beforehand: both are drawn.
    const hottest = 0.3 * 8 ** random.next();
    const sweeps = Math.round(30 * 10 ** random.next());
    anneal(copy, hottest, sweeps, random, budget);
    trials.count++;
    settle(search, copy, reconfigure, budget);
    if (totalCost(copy) < totalCost(tree)) tree = copy;
  }
  return tree;
}

/** Exact search in small windows until nothing changes, and once in wide ones. */
function settle(search: TreeSearch, tree: Tree, reconfigure: Reconfigure, budget: Budget): void {
  const { random } = search.trials;
  for (let pass = 0; pass < PASSES; pass++) {
    if (reconfigure(tree, WINDOW, random, budget)) continue;
    reconfigure(tree, WIDE_WINDOW, random, budget);
    break;
  }
  search.offer(tree);
}

/**
 * Anneals a tree in place. It may cost more afterwards: keep a copy. A move takes a step whose child is a step too, and
 * exchanges what is contracted first:
 *
 *     (A B) C   -->   (A C) B   or   (B C) A
 *
 * It is taken where the two steps become cheaper, and with the probability `(before / after) ** (1 / temperature)` where
 * they do not. Weighing the two steps alone, by the logarithm, lets all parts of a tree settle at one time, not only the
 * one or two steps that make up its cost. A sweep tries as many moves as there are steps.
 *
 * Source: Kalachev, Panteleev and Yung, "Recursive multi-tensor contraction for XEB verification of quantum circuits"
 * (2021).
 */
function anneal(tree: Tree, hottest: number, sweeps: number, random: Random, budget: Budget): void {
  const { operandCount, words } = tree.network;
  const tryMove = createMoves(tree, random);
  const work = (operandCount - 1) * (250 + 8 * words);
  for (let sweep = 0; sweep < sweeps && !budget.isSpent(); sweep++) {
    const temperature = hottest * (COLDEST / hottest) ** (sweep / Math.max(1, sweeps - 1));
    for (let move = 1; move < operandCount; move++) tryMove(operandCount + random.below(operandCount - 1), temperature);
    budget.spend(work);
  }
}

function createMoves(tree: Tree, random: Random): (node: number, temperature: number) => void {
  const { network, costing, root, left, right, parent, bits, costs, logSizes } = tree;
  const { words } = network;
  const ahead: Ahead = { lowerLog: 0, lowerResultLog: 0, lowerReduces: false, upperLog: 0, upperReduces: false };
  const result = new Int32Array(words);
  return (node, temperature) => {
    const isLeft = random.next() < 0.5;
    const lower = (isLeft ? left[node] : right[node]) as number;
    if ((left[lower] as number) < 0) return;
    const other = (isLeft ? right[node] : left[node]) as number;
    // `stays` remains below and meets what has been above.
    const isFirst = random.next() < 0.5;
    const stays = (isFirst ? left[lower] : right[lower]) as number;
    const rises = (isFirst ? right[lower] : left[lower]) as number;
    lookAhead(network, bits, stays * words, other * words, rises * words, node * words, result, ahead);
    const { lowerLog, lowerResultLog, lowerReduces } = ahead;
    const beyond = beyondIndices(network, node === root);
    const upperLog = ahead.upperLog + beyond.log;
    const upperReduces = ahead.upperReduces || beyond.reduces;
    const lowerCost = stepCost(costing, lowerLog, lowerResultLog, lowerReduces);
    const upperCost = stepCost(costing, upperLog, logSizes[node] as number, upperReduces);
    const before = (costs[lower] as number) + (costs[node] as number);
    const after = lowerCost + upperCost;
    if (after > before && random.next() >= (before / after) ** (1 / temperature)) return;
    left[lower] = stays;
    right[lower] = other;
    left[node] = lower;
    right[node] = rises;
    parent[other] = lower;
    parent[rises] = node;
    for (let word = 0; word < words; word++) bits[lower * words + word] = result[word] as number;
    costs[lower] = lowerCost;
    logSizes[lower] = lowerResultLog;
    costs[node] = upperCost;
  };
}
