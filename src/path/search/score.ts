/**
 * Which of two finished trees is better: exactly what is minimized, and flops, or the largest result, among equals.
 *
 * Invariant: the order of steps is part of a path, and so of its peak; `orderSteps` gives the order that is scored.
 */
import { beyondIndices, reducesIndex, unionLog } from "../network.ts";
import type { Minimize } from "../path.ts";
import { totalCost, type Tree } from "./tree.ts";

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
export function orderSteps({ root, left, right, logSizes, network }: Tree): { order: Int32Array; peak: number } {
  const { operandCount } = network;
  const room = new Float64Array(logSizes.length);
  const isSwapped = new Uint8Array(logSizes.length);
  const sizeOf = (node: number): number => (node < operandCount ? 0 : 2 ** (logSizes[node] as number));
  const order = new Int32Array(operandCount - 1);
  // A node before its children, from the end on.
  const walk = (): void => {
    const stack = [root];
    for (let at = order.length - 1; stack.length > 0;) {
      const node = stack.pop() as number;
      if (node < operandCount) continue;
      order[at--] = node;
      const [a, b] = [left[node] as number, right[node] as number];
      if (isSwapped[node]) stack.push(b, a);
      else stack.push(a, b);
    }
  };
  walk();
  for (const node of order) {
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
  walk();
  return { order, peak: room[root] as number };
}

/** The flops of a tree, whatever it was made to minimize. */
export function flopsOfTree({ network, root, bits, left, right }: Tree): number {
  const { operandCount, words } = network;
  let flops = 0;
  for (let node = operandCount; node < left.length; node++) {
    const [a, b] = [(left[node] as number) * words, (right[node] as number) * words];
    const beyond = beyondIndices(network, node === root);
    const reduces = beyond.reduces || reducesIndex(network, bits, a, b, node * words);
    flops += 2 ** (unionLog(network, bits, a, b) + beyond.log) * (reduces ? 2 : 1);
  }
  return flops;
}
