/**
 * The gradients of layers, by their functions' names: inputs, weights, biases and residuals.
 *
 * Invariant: a gradient has the shape of what it is the gradient by, and is a new row-major array; options are the layer's.
 */
import type { EvaluateOption } from "../compile.ts";
import { einsum } from "../jit/einsum.ts";
import type { NdArray } from "../jit/nd-array.ts";
import { published, required } from "../support/errors.ts";
import { readOptions } from "../support/read.ts";
import { batchNorm, describeBatchNorm, type BatchNorm } from "./batch-norm.ts";
import { describeConv, describeConvTranspose, type ConvOptions, type ConvTransposeOptions } from "./convolution.ts";
import { layerGradients } from "./layer-gradients.ts";
import { arraysOf } from "./layer-spec.ts";
import { checkOptions, viewOf, type LayerCall, type RunOptions } from "./run-layer.ts";
import { describeLinear, globalAvgPoolSpec, LINEAR, type LinearOptions } from "./linear.ts";
import { padSpec, type Pads } from "./padding.ts";
import { avgPoolGradient, maxPoolSpec, type AvgPoolSpecOptions, type MaxPoolSpecOptions } from "./pooling.ts";
import { describeWeighted, type DescribeWeighted, type EpilogueArrays } from "./run-weighted.ts";
import { kindOf, type LayerKind } from "./windows.ts";

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
export const convGrad = /* @__PURE__ */ weightedGradient<ConvOptions>("conv", describeConv);

/** The gradients of `convTranspose1d` to `convTranspose3d`; see `convGrad`. */
export const convTransposeGrad = /* @__PURE__ */ weightedGradient<ConvTransposeOptions>(
  "convTranspose",
  describeConvTranspose,
);

/** The gradients of `linear`; see `convGrad`. */
export const linearGrad = /* @__PURE__ */ weightedGradient<LinearOptions>("linear", describeLinear, LINEAR);

/** The gradients of a family of layers; the rank of the weight says which it is, where there are several. */
function weightedGradient<T extends EpilogueArrays & RunOptions>(
  family: string,
  describe: DescribeWeighted<T>,
  only?: LayerKind,
) {
  const name = `${family}Grad`;
  const run = (
    input: NdArray,
    weight: NdArray,
    cotangent: NdArray,
    options = {} as Omit<T, "out">,
  ): WeightGradients => {
    const read = checkOptions(options) as T;
    const kind = only ?? kindOf(family, viewOf(name, "the weight", weight).shape);
    const { layer, arrays } = describeWeighted(kind, input, weight, read, describe);
    const gradients = layerGradients(layer, arrays, cotangent, undefined, { evaluate: read.evaluate });
    // Gradients are called as the arrays that they are by.
    return Object.fromEntries(
      arraysOf(layer).map((array, at) => [array.name, gradients[at]]),
    ) as unknown as WeightGradients;
  };
  return published(run, name);
}

/**
 * The gradient of `maxPool1d` to `maxPool3d` by their input, with so many spatial axes: it goes to the first maximum of
 * each window, in row-major order, as PyTorch's `max_pool2d`.
 */
export const maxPoolGrad = /* @__PURE__ */ poolGradient<MaxPoolSpecOptions>(
  "maxPoolGrad",
  (input, spatial, options) => {
    const view = viewOf("maxPoolGrad", "the input", input);
    return { layer: maxPoolSpec(view.shape, spatial, options), arrays: [view] };
  },
);

/** The gradient of `avgPool1d` to `avgPool3d` by their input, with so many spatial axes. */
export const avgPoolGrad = /* @__PURE__ */ poolGradient<AvgPoolSpecOptions>("avgPoolGrad", avgPoolGradient);

function poolGradient<T>(name: string, call: (input: NdArray, spatial: number, options: T) => LayerCall) {
  const run = (input: NdArray, spatial: number, cotangent: NdArray, given: T & EvaluateOption): NdArray => {
    const { evaluate, ...options } = checkOptions(given);
    return inputGradient(call(input, spatial, options as T), cotangent, { evaluate });
  };
  return published(run, name);
}

/** The gradient of `pad` by its input: the cotangent without what was added, and 0 for what was cropped. */
export const padGrad = /* @__PURE__ */ published(function padGrad(
  input: NdArray,
  pads: Pads,
  cotangent: NdArray,
  options: EvaluateOption = {},
): NdArray {
  const view = viewOf("padGrad", "the input", input);
  return inputGradient({ layer: padSpec(view.shape, pads), arrays: [view] }, cotangent, options);
});

/** The gradient of `globalAvgPool` by its input. */
export const globalAvgPoolGrad = /* @__PURE__ */ published(function globalAvgPoolGrad(
  input: NdArray,
  cotangent: NdArray,
  options: EvaluateOption = {},
): NdArray {
  const view = viewOf("globalAvgPoolGrad", "the input", input);
  return inputGradient({ layer: globalAvgPoolSpec(view.shape), arrays: [view] }, cotangent, options);
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
  const call = describeBatchNorm(input, read);
  const { mean, variance, eps, weight, bias } = read;
  const named = { notation: "named", evaluate } as const;
  return {
    input: inputGradient(call, cotangent, options),
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

function inputGradient({ layer, arrays }: LayerCall, cotangent: NdArray, options: EvaluateOption): NdArray {
  const [gradient] = layerGradients(layer, arrays, cotangent, new Set(["input"]), options);
  return required(gradient, "the gradient by the input");
}
