/**
 * How much memory the results of steps take at one time. A result lives from the step that makes it to the one that
 * reads it; while a step runs, what it reads and what it makes exist together.
 */

/** What of a step decides. */
export interface SizedStep {
  readonly inputs: readonly number[];
  /** Elements of its result. */
  readonly size: number;
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
