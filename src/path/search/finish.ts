/**
 * From a tree to a path.
 *
 * A tree counts what one operand alone has as reduced. Here it is decided, operand by operand, whether a step of its own
 * does so, or the step that reads the operand first: whatever has fewer flops.
 *
 * Invariant: steps come in the order of `orderSteps`; ids are SSA ids.
 */
import type { PathProblem, SsaPath } from "../path.ts";
import { orderSteps } from "./score.ts";
import { measureStep, type Tree } from "./tree.ts";

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
