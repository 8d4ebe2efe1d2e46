/**
 * Batch normalisation as it is in inference: a factor and a shift for each channel.
 *
 *     b c y x, c -> b c y x, then x + bias[c]
 *
 * Invariant: a convolution with the folded weight and bias gives what the convolution and the normalisation behind it do.
 */
import { namesOf } from "../compile.ts";
import { arrayOf, isFloat } from "../ir/dtype.ts";
import { elementCount } from "../ir/tensor.ts";
import { elementsOf, type NdArray, type View } from "../jit/nd-array.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { readOptions } from "../support/read.ts";
import { checkShape, type LayerSpec, layerSpec, readEpilogue, readFlag, type Shape } from "./layer-spec.ts";
import { arrange, channelAxis, checkGroups, readAnyPlanes } from "./planes.ts";
import { checkRunOptions, type LayerCall, runLayer, type RunOptions, viewOf } from "./run-layer.ts";
import { spatialNames } from "./windows.ts";

/** The statistics and parameters of a normalisation: one number a channel each. */
export interface BatchNorm {
  readonly mean: NdArray;
  readonly variance: NdArray;
  /** gamma; ones where absent. */
  readonly weight?: NdArray | undefined;
  /** beta; zeros where absent. */
  readonly bias?: NdArray | undefined;
  /** Added to the variance; 1e-5 where absent. */
  readonly eps?: number | undefined;
}

/** A weight and a bias for a convolution. */
export interface FoldedWeights {
  readonly weight: NdArray;
  readonly bias: NdArray;
}

/** What a weight is of, which its shape does not tell. */
export interface FoldBatchNormOptions {
  /** Whether it is that of a transposed convolution, `[I, O / groups, ...]`, and not `[O, I / groups, ...]`; false where absent. */
  readonly transposed?: boolean | undefined;
  /** The groups of the convolution; 1 where absent. */
  readonly groups?: number | undefined;
}

const FOLD_OPTIONS = /* @__PURE__ */ namesOf<FoldBatchNormOptions>()("transposed groups");
const NORM_FIELDS = /* @__PURE__ */ namesOf<BatchNorm>()("mean variance weight bias eps");

/** The spec of a normalisation of an input `[N, C, ...spatial]`: its operands are the input, the factors and the bias. */
export const batchNormSpec = /* @__PURE__ */ published(function batchNormSpec(given: Shape): LayerSpec {
  const { kind, input, planes } = readAnyPlanes("batchNorm", given);
  const axes = arrange(planes, "b", ["c"], spatialNames(kind));
  const operands = [
    { name: "input", axes, shape: input },
    { name: "factor", axes: ["c"], shape: [planes.channels] },
  ];
  return layerSpec(kind.name, operands, {
    output: axes,
    outputShape: input,
    epilogue: readEpilogue(kind.name, { bias: true }, input, channelAxis(planes)),
  });
});

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias` for an input `[N, C, ...spatial]`, as PyTorch's `batch_norm` in
 * inference. The result has the dtype of the input, which is a float.
 */
export const batchNorm = /* @__PURE__ */ published(function batchNorm(
  input: NdArray,
  norm: BatchNorm,
  options: RunOptions = {},
): NdArray {
  return runLayer(describeBatchNorm(input, norm), checkRunOptions(options));
});

/** A normalisation, and the arrays that it takes. */
export function describeBatchNorm(input: NdArray, norm: BatchNorm): LayerCall {
  const view = viewOf("batchNorm", "the input", input);
  const layer = batchNormSpec(view.shape);
  if (!isFloat(view.dtype)) throw messages.layerDtype("batchNorm", "floats", view.dtype);
  const { factor, shift } = scalesOf("batchNorm", norm, view.shape[1] as number);
  const Plain = arrayOf(view.dtype) as Float64ArrayConstructor;
  const arrays = [factor, shift].map((data) =>
    viewOf("batchNorm", "a factor", { data: Plain.from(data), shape: [data.length] }),
  );
  return { layer, arrays: [view, ...arrays] };
}

/**
 * Folds a normalisation into the convolution before it: its weight `[O, I / groups, ...]` times a factor for each output
 * channel, its bias, where it has one, times the same, plus the shift. With `transposed`, the weight is that of a transposed
 * convolution, `[I, O / groups, ...]`, whose output channels are told by both of these axes. Weight and bias have the dtype
 * of the weight, which is a float.
 *
 *     const { weight, bias } = foldBatchNorm(w, norm, undefined, { transposed: true });
 *     convTranspose2d(x, weight, { stride: 2, bias }); // batchNorm(convTranspose2d(x, w, { stride: 2 }), norm)
 *
 * Refuses a weight of too few axes, groups that do not divide its channels, and a normalisation or a bias of another number
 * of channels than it puts out.
 */
export const foldBatchNorm = /* @__PURE__ */ published(function foldBatchNorm(
  weight: NdArray,
  norm: BatchNorm,
  bias?: NdArray,
  options: FoldBatchNormOptions = {},
): FoldedWeights {
  const view = viewOf(FOLD, "the weight", weight);
  if (!isFloat(view.dtype)) throw messages.layerDtype(FOLD, "floats", view.dtype);
  const { outputs, channelOf } = outputChannels(view.shape, options);
  const { factor, shift } = scalesOf(FOLD, norm, outputs);
  const before = bias ? numbersOf(FOLD, "the bias of the convolution", bias, outputs) : undefined;
  const folded = numbersIn(view).map((value, at) => value * (factor[channelOf(at)] as number));
  const Plain = arrayOf(view.dtype) as Float64ArrayConstructor;
  const shifted = shift.map((value, o) => value + (before?.[o] ?? 0) * (factor[o] as number));
  return {
    weight: { data: Plain.from(folded), shape: view.shape },
    bias: { data: Plain.from(shifted), shape: [outputs] },
  };
});

const FOLD = "foldBatchNorm";

/** How many output channels a convolution has, and to which of them an element of its weight belongs. */
function outputChannels(shape: Shape, given: FoldBatchNormOptions) {
  const { transposed, groups: divided = 1 } = readOptions(given, FOLD_OPTIONS);
  const [first = 0, second = 0] = shape;
  if (!readFlag(FOLD, "transposed", transposed)) {
    if (shape.length === 0) throw messages.layerRank(FOLD, "the weight", ["[O, ...]"], shape);
    checkGroups(FOLD, divided, [["output channels", first]]);
    const each = elementCount(shape.slice(1));
    return { outputs: first, channelOf: (at: number): number => Math.floor(at / each) };
  }
  if (shape.length < 2) throw messages.layerRank(FOLD, "the weight", ["[I, O / groups, ...]"], shape);
  const groups = checkGroups(FOLD, divided, [["input channels", first]]);
  const each = elementCount(shape.slice(2));
  const inputs = first / groups;
  const channelOf = (at: number): number => {
    const row = Math.floor(at / each);
    return Math.floor(row / second / inputs) * second + (row % second);
  };
  return { outputs: second * groups, channelOf };
}

/** What a normalisation multiplies by and adds, channel by channel. */
function scalesOf(layer: string, given: BatchNorm, channels: number) {
  const norm = readOptions(given, NORM_FIELDS, NORM_FIELDS);
  const read = (what: string, array: NdArray): Float64Array => numbersOf(layer, what, array, channels);
  const mean = read("the mean", norm.mean);
  const variance = read("the variance", norm.variance);
  const { eps = 1e-5 } = norm;
  if (typeof eps !== "number" || !(eps >= 0)) throw messages.layerOption(layer, "eps", "a number of at least 0", eps);
  const gamma = norm.weight === undefined ? undefined : read("the weight of the normalisation", norm.weight);
  const beta = norm.bias === undefined ? undefined : read("the bias of the normalisation", norm.bias);
  const factor = variance.map((value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + eps));
  return { factor, shift: factor.map((value, c) => (beta?.[c] ?? 0) - (mean[c] as number) * value) };
}

/** One number a channel. */
function numbersOf(layer: string, what: string, array: NdArray, channels: number): Float64Array {
  const view = viewOf(layer, what, array);
  checkShape(layer, what, [channels], view.shape);
  return numbersIn(view);
}

/** The elements of a view as doubles, in row-major order. */
function numbersIn(view: View): Float64Array {
  return Float64Array.from(elementsOf(view) as ArrayLike<number | bigint>, Number);
}
