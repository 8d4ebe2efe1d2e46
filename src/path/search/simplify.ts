/**
 * What needs no search, after cotengra's simplification: operands of the same indices are multiplied, and a tensor whose
 * indices another one has too is absorbed by it, since no tensor grows by that. What is left is a smaller network of the
 * same shape, on which every trial is faster. Tensors without indices wait for the end: they cost least there.
 *
 * Invariant: a step taken here has a result no larger than one of the tensors it takes.
 */
import type { Merger } from "./merger.ts";

/** How many tensors of an index are looked at: an index of thousands would cost the square of their number. */
const CROWD = 64;

/** Takes the steps that need no search. */
export function simplify(merger: Merger): void {
  const queue = Array.from({ length: merger.network.operandCount }, (_, id) => id);
  // Results are appended while the queue is read.
  for (let at = 0; at < queue.length; at++) {
    const tensor = queue[at] as number;
    if (!merger.alive[tensor]) continue;
    const host = findHost(merger, tensor);
    if (host >= 0) queue.push(merger.merge(tensor, host));
  }
}

/** The smallest tensor that has all indices of another; -1 where there is none. */
function findHost({ holders, indices, starts, lengths, logSizes }: Merger, tensor: number): number {
  const start = starts[tensor] as number;
  const end = start + (lengths[tensor] as number);
  let fewest: readonly number[] = [];
  for (let at = start; at < end; at++) {
    const holding = holders[indices[at] as number] as number[];
    if (at === start || holding.length < fewest.length) fewest = holding;
  }
  let host = -1;
  for (let at = 0; at < Math.min(CROWD, fewest.length); at++) {
    const other = fewest[at] as number;
    if (other === tensor || (lengths[other] as number) < end - start) continue;
    if (host >= 0 && (logSizes[other] as number) >= (logSizes[host] as number)) continue;
    if (hasAll(other)) host = other;
  }
  return host;

  function hasAll(other: number): boolean {
    let j = starts[other] as number;
    const jEnd = j + (lengths[other] as number);
    for (let i = start; i < end; i++, j++) {
      const index = indices[i] as number;
      while (j < jEnd && (indices[j] as number) < index) j++;
      if (j === jEnd || indices[j] !== index) return false;
    }
    return true;
  }
}
