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

/**
 * Dynamic programming over the subsets of a few tensors: the cheapest way to contract a subset is the cheapest over all
 * splits in two, each half contracted in its own cheapest way. Outer products are splits like any other.
 *
 * What makes it fast is that no split looks at indices. An index is a *pattern*, the bit mask of the tensors that have
 * it, and indices of one pattern are one index. The step that contracts `half` and `rest` runs over the indices that
 * some tensor of either has, without those that contracting `half` or `rest` has reduced already, so that
 *
 *     size(step) = touched[half | rest] / (inside[half] * inside[rest])
 *
 * where both tables, products over patterns that are subsets of a mask, come from one transform over all masks.
 *
 * Invariant: masks count tensors from bit 0; the tables have `1 << count` rows; sizes are exact below 2^53.
 */
interface SubsetTables {
  /** By subset: the product of the sizes of the indices that some tensor of it has. */
  readonly touched: Float64Array;
  /** By subset: the same of the indices that only tensors of it have: its contraction has reduced them. */
  readonly inside: Float64Array;
  /** By subset: how many those are. */
  readonly closed: Int32Array;
  /** By subset: what its cheapest contraction costs. */
  readonly costs: Float64Array;
  /** By subset of two tensors or more: one half of its cheapest split. The other is what is left of it. */
  readonly halves: Int32Array;
}

/** Makes tables for up to so many tensors, to be filled again and again. */
export function createTables(count: number): SubsetTables {
  const rows = 1 << count;
  return {
    touched: new Float64Array(rows),
    inside: new Float64Array(rows),
    closed: new Int32Array(rows),
    costs: new Float64Array(rows),
    halves: new Int32Array(rows),
  };
}

/** Empties the first `1 << count` rows, for `addPattern`. */
export function clearTables({ touched, inside, closed }: SubsetTables, count: number): void {
  const rows = 1 << count;
  touched.fill(1, 0, rows);
  inside.fill(1, 0, rows);
  closed.fill(0, 0, rows);
}

/** Adds an index of the tensors in `pattern`; one that is kept is never reduced. */
export function addPattern(tables: SubsetTables, pattern: number, size: number, isKept: boolean): void {
  const { touched, inside, closed } = tables;
  touched[pattern] = (touched[pattern] as number) * size;
  if (isKept) return;
  inside[pattern] = (inside[pattern] as number) * size;
  closed[pattern] = (closed[pattern] as number) + 1;
}

/**
 * Turns sums by pattern into sums by subset, once all patterns are added. Returns false where the product of all sizes
 * passes the largest double: the tables are of no use then.
 */
export function completeTables({ touched, inside, closed }: SubsetTables, count: number): boolean {
  const rows = 1 << count;
  for (let bit = 1; bit < rows; bit <<= 1) {
    for (let subset = bit; subset < rows; subset = (subset + 1) | bit) {
      const without = subset ^ bit;
      touched[subset] = (touched[subset] as number) * (touched[without] as number);
      inside[subset] = (inside[subset] as number) * (inside[without] as number);
      closed[subset] = (closed[subset] as number) + (closed[without] as number);
    }
  }
  // So far `touched` has the patterns within a subset: a subset touches all but those within its complement.
  const all = rows - 1;
  const total = touched[all] as number;
  for (let subset = 0; subset < rows >> 1; subset++) {
    const within = touched[subset] as number;
    touched[subset] = total / (touched[all ^ subset] as number);
    touched[all ^ subset] = total / within;
  }
  return total < Infinity;
}

/**
 * Finds the cheapest split of every subset, from the `costs` of single tensors. A step costs its flops times
 * `flopWeight`; `onSubset` is called once a subset has its cost and its split, and may change both.
 */
export function searchSubsets(
  tables: SubsetTables,
  count: number,
  onSubset?: (subset: number) => void,
  flopWeight = 1,
): void {
  const { touched, inside, closed, costs, halves } = tables;
  const rows = 1 << count;
  for (let subset = 3; subset < rows; subset++) {
    const others = subset & (subset - 1);
    if (others === 0) continue;
    const ownClosed = closed[subset] as number;
    const size = (touched[subset] as number) * flopWeight;
    let best = Infinity;
    let bestHalf = others;
    // The half without the lowest tensor runs over all subsets of the others: each split occurs once.
    for (let half = others; half > 0; half = (half - 1) & others) {
      const rest = subset ^ half;
      let cost = (costs[half] as number) + (costs[rest] as number);
      if (cost >= best) continue;
      const reduces = ownClosed > (closed[half] as number) + (closed[rest] as number);
      cost += (size / ((inside[half] as number) * (inside[rest] as number))) * (reduces ? 2 : 1);
      if (cost >= best) continue;
      best = cost;
      bestHalf = half;
    }
    costs[subset] = best;
    halves[subset] = bestHalf;
    onSubset?.(subset);
  }
}
