/**
 * What the sums of an average pool are divided by. One number, where every window has as many elements; else a table an
 * axis, as the count of a window is the product of its counts along the axes.
 *
 *     x / (countY[y] * countX[x])
 *
 * Invariant: quotients are computed by one division each, as PyTorch does, so that they have its last bit.
 */
import * as activations from "../ir/activations.ts";
import { elementOf, VALUE, type Elementwise } from "../ir/elementwise.ts";
import { tooLarge } from "../support/messages/options.ts";
import type { Shape } from "./layer-spec.ts";
import type { Window } from "./windows.ts";

/** The longest table of counts: an axis beside one of size 0 may have any size. */
const MOST_COUNTS = 2 ** 26;

/** How many elements the windows along an axis have: one count where all have as many, or one a window. */
export interface AxisCounts {
  readonly name: string;
  readonly counts: Shape;
}

/**
 * Counts the elements of windows: with `countPad`, those of the input and of the padding around it, but none behind that;
 * else those of the input alone.
 */
export function countElements(windows: readonly Window[], countPad: boolean): readonly AxisCounts[] {
  return windows.map(({ name, size, kernel, stride, dilation, before, after, count, rounded }) => {
    if (before === 0 && after === 0 && !rounded) return { name, counts: [kernel] };
    if (count > MOST_COUNTS) throw tooLarge(`windows along ${name}`, count, MOST_COUNTS);
    return {
      name,
      counts: Array.from({ length: count }, (_, position) => {
        const start = position * stride - before;
        const countBelow = (end: number): number => Math.min(kernel, Math.max(0, Math.ceil((end - start) / dilation)));
        return countPad ? countBelow(size + after) : countBelow(size) - countBelow(0);
      }),
    };
  });
}

/** The axes along which windows differ. */
export function varyingCounts(axes: readonly AxisCounts[]): readonly AxisCounts[] {
  return axes.filter(({ counts }) => counts.some((count) => count !== counts[0]));
}

/** The product of the counts of all axes that have only one. */
export function fixedCount(axes: readonly AxisCounts[]): number {
  const varying = new Set(varyingCounts(axes));
  return axes.reduce((product, axis) => (varying.has(axis) ? product : product * (axis.counts[0] ?? 1)), 1);
}

/** The value divided by a number and by the elements of so many further accesses. */
export function divideByCounts(count: number, tables: number): Elementwise {
  const factors: Elementwise[] = Array.from({ length: tables }, (_, access) => elementOf(access));
  if (count !== 1 || tables === 0) factors.push(activations.constantOf(count));
  const divisor = factors.reduce((product, factor) => activations.binary("mul", product, factor));
  return activations.binary("div", VALUE, divisor);
}
