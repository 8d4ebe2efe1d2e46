/**
 * What windows change for optimizers that count in products of index sizes. A tensor keeps its set of indices, those
 * that a window holds included; its size, and that of the step that makes it, is the product of their sizes times one
 * factor: the values of its windows over those of the indices they hold.
 *
 * Searches count in logarithms, and ask by the operands that a tensor is made of. Only those count that have an index of
 * some window: each has a *mark* in the network, an index of its own of size 1 which no step reduces, so that the bits of a
 * tensor tell which it is made of.
 *
 * Invariant: the factor of a set of operands does not depend on the path through them: see `windows.ts`. Marks are the
 * first indices of the network.
 */
import type { PathProblem } from "./path.ts";
import { type Window, findWindows, heldBy, joinLabels, labelsOf } from "./windows.ts";

/** What the product of the sizes of all indices is to be multiplied by; 1 without windows. */
function factorOf(windows: readonly Window[], sizes: ReadonlyMap<string, number>): number {
  let factor = 1;
  for (const { size } of windows) factor *= size;
  for (const index of heldBy(windows)) factor /= sizes.get(index) ?? 1;
  return factor;
}

/**
 * The factor of every subset of the operands, by bit mask, for the result of contracting it and for the last step of
 * any path that does; undefined where no operand has a window.
 */
export function windowFactors({ inputs, windows, output, sizes }: PathProblem): Float64Array | undefined {
  if (!windows) return undefined;
  const labels = inputs.map((input, operand) => labelsOf(input, windows[operand]));
  const patterns = new Map<string, number>();
  inputs.forEach((input, operand) => {
    for (const index of input) patterns.set(index, (patterns.get(index) ?? 0) | (1 << operand));
  });
  return Float64Array.from({ length: 1 << inputs.length }, (_, subset) => {
    const isNeeded = (index: string): boolean => output.has(index) || ((patterns.get(index) ?? 0) & ~subset) !== 0;
    const members = labels.filter((_, operand) => subset & (1 << operand));
    const isWhole = members.length === inputs.length;
    return factorOf(joinLabels(members, isNeeded, sizes, isWhole ? output : []).windows, sizes);
  });
}

/** The factors of sets of operands, for searches. */
export interface WindowLogs {
  /** The operands that have marks, in the order of these. */
  readonly operands: readonly number[];
  /** What the last step of a path runs over beyond its own factor: there the indices of the output stand apart. */
  readonly lastLog: number;
  /** The logarithm to base 2 of the factor for a step of the sets of indices at `a` and `b`, and for its result. */
  logOf(bits: Int32Array, a: number, b: number): number;
}

/** Tensors carry their marks: of more operands than these, all would be the square of their number. */
const MOST_MARKS = 512;
/** How many sets of operands are remembered. */
const MOST_KNOWN = 2 ** 17;

/** Undefined where no operand has a window, or so many have that searches do without. */
export function windowLogs(problem: PathProblem): WindowLogs | undefined {
  const { inputs, output, windows = [], sizes } = problem;
  const names = [...heldBy(windows.flat())];
  const operands = inputs.flatMap((input, operand) => (names.some((name) => input.has(name)) ? [operand] : []));
  if (operands.length === 0 || operands.length > MOST_MARKS) return undefined;
  const apartOf = inputs.map((input, operand) => labelsOf(input, windows[operand]).apart);
  /** The indices that windows hold: who has each, as a set of marks, and who has it apart. */
  const held = names.map((name) => ({
    name,
    isKept: output.has(name),
    holders: setOf(operands, (operand) => inputs[operand]?.has(name) ?? false),
    apartIn: setOf(operands, (operand) => apartOf[operand]?.has(name) ?? false),
  }));
  const found = new Map(windows.flat().map(({ terms }) => [JSON.stringify(terms), terms]));
  const keys = windows.map((own) => new Set(own.map(({ terms }) => JSON.stringify(terms))));
  /** What operands are read by, each once, and who reads by it. */
  const expressions = [...found].map(([key, terms]) => ({
    terms,
    holders: setOf(operands, (operand) => keys[operand]?.has(key) ?? false),
  }));
  const words = (operands.length + 31) >> 5;
  const all = setOf(operands, () => true);
  const own = new Int32Array(words);
  // Many sets of operands have the same windows.
  const bySigns = new Map<string, number>();
  const known = new Map<string | number, number>();

  const measure = (): number => {
    const isApart = held.map(
      ({ isKept, holders, apartIn }) => meets(own, apartIn) || !(isKept || exceeds(holders, own)),
    );
    const isRead = expressions.map(({ holders }) => meets(own, holders));
    const signs = [...isApart, ...isRead].map(Number).join("");
    let log = bySigns.get(signs);
    if (log !== undefined) return log;
    const apart = new Set(held.flatMap(({ name }, at) => (isApart[at] ? [name] : [])));
    const read = expressions.flatMap(({ terms }, at) => (isRead[at] ? [terms] : []));
    log = Math.log2(factorOf(findWindows(read, apart, sizes), sizes));
    bySigns.set(signs, log);
    return log;
  };
  const logOf = (bits: Int32Array, a: number, b: number): number => {
    for (let word = 0; word < words; word++) {
      own[word] = ((bits[a + word] as number) | (bits[b + word] as number)) & (all[word] as number);
    }
    const key = words === 1 ? (own[0] as number) : own.join();
    let log = known.get(key);
    if (log !== undefined) return log;
    if (known.size === MOST_KNOWN) known.clear();
    log = measure();
    known.set(key, log);
    return log;
  };
  return { operands, lastLog: -logOf(all, 0, 0), logOf };
}

/** The marks of some operands, as bits. */
function setOf(operands: readonly number[], has: (operand: number) => boolean): Int32Array {
  const set = new Int32Array((operands.length + 31) >> 5);
  operands.forEach((operand, mark) => {
    if (has(operand)) set[mark >> 5] = (set[mark >> 5] as number) | (1 << (mark & 31));
  });
  return set;
}

/** Whether two sets have a mark in common. */
function meets(one: Int32Array, other: Int32Array): boolean {
  return one.some((word, at) => (word & (other[at] as number)) !== 0);
}

/** Whether a set has a mark that another has not. */
function exceeds(one: Int32Array, other: Int32Array): boolean {
  return one.some((word, at) => (word & ~(other[at] as number)) !== 0);
}
