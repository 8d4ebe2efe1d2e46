/**
 * The figures of a path, which its table, its picture and JSON show, and the table that people paste: opt_einsum's, with
 * the sizes of indices and with windows.
 *
 * Invariant: figures are plain data; every name is one of the spec's, or of a step's. Lines hold no space at their end.
 */
import type { LinearPath, SsaPath } from "./path.ts";
import { printTable } from "../ir/print.ts";

/** The figures of a contraction path. Counts are doubles: Infinity where they pass the largest double. */
export interface PathFigures {
  /** The canonical text of the whole contraction. */
  readonly spec: string;
  /** Its indices and their sizes: those of the output first. */
  readonly indices: readonly IndexFigures[];
  /** The operands as the steps read them, over index names: `i (2*y + k - 1)`. */
  readonly operands: readonly OperandFigures[];
  /** The path as opt_einsum writes it: positions in the list of remaining tensors. */
  readonly path: LinearPath;
  /** The same path over ids that never change. */
  readonly ssaPath: SsaPath;
  /** The indices that the path is run through one value at a time, outermost loop first. */
  readonly sliced: readonly string[];
  /** How many times that is: 1 where none is sliced. */
  readonly slices: number;
  /** Multiplications and additions along the path, as opt_einsum counts them, those of all slices. */
  readonly flops: number;
  /** The same for all operands at once, in one nest. */
  readonly naiveFlops: number;
  /** Elements of the largest result of a step in one slice, the last included. */
  readonly largestIntermediate: number;
  /** Elements of the most results of steps that exist at one time, that of the last included; operands are not counted. */
  readonly peakMemory: number;
  /** The most indices that one step runs over; a window that stays whole counts as one. */
  readonly scaling: number;
  /** How many indices the whole contraction has. */
  readonly naiveScaling: number;
  /** What is done in one slice. */
  readonly steps: readonly StepFigures[];
}

interface IndexFigures {
  readonly name: string;
  readonly size: number;
  readonly reduced: boolean;
}

export interface OperandFigures {
  readonly name: string;
  readonly term: string;
  /** Elements of its shape. */
  readonly size: number;
}

export interface StepFigures {
  /** SSA ids of what the step contracts, in the order of `spec`. */
  readonly inputs: readonly number[];
  /** SSA id of its result. */
  readonly result: number;
  /** The step over index names: `i j, j k -> i k`. */
  readonly spec: string;
  /** Its result over index names: `i k`. */
  readonly term: string;
  /** How many indices it runs over. */
  readonly scaling: number;
  readonly flops: number;
  /** Elements of its result. */
  readonly size: number;
  /** Where the step runs over a window as over one index: its name in `spec`, what it stands for, how many values. */
  readonly windows: readonly WindowFigures[];
}

interface WindowFigures {
  readonly name: string;
  readonly expression: string;
  readonly size: number;
  /** The indices it stands for. */
  readonly indices: readonly string[];
}

/** How many remaining tensors a row of the table still lists. */
const LISTED = 6;
/** How many indices are listed with their sizes. */
const LISTED_INDICES = 16;
/** A cell wider than this does not widen its column. */
const WIDEST = 80;

/** Prints the figures of a path, without a line break at the end. */
export function printPath(figures: PathFigures): string {
  const { flops, naiveFlops } = figures;
  const summary = [
    ["complete contraction", figures.spec],
    ["sizes", printSizes(figures.indices)],
    ["naive scaling", String(figures.naiveScaling)],
    ["optimized scaling", String(figures.scaling)],
    ["naive FLOP count", printCount(naiveFlops)],
    ["optimized FLOP count", printCount(flops)],
    ["theoretical speedup", flops > 0 && Number.isFinite(flops) ? printCount(naiveFlops / flops) : "1"],
    ["largest intermediate", printElements(figures.largestIntermediate)],
    ["peak memory", printElements(figures.peakMemory)],
  ];
  if (figures.sliced.length > 0) {
    summary.push(["slices", `${printCount(figures.slices)}, of ${figures.sliced.join(", ")}; steps are those of one`]);
  }
  const head = ["step", "scaling", "FLOP count", "elements", "contraction", "remaining"];
  const remaining = listRemaining(figures);
  const rows = figures.steps.map((step, at) => [
    String(at),
    String(step.scaling),
    printCount(step.flops),
    printCount(step.size),
    step.spec,
    remaining[at] ?? "",
  ]);
  const windows = printWindows(figures);
  return [printTable(summary, WIDEST), printTable([head, ...rows], WIDEST), ...(windows ? [windows] : [])].join("\n\n");
}

/** `i 3, j 4`; how many, and between which sizes, where they are too many to read. */
function printSizes(indices: readonly IndexFigures[]): string {
  if (indices.length === 0) return "no index";
  if (indices.length <= LISTED_INDICES) return indices.map(({ name, size }) => `${name} ${size}`).join(", ");
  const sizes = indices.map(({ size }) => size);
  const [least, most] = [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))];
  return `${indices.length} indices of ${least === most ? least : `${least} to ${most}`}`;
}

/** Each window once: what running over it saves. */
function printWindows({ steps, indices }: PathFigures): string {
  const windows = new Map<string, WindowFigures>();
  for (const step of steps) for (const window of step.windows) windows.set(window.name, window);
  if (windows.size === 0) return "";
  const sizes = new Map(indices.map(({ name, size }) => [name, size]));
  const rows = [...windows.values()].map(({ name, expression, size, indices: held }) => {
    const apart = held.map((index) => sizes.get(index) ?? 1);
    return [name, expression, String(size), `${apart.join(" x ")} = ${apart.reduce((a, b) => a * b, 1)}`];
  });
  return printTable([["window", "stands for", "values", "instead of"], ...rows], WIDEST);
}

/** What is left after each step, in the order of the linear path; how many, where they are too many to read. */
function listRemaining({ operands, steps }: PathFigures): string[] {
  const live = new Map(operands.map(({ term }, id) => [id, term]));
  return steps.map(({ inputs, result, term }) => {
    for (const id of inputs) live.delete(id);
    live.set(result, term);
    return live.size <= LISTED ? [...live.values()].map((text) => text || "()").join(", ") : `${live.size} tensors`;
  });
}

/** `1 element`, `300 elements`. */
export function printElements(count: number): string {
  return `${printCount(count)} ${count === 1 ? "element" : "elements"}`;
}

/** Integers below a million in full, others to four digits. */
export function printCount(count: number): string {
  if (count === Infinity) return "over 1.797e+308";
  if (count < 1e6) return String(Number.isInteger(count) ? count : Number(count.toPrecision(4)));
  return count.toExponential(3);
}
