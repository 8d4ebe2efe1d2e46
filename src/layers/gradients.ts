/**
 * The gradients of layers, by their functions' names: inputs, weights, biases and residuals.
 *
 * Invariant: a gradient has the shape of what it is the gradient by, and is a new row-major array; options are the layer's.
 */
import type { EvaluateOption } from "../compile.ts";
import { checkOptionNames } from "../ir/options.ts";
import { einsum } from "../jit/einsum.ts";
import type { NdArray } from "../jit/nd-array.ts";
import { required } from "../support/errors.ts";
import { batchNorm, describeBatchNorm, type BatchNorm } from "./batch-norm.ts";
import { describeConv, type ConvOptions } from "./convolution.ts";
import { layerGradients } from "./layer-gradients.ts";
import type { LayerSpec } from "./layer-spec.ts";
import { globalAvgPoolSpec, linearSpec, type LinearOptions } from "./linear.ts";
import { padSpec, type Pads } from "./padding.ts";
import { avgPoolGradient, maxPoolSpec, type AvgPoolSpecOptions, type MaxPoolSpecOptions } from "./pooling.ts";
import { checkOptions } from "./run-layer.ts";
import { describeWeighted, type EpilogueArrays, type WeightedLayer } from "./run-weighted.ts";
import { describeConvTranspose, type ConvTransposeOptions } from "./transposed-convolution.ts";
import type { LayerKind } from "./windows.ts";

/** The gradients of a layer with a weight. */
export interface WeightGradients {
  readonly input: NdArray;
  readonly weight: NdArray;
  /** There where the layer has a bias. */
  readonly bias?: NdArray;
  /** There where the layer has a residual. */
  readonly residual?: NdArray;
}

/** The gradients of a normalisation. */
export interface BatchNormGradients {
  readonly input: NdArray;
  /** There where it has a weight. */
  readonly weight?: NdArray;
  /** There where it has a bias. */
  readonly bias?: NdArray;
}

/**
 * The gradients of `conv1d`, `conv2d` or `conv3d` (the rank of the weight says which) with the same options: by its
 * input, its weight, and its bias and residual where it has them, as PyTorch's `autograd`. A fused activation is
 * differentiated with it. Refuses what the layer refuses, and a cotangent of another shape than the layer's result.
 */
export function convGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: Omit<ConvOptions, "out"> = {},
): WeightGradients {
  const layer = describeWeighted(kindOf("conv", weight), input, weight, options, describeConv);
  return weightGradients(layer, cotangent, options);
}

/** The gradients of `convTranspose1d` to `convTranspose3d`; see `convGrad`. */
export function convTransposeGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: Omit<ConvTransposeOptions, "out"> = {},
): WeightGradients {
  const kind = kindOf("convTranspose", weight);
  const layer = describeWeighted(kind, input, weight, options, describeConvTranspose);
  return weightGradients(layer, cotangent, options);
}

/** The gradients of `linear`; see `convGrad`. */
export function linearGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: Omit<LinearOptions, "out"> = {},
): WeightGradients {
  const kind = { name: "linear", spatial: 0 };
  const layer = describeWeighted(kind, input, weight, options, (_, from, by, rest) => linearSpec(from, by, rest));
  return weightGradients(layer, cotangent, options);
}

function kindOf(name: string, weight: NdArray): LayerKind {
  const spatial = Math.min(3, Math.max(1, weight.shape.length - 2));
  return { name: `${name}${spatial}d`, spatial };
}

function weightGradients(
  { layer, arrays }: WeightedLayer,
  cotangent: NdArray,
  { evaluate }: EvaluateOption,
): WeightGradients {
  const [input, weight, ...further] = layerGradients(layer, arrays, cotangent, undefined, { evaluate });
  const names = layer.epilogue?.further.map(({ name }) => name as keyof EpilogueArrays) ?? [];
  return {
    input: required(input, "the gradient by the input"),
    weight: required(weight, "the gradient by the weight"),
    ...Object.fromEntries(names.map((name, at) => [name, further[at]])),
  };
}

/**
 * The gradient of `maxPool1d` to `maxPool3d` by their input, with so many spatial axes: it goes to the first maximum of
 * each window, in row-major order, as PyTorch's `max_pool2d`.
 */
export function maxPoolGrad(
  input: NdArray,
  spatial: number,
  cotangent: NdArray,
  given: MaxPoolSpecOptions & EvaluateOption,
): NdArray {
  const { evaluate, ...options } = checkOptions(given);
  return inputGradient(maxPoolSpec(input.shape, spatial, options), [input], cotangent, { evaluate });
}

/** The gradient of `avgPool1d` to `avgPool3d` by their input, with so many spatial axes. */
export function avgPoolGrad(
  input: NdArray,
  spatial: number,
  cotangent: NdArray,
  given: AvgPoolSpecOptions & EvaluateOption,
): NdArray {
  const { evaluate, ...options } = checkOptions(given);
  const { layer, arrays } = avgPoolGradient(input, spatial, options);
  return inputGradient(layer, arrays, cotangent, { evaluate });
}

/** The gradient of `pad` by its input: the cotangent without what was added, and 0 for what was cropped. */
export function padGrad(input: NdArray, pads: Pads, cotangent: NdArray, options: EvaluateOption = {}): NdArray {
  return inputGradient(padSpec(input.shape, pads), [input], cotangent, options);
}

/** The gradient of `globalAvgPool` by its input. */
export function globalAvgPoolGrad(input: NdArray, cotangent: NdArray, options: EvaluateOption = {}): NdArray {
  return inputGradient(globalAvgPoolSpec(input.shape), [input], cotangent, options);
}

/**
 * The gradients of `batchNorm`: by its input, and by its weight and bias where it has them. Mean and variance are constants,
 * as they are in inference.
 */
export function batchNormGrad(
  input: NdArray,
  norm: BatchNorm,
  cotangent: NdArray,
  options: EvaluateOption = {},
): BatchNormGradients {
  checkOptionNames(options, ["evaluate"]);
  const { evaluate } = options;
  const { layer, arrays } = describeBatchNorm(input, norm);
  const { mean, variance, eps, weight, bias } = norm;
  const named = { notation: "named", evaluate } as const;
  return {
    input: inputGradient(layer, arrays, cotangent, options),
    ...(weight && {
      weight: einsum(
        "n c ..., n c ... -> c",
        [batchNorm(input, { mean, variance, eps }, { evaluate }), cotangent],
        named,
      ),
    }),
    ...(bias && { bias: einsum("n c ... -> c", [cotangent], named) }),
  };
}

function inputGradient(
  layer: LayerSpec,
  arrays: readonly NdArray[],
  cotangent: NdArray,
  options: EvaluateOption,
): NdArray {
  const [gradient] = layerGradients(layer, arrays, cotangent, new Set(["input"]), options);
  return required(gradient, "the gradient by the input");
}
