/**
 * Transposed convolutions, as PyTorch's `conv_transpose1d` to `conv_transpose3d`: each element of the input adds a window
 * to the output. The spec says it so; the kernel gathers, a remainder modulo the stride at a time: see
 * `grad/gather.ts`.
 *
 *     b i y x, i o ky kx -> b o (2*y + ky - 1) (2*x + kx - 1)
 *
 * Invariant: the shape of the output is given, as padding and `outputPadding` change it.
 */
import type { NdArray } from "../jit/nd-array.ts";
import { gatherOrPeel } from "../loops/gather-nests.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import type { WindowAxis } from "../support/messages/layers.ts";
import { copyOf, readOptions } from "../support/read.ts";
import { EPILOGUE_OPTIONS, readEpilogue, type EpilogueOptions } from "./epilogue.ts";
import { channelNames, checkGroups } from "./groups.ts";
import { layerSpec, readShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { arrange, arrangeShape, channelAxis, readPlanes, weightShape, type Layout } from "./planes.ts";
import type { RunOptions } from "./run-layer.ts";
import { runWeighted, type EpilogueArrays } from "./run-weighted.ts";
import {
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

/** What decides a transposed convolution beside its shapes. A number stands for every spatial axis. */
export interface ConvTransposeSpecOptions extends Omit<EpilogueOptions, "residual"> {
  /** 1 where absent. */
  readonly stride?: PerAxis | undefined;
  /** Elements that are cut off the output, as the convolution that is transposed pads its input; 0 where absent. */
  readonly padding?: Padding | undefined;
  /** Elements behind the output, less than stride or dilation; 0 where absent. */
  readonly outputPadding?: PerAxis | undefined;
  /** Distance of the elements of a window; 1 where absent. */
  readonly dilation?: PerAxis | undefined;
  /** Channels are divided into so many groups, each for itself; 1 where absent. */
  readonly groups?: number | undefined;
  /** Where the channels of input and output stand; "channels-first" where absent. */
  readonly layout?: Layout | undefined;
}

/** The options of a transposed convolution. */
export interface ConvTransposeOptions
  extends Omit<ConvTransposeSpecOptions, "bias">, Omit<EpilogueArrays, "residual">, RunOptions {}

const { residual: _, ...EPILOGUE } = EPILOGUE_OPTIONS;

/** The compiler sees to it that none is missing. */
export const CONV_TRANSPOSE_OPTIONS = Object.keys({
  stride: 0,
  padding: 0,
  outputPadding: 0,
  dilation: 0,
  groups: 0,
  layout: 0,
  ...EPILOGUE,
} satisfies Record<keyof ConvTransposeSpecOptions, 0>);

/**
 * The spec of a transposed convolution of an input `[N, I, ...spatial]`, or without N, with a weight
 * `[I, O / groups, ...window]`. The rank of the weight says how many spatial axes there are: one to three. An axis of n
 * elements becomes `(n - 1)*stride - before - after + dilation*(k - 1) + outputPadding + 1`. Refuses what PyTorch's
 * `conv_transpose2d` refuses.
 */
export const convTransposeSpec = /* @__PURE__ */ published(function convTransposeSpec(
  input: Shape,
  given: Shape,
  options: ConvTransposeSpecOptions = {},
): LayerSpec {
  const weight = copyOf(given, 1);
  const spatial = spatialOf(weight);
  return describeConvTranspose({ name: `convTranspose${spatial}d`, spatial }, input, weight, options);
});

/** The spec of a transposed convolution with so many spatial axes. */
export function describeConvTranspose(
  kind: LayerKind,
  from: Shape,
  by: Shape,
  given: ConvTransposeSpecOptions,
): LayerSpec {
  const { name, spatial } = kind;
  const options = readOptions(given, CONV_TRANSPOSE_OPTIONS);
  const input = readShape(name, "the input", from);
  const weight = readShape(name, "the weight", by);
  if (weight.length !== spatial + 2) {
    throw messages.layerRank(name, "the weight", [weightShape(spatial, ["I", "O / groups"])], weight);
  }
  const planes = readPlanes(kind, input, options.layout);
  const [inputs, outputs] = weight as readonly [number, number];
  if (inputs !== planes.channels)
    throw messages.layerChannels(name, planes.channels, undefined, { axis: 0, size: inputs });
  const groups = checkGroups(name, options.groups ?? 1, [["input channels", inputs]]);
  const windows = windowAxes(kind, planes.spatial, {
    kernel: perAxis(kind, "the window of the weight", weight.slice(2), 1),
    stride: perAxis(kind, "stride", options.stride ?? 1, 1),
    dilation: perAxis(kind, "dilation", options.dilation ?? 1, 1),
    padding: paddingPairs(kind, options.padding ?? 0),
  });
  const more = perAxis(kind, "outputPadding", options.outputPadding ?? 0, 0);
  const sizes = windows.map((window, axis) => outputSize(kind, window, more[axis] as number));
  const outputShape = arrangeShape(planes, outputs * groups, sizes);
  const names = channelNames(groups, inputs / groups, outputs);
  return layerSpec(
    name,
    [
      { name: "input", axes: arrange(planes, "b", [names.input], spatialNames(kind)), shape: input },
      { name: "weight", axes: [names.input, names.transposed, ...windowTerm(windows)], shape: weight },
    ],
    {
      output: arrange(
        planes,
        "b",
        [names.output],
        windows.map((window, axis) => writtenAxis(window, sizes[axis] as number)),
      ),
      outputShape,
      fixed: true,
      epilogue: readEpilogue(name, options, outputShape, channelAxis(planes)),
      ...(names.sizes && { sizes: names.sizes }),
    },
  );
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
export const convTranspose1d = /* @__PURE__ */ published(function convTranspose1d(
  input: NdArray,
  weight: NdArray,
  options: ConvTransposeOptions = {},
): NdArray {
  return transpose({ name: "convTranspose1d", spatial: 1 }, input, weight, options);
});

/**
 * The transposed convolution of an input `[N, I, H, W]` or `[I, H, W]` with a weight `[I, O / groups, kH, kW]`, as
 * PyTorch's `conv_transpose2d`. Arrays may have any strides; dtypes promote. Refuses shapes and options that do not fit,
 * with the formula.
 */
export const convTranspose2d = /* @__PURE__ */ published(function convTranspose2d(
  input: NdArray,
  weight: NdArray,
  options: ConvTransposeOptions = {},
): NdArray {
  return transpose({ name: "convTranspose2d", spatial: 2 }, input, weight, options);
});

/**
 * The transposed convolution along three axes; see `convTranspose2d`. Input `[N, I, D, H, W]` or `[I, D, H, W]`, weight
 * `[I, O / groups, kD, kH, kW]`.
 */
export const convTranspose3d = /* @__PURE__ */ published(function convTranspose3d(
  input: NdArray,
  weight: NdArray,
  options: ConvTransposeOptions = {},
): NdArray {
  return transpose({ name: "convTranspose3d", spatial: 3 }, input, weight, options);
});

function transpose(kind: LayerKind, input: NdArray, weight: NdArray, options: ConvTransposeOptions): NdArray {
  return runWeighted(kind, input, weight, options, describeConvTranspose, gatherOrPeel);
}
