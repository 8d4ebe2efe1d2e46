/**
 * Contracts the tensors of a network two by two, for searches that build a tree from its leaves up.
 *
 * A tensor is the ascending list of its indices, each with how many operands have brought it along; once all have, the
 * index is reduced (after cotengrust). Lists lie in one array, so that a trial allocates nothing.
 *
 * Invariant: the ids of tensors are those of an SSA path; `holders` lists, for each index, the live tensors that have it.
 */
import { beyondIndices, type Network } from "../network.ts";

export interface Merger {
  readonly network: Network;
  /** By tensor: whether it remains. */
  readonly alive: Uint8Array;
  /** By tensor: the logarithm of its size to base 2. */
  readonly logSizes: Float64Array;
  /** By tensor: where its list begins in `indices`, and how long it is. */
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** All lists. */
  readonly indices: readonly number[];
  readonly holders: readonly number[][];
  /** By step: the two tensors it takes. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** How many steps have been taken. */
  steps: number;
  /** After `measure` or `merge`: the logarithms of the size of the step and of its result, and whether it reduces. */
  stepLog: number;
  resultLog: number;
  reduces: boolean;
  /** Looks at a step without taking it. */
  measure(a: number, b: number): void;
  /** Takes a step and returns the id of its result. */
  merge(a: number, b: number): number;
  /** Makes the present state the one that `reset` returns to. */
  mark(): void;
  reset(): void;
}

/** The indices of a tensor, ascending. */
export function indicesOf({ indices, starts, lengths }: Merger, tensor: number): number[] {
  const start = starts[tensor] as number;
  return indices.slice(start, start + (lengths[tensor] as number));
}

/** The tensors that remain. */
export function remaining({ alive }: Merger): number[] {
  return [...alive.keys()].filter((tensor) => alive[tensor] === 1);
}

export function createMerger(network: Network): Merger {
  const { operands, operandCount, uses, logs, windows } = network;
  const capacity = 2 * operandCount;
  const alive = new Uint8Array(capacity);
  const logSizes = new Float64Array(capacity);
  const starts = new Int32Array(capacity);
  const lengths = new Int32Array(capacity);
  const holders = Array.from(logs, (): number[] => []);
  // Both grow as they are written behind their ends.
  const pool: number[] = [];
  const counts: number[] = [];
  let used = 0;
  const merger: Merger = {
    network,
    alive,
    logSizes,
    starts,
    lengths,
    indices: pool,
    holders,
    left: new Int32Array(operandCount),
    right: new Int32Array(operandCount),
    steps: 0,
    stepLog: 0,
    resultLog: 0,
    reduces: false,
    measure,
    merge,
    mark,
    reset,
  };

  function measure(a: number, b: number): void {
    let i = starts[a] as number;
    let j = starts[b] as number;
    const iEnd = i + (lengths[a] as number);
    const jEnd = j + (lengths[b] as number);
    let stepLog = 0;
    let reducedLog = 0;
    let reduces = false;
    while (i < iEnd && j < jEnd) {
      const fromA = pool[i] as number;
      const fromB = pool[j] as number;
      if (fromA < fromB) {
        stepLog += logs[fromA] as number;
        i++;
      } else if (fromB < fromA) {
        stepLog += logs[fromB] as number;
        j++;
      } else {
        const log = logs[fromA] as number;
        stepLog += log;
        if ((counts[i++] as number) + (counts[j++] as number) === uses[fromA]) {
          reducedLog += log;
          reduces = true;
        }
      }
    }
    for (; i < iEnd; i++) stepLog += logs[pool[i] as number] as number;
    for (; j < jEnd; j++) stepLog += logs[pool[j] as number] as number;
    const beyond = beyondIndices(network, merger.steps === operandCount - 2);
    if (windows) stepLog += windowLog(a, b) + beyond.log;
    merger.stepLog = stepLog;
    merger.resultLog = stepLog - reducedLog;
    merger.reduces = reduces || beyond.reduces;
  }

  const markCount = windows?.operands.length ?? 0;
  const marks = new Int32Array((markCount + 31) >> 5);
  function windowLog(a: number, b: number): number {
    marks.fill(0);
    for (const tensor of [a, b]) {
      const start = starts[tensor] as number;
      const end = start + (lengths[tensor] as number);
      // Marks are the first indices, and so the first of every list.
      for (let at = start; at < end && (pool[at] as number) < markCount; at++) {
        const mark = pool[at] as number;
        marks[mark >> 5] = (marks[mark >> 5] as number) | (1 << (mark & 31));
      }
    }
    return windows?.logOf(marks, 0, 0) ?? 0;
  }

  function merge(a: number, b: number): number {
    measure(a, b);
    const result = operandCount + merger.steps;
    let i = starts[a] as number;
    let j = starts[b] as number;
    const iEnd = i + (lengths[a] as number);
    const jEnd = j + (lengths[b] as number);
    const start = used;
    while (i < iEnd || j < jEnd) {
      const fromA = i < iEnd ? (pool[i] as number) : Infinity;
      const fromB = j < jEnd ? (pool[j] as number) : Infinity;
      const index = fromA < fromB ? fromA : fromB;
      const holding = holders[index] as number[];
      let count = 0;
      let place = -1;
      if (fromA === index) {
        count += counts[i++] as number;
        place = holding.indexOf(a);
      }
      if (fromB === index) {
        count += counts[j++] as number;
        const other = holding.indexOf(b);
        if (place < 0) place = other;
        else {
          holding[other] = holding[holding.length - 1] as number;
          holding.pop();
          if (place === holding.length) place = other;
        }
      }
      if (count === uses[index]) {
        holding[place] = holding[holding.length - 1] as number;
        holding.pop();
        continue;
      }
      holding[place] = result;
      pool[used] = index;
      counts[used++] = count;
    }
    alive[a] = 0;
    alive[b] = 0;
    alive[result] = 1;
    starts[result] = start;
    lengths[result] = used - start;
    logSizes[result] = merger.resultLog;
    merger.left[merger.steps] = a;
    merger.right[merger.steps++] = b;
    return result;
  }

  let markedSteps = 0;
  let markedUsed = 0;
  let marked = new Uint8Array(0);
  function mark(): void {
    markedSteps = merger.steps;
    markedUsed = used;
    marked = alive.slice(0, operandCount + merger.steps);
  }

  function reset(): void {
    merger.steps = markedSteps;
    used = markedUsed;
    alive.fill(0);
    alive.set(marked);
    for (const holding of holders) holding.length = 0;
    for (const id of remaining(merger)) for (const index of indicesOf(merger, id)) holders[index]?.push(id);
  }

  operands.forEach((indices, id) => {
    starts[id] = used;
    lengths[id] = indices.length;
    alive[id] = 1;
    for (const index of indices) {
      pool[used] = index;
      counts[used++] = 1;
      logSizes[id] = (logSizes[id] as number) + (logs[index] as number);
    }
    if (windows) logSizes[id] = (logSizes[id] as number) + windowLog(id, id);
  });
  mark();
  reset();
  return merger;
}
