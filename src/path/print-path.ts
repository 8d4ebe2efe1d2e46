/**
 * The table of a path that people paste: opt_einsum's, with the sizes of indices and with windows.
 *
 * Invariant: every figure is one of `PathFigures`; lines hold no space at their end.
 */
import { printTable } from "../ir/print.ts";
import type { IndexFigures, PathFigures, WindowFigures } from "./figures.ts";

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
