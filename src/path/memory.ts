/**
 * How much memory the results of steps take, and where each may lie. A result lives from the step that makes it to the
 * one that reads it; while a step runs, what it reads and what it makes exist together.
 *
 * Invariant: results that exist together do not overlap. The last result is the caller's, and lies nowhere here.
 */

/** What of a step decides. */
export interface SizedStep {
  readonly inputs: readonly number[];
  /** Elements of its result. */
  readonly size: number;
}

/** Where results lie in one stretch of memory. */
export interface MemoryLayout {
  /** By step but the last: where its result begins, in elements. */
  readonly starts: readonly number[];
  /** Elements of the whole. */
  readonly total: number;
}

/** Elements of the most results that exist at one time, the last included. */
export function peakOf(steps: readonly SizedStep[], operandCount: number): number {
  let [live, peak] = [0, 0];
  for (const { inputs, size } of steps) {
    live += size;
    // Infinity less Infinity is no number.
    if (live === Infinity) return live;
    peak = Math.max(peak, live);
    for (const id of inputs) live -= steps[id - operandCount]?.size ?? 0;
  }
  return peak;
}

interface Placed {
  readonly from: number;
  readonly until: number;
  readonly start: number;
  readonly end: number;
}

/** Lays results out, the largest first, each in the first place that is free while it lives. */
export function layOutResults(steps: readonly SizedStep[], operandCount: number): MemoryLayout {
  const lastUses = new Map<number, number>();
  steps.forEach(({ inputs }, at) => {
    for (const id of inputs) lastUses.set(id - operandCount, at);
  });
  const bySize = steps
    .slice(0, -1)
    .map(({ size }, from) => ({ size, from, until: lastUses.get(from) ?? from }))
    .sort((one, other) => other.size - one.size || one.from - other.from);
  const starts = new Array<number>(bySize.length).fill(0);
  // In the order of their starts.
  const placed: Placed[] = [];
  let total = 0;
  for (const { size, from, until } of bySize) {
    let start = 0;
    for (const other of placed) {
      if (other.from > until || other.until < from) continue;
      if (other.start >= start + size) break;
      start = Math.max(start, other.end);
    }
    const result = { from, until, start, end: start + size };
    const behind = placed.findIndex((other) => other.start > start);
    placed.splice(behind < 0 ? placed.length : behind, 0, result);
    starts[from] = start;
    total = Math.max(total, result.end);
  }
  return { starts, total };
}
