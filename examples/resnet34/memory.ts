/**
 * One arena for all that lies between the layers: a tensor gives its place back once its last reader has run.
 *
 * Invariant: two tensors that are alive at one time have no element in common.
 */

/** A tensor while memory is planned: when it is written, when it is read for the last time. */
export interface Lifetime {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

export interface MemoryPlan {
  /** The first element of each tensor in the arena. */
  readonly offsets: readonly number[];
  /** Elements of the arena. */
  readonly length: number;
}

/** Places tensors, the largest first, each as low as those that are alive with it let it. */
export function planMemory(lifetimes: readonly Lifetime[]): MemoryPlan {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const placed: { readonly from: number; readonly to: number; readonly start: number; readonly end: number }[] = [];
  const order = [...lifetimes.entries()].sort(([, one], [, other]) => other.length - one.length);
  for (const [tensor, { length, from, to }] of order) {
    const meeting = placed.filter((other) => other.from <= to && from <= other.to).sort((a, b) => a.start - b.start);
    let start = 0;
    for (const other of meeting) {
      if (start + length <= other.start) break;
      start = Math.max(start, other.end);
    }
    offsets[tensor] = start;
    placed.push({ from, to, start, end: start + length });
  }
  return { offsets, length: Math.max(0, ...placed.map(({ end }) => end)) };
}
