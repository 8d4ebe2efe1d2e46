/**
 * Products with a weight. Convolutions, as PyTorch's `conv1d`, `conv2d` and `conv3d`: correlations of an input with a weight;
 * their transposes, as `conv_transpose1d` to `conv_transpose3d`: each element of the input adds a window to the output. The
 * spec says it so; the kernel gathers, a remainder modulo the stride at a time: see `grad/gather.ts`. And `linear`.
 *
 *     b i (2*y + ky - 1) (2*x + kx - 1), o i ky kx -> b o y x
 *     b (g i) (y + ky) (x + kx), (g o) i ky kx -> b (g o) y x          in groups
 *     b g (y + ky) (x + kx), g 1 ky kx -> b g y x                      each channel for itself
 *     b i y x, i o ky kx -> b o (2*y + ky - 1) (2*x + kx - 1)          transposed
 *     b0 b1 i, o i -> b0 b1 o                                          linear: every axis but the last stands for a batch
 *
 * Invariant: a spec runs over as many channels as there are; an axis of one channel in a group has no index; the
 * shape of the output of a transpose is given, as padding and `outputPadding` change it.
 */
import { namesOf } from "../compile.ts";
import * as messages from "../support/messages/layers.ts";
import type { WindowAxis } from "../support/messages/layers.ts";
import { type Pair, readOptions } from "../support/read.ts";
import { SCATTERED } from "./bind-layer.ts";
import { type EpilogueOptions, type LayerSpec, layerSpec, readEpilogue, readShape, type Shape } from "./layer-spec.ts";
import {
  arrange,
  arrangeShape,
  channelAxis,
  channelNames,
  checkGroups,
  type GroupOptions,
  type LayoutOptions,
  readWeighted,
} from "./planes.ts";
import { type EpilogueArrays, type RunOptions, type WeightedFamily, weightedLayer, weightedSpec } from "./run-layer.ts";
import {
  type BareWindow,
  countWindows,
  type LayerKind,
  type Padding,
  paddingPairs,
  type PerAxis,
  perAxis,
  spatialNames,
  windowAxes,
  windowExpression,
  type WindowOptions,
  windowTerm,
} from "./windows.ts";

/** What decides a convolution beside its shapes. A number stands for every spatial axis. */
export interface ConvSpecOptions extends WindowOptions, GroupOptions, LayoutOptions, EpilogueOptions {
  /**
   * Zeros around the input; 0 where absent. "same" keeps the size, an odd zero goes behind the input; "valid" is none.
   */
  readonly padding?: Padding | "same" | "valid" | undefined;
}

/** The options of a convolution. */
export interface ConvOptions extends Omit<ConvSpecOptions, "bias" | "residual">, EpilogueArrays, RunOptions {}

export const CONV: WeightedFamily = {
  name: "conv",
  options: /* @__PURE__ */ namesOf<ConvSpecOptions>()(
    "stride padding dilation groups layout bias residual scale activation",
  ),
  describe: describeConv,
};

/**
 * The spec of a convolution of an input `[N, I, ...spatial]`, or without N, with a weight `[O, I / groups, ...window]`.
 * The rank of the weight says how many spatial axes there are: one to three. An axis of n elements has
 * `floor((n + before + after - dilation*(k - 1) - 1) / stride) + 1` windows. Refuses what PyTorch's `conv2d` refuses.
 */
export const convSpec = /* @__PURE__ */ weightedSpec<ConvSpecOptions>(CONV);

const WINDOW = "the window of the weight";

/** The spec of a convolution with so many spatial axes. */
function describeConv(kind: LayerKind, from: Shape, by: Shape, given: ConvSpecOptions): LayerSpec {
  const { name } = kind;
  const options = readOptions(given, CONV.options);
  const { input, weight, planes } = readWeighted(kind, from, by, ["O", "I / groups"], options.layout);
  const [outputs, inputs, ...sizes] = weight as readonly [number, number, ...number[]];
  const groups = checkGroups(name, options.groups ?? 1, [
    ["input channels", planes.channels],
    ["output channels", outputs],
  ]);
  if (inputs * groups !== planes.channels) {
    throw messages.layerChannels(name, planes.channels, groups, { axis: 1, size: inputs });
  }
  const kernel = perAxis(kind, WINDOW, sizes, 1);
  const axes = windowAxes(kind, planes.spatial, kernel, options, (bare) => readPadding(kind, options.padding, bare));
  const windows = countWindows(kind, axes);
  const counts = windows.map(({ count }) => count);
  const outputShape = arrangeShape(planes, outputs, counts);
  const names = channelNames(groups, inputs, outputs / groups);
  const operands = [
    { name: "input", axes: arrange(planes, "b", [names.input], windows.map(windowExpression)), shape: input },
    { name: "weight", axes: [names.output, names.weight, ...windowTerm(windows)], shape: weight },
  ];
  return layerSpec(name, operands, {
    output: arrange(planes, "b", [names.output], spatialNames(kind)),
    outputShape,
    epilogue: readEpilogue(name, options, outputShape, channelAxis(planes)),
    sizes: names.sizes,
  });
}

function readPadding(kind: LayerKind, padding: unknown, axes: readonly BareWindow[]): readonly Pair[] {
  if (padding === "valid") return paddingPairs(kind, 0);
  if (padding !== "same") return paddingPairs(kind, padding ?? 0, ', or "same", or "valid"');
  return axes.map(({ name, kernel, stride, dilation }) => {
    if (stride !== 1) throw messages.layerSameStride(kind.name, name, stride);
    const total = dilation * (kernel - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** Convolves along one axis; see `conv2d`. Input `[N, I, L]` or `[I, L]`, weight `[O, I / groups, k]`. */
export const conv1d = /* @__PURE__ */ weightedLayer<ConvOptions>(CONV, 1);

/**
 * Convolves (correlates, as PyTorch's `conv2d`) an input `[N, I, H, W]` or `[I, H, W]` with a weight
 * `[O, I / groups, kH, kW]`. Arrays may have any strides; dtypes promote. Refuses shapes and options that do not fit, with
 * the formula.
 */
export const conv2d = /* @__PURE__ */ weightedLayer<ConvOptions>(CONV, 2);

/** Convolves along three axes; see `conv2d`. Input `[N, I, D, H, W]` or `[I, D, H, W]`, weight `[O, I / groups, kD, kH, kW]`. */
export const conv3d = /* @__PURE__ */ weightedLayer<ConvOptions>(CONV, 3);

/** What decides a transposed convolution beside its shapes. A number stands for every spatial axis. */
export interface ConvTransposeSpecOptions
  extends WindowOptions, GroupOptions, LayoutOptions, Omit<EpilogueOptions, "residual"> {
  /** Elements that are cut off the output, as the convolution that is transposed pads its input; 0 where absent. */
  readonly padding?: Padding | undefined;
  /** Elements behind the output, less than stride or dilation; 0 where absent. */
  readonly outputPadding?: PerAxis | undefined;
}

/** The options of a transposed convolution. */
export interface ConvTransposeOptions
  extends Omit<ConvTransposeSpecOptions, "bias">, Omit<EpilogueArrays, "residual">, RunOptions {}

export const CONV_TRANSPOSE: WeightedFamily = {
  name: "convTranspose",
  options: /* @__PURE__ */ namesOf<ConvTransposeSpecOptions>()(
    "stride padding outputPadding dilation groups layout bias scale activation",
  ),
  describe: describeConvTranspose,
  build: SCATTERED,
};

/**
 * The spec of a transposed convolution of an input `[N, I, ...spatial]`, or without N, with a weight
 * `[I, O / groups, ...window]`. The rank of the weight says how many spatial axes there are: one to three. An axis of n
 * elements becomes `(n - 1)*stride - before - after + dilation*(k - 1) + outputPadding + 1`. Refuses what PyTorch's
 * `conv_transpose2d` refuses.
 */
export const convTransposeSpec = /* @__PURE__ */ weightedSpec<ConvTransposeSpecOptions>(CONV_TRANSPOSE);

/** The spec of a transposed convolution with so many spatial axes. */
function describeConvTranspose(kind: LayerKind, from: Shape, by: Shape, given: ConvTransposeSpecOptions): LayerSpec {
  const { name } = kind;
  const options = readOptions(given, CONV_TRANSPOSE.options);
  const { input, weight, planes } = readWeighted(kind, from, by, ["I", "O / groups"], options.layout);
  const [inputs, outputs, ...window] = weight as readonly [number, number, ...number[]];
  if (inputs !== planes.channels) {
    throw messages.layerChannels(name, planes.channels, undefined, { axis: 0, size: inputs });
  }
  const groups = checkGroups(name, options.groups ?? 1, [["input channels", inputs]]);
  const kernel = perAxis(kind, WINDOW, window, 1);
  const windows = windowAxes(kind, planes.spatial, kernel, options);
  const more = perAxis(kind, "outputPadding", options.outputPadding ?? 0, 0);
  const sizes = windows.map((axis, at) => outputSize(kind, axis, more[at] as number));
  const written = windows.map((axis, at) => writtenAxis(axis, sizes[at] as number));
  const outputShape = arrangeShape(planes, outputs * groups, sizes);
  const names = channelNames(groups, inputs / groups, outputs);
  const operands = [
    { name: "input", axes: arrange(planes, "b", [names.input], spatialNames(kind)), shape: input },
    { name: "weight", axes: [names.input, names.transposed, ...windowTerm(windows)], shape: weight },
  ];
  return layerSpec(name, operands, {
    output: arrange(planes, "b", [names.output], written),
    outputShape,
    fixed: true,
    epilogue: readEpilogue(name, options, outputShape, channelAxis(planes)),
    sizes: names.sizes,
  });
}

/** The expression that writes a window; a plain index would stand for an axis of its own size. */
function writtenAxis(window: WindowAxis, size: number): string {
  const expression = windowExpression(window);
  return expression === window.name && size !== window.size ? `(${expression} + 0)` : expression;
}

function outputSize(kind: LayerKind, window: WindowAxis, more: number): number {
  const { name, size, kernel, stride, dilation, before, after } = window;
  if (more >= Math.max(stride, dilation)) throw messages.layerOutputPadding(kind.name, name, more, stride, dilation);
  const length = (size - 1) * stride - before - after + dilation * (kernel - 1) + more + 1;
  const formula = `(${size} - 1)*${stride} - ${before} - ${after} + ${dilation}*(${kernel} - 1) + ${more} + 1`;
  if (length < 1) throw messages.layerOutputEmpty(kind.name, name, formula, length);
  return length;
}

/** The transposed convolution along one axis; see `convTranspose2d`. Input `[N, I, L]` or `[I, L]`, weight `[I, O / groups, k]`. */
export const convTranspose1d = /* @__PURE__ */ weightedLayer<ConvTransposeOptions>(CONV_TRANSPOSE, 1);

/**
 * The transposed convolution of an input `[N, I, H, W]` or `[I, H, W]` with a weight `[I, O / groups, kH, kW]`, as
 * PyTorch's `conv_transpose2d`. Arrays may have any strides; dtypes promote. Refuses shapes and options that do not fit,
 * with the formula.
 */
export const convTranspose2d = /* @__PURE__ */ weightedLayer<ConvTransposeOptions>(CONV_TRANSPOSE, 2);

/**
 * The transposed convolution along three axes; see `convTranspose2d`. Input `[N, I, D, H, W]` or `[I, D, H, W]`, weight
 * `[I, O / groups, kD, kH, kW]`.
 */
export const convTranspose3d = /* @__PURE__ */ weightedLayer<ConvTransposeOptions>(CONV_TRANSPOSE, 3);

/** The options of a linear layer. */
export interface LinearOptions extends Omit<EpilogueOptions, "bias" | "residual">, EpilogueArrays, RunOptions {}

export const LINEAR: WeightedFamily = {
  name: "linear",
  spatial: 0,
  options: /* @__PURE__ */ namesOf<EpilogueOptions>()("bias residual scale activation"),
  describe: describeLinear,
};

/** The spec of a product of an input `[..., I]` with a weight `[O, I]`. Refuses what PyTorch's `linear` refuses. */
export const linearSpec = /* @__PURE__ */ weightedSpec<EpilogueOptions>(LINEAR);

function describeLinear({ name }: LayerKind, from: Shape, by: Shape, given: EpilogueOptions): LayerSpec {
  const options = readOptions(given, LINEAR.options);
  const input = readShape(name, "the input", from);
  const weight = readShape(name, "the weight", by);
  if (weight.length !== 2) throw messages.layerRank(name, "the weight", ["[O, I]"], weight);
  if (input.length === 0) throw messages.layerRank(name, "the input", ["[..., I]"], input);
  const [outputs, inputs] = weight as readonly [number, number];
  const channels = input.at(-1) as number;
  if (channels !== inputs) throw messages.layerChannels(name, channels, undefined, { axis: 1, size: inputs });
  const outer = input.slice(0, -1);
  const names = outer.map((_, axis) => (outer.length === 1 ? "b" : `b${axis}`));
  const outputShape = [...outer, outputs];
  const epilogue = readEpilogue(name, options, outputShape, outer.length);
  const operands = [
    { name: "input", axes: [...names, "i"], shape: input },
    { name: "weight", axes: ["o", "i"], shape: weight },
  ];
  return layerSpec(name, operands, { output: [...names, "o"], outputShape, epilogue });
}

/**
 * The product of an input `[..., I]` with a weight `[O, I]`, plus a bias `[O]`: `[..., O]`, as PyTorch's `linear`. Arrays
 * may have any strides; dtypes promote.
 */
export const linear = /* @__PURE__ */ weightedLayer<LinearOptions>(LINEAR, 0);
