/**
 * The first trees of a search: of greedy trials, of elimination orders, of recursive cuts.
 *
 * Invariant: the first trial is plain greedy, so that no search ends with anything worse.
 */
import { type Network, networkOf } from "../network.ts";
import type { Minimize, PathProblem } from "../path.ts";
import { runBisection } from "./bisection.ts";
import type { Budget } from "./budget.ts";
import { type EliminationRule, MOST_ELIMINATED, runElimination } from "./elimination.ts";
import { type Merger, createMerger } from "./merger.ts";
import { type PairHeap, createPairHeap } from "./pair-heap.ts";
import type { Random } from "./random.ts";
import { PLAIN, drawSettings, runGreedy } from "./sampled-greedy.ts";
import { byCost, costingOf, totalCost, treeOf, type Costing, type Tree } from "./tree.ts";

/** A search at its start: the network, simplified, and the tree of plain greedy. */
export interface Trials {
  readonly network: Network;
  readonly merger: Merger;
  readonly heap: PairHeap;
  readonly costing: Costing;
  readonly random: Random;
  readonly first: Tree;
  /** How many paths have been tried. */
  count: number;
}

/** A unit of `heap.pushes`, in units of work. */
const PUSH_WORK = 1000;
/** The same while a cut is improved, where nothing is measured. */
const MOVE_WORK = 300;
/** The same for each operand whose place among the tensors of an index is restored. */
const RESET_WORK = 100;
/** A trial costs this much however small the network is, so that no budget lasts for ever. */
const LEAST_WORK = 20_000;
/** Costs are told in units that keep the largest below two to this. */
const LARGEST_LOG = 900;

/** Simplifies the network of a problem, and contracts the rest as greedy does. */
export function startTrials(problem: PathProblem, minimize: Minimize, random: Random): Trials {
  const merger = createMerger(networkOf(problem));
  simplify(merger);
  merger.mark();
  runGreedy(merger, createPairHeap(), random, costingOf(minimize), PLAIN);
  return trialsFrom(merger, minimize, random);
}

/** Starts from the tree that a merger has made. */
export function trialsFrom(merger: Merger, minimize: Minimize, random: Random): Trials {
  const { network } = merger;
  const costing = costingOf(minimize);
  costing.shift = Math.max(0, Math.ceil(largestStepLog(merger) * costing.resultPower) - LARGEST_LOG);
  return { network, merger, heap: createPairHeap(), costing, random, first: treeOf(merger, costing), count: 1 };
}

/** An upper bound: a step runs over no more than the indices of the two tensors it takes. */
function largestStepLog({ left, right, logSizes, steps }: Merger): number {
  let largest = 0;
  for (let step = 0; step < steps; step++) {
    const log = (logSizes[left[step] as number] as number) + (logSizes[right[step] as number] as number);
    largest = Math.max(largest, log);
  }
  return largest;
}

/**
 * Tries sampled greedy, at most so often, while the budget lasts; returns the best few trees, and tells `onTree` of each
 * when it is found.
 */
export function sampleTrees(
  trials: Trials,
  most: number,
  capacity: number,
  budget: Budget,
  onTree: (tree: Tree) => void,
): Tree[] {
  const { network, merger, heap, random, costing } = trials;
  let trees = [trials.first];
  for (let trial = 0; trial < most && !budget.isSpent(); trial++) {
    const before = heap.pushes;
    const limit = trees.length < capacity ? Infinity : totalCost(trees.at(-1) as Tree);
    merger.reset();
    const cost = runGreedy(merger, heap, random, costing, drawSettings(random), limit);
    trials.count++;
    if (cost < limit) {
      budget.spend(treeWork(network));
      const tree = treeOf(merger, costing);
      if (trees.every((kept) => byCost(kept, tree) !== 0)) trees = [...trees, tree].sort(byCost).slice(0, capacity);
      onTree(tree);
    }
    budget.spend((heap.pushes - before) * PUSH_WORK + network.operandCount * RESET_WORK + LEAST_WORK);
  }
  return trees;
}

/** What making a tree costs, and looking at it. */
function treeWork({ operandCount, words }: Network): number {
  return 2 * operandCount * (100 + 40 * words);
}

/** Whether an index belongs to more than two operands, the output counting as one. */
export function hasHyperedges({ uses }: Network): boolean {
  return uses.some((count) => count > 2);
}

/** Whether there is room for the neighbours of every index. */
export function mayEliminate({ logs }: Network): boolean {
  return logs.length <= MOST_ELIMINATED;
}

/** The tree of one elimination order. */
export function eliminationTree(trials: Trials, rule: EliminationRule, budget: Budget): Tree {
  const { merger, heap, random, costing, network } = trials;
  budget.spend(network.logs.length * network.words * (rule === "fill" ? 3000 : 300));
  return restart(trials, budget, () => {
    runElimination(merger, heap, random, rule);
    runGreedy(merger, heap, random, costing, PLAIN);
  });
}

/** The tree of recursive cuts. */
export function bisectionTree(trials: Trials, budget: Budget): Tree {
  const { merger, heap, random } = trials;
  const before = heap.pushes;
  return restart(trials, budget, () => {
    runBisection(merger, heap, random);
    budget.spend((heap.pushes - before) * MOVE_WORK);
  });
}

/** The tree of another way to contract what is simplified. */
function restart(trials: Trials, budget: Budget, contract: () => void): Tree {
  const { merger, costing, network } = trials;
  merger.reset();
  contract();
  trials.count++;
  budget.spend(treeWork(network) + LEAST_WORK);
  return treeOf(merger, costing);
}

/** How many tensors of an index are looked at: an index of thousands would cost the square of their number. */
const CROWD = 64;

/**
 * Takes the steps that need no search, after cotengra's simplification: operands of the same indices are multiplied, and a
 * tensor whose indices another one has too is absorbed by it, since no tensor grows by that. What is left is a smaller
 * network of the same shape, on which every trial is faster. Tensors without indices wait for the end: they cost least
 * there.
 */
function simplify(merger: Merger): void {
  const queue = Array.from({ length: merger.network.operandCount }, (_, id) => id);
  // Results are appended while the queue is read.
  for (let at = 0; at < queue.length; at++) {
    const tensor = queue[at] as number;
    if (!merger.alive[tensor]) continue;
    const host = findHost(merger, tensor);
    if (host >= 0) queue.push(merger.merge(tensor, host));
  }
}

/** The smallest tensor that has all indices of another; -1 where there is none. */
function findHost({ holders, indices, starts, lengths, logSizes }: Merger, tensor: number): number {
  const start = starts[tensor] as number;
  const end = start + (lengths[tensor] as number);
  let fewest: readonly number[] = [];
  for (let at = start; at < end; at++) {
    const holding = holders[indices[at] as number] as number[];
    if (at === start || holding.length < fewest.length) fewest = holding;
  }
  let host = -1;
  for (let at = 0; at < Math.min(CROWD, fewest.length); at++) {
    const other = fewest[at] as number;
    if (other === tensor || (lengths[other] as number) < end - start) continue;
    if (host >= 0 && (logSizes[other] as number) >= (logSizes[host] as number)) continue;
    if (hasAll(other)) host = other;
  }
  return host;

  function hasAll(other: number): boolean {
    let j = starts[other] as number;
    const jEnd = j + (lengths[other] as number);
    for (let i = start; i < end; i++, j++) {
      const index = indices[i] as number;
      while (j < jEnd && (indices[j] as number) < index) j++;
      if (j === jEnd || indices[j] !== index) return false;
    }
    return true;
  }
}
