/**
 * The gradients of layers, by their functions' names: inputs, weights, biases and residuals.
 *
 * Invariant: a gradient has the shape of what it is the gradient by, and is a new row-major array; options are the layer's.
 */
import type { EvaluateOption } from "../compile.ts";
import { einsum } from "../jit/einsum.ts";
import type { NdArray, View } from "../jit/nd-array.ts";
import { published, required } from "../support/errors.ts";
import { readOptions } from "../support/read.ts";
import { batchNorm, describeBatchNorm, type BatchNorm } from "./batch-norm.ts";
import { describeConv, type ConvOptions } from "./convolution.ts";
import { layerGradients } from "./layer-gradients.ts";
import type { LayerSpec } from "./layer-spec.ts";
import { checkOptions, viewOf } from "./run-layer.ts";
import { globalAvgPoolSpec, linearSpec, type LinearOptions } from "./linear.ts";
import { padSpec, type Pads } from "./padding.ts";
import { avgPoolGradient, maxPoolSpec, type AvgPoolSpecOptions, type MaxPoolSpecOptions } from "./pooling.ts";
import { describeWeighted, type EpilogueArrays, type WeightedLayer } from "./run-weighted.ts";
import { describeConvTranspose, type ConvTransposeOptions } from "./transposed-convolution.ts";
import { spatialOf, type LayerKind } from "./windows.ts";

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
export const convGrad = /* @__PURE__ */ published(function convGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: Omit<ConvOptions, "out"> = {},
): WeightGradients {
  const read = checkOptions(options);
  const by = viewOf("convGrad", "the weight", weight);
  const layer = describeWeighted(kindOf("conv", by), input, by, read, describeConv);
  return weightGradients(layer, cotangent, read);
});

/** The gradients of `convTranspose1d` to `convTranspose3d`; see `convGrad`. */
export const convTransposeGrad = /* @__PURE__ */ published(function convTransposeGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: Omit<ConvTransposeOptions, "out"> = {},
): WeightGradients {
  const read = checkOptions(options);
  const by = viewOf("convTransposeGrad", "the weight", weight);
  const layer = describeWeighted(kindOf("convTranspose", by), input, by, read, describeConvTranspose);
  return weightGradients(layer, cotangent, read);
});

/** The gradients of `linear`; see `convGrad`. */
export const linearGrad = /* @__PURE__ */ published(function linearGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: Omit<LinearOptions, "out"> = {},
): WeightGradients {
  const kind = { name: "linear", spatial: 0 };
  const read = checkOptions(options);
  const layer = describeWeighted(kind, input, weight, read, (_, from, by, rest) => linearSpec(from, by, rest));
  return weightGradients(layer, cotangent, read);
});

function kindOf(name: string, weight: View): LayerKind {
  const spatial = spatialOf(weight.shape);
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
export const maxPoolGrad = /* @__PURE__ */ published(function maxPoolGrad(
  input: NdArray,
  spatial: number,
  cotangent: NdArray,
  given: MaxPoolSpecOptions & EvaluateOption,
): NdArray {
  const { evaluate, ...options } = checkOptions(given);
  const view = viewOf("maxPoolGrad", "the input", input);
  return inputGradient(maxPoolSpec(view.shape, spatial, options), [view], cotangent, { evaluate });
});

/** The gradient of `avgPool1d` to `avgPool3d` by their input, with so many spatial axes. */
export const avgPoolGrad = /* @__PURE__ */ published(function avgPoolGrad(
  input: NdArray,
  spatial: number,
  cotangent: NdArray,
  given: AvgPoolSpecOptions & EvaluateOption,
): NdArray {
  const { evaluate, ...options } = checkOptions(given);
  const { layer, arrays } = avgPoolGradient(input, spatial, options);
  return inputGradient(layer, arrays, cotangent, { evaluate });
});

/** The gradient of `pad` by its input: the cotangent without what was added, and 0 for what was cropped. */
export const padGrad = /* @__PURE__ */ published(function padGrad(
  input: NdArray,
  pads: Pads,
  cotangent: NdArray,
  options: EvaluateOption = {},
): NdArray {
  const view = viewOf("padGrad", "the input", input);
  return inputGradient(padSpec(view.shape, pads), [view], cotangent, options);
});

/** The gradient of `globalAvgPool` by its input. */
export const globalAvgPoolGrad = /* @__PURE__ */ published(function globalAvgPoolGrad(
  input: NdArray,
  cotangent: NdArray,
  options: EvaluateOption = {},
): NdArray {
  const view = viewOf("globalAvgPoolGrad", "the input", input);
  return inputGradient(globalAvgPoolSpec(view.shape), [view], cotangent, options);
});

/**
 * The gradients of `batchNorm`: by its input, and by its weight and bias where it has them. Mean and variance are constants,
 * as they are in inference.
 */
export const batchNormGrad = /* @__PURE__ */ published(function batchNormGrad(
  input: NdArray,
  norm: BatchNorm,
  cotangent: NdArray,
  options: EvaluateOption = {},
): BatchNormGradients {
  const { evaluate } = readOptions(options, ["evaluate"]);
  const read = checkOptions(norm);
  const { layer, arrays } = describeBatchNorm(input, read);
  const { mean, variance, eps, weight, bias } = read;
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
});

function inputGradient(
  layer: LayerSpec,
  arrays: readonly NdArray[],
  cotangent: NdArray,
  options: EvaluateOption,
): NdArray {
  const [gradient] = layerGradients(layer, arrays, cotangent, new Set(["input"]), options);
  return required(gradient, "the gradient by the input");
}
