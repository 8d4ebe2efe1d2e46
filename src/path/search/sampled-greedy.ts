/**
 * Greedy search with cotengra's modifiers: the pair of the lowest score is contracted, again and again, where
 *
 *     score = size(result) / costmod - costmod * (size(a) + size(b))
 *
 * is told by its logarithm and blurred by Gumbel noise times `temperature`: a temperature of 0 and a `costmod` of 1 are
 * opt_einsum's greedy. Drawing both at random, many times, is cotengra's random-greedy, the best start there is for
 * networks that are no lattice. A trial that costs more than the best one ends early.
 *
 * Sources: Gray and Kourtis, "Hyper-optimized tensor network contraction" (2021); cotengrust.
 */
import { stepCost, type Costing } from "./tree.ts";
import { remaining, type Merger } from "./merger.ts";
import type { PairHeap } from "./pair-heap.ts";
import type { Random } from "./random.ts";

export interface GreedySettings {
  readonly costmod: number;
  readonly temperature: number;
}

/** opt_einsum's greedy. */
export const PLAIN: GreedySettings = { costmod: 1, temperature: 0 };

/** Draws settings as cotengra does: the logarithms of both are uniform. */
export function drawSettings(random: Random): GreedySettings {
  const between = (low: number, high: number): number => low * (high / low) ** random.next();
  return { costmod: between(0.1, 4), temperature: between(0.001, 1) };
}

/** Beyond this, sizes are told by their logarithms alone. */
const LARGE = 1000;
/** How many tensors of an index are paired: an index of thousands would cost the square of their number. */
const CROWD = 64;

/** Contracts what remains. Returns what that costs, or Infinity, with the tree unfinished, where it passes `limit`. */
export function runGreedy(
  merger: Merger,
  heap: PairHeap,
  random: Random,
  costing: Costing,
  { costmod, temperature }: GreedySettings,
  limit = Infinity,
): number {
  const { alive, logSizes, holders, starts, lengths, network } = merger;
  const operandCount = network.operandCount;
  const seen = new Int32Array(2 * operandCount).fill(-1);
  let cost = 0;
  heap.clear();
  const offer = (a: number, b: number): void => {
    merger.measure(a, b);
    const score = scoreOf(merger.resultLog, logSizes[a] as number, logSizes[b] as number, costmod);
    const noise = temperature === 0 ? 0 : temperature * Math.log(-Math.log(random.next() || 1e-300));
    heap.push(score + noise, a, b);
  };
  const offerNeighbours = (tensor: number, below: number): void => {
    const start = starts[tensor] as number;
    for (let at = start; at < start + (lengths[tensor] as number); at++) {
      const holding = holders[merger.indices[at] as number] as number[];
      for (let place = 0, room = CROWD; place < holding.length && room > 0; place++) {
        const other = holding[place] as number;
        if (other >= below || seen[other] === tensor) continue;
        seen[other] = tensor;
        room--;
        offer(other, tensor);
      }
    }
  };
  const contract = (a: number, b: number): number => {
    const result = merger.merge(a, b);
    cost += stepCost(costing, merger.stepLog, merger.resultLog, merger.reduces);
    return result;
  };
  for (const tensor of remaining(merger)) offerNeighbours(tensor, tensor);
  while (heap.pop()) {
    const { left, right } = heap;
    if (!alive[left] || !alive[right]) continue;
    const result = contract(left, right);
    if (cost > limit) return Infinity;
    offerNeighbours(result, result);
  }
  // What is left shares nothing any more: smallest first, large tensors are read once.
  contractSmallest(remaining(merger), merger, heap, contract);
  return cost > limit ? Infinity : cost;
}

function scoreOf(resultLog: number, aLog: number, bLog: number, costmod: number): number {
  if (resultLog > LARGE) return resultLog;
  const largest = Math.max(aLog, bLog);
  if (largest > LARGE) return -largest;
  const score = 2 ** resultLog / costmod - costmod * (2 ** aLog + 2 ** bLog);
  return score < 0 ? -Math.log1p(-score) : Math.log1p(score);
}

/** Contracts some tensors, the two smallest first, again and again. */
export function contractSmallest(
  tensors: Iterable<number>,
  { logSizes }: Merger,
  heap: PairHeap,
  contract: (a: number, b: number) => number,
): void {
  heap.clear();
  const offer = (tensor: number): void => heap.push(logSizes[tensor] as number, tensor, tensor);
  for (const tensor of tensors) offer(tensor);
  while (heap.pop()) {
    const first = heap.left;
    if (!heap.pop()) return;
    offer(contract(first, heap.left));
  }
}
