/**
 * Simulated annealing of a contraction tree. A move takes a step whose child is a step too, and exchanges what is
 * contracted first:
 *
 *     (A B) C   -->   (A C) B   or   (B C) A
 *
 * It is taken where the two steps become cheaper, and with the probability `(before / after) ** (1 / temperature)` where
 * they do not. Weighing the two steps alone, by the logarithm, lets all parts of a tree settle at one time, not only the
 * one or two steps that make up its cost.
 *
 * Source: Kalachev, Panteleev and Yung, "Recursive multi-tensor contraction for XEB verification of quantum circuits"
 * (2021).
 */
import { beyondIndices, lookAhead, type Ahead } from "../network.ts";
import type { Budget } from "./budget.ts";
import { stepCost } from "./costing.ts";
import type { Random } from "./random.ts";
import type { Tree } from "./tree.ts";

export interface AnnealSettings {
  /** Temperatures of the first and last sweep, in doublings of cost. */
  readonly hottest: number;
  readonly coldest: number;
  /** A sweep tries as many moves as there are steps. */
  readonly sweeps: number;
}

/** Anneals a tree in place. It may cost more afterwards: keep a copy. */
export function anneal(tree: Tree, settings: AnnealSettings, random: Random, budget: Budget): void {
  const { hottest, coldest, sweeps } = settings;
  const { operandCount, words } = tree.network;
  const tryMove = createMoves(tree, random);
  const work = (operandCount - 1) * (250 + 8 * words);
  for (let sweep = 0; sweep < sweeps && !budget.isSpent(); sweep++) {
    const temperature = hottest * (coldest / hottest) ** (sweep / Math.max(1, sweeps - 1));
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
