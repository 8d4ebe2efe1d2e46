/**
 * Padding and cropping, as PyTorch's `pad` with a constant: the input is written into the middle of a larger array.
 *
 *     a b -> a (b + 2), elsewhere 7.5
 *     (a + 1) b -> a b, |a| = 4                      cropped by one
 *
 * Invariant: each element of the output is written once, by the input or by the constant.
 */
import type { NdArray } from "../jit/nd-array.ts";
import { isFloat } from "../ir/dtype.ts";
import { TUNED } from "../recipe/tuned.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { copyOf, isPair, type Pair } from "../support/read.ts";
import { bindForKernel } from "./bind-layer.ts";
import { layerSpec, readShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { checkRunOptions, runLayer, viewOf, type RunOptions } from "./run-layer.ts";

/** Elements before and after each axis of an array; negative ones crop. */
export type Pads = readonly Pair[];

/**
 * The spec of an array padded with a constant, 0 where absent: one pair an axis, before and after; negative numbers crop.
 * Refuses what is no such list, and to crop more than there is.
 */
export const padSpec = /* @__PURE__ */ published(function padSpec(given: Shape, pads: Pads, value = 0): LayerSpec {
  const input = readShape("pad", "the input", given);
  const pairs = checkPads(input, pads);
  if (typeof value !== "number") throw messages.layerOption("pad", "the value", "a number", value);
  const axes = pairs.map(([low, high], axis) => {
    const size = input[axis] as number;
    if (size + low + high < 0) throw messages.layerCrop("pad", axis, size, [low, high]);
    return { ...padAxis(nameOf(axis), size, low, high), size: size + low + high };
  });
  const cropped = axes.flatMap(({ kept }) => (kept ? [kept] : []));
  return layerSpec("pad", [{ name: "input", axes: axes.map(({ read }) => read), shape: input }], {
    output: axes.map(({ written }) => written),
    outputShape: axes.map(({ size }) => size),
    fixed: pairs.some(([low, high]) => low > 0 || high > 0),
    sizes: Object.fromEntries(cropped),
    fill: value,
  });
});

/** How an axis is read and written, and the size of its index where no axis tells it. */
function padAxis(
  name: string,
  size: number,
  low: number,
  high: number,
): { readonly read: string; readonly written: string; readonly kept?: readonly [string, number] } {
  const first = Math.max(0, -low);
  const kept = Math.max(0, size - first - Math.max(0, -high));
  return {
    read: first > 0 ? `(${name} + ${first})` : kept < size ? `(${name} + 0)` : name,
    written: low > 0 ? `(${name} + ${low})` : high > 0 ? `(${name} + 0)` : name,
    ...(kept < size && { kept: [name, kept] }),
  };
}

/** `a`, `b`, ... `z`, `a1`, ...: an array may have any rank. */
function nameOf(axis: number): string {
  const letter = String.fromCharCode(97 + (axis % 26));
  return axis < 26 ? letter : `${letter}${Math.floor(axis / 26)}`;
}

function checkPads(input: Shape, pads: unknown): Pads {
  const items = copyOf(pads, 2);
  if (Array.isArray(items) && items.length === input.length && items.every(isPair)) return items;
  const wanted = `a list of ${input.length} pairs of integers [before, after], one an axis`;
  throw messages.layerOption("pad", "the padding", wanted, pads);
}

/**
 * Pads an array with a constant, 0 where absent: one pair an axis, before and after, of which negative numbers crop, as
 * PyTorch's `pad`. The constant is one of the array's dtype; a fraction in an array of integers is refused.
 */
export const pad = /* @__PURE__ */ published(function pad(
  input: NdArray,
  pads: Pads,
  value = 0,
  options: RunOptions = {},
): NdArray {
  const view = viewOf("pad", "the input", input);
  const layer = padSpec(view.shape, pads, value);
  if (!isFloat(view.dtype) && !Number.isInteger(value)) {
    throw messages.layerOption("pad", "the value", `an integer, as the input is ${view.dtype}`, value);
  }
  return runLayer({ layer, arrays: [view] }, checkRunOptions(options), { bind: bindForKernel, recipe: TUNED });
});
