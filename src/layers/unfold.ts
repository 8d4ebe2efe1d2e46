/**
 * Windows as columns, and columns added up as windows: PyTorch's `unfold` and `fold`.
 *
 *     b c (2*y + ky) (2*x + kx) -> b (c ky kx) (y x)
 *     b (c ky kx) (y x) -> b c (2*y + ky) (2*x + kx)
 *
 * Invariant: `fold` takes the options that `unfold` was called with, and the spatial size that it had.
 */
import { elementCount } from "../ir/tensor.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { readOptions } from "../support/read.ts";
import { SCATTERED } from "./bind-layer.ts";
import { layerSpec, readShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { arrange, arrangeShape, readPlanes } from "./planes.ts";
import { layerFunction, type RunOptions } from "./run-layer.ts";
import {
  countWindows,
  perAxis,
  windowAxes,
  windowExpression,
  windowSizes,
  type LayerKind,
  type Padding,
  type PerAxis,
  type Window,
  type WindowOptions,
} from "./windows.ts";

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

/** The compiler sees to it that none is missing. */
const UNFOLD: Record<keyof UnfoldOptions, 0> = { kernelSize: 0, stride: 0, padding: 0, dilation: 0 };
const FOLD: Record<keyof FoldOptions, 0> = { ...UNFOLD, outputSize: 0 };
export const UNFOLD_OPTIONS = /* @__PURE__ */ Object.keys(UNFOLD);
export const FOLD_OPTIONS = /* @__PURE__ */ Object.keys(FOLD);

/** The spec of `unfold` for an input `[N, C, H, W]` or `[C, H, W]`: one column a window. */
export const unfoldSpec = /* @__PURE__ */ published(function unfoldSpec(from: Shape, given: UnfoldOptions): LayerSpec {
  const kind: LayerKind = { name: "unfold", spatial: 2 };
  const options = readOptions(given, UNFOLD_OPTIONS);
  const input = readShape(kind.name, "the input", from);
  const planes = readPlanes(kind, input);
  const { windows, kernels, counts } = readWindows(kind, planes.spatial, options);
  return layerSpec(
    kind.name,
    [{ name: "input", axes: arrange(planes, "b", ["c"], windows.map(windowExpression)), shape: input }],
    {
      output: arrange(planes, "b", [rowsOf(windows)], [COLUMNS]),
      outputShape: arrangeShape(planes, planes.channels * elementCount(kernels), [elementCount(counts)]),
      sizes: windowSizes(windows),
    },
  );
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
  return layerSpec(
    kind.name,
    [{ name: "input", axes: arrange(planes, "b", [rowsOf(windows)], [COLUMNS]), shape: input }],
    {
      output: arrange(planes, "b", ["c"], windows.map(windowExpression)),
      outputShape: arrangeShape(planes, planes.channels, size),
      fixed: true,
      sizes: { ...windowSizes(windows), ...Object.fromEntries(windows.map(({ name, count }) => [name, count])) },
    },
  );
});

const COLUMNS = "(y x)";

/** The windows of an array, with the sizes and the counts of them. */
function readWindows(
  kind: LayerKind,
  sizes: Shape,
  options: UnfoldOptions,
): { readonly windows: readonly Window[]; readonly kernels: Shape; readonly counts: Shape } {
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
