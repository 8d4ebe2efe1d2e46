/**
 * The exact optimizer: dynamic programming over all subsets of the operands. Outer products are considered, and so is
 * reducing, in a step of its own, what only one operand has.
 *
 * Invariant: no path of steps of one or two tensors has fewer flops.
 */
import { UnsupportedError } from "../support/errors.ts";
import { findGreedy } from "./greedy.ts";
import type { PathProblem, SsaPath } from "./path.ts";
import { windowFactors } from "./window-factors.ts";
import { addPattern, clearTables, completeTables, createTables, searchSubsets } from "./subsets.ts";

/** Each further operand triples the work: 16 operands have about 20 million splits. */
export const OPTIMAL_LIMIT = 16;

/** Returns the path of fewest flops; refuses more operands than `OPTIMAL_LIMIT`. */
export function findOptimal(problem: PathProblem): SsaPath {
  const { inputs, output, sizes } = problem;
  const count = inputs.length;
  if (count > OPTIMAL_LIMIT) {
    throw new UnsupportedError(
      `the optimizer 'optimal' takes up to ${OPTIMAL_LIMIT} operands, found ${count}: 'auto' takes any number`,
    );
  }
  if (count === 1) return [[0]];
  const tables = createTables(count);
  const { touched, inside, closed, costs, halves } = tables;
  clearTables(tables, count);
  // What no operand has, the last step repeats.
  let repeated = 1;
  for (const [name, size] of sizes) {
    const pattern = inputs.reduce((mask, input, operand) => (input.has(name) ? mask | (1 << operand) : mask), 0);
    if (pattern) addPattern(tables, pattern, size, output.has(name));
    else if (output.has(name)) repeated *= size;
  }
  // Where the whole passes the largest double, no cost can be told from another.
  if (!completeTables(tables, count)) return findGreedy(problem);
  windowFactors(problem)?.forEach((factor, subset) => (touched[subset] = (touched[subset] as number) * factor));
  const all = (1 << count) - 1;
  touched[all] = (touched[all] as number) * repeated;
  // The operands that have indices of their own: they count as reduced, which costs, unless `asIs` says otherwise.
  let lone = 0;
  for (let operand = 0; operand < count; operand++) {
    const subset = 1 << operand;
    if (!closed[subset]) continue;
    lone |= subset;
    costs[subset] = 2 * (touched[subset] as number);
  }
  /** By subset: the single tensors of its split that it takes with indices of their own. */
  const asIs = new Int32Array(lone && 1 << count);
  const considerAsIs = (subset: number): void => {
    for (let left = subset & lone; left; left &= left - 1) {
      const single = left & -left;
      const rest = subset ^ single;
      const isRestLone = (rest & (rest - 1)) === 0 && (rest & lone) !== 0;
      for (const isRestAsIs of isRestLone ? [false, true] : [false]) {
        const reduced = isRestAsIs ? 0 : rest;
        const reduces = (closed[subset] as number) > (closed[reduced] as number);
        const flops = ((touched[subset] as number) / (inside[reduced] as number)) * (reduces ? 2 : 1);
        const cost = (costs[reduced] as number) + flops;
        if (cost >= (costs[subset] as number)) continue;
        costs[subset] = cost;
        halves[subset] = rest;
        asIs[subset] = isRestAsIs ? subset : single;
      }
    }
  };
  searchSubsets(tables, count, lone ? considerAsIs : undefined);

  const path: number[][] = [];
  const addStep = (...ids: number[]): number => count + path.push(ids.sort((a, b) => a - b)) - 1;
  // As deep as there are operands.
  const contract = (subset: number, isAsIs?: number): number => {
    if (subset & (subset - 1)) {
      const half = halves[subset] as number;
      const rest = subset ^ half;
      const unreduced = asIs[subset] as number;
      return addStep(contract(rest, rest & unreduced), contract(half, half & unreduced));
    }
    const operand = 31 - Math.clz32(subset);
    return isAsIs || !(subset & lone) ? operand : addStep(operand);
  };
  contract(all);
  return path;
}
