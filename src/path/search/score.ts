/**
 * Which of two finished trees is better: exactly what is minimized, and flops, or the largest result, among equals.
 *
 * Invariant: the order of steps is part of a path, and so of its peak; `orderSteps` gives the order that is scored.
 */
import type { Minimize } from "../path.ts";
import { measureStep, stepsOf, totalCost, type Tree } from "./tree.ts";

/** Lower is better; the second number decides where the first is the same. */
export type Score = readonly [number, number];

export function scoreOf(tree: Tree, minimize: Minimize): Score {
  const cost = totalCost(tree);
  if (minimize === "size") return [largestLog(tree), cost];
  if (minimize === "peak") return [orderSteps(tree).peak, cost];
  return [cost, 0];
}

export function isBetter(score: Score, than: Score): boolean {
  return score[0] < than[0] || (score[0] === than[0] && score[1] < than[1]);
}

/** The logarithm of the size of the largest result. */
export function largestLog({ logSizes, network }: Tree): number {
  let largest = 0;
  for (let node = network.operandCount; node < logSizes.length; node++) {
    largest = Math.max(largest, logSizes[node] as number);
  }
  return largest;
}

/**
 * Orders the steps of a tree so that few results wait for others: of two subtrees, the one that needs more room beyond
 * its result comes first, after Sethi and Ullman. `peak` counts the elements of all results there are at one time.
 */
export function orderSteps(tree: Tree): { order: Int32Array; peak: number } {
  const { root, left, right, logSizes, network } = tree;
  const { operandCount } = network;
  const room = new Float64Array(logSizes.length);
  const isSwapped = new Uint8Array(logSizes.length);
  const sizeOf = (node: number): number => (node < operandCount ? 0 : 2 ** (logSizes[node] as number));
  for (const node of stepsOf(tree)) {
    let [first, second] = [left[node] as number, right[node] as number];
    const surplus = (child: number): number => (room[child] as number) - sizeOf(child);
    if (surplus(first) < surplus(second)) {
      isSwapped[node] = 1;
      [first, second] = [second, first];
    }
    room[node] = Math.max(
      room[first] as number,
      sizeOf(first) + (room[second] as number),
      sizeOf(first) + sizeOf(second) + sizeOf(node),
    );
  }
  return { order: stepsOf(tree, isSwapped), peak: room[root] as number };
}

/** The flops of a tree, whatever it was made to minimize; added up in the order of `totalCost`, so that both agree. */
export function flopsOfTree(tree: Tree): number {
  let flops = 0;
  for (let node = tree.network.operandCount; node < tree.left.length; node++) {
    const { log, reduces } = measureStep(tree, node);
    flops += 2 ** log * (reduces ? 2 : 1);
  }
  return flops;
}
