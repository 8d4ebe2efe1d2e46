/**
 * Batch normalisation as it is in inference: a factor and a shift for each channel.
 *
 *     b c y x, c -> b c y x, then x + bias[c]
 *
 * Invariant: a convolution with the folded weight and bias gives what the convolution and the normalisation behind it do.
 */
import { arrayOf, isFloat } from "../ir/dtype.ts";
import { elementCount } from "../ir/tensor.ts";
import { allocate } from "../jit/memory.ts";
import { copyElements, type NdArray, type View } from "../jit/nd-array.ts";
import * as messages from "../support/messages/layers.ts";
import { readEpilogue } from "./epilogue.ts";
import { layerSpec, type LayerSpec, type Shape } from "./layer-spec.ts";
import { arrange, channelAxis, readPlanes } from "./planes.ts";
import { checkOptions, runLayer, viewOf } from "./run-layer.ts";
import { spatialNames, type LayerKind } from "./windows.ts";

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

/** What a normalisation multiplies by and adds, channel by channel. */
interface Scales {
  readonly factor: Float64Array;
  readonly shift: Float64Array;
}

/** The spec of a normalisation of an input `[N, C, ...spatial]`: its operands are the input, the factors and the bias. */
export function batchNormSpec(input: Shape): LayerSpec {
  const kind: LayerKind = { name: "batchNorm", spatial: Math.min(3, Math.max(1, input.length - 2)) };
  if (input.length !== kind.spatial + 2) {
    throw messages.layerRank(kind.name, "the input", ["[N, C, L]", "[N, C, H, W]", "[N, C, D, H, W]"], input);
  }
  const planes = readPlanes(kind, input);
  const axes = arrange(planes, "b", ["c"], spatialNames(kind));
  return layerSpec(
    kind.name,
    [
      { name: "input", axes, shape: input },
      { name: "factor", axes: ["c"], shape: [planes.channels] },
    ],
    {
      output: axes,
      outputShape: input,
      epilogue: readEpilogue(kind.name, { bias: true }, input, channelAxis(planes)),
    },
  );
}

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias` for an input `[N, C, ...spatial]`, as PyTorch's `batch_norm` in
 * inference. The result has the dtype of the input, which is a float.
 */
export function batchNorm(input: NdArray, norm: BatchNorm): NdArray {
  const { layer, arrays } = describeBatchNorm(input, norm);
  return runLayer(layer, arrays);
}

/** A normalisation, and the arrays that it takes. */
export function describeBatchNorm(
  input: NdArray,
  norm: BatchNorm,
): { readonly layer: LayerSpec; readonly arrays: readonly View[] } {
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
 * Folds a normalisation into the convolution before it: its weight `[O, ...]` times a factor, its bias, where it has one,
 * times the same, plus the shift. Both have the dtype of the weight, which is a float.
 */
export function foldBatchNorm(weight: NdArray, norm: BatchNorm, bias?: NdArray): FoldedWeights {
  const view = viewOf("foldBatchNorm", "the weight", weight);
  if (view.shape.length === 0) throw messages.layerRank("foldBatchNorm", "the weight", ["[O, ...]"], view.shape);
  if (!isFloat(view.dtype)) throw messages.layerDtype("foldBatchNorm", "floats", view.dtype);
  const outputs = view.shape[0] as number;
  const { factor, shift } = scalesOf("foldBatchNorm", norm, outputs);
  const before = bias ? numbersOf("foldBatchNorm", "the bias of the convolution", bias, outputs) : undefined;
  const folded = elementsOf(view);
  const each = elementCount(view.shape.slice(1));
  for (let at = 0; at < folded.length; at++) {
    folded[at] = (folded[at] as number) * (factor[Math.floor(at / each)] as number);
  }
  const Plain = arrayOf(view.dtype) as Float64ArrayConstructor;
  const shifted = shift.map((value, o) => value + (before?.[o] ?? 0) * (factor[o] as number));
  return {
    weight: { data: Plain.from(folded), shape: view.shape },
    bias: { data: Plain.from(shifted), shape: [outputs] },
  };
}

function scalesOf(layer: string, norm: BatchNorm, channels: number): Scales {
  checkOptions(norm);
  const read = (what: string, array: NdArray): Float64Array => numbersOf(layer, what, array, channels);
  const mean = read("the mean", norm.mean);
  const variance = read("the variance", norm.variance);
  const { eps = 1e-5 } = norm;
  if (typeof eps !== "number" || !(eps >= 0)) throw messages.layerOption(layer, "eps", "a number of at least 0", eps);
  const gamma = norm.weight && read("the weight of the normalisation", norm.weight);
  const beta = norm.bias && read("the bias of the normalisation", norm.bias);
  const factor = variance.map((value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + eps));
  return { factor, shift: factor.map((value, c) => (beta?.[c] ?? 0) - (mean[c] as number) * value) };
}

/** One number a channel. */
function numbersOf(layer: string, what: string, array: NdArray, channels: number): Float64Array {
  const view = viewOf(layer, what, array);
  if (view.shape.length !== 1 || view.shape[0] !== channels) {
    throw messages.layerShape(layer, what, [channels], view.shape);
  }
  return elementsOf(view);
}

/** The elements of a view as doubles, in row-major order. */
function elementsOf(view: View): Float64Array {
  const elements = allocate(view.dtype, elementCount(view.shape));
  copyElements(view, elements);
  return Float64Array.from(elements as ArrayLike<number | bigint>, Number);
}
