/**
 * Windows as columns, and columns added up as windows: PyTorch's `unfold` and `fold`.
 *
 *     b c (2*y + ky) (2*x + kx) -> b (c ky kx) (y x)
 *     b (c ky kx) (y x) -> b c (2*y + ky) (2*x + kx)
 *
 * Invariant: `fold` takes the options that `unfold` was called with, and the spatial size that it had.
 */
import type { NdArray } from "../jit/nd-array.ts";
import { gatherOrPeel } from "../loops/gather-nests.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { readOptions } from "../support/read.ts";
import { layerSpec, readShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { arrange, readPlanes } from "./planes.ts";
import { checkOptions, runLayer, viewOf, type RunOptions } from "./run-layer.ts";
import {
  countWindows,
  paddingPairs,
  perAxis,
  windowAxes,
  windowExpression,
  windowName,
  type LayerKind,
  type Padding,
  type PerAxis,
  type Window,
} from "./windows.ts";

/** Which windows there are. A number stands for both axes. */
export interface UnfoldOptions {
  /** Elements of a window. */
  readonly kernelSize: PerAxis;
  /** 1 where absent. */
  readonly stride?: PerAxis | undefined;
  /** Zeros around the input; 0 where absent. */
  readonly padding?: Padding | undefined;
  /** Distance of the elements of a window; 1 where absent. */
  readonly dilation?: PerAxis | undefined;
}

/** The windows that were unfolded, and the size of the planes they are added up in. */
export interface FoldOptions extends UnfoldOptions {
  /** Height and width of the result. */
  readonly outputSize: PerAxis;
}

const UNFOLD = { kernelSize: 0, stride: 0, padding: 0, dilation: 0 } satisfies Record<keyof UnfoldOptions, 0>;
export const UNFOLD_OPTIONS = Object.keys(UNFOLD);
export const FOLD_OPTIONS = Object.keys({ ...UNFOLD, outputSize: 0 } satisfies Record<keyof FoldOptions, 0>);

/** The spec of `unfold` for an input `[N, C, H, W]` or `[C, H, W]`: one column a window. */
export const unfoldSpec = /* @__PURE__ */ published(function unfoldSpec(from: Shape, given: UnfoldOptions): LayerSpec {
  const kind: LayerKind = { name: "unfold", spatial: 2 };
  const options = readOptions(given, UNFOLD_OPTIONS);
  const input = readShape(kind.name, "the input", from);
  const planes = readPlanes(kind, input);
  const windows = readWindows(kind, planes.spatial, options);
  return layerSpec(
    kind.name,
    [{ name: "input", axes: arrange(planes, "b", ["c"], windows.map(windowExpression)), shape: input }],
    {
      output: arrange(planes, "b", [rowsOf(windows)], [COLUMNS]),
      outputShape: arrange(planes, planes.batch ?? 0, [planes.channels * elementsOf(windows)], [columnsOf(windows)]),
      sizes: kernelSizes(windows),
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
  const windows = readWindows(kind, size, options);
  const elements = elementsOf(windows);
  if (rows % elements !== 0)
    throw messages.layerRows(
      kind.name,
      rows,
      windows.map(({ kernel }) => kernel),
    );
  if (columns !== columnsOf(windows)) {
    throw messages.layerColumns(
      kind.name,
      columns,
      windows.map(({ count }) => count),
    );
  }
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
      outputShape: arrange(planes, planes.batch ?? 0, [planes.channels], size),
      fixed: true,
      sizes: { ...kernelSizes(windows), ...Object.fromEntries(windows.map(({ name, count }) => [name, count])) },
    },
  );
});

const COLUMNS = "(y x)";

function readWindows(kind: LayerKind, sizes: Shape, options: UnfoldOptions): readonly Window[] {
  const axes = windowAxes(kind, sizes, {
    kernel: perAxis(kind, "kernelSize", options.kernelSize, 1),
    stride: perAxis(kind, "stride", options.stride ?? 1, 1),
    dilation: perAxis(kind, "dilation", options.dilation ?? 1, 1),
    padding: paddingPairs(kind, options.padding ?? 0),
  });
  return countWindows(kind, axes);
}

/** The rows of a column: channels, and the elements of a window. */
function rowsOf(windows: readonly Window[]): string {
  const names = windows.filter(({ kernel }) => kernel > 1).map(({ name }) => windowName(name));
  return names.length > 0 ? `(c ${names.join(" ")})` : "c";
}

function kernelSizes(windows: readonly Window[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    windows.filter(({ kernel }) => kernel > 1).map(({ name, kernel }) => [windowName(name), kernel]),
  );
}

function elementsOf(windows: readonly Window[]): number {
  return windows.reduce((product, { kernel }) => product * kernel, 1);
}

function columnsOf(windows: readonly Window[]): number {
  return windows.reduce((product, { count }) => product * count, 1);
}

/**
 * The windows of an input `[N, C, H, W]` or `[C, H, W]` as columns: `[N, C * kH * kW, windows]`, as PyTorch's `unfold`. A
 * convolution needs none of it: a window is a view. Refuses windows that are larger than the padded input.
 */
export const unfold = /* @__PURE__ */ published(function unfold(
  input: NdArray,
  given: UnfoldOptions & RunOptions,
): NdArray {
  const { out, evaluate, ...options } = checkOptions(given);
  const view = viewOf("unfold", "the input", input);
  return runLayer(unfoldSpec(view.shape, options), [view], { out, evaluate });
});

/**
 * Adds up columns where their windows were: `[N, C * kH * kW, windows]` to `[N, C, ...outputSize]`, as PyTorch's `fold`.
 * Refuses columns and rows that are not as many as the windows have.
 */
export const fold = /* @__PURE__ */ published(function fold(input: NdArray, given: FoldOptions & RunOptions): NdArray {
  const { out, evaluate, ...options } = checkOptions(given);
  const view = viewOf("fold", "the input", input);
  return runLayer(foldSpec(view.shape, options), [view], { out, evaluate }, gatherOrPeel);
});
