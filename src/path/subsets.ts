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
export interface SubsetTables {
  readonly count: number;
  /** By subset: the product of the sizes of the indices that some tensor of it has. */
  readonly touched: Float64Array;
  /** By subset: the same of the indices that only tensors of it have: its contraction has reduced them. */
  readonly inside: Float64Array;
  /** By subset: how many those are. */
  readonly closed: Int32Array;
}

/** The cheapest contraction of every subset. */
export interface SubsetSplits {
  readonly costs: Float64Array;
  /** By subset of two tensors or more: one half of its cheapest split. The other is what is left of it. */
  readonly halves: Int32Array;
}

/** Makes tables for up to so many tensors, to be filled again and again. */
export function createTables(count: number): SubsetTables & SubsetSplits {
  const rows = 1 << count;
  return {
    count,
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
  tables: SubsetTables & SubsetSplits,
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
