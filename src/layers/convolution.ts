/**
 * Convolutions, as PyTorch's `conv1d`, `conv2d` and `conv3d`: correlations of an input with a weight.
 *
 *     b i (2*y + ky - 1) (2*x + kx - 1), o i ky kx -> b o y x
 *     b (g i) (y + ky) (x + kx), (g o) i ky kx -> b (g o) y x          in groups
 *     b g (y + ky) (x + kx), g 1 ky kx -> b g y x                      each channel for itself
 *
 * Invariant: a spec runs over as many channels as there are; an axis of one channel in a group has no index.
 */
import type { NdArray } from "../jit/nd-array.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { copyOf, readOptions } from "../support/read.ts";
import { EPILOGUE_OPTIONS, readEpilogue, type EpilogueOptions } from "./epilogue.ts";
import { channelNames, checkGroups } from "./groups.ts";
import { layerSpec, readShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { arrange, arrangeShape, channelAxis, readPlanes, weightShape, type Layout } from "./planes.ts";
import type { RunOptions } from "./run-layer.ts";
import { runWeighted, type EpilogueArrays } from "./run-weighted.ts";
import {
  countWindows,
  paddingPairs,
  perAxis,
  spatialOf,
  spatialNames,
  windowAxes,
  windowExpression,
  windowTerm,
  type LayerKind,
  type Padding,
  type PerAxis,
} from "./windows.ts";

/** What decides a convolution beside its shapes. A number stands for every spatial axis. */
export interface ConvSpecOptions extends EpilogueOptions {
  /** 1 where absent. */
  readonly stride?: PerAxis | undefined;
  /**
   * Zeros around the input; 0 where absent. "same" keeps the size, an odd zero goes behind the input; "valid" is none.
   */
  readonly padding?: Padding | "same" | "valid" | undefined;
  /** Distance of the elements of a window; 1 where absent. */
  readonly dilation?: PerAxis | undefined;
  /** Channels are divided into so many groups that are convolved each for itself; 1 where absent. */
  readonly groups?: number | undefined;
  /** Where the channels of input and output stand; "channels-first" where absent. */
  readonly layout?: Layout | undefined;
}

/** The options of a convolution. */
export interface ConvOptions extends Omit<ConvSpecOptions, "bias" | "residual">, EpilogueArrays, RunOptions {}

/** The compiler sees to it that none is missing. */
export const CONV_OPTIONS = Object.keys({
  stride: 0,
  padding: 0,
  dilation: 0,
  groups: 0,
  layout: 0,
  ...EPILOGUE_OPTIONS,
} satisfies Record<keyof ConvSpecOptions, 0>);

/**
 * The spec of a convolution of an input `[N, I, ...spatial]`, or without N, with a weight `[O, I / groups, ...window]`.
 * The rank of the weight says how many spatial axes there are: one to three. An axis of n elements has
 * `floor((n + before + after - dilation*(k - 1) - 1) / stride) + 1` windows. Refuses what PyTorch's `conv2d` refuses.
 */
export const convSpec = /* @__PURE__ */ published(function convSpec(
  input: Shape,
  given: Shape,
  options: ConvSpecOptions = {},
): LayerSpec {
  const weight = copyOf(given, 1);
  const spatial = spatialOf(weight);
  return describeConv({ name: `conv${spatial}d`, spatial }, input, weight, options);
});

const WINDOW = "the window of the weight";

/** The spec of a convolution with so many spatial axes. */
export function describeConv(kind: LayerKind, from: Shape, by: Shape, given: ConvSpecOptions): LayerSpec {
  const { name, spatial } = kind;
  const options = readOptions(given, CONV_OPTIONS);
  const input = readShape(name, "the input", from);
  const weight = readShape(name, "the weight", by);
  if (weight.length !== spatial + 2) {
    throw messages.layerRank(name, "the weight", [weightShape(spatial, ["O", "I / groups"])], weight);
  }
  const planes = readPlanes(kind, input, options.layout);
  const [outputs, inputs] = weight as readonly [number, number];
  const groups = checkGroups(name, options.groups ?? 1, [
    ["input channels", planes.channels],
    ["output channels", outputs],
  ]);
  if (inputs * groups !== planes.channels) {
    throw messages.layerChannels(name, planes.channels, groups, { axis: 1, size: inputs });
  }
  const kernel = perAxis(kind, WINDOW, weight.slice(2), 1);
  const stride = perAxis(kind, "stride", options.stride ?? 1, 1);
  const dilation = perAxis(kind, "dilation", options.dilation ?? 1, 1);
  const padding = readPadding(kind, options.padding ?? 0, { kernel, stride, dilation });
  const windows = countWindows(kind, windowAxes(kind, planes.spatial, { kernel, stride, dilation, padding }));
  const outputShape = arrangeShape(
    planes,
    outputs,
    windows.map(({ count }) => count),
  );
  const names = channelNames(groups, inputs, outputs / groups);
  return layerSpec(
    name,
    [
      { name: "input", axes: arrange(planes, "b", [names.input], windows.map(windowExpression)), shape: input },
      { name: "weight", axes: [names.output, names.weight, ...windowTerm(windows)], shape: weight },
    ],
    {
      output: arrange(planes, "b", [names.output], spatialNames(kind)),
      outputShape,
      epilogue: readEpilogue(name, options, outputShape, channelAxis(planes)),
      ...(names.sizes && { sizes: names.sizes }),
    },
  );
}

function readPadding(
  kind: LayerKind,
  padding: unknown,
  window: { readonly kernel: Shape; readonly stride: Shape; readonly dilation: Shape },
): readonly (readonly [number, number])[] {
  if (padding === "valid") return paddingPairs(kind, 0);
  if (padding !== "same") return paddingPairs(kind, padding, ', or "same", or "valid"');
  return window.kernel.map((size, axis) => {
    const step = window.stride[axis] as number;
    if (step !== 1) throw messages.layerSameStride(kind.name, spatialNames(kind)[axis] as string, step);
    const total = (window.dilation[axis] as number) * (size - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** Convolves along one axis; see `conv2d`. Input `[N, I, L]` or `[I, L]`, weight `[O, I / groups, k]`. */
export const conv1d = /* @__PURE__ */ published(function conv1d(
  input: NdArray,
  weight: NdArray,
  options: ConvOptions = {},
): NdArray {
  return convolve({ name: "conv1d", spatial: 1 }, input, weight, options);
});

/**
 * Convolves (correlates, as PyTorch's `conv2d`) an input `[N, I, H, W]` or `[I, H, W]` with a weight
 * `[O, I / groups, kH, kW]`. Arrays may have any strides; dtypes promote. Refuses shapes and options that do not fit, with
 * the formula.
 */
export const conv2d = /* @__PURE__ */ published(function conv2d(
  input: NdArray,
  weight: NdArray,
  options: ConvOptions = {},
): NdArray {
  return convolve({ name: "conv2d", spatial: 2 }, input, weight, options);
});

/** Convolves along three axes; see `conv2d`. Input `[N, I, D, H, W]` or `[I, D, H, W]`, weight `[O, I / groups, kD, kH, kW]`. */
export const conv3d = /* @__PURE__ */ published(function conv3d(
  input: NdArray,
  weight: NdArray,
  options: ConvOptions = {},
): NdArray {
  return convolve({ name: "conv3d", spatial: 3 }, input, weight, options);
});

function convolve(kind: LayerKind, input: NdArray, weight: NdArray, options: ConvOptions): NdArray {
  return runWeighted(kind, input, weight, options, describeConv);
}
