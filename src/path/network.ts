/**
 * A path problem in integers, for searches that look at millions of steps: what a tensor's indices are, which of them a
 * step keeps, and how large that is. Every optimizer of `search/` learns it here and nowhere else.
 *
 * Indices of the same operands, in the output all together or none of them, are one index, of the product of their
 * sizes. An index of one operand alone counts as reduced before the search: see `finish.ts` for where that happens. An
 * index of every operand is in every step, whatever the path: all that counts is that the last one reduces it.
 *
 * A window that a tensor keeps as one axis makes it smaller than its indices say, and so the step that makes it: `unionLog`
 * and `lookAhead` count that; who adds up logarithms of indices adds that of `windows`.
 *
 * Invariant: the indices of a tensor are the bits of `words` 32-bit words. What a contraction keeps is what some tensor
 * outside it, or the output, has.
 */
import type { PathProblem } from "./path.ts";
import { windowLogs, type WindowLogs } from "./window-factors.ts";

export interface Network {
  readonly operandCount: number;
  /** By index: the names it stands for. */
  readonly names: readonly (readonly string[])[];
  /** By index: the logarithm of its size to base 2. */
  readonly logs: Float64Array;
  /** By operand: its indices, ascending. */
  readonly operands: readonly Int32Array[];
  /** By index: how many operands have it, and one more where the output has it. */
  readonly uses: Int32Array;
  /** By index: 1 where the output has it. */
  readonly kept: Uint8Array;
  /** How many words a set of indices takes. */
  readonly words: number;
  /** By byte of a set, and its value: the sum of the logarithms of the indices it holds. */
  readonly byteLogs: Float64Array;
  /** Of a problem with windows: what they change. The operands it tells apart have marks, the first of the indices. */
  readonly windows: WindowLogs | undefined;
  readonly last: LastStep;
}

/** What the last step of a path is beyond what the indices of its tensors say. */
export interface LastStep {
  /** What it runs over, and its result: there the windows of an output stand apart. */
  readonly log: number;
  /** Whether it reduces, though no index of the network. */
  readonly reduces: boolean;
}

const NOT_LAST: LastStep = { log: 0, reduces: false };

/** Numbers the indices of a problem. A size of 0 counts as 1: such a problem has nothing to search. */
export function networkOf(problem: PathProblem): Network {
  const { inputs, output, sizes } = problem;
  const holders = new Map<string, number[]>([...sizes.keys()].map((name) => [name, []]));
  inputs.forEach((input, operand) => {
    for (const name of input) holders.get(name)?.push(operand);
  });
  const bundles = new Map<string, string[]>();
  let reducesShared = false;
  for (const [name, operands] of holders) {
    const isShared = operands.length === inputs.length;
    if (isShared) reducesShared ||= !output.has(name);
    if (isShared || operands.length === 0 || (operands.length === 1 && !output.has(name))) continue;
    const key = `${output.has(name)} ${operands.join()}`;
    const bundle = bundles.get(key);
    if (bundle) bundle.push(name);
    else bundles.set(key, [name]);
  }
  const windows = windowLogs(problem);
  const marked = windows?.operands ?? [];
  const names = [...marked.map((): string[] => []), ...bundles.values()];
  const lists = inputs.map((): number[] => []);
  const uses = new Int32Array(names.length);
  const kept = new Uint8Array(names.length);
  names.forEach(([name], index) => {
    const operands = name === undefined ? marked.slice(index, index + 1) : (holders.get(name) ?? []);
    for (const operand of operands) lists[operand]?.push(index);
    kept[index] = name === undefined || output.has(name) ? 1 : 0;
    uses[index] = operands.length + (kept[index] as number);
  });
  const logOf = (name: string): number => Math.log2(Math.max(1, sizes.get(name) ?? 1));
  const logs = Float64Array.from(names, (bundle) => bundle.reduce((log, name) => log + logOf(name), 0));
  const words = Math.max(1, (names.length + 31) >> 5);
  return {
    operandCount: inputs.length,
    names,
    logs,
    operands: lists.map((list) => Int32Array.from(list)),
    uses,
    kept,
    words,
    byteLogs: tabulate(logs, words),
    windows,
    last: { log: windows?.lastLog ?? 0, reduces: reducesShared },
  };
}

function tabulate(logs: Float64Array, words: number): Float64Array {
  const table = new Float64Array(words * 4 * 256);
  for (let byte = 0; byte < words * 4; byte++) {
    for (let value = 1; value < 256; value++) {
      const lowest = 31 - Math.clz32(value & -value);
      const rest = table[byte * 256 + (value & (value - 1))] as number;
      table[byte * 256 + value] = rest + (logs[byte * 8 + lowest] ?? 0);
    }
  }
  return table;
}

/** Sets the bits of some indices in the set that begins at `at`. */
export function markIndices(bits: Int32Array, at: number, indices: Iterable<number>): void {
  for (const index of indices) {
    const word = at + (index >> 5);
    bits[word] = (bits[word] as number) | (1 << (index & 31));
  }
}

/** The bits of the set of so many words that begins at `at`, ascending: the indices in a set of indices. */
export function indicesIn(words: number, bits: Int32Array, at: number): number[] {
  const found: number[] = [];
  for (let word = 0; word < words; word++) {
    for (let set = bits[at + word] as number; set !== 0; set &= set - 1) {
      found.push(word * 32 + 31 - Math.clz32(set & -set));
    }
  }
  return found;
}

/**
 * The logarithm of the size of a step over two sets of indices that begin at `a` and `b`, which is no path's last: of a
 * tensor where both are its own.
 */
export function unionLog({ words, byteLogs, windows }: Network, bits: Int32Array, a: number, b: number): number {
  let log = windows === undefined ? 0 : windows.logOf(bits, a, b);
  for (let word = 0, at = 0; word < words; word++, at += 1024) {
    const set = (bits[a + word] as number) | (bits[b + word] as number);
    if (set !== 0) log += wordLog(byteLogs, at, set);
  }
  return log;
}

/** The same of one word, whose part of the table begins at `at`. */
function wordLog(byteLogs: Float64Array, at: number, set: number): number {
  return (
    (byteLogs[at + (set & 255)] as number) +
    (byteLogs[at + 256 + ((set >>> 8) & 255)] as number) +
    (byteLogs[at + 512 + ((set >>> 16) & 255)] as number) +
    (byteLogs[at + 768 + (set >>> 24)] as number)
  );
}

/** What a step is beyond what its indices say. */
export function beyondIndices({ last }: Network, isLast: boolean): LastStep {
  return isLast ? last : NOT_LAST;
}

/** Whether a step of `a` and `b` that keeps the set at `result` reduces an index. */
export function reducesIndex({ words }: Network, bits: Int32Array, a: number, b: number, result: number): boolean {
  for (let word = 0; word < words; word++) {
    const both = (bits[a + word] as number) | (bits[b + word] as number);
    if ((both & ~(bits[result + word] as number)) !== 0) return true;
  }
  return false;
}

/** What a step and the one above it would run over: see `lookAhead`. All sizes are logarithms to base 2. */
export interface Ahead {
  lowerLog: number;
  lowerResultLog: number;
  lowerReduces: boolean;
  upperLog: number;
  upperReduces: boolean;
}

/**
 * Looks at contracting the sets at `a` and `b` first and their result with `other` next, to give the set at `above`, in
 * a step that is no path's last; puts the indices of the first result into `result`. One pass over the words: annealing does little else.
 */
export function lookAhead(
  { words, byteLogs, windows }: Network,
  bits: Int32Array,
  a: number,
  b: number,
  other: number,
  above: number,
  result: Int32Array,
  ahead: Ahead,
): void {
  let [lowerLog, lowerResultLog, upperLog] = [0, 0, 0];
  let [lowerReduced, upperReduced] = [0, 0];
  for (let word = 0, at = 0; word < words; word++, at += 1024) {
    const both = (bits[a + word] as number) | (bits[b + word] as number);
    const rest = bits[other + word] as number;
    const kept = bits[above + word] as number;
    const lower = both & (rest | kept);
    const upper = lower | rest;
    result[word] = lower;
    lowerReduced |= both & ~lower;
    upperReduced |= upper & ~kept;
    if (upper !== 0) upperLog += wordLog(byteLogs, at, upper);
    if (lower !== 0) lowerResultLog += wordLog(byteLogs, at, lower);
    if (both === lower) lowerLog += lower === 0 ? 0 : wordLog(byteLogs, at, lower);
    else lowerLog += wordLog(byteLogs, at, both);
  }
  if (windows !== undefined) {
    const windowLog = windows.logOf(result, 0, 0);
    lowerLog += windowLog;
    lowerResultLog += windowLog;
    upperLog += windows.logOf(bits, above, above);
  }
  ahead.lowerLog = lowerLog;
  ahead.lowerResultLog = lowerResultLog;
  ahead.lowerReduces = lowerReduced !== 0;
  ahead.upperLog = upperLog;
  ahead.upperReduces = upperReduced !== 0;
}
