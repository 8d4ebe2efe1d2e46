/**
 * Layers that put elements elsewhere. Padding and cropping, as PyTorch's `pad` with a constant: the input is written into the
 * middle of a larger array. Windows as columns, and columns added up as windows: PyTorch's `unfold` and `fold`.
 *
 *     a b -> a (b + 2), elsewhere 7.5
 *     (a + 1) b -> a b, |a| = 4                      cropped by one
 *     b c (2*y + ky) (2*x + kx) -> b (c ky kx) (y x)
 *     b (c ky kx) (y x) -> b c (2*y + ky) (2*x + kx)
 *
 * Invariant: each element of a padded output is written once, by the input or by the constant. `fold` takes the options that
 * `unfold` was called with, and the spatial size that it had.
 */
import { namesOf } from "../compile.ts";
import { isFloat } from "../ir/dtype.ts";
import { letterAt } from "../ir/bind.ts";
import { elementCount } from "../ir/tensor.ts";
import type { NdArray } from "../jit/nd-array.ts";
import { TUNED } from "../recipe/unread.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { copyOf, isPair, type Pair, readOptions } from "../support/read.ts";
import { bindForKernel, SCATTERED } from "./bind-layer.ts";
import { type LayerSpec, layerSpec, readShape, type Shape } from "./layer-spec.ts";
import { arrange, arrangeShape, readPlanes } from "./planes.ts";
import { checkRunOptions, layerFunction, runLayer, type RunOptions, viewOf } from "./run-layer.ts";
import {
  countWindows,
  type LayerKind,
  type Padding,
  type PerAxis,
  perAxis,
  type Window,
  windowAxes,
  windowExpression,
  type WindowOptions,
  windowSizes,
} from "./windows.ts";

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
    const name = letterAt(axis);
    const first = Math.max(0, -low);
    const kept = Math.max(0, size - first - Math.max(0, -high));
    return {
      read: first > 0 ? `(${name} + ${first})` : kept < size ? `(${name} + 0)` : name,
      written: low > 0 ? `(${name} + ${low})` : high > 0 ? `(${name} + 0)` : name,
      // The size of an index that no axis tells.
      cropped: kept < size ? [[name, kept]] : [],
      size: size + low + high,
    };
  });
  return layerSpec("pad", [{ name: "input", axes: axes.map(({ read }) => read), shape: input }], {
    output: axes.map(({ written }) => written),
    outputShape: axes.map(({ size }) => size),
    fixed: pairs.some(([low, high]) => low > 0 || high > 0),
    sizes: Object.fromEntries(axes.flatMap(({ cropped }) => cropped)),
    fill: value,
  });
});

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

/** Which windows there are. A number stands for both axes. */
export interface UnfoldOptions extends WindowOptions {
  /** Elements of a window. */
  readonly kernelSize: PerAxis;
  /** Zeros around the input; 0 where absent. */
  readonly padding?: Padding | undefined;
}

/** The windows that were unfolded, and the size of the planes they are added up in. */
export interface FoldOptions extends UnfoldOptions {
  /** Height and width of the result. */
  readonly outputSize: PerAxis;
}

const OPTIONS = "kernelSize stride padding dilation";
export const UNFOLD_OPTIONS = /* @__PURE__ */ namesOf<UnfoldOptions>()(OPTIONS);
export const FOLD_OPTIONS = /* @__PURE__ */ namesOf<FoldOptions>()(`${OPTIONS} outputSize`);

/** The spec of `unfold` for an input `[N, C, H, W]` or `[C, H, W]`: one column a window. */
export const unfoldSpec = /* @__PURE__ */ published(function unfoldSpec(from: Shape, given: UnfoldOptions): LayerSpec {
  const kind: LayerKind = { name: "unfold", spatial: 2 };
  const options = readOptions(given, UNFOLD_OPTIONS);
  const input = readShape(kind.name, "the input", from);
  const planes = readPlanes(kind, input);
  const { windows, kernels, counts } = readWindows(kind, planes.spatial, options);
  const operands = [{ name: "input", axes: arrange(planes, "b", ["c"], windows.map(windowExpression)), shape: input }];
  return layerSpec(kind.name, operands, {
    output: arrange(planes, "b", [rowsOf(windows)], [COLUMNS]),
    outputShape: arrangeShape(planes, planes.channels * elementCount(kernels), [elementCount(counts)]),
    sizes: windowSizes(windows),
  });
});

/** The spec of `fold` for an input `[N, C * kH * kW, windows]`, or without N. */
export const foldSpec = /* @__PURE__ */ published(function foldSpec(from: Shape, given: FoldOptions): LayerSpec {
  const kind: LayerKind = { name: "fold", spatial: 2 };
  const options = readOptions(given, FOLD_OPTIONS);
  const input = readShape(kind.name, "the input", from);
  if (input.length !== 2 && input.length !== 3) {
    throw messages.layerRank(kind.name, "the input", ["[N, C * kH * kW, windows]", "[C * kH * kW, windows]"], input);
  }
  const [rows, columns] = input.slice(-2) as [number, number];
  const size = perAxis(kind, "outputSize", options.outputSize, 1);
  const { windows, kernels, counts } = readWindows(kind, size, options);
  const elements = elementCount(kernels);
  if (rows % elements !== 0) throw messages.layerRows(kind.name, rows, kernels);
  if (columns !== elementCount(counts)) throw messages.layerColumns(kind.name, columns, counts);
  const planes = {
    batch: input.length === 3 ? input[0] : undefined,
    channels: rows / elements,
    spatial: size,
    layout: "channels-first",
  } as const;
  const operands = [{ name: "input", axes: arrange(planes, "b", [rowsOf(windows)], [COLUMNS]), shape: input }];
  return layerSpec(kind.name, operands, {
    output: arrange(planes, "b", ["c"], windows.map(windowExpression)),
    outputShape: arrangeShape(planes, planes.channels, size),
    fixed: true,
    sizes: { ...windowSizes(windows), ...Object.fromEntries(windows.map(({ name, count }) => [name, count])) },
  });
});

const COLUMNS = "(y x)";

/** The windows of an array, with the sizes and the counts of them. */
function readWindows(kind: LayerKind, sizes: Shape, options: UnfoldOptions) {
  const kernels = perAxis(kind, "kernelSize", options.kernelSize, 1);
  const windows = countWindows(kind, windowAxes(kind, sizes, kernels, options));
  return { windows, kernels, counts: windows.map(({ count }) => count) };
}

/** The rows of a column: channels, and the elements of a window. */
function rowsOf(windows: readonly Window[]): string {
  const names = Object.keys(windowSizes(windows));
  return names.length > 0 ? `(c ${names.join(" ")})` : "c";
}

/**
 * The windows of an input `[N, C, H, W]` or `[C, H, W]` as columns: `[N, C * kH * kW, windows]`, as PyTorch's `unfold`. A
 * convolution needs none of it: a window is a view. Refuses windows that are larger than the padded input.
 */
export const unfold = /* @__PURE__ */ layerFunction<UnfoldOptions & RunOptions>("unfold", (view, options) => ({
  layer: unfoldSpec(view.shape, options),
  arrays: [view],
}));

/**
 * Adds up columns where their windows were: `[N, C * kH * kW, windows]` to `[N, C, ...outputSize]`, as PyTorch's `fold`.
 * Refuses columns and rows that are not as many as the windows have.
 */
export const fold = /* @__PURE__ */ layerFunction<FoldOptions & RunOptions>(
  "fold",
  (view, options) => ({ layer: foldSpec(view.shape, options), arrays: [view] }),
  SCATTERED,
);
