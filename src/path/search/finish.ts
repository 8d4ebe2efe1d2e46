/**
 * Finished trees: which of two is better, and the path of one.
 *
 * A tree counts what one operand alone has as reduced. Here it is decided, operand by operand, whether a step of its own
 * does so, or the step that reads the operand first: whatever has fewer flops.
 *
 * Invariant: steps come in the order of `orderSteps`, which is the one that is scored, for the peak depends on it; ids are
 * SSA ids.
 */
import type { Minimize, PathProblem, SsaPath } from "../path.ts";
import { type Tree, measureStep, stepsOf, totalCost } from "./tree.ts";

export function pathOf(problem: PathProblem, tree: Tree): SsaPath {
  const { operandCount } = tree.network;
  const loneLogs = loneLogsOf(problem);
  const path: number[][] = [];
  const ids = Int32Array.from({ length: 2 * operandCount - 1 }, (_, id) => id);
  const addStep = (...step: number[]): number => operandCount + path.push(step.sort((a, b) => a - b)) - 1;
  for (const node of orderSteps(tree).order) {
    const children = [tree.left[node] as number, tree.right[node] as number];
    const [a = 0, b = 0] = children;
    let { log: stepLog } = measureStep(tree, node);
    for (const child of children) {
      const loneLog = child < operandCount ? (loneLogs[child] as number) : 0;
      if (loneLog === 0) continue;
      // Both in doublings, over the size of the step without what is reduced: 2 * leaf + step against lone * 2 * step.
      const leafLog = (tree.logSizes[child] as number) + loneLog;
      if (2 ** (1 + leafLog - stepLog) + 2 <= 2 ** (1 + loneLog)) ids[child] = addStep(child);
      else stepLog += loneLog;
    }
    ids[node] = addStep(ids[a] as number, ids[b] as number);
  }
  return path;
}

/** By operand: the logarithm of the size of the indices that it alone has, and the output has not. */
function loneLogsOf({ inputs, output, sizes }: PathProblem): Float64Array {
  const users = new Map<string, number>();
  for (const input of inputs) for (const name of input) users.set(name, (users.get(name) ?? 0) + 1);
  const logs = new Float64Array(inputs.length);
  inputs.forEach((input, operand) => {
    for (const name of input) {
      if (users.get(name) !== 1 || output.has(name)) continue;
      logs[operand] = (logs[operand] as number) + Math.log2(Math.max(1, sizes.get(name) ?? 1));
    }
  });
  return logs;
}

/** Exactly what is minimized, lower is better; the second number, of flops or the largest result, decides among equals. */
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
function orderSteps(tree: Tree): { order: Int32Array; peak: number } {
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
