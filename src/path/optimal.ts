/**
 * The exact optimizer: dynamic programming over subsets of the operands. The cheapest way to contract a subset is the
 * cheapest over all splits in two, each half contracted in its own cheapest way. Outer products are considered, and so
 * is reducing, in a step of its own, what only one operand has.
 *
 * Invariant: no path of steps of one or two tensors has fewer flops.
 */
import { UnsupportedError } from "../support/errors.ts";
import { flopCount } from "./cost.ts";
import { openIndices, type OpenIndices } from "./open-indices.ts";
import type { PathProblem, SsaPath } from "./path.ts";
import { windowFactors } from "./window-factors.ts";

/** Each further operand triples the work: 12 operands have about 260,000 splits. */
const OPTIMAL_LIMIT = 12;

/** Returns the path of fewest flops; refuses more operands than `OPTIMAL_LIMIT`. */
export function findOptimal(problem: PathProblem): SsaPath {
  const count = problem.inputs.length;
  if (count > OPTIMAL_LIMIT) {
    throw new UnsupportedError(
      `the optimizer 'optimal' takes up to ${OPTIMAL_LIMIT} operands, and this contraction has ${count}: ` +
        "'auto' and 'greedy' take any number",
    );
  }
  return count === 1 ? [[0]] : readPath(cheapestSplits(problem), count);
}

/** Per subset, the two rows of `OpenIndices` that its cheapest split contracts. */
interface Splits {
  readonly left: Int32Array;
  readonly right: Int32Array;
}

function cheapestSplits(problem: PathProblem): Splits {
  const count = problem.inputs.length;
  const subsets = 1 << count;
  const sizes = [...problem.sizes.values()];
  const open = openIndices(problem);
  const factors = windowFactors(problem);
  const costs = new Float64Array(subsets + count);
  for (let operand = 0; operand < count; operand++) {
    // Read only where the operand has a reduced row.
    const subset = 1 << operand;
    costs[subsets + operand] = flopCount(rowSize(open, sizes, subset) * (factors?.[subset] ?? 1), 1, true);
  }
  const reducedRow = (subset: number): number =>
    (subset & (subset - 1)) === 0 ? open.reducedRow(31 - Math.clz32(subset)) : 0;
  const left = new Int32Array(subsets);
  const right = new Int32Array(subsets);
  let best = Infinity;
  const consider = (subset: number, half: number, rest: number): void => {
    const before = (costs[half] as number) + (costs[rest] as number);
    // The first split counts even where every cost is beyond the largest double.
    const isFirst = left[subset] === 0;
    if (before >= best && !isFirst) return;
    const cost = before + splitCost(open, sizes, subset, half, rest) * (factors?.[subset] ?? 1);
    if (cost >= best && !isFirst) return;
    best = cost;
    left[subset] = rest;
    right[subset] = half;
  };
  for (let subset = 3; subset < subsets; subset++) {
    const others = subset & (subset - 1);
    best = Infinity;
    // The half without the lowest operand runs over all subsets of the others: each split occurs once.
    for (let half = others; half > 0; half = (half - 1) & others) {
      const rest = subset ^ half;
      const [reducedHalf, reducedRest] = [reducedRow(half), reducedRow(rest)];
      consider(subset, half, rest);
      if (reducedHalf) consider(subset, reducedHalf, rest);
      if (reducedRest) consider(subset, half, reducedRest);
      if (reducedHalf && reducedRest) consider(subset, reducedHalf, reducedRest);
    }
    if (others !== 0) costs[subset] = best;
  }
  return { left, right };
}

/** Counts the flops of the step that contracts two rows into a subset. */
function splitCost(open: OpenIndices, sizes: readonly number[], subset: number, half: number, rest: number): number {
  const { words, masks } = open;
  let size = 1;
  let reduces = false;
  for (let word = 0; word < words; word++) {
    // The whole output is open in the last step, indices that no operand has included.
    const kept = masks[subset * words + word] as number;
    const involved = kept | (masks[half * words + word] as number) | (masks[rest * words + word] as number);
    if (involved !== kept) reduces = true;
    size *= wordSize(involved, word, sizes);
  }
  return flopCount(size, 2, reduces);
}

function rowSize({ words, masks }: OpenIndices, sizes: readonly number[], row: number): number {
  let size = 1;
  for (let word = 0; word < words; word++) size *= wordSize(masks[row * words + word] as number, word, sizes);
  return size;
}

function wordSize(mask: number, word: number, sizes: readonly number[]): number {
  let size = 1;
  for (let left = mask; left !== 0; left &= left - 1) {
    size *= sizes[word * 32 + 31 - Math.clz32(left & -left)] as number;
  }
  return size;
}

/** Writes the splits down as steps, halves before the whole. */
function readPath({ left, right }: Splits, count: number): SsaPath {
  const path: number[][] = [];
  const addStep = (...inputs: number[]): number => {
    path.push(inputs.sort((a, b) => a - b));
    return count + path.length - 1;
  };
  const visit = (row: number): number => {
    const subsets = 1 << count;
    if (row >= subsets) return addStep(row - subsets);
    if ((row & (row - 1)) === 0) return 31 - Math.clz32(row);
    return addStep(visit(left[row] as number), visit(right[row] as number));
  };
  visit((1 << count) - 1);
  return path;
}
