/**
 * What windows change for optimizers that count in products of index sizes. A tensor keeps its set of indices, those
 * that a window holds included; its size, and that of the step that makes it, is the product of their sizes times one
 * factor: the values of its windows over those of the indices they hold.
 *
 * Invariant: the factor of a set of operands does not depend on the path through them: see `windows.ts`.
 */
import type { PathProblem } from "./path.ts";
import { heldBy, joinLabels, labelsOf, type Window } from "./windows.ts";

/** What the product of the sizes of all indices is to be multiplied by; 1 without windows. */
export function factorOf(windows: readonly Window[], sizes: ReadonlyMap<string, number>): number {
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
