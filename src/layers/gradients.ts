/**
 * The gradients of layers: `layerGradients` of any layer by its operands and by the arrays of its epilogue, and those of the
 * layers' functions by their names.
 *
 *     out = relu(value + bias[o])     -->     value = the layer without its epilogue
 *                                             dvalue = value + bias[o] > 0 ? dout : 0
 *                                             dbias[o] = sum over all else of dvalue; and the gradients of the spec, from dvalue
 *
 * Invariant: a gradient has the shape of what it is the gradient by, and is a new row-major array; options are the layer's.
 * What several gradients need is computed once; the value, only where the derivative of the epilogue depends on it.
 */
import type { EvaluateOption } from "../compile.ts";
import type { TensorType } from "../ir/tensor.ts";
import { einsum, runGradients } from "../jit/einsum.ts";
import { checkArrays, type NdArray, type View } from "../jit/nd-array.ts";
import { published, required } from "../support/errors.ts";
import { cotangentShape } from "../support/messages/gradients.ts";
import * as messages from "../support/messages/layers.ts";
import { reading, readOptions } from "../support/read.ts";
import { type BatchNorm, batchNorm, describeBatchNorm } from "./batch-norm.ts";
import { bindLayer } from "./bind-layer.ts";
import {
  CONV,
  CONV_TRANSPOSE,
  type ConvOptions,
  type ConvTransposeOptions,
  LINEAR,
  type LinearOptions,
} from "./convolution.ts";
import { arraysOf, checkLayer, checkShape, type LayerSpec } from "./layer-spec.ts";
import {
  avgPoolGradient,
  type AvgPoolSpecOptions,
  globalAvgPoolSpec,
  maxPoolSpec,
  type MaxPoolSpecOptions,
} from "./pooling.ts";
import { type Pads, padSpec } from "./rearrange.ts";
import {
  callWeighted,
  checkOptions,
  type EpilogueArrays,
  type LayerCall,
  type RunOptions,
  viewOf,
  type WeightedFamily,
} from "./run-layer.ts";
import { spatialOf } from "./windows.ts";

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
export const convGrad = /* @__PURE__ */ weightedGradient<ConvOptions>(CONV);

/** The gradients of `convTranspose1d` to `convTranspose3d`; see `convGrad`. */
export const convTransposeGrad = /* @__PURE__ */ weightedGradient<ConvTransposeOptions>(CONV_TRANSPOSE);

/** The gradients of `linear`; see `convGrad`. */
export const linearGrad = /* @__PURE__ */ weightedGradient<LinearOptions>(LINEAR);

/** The gradients of a family of layers; the rank of the weight says which it is, where there are several. */
function weightedGradient<T extends EpilogueArrays & RunOptions>(family: WeightedFamily) {
  const name = `${family.name}Grad`;
  const run = (
    input: NdArray,
    weight: NdArray,
    cotangent: NdArray,
    options = {} as Omit<T, "out">,
  ): WeightGradients => {
    const read = checkOptions(options) as T;
    const spatial = family.spatial ?? spatialOf(viewOf(name, "the weight", weight).shape);
    const { layer, arrays } = callWeighted(family, spatial, input, weight, read);
    const gradients = layerGradients(layer, arrays, cotangent, undefined, { evaluate: read.evaluate });
    // Gradients are called as the arrays that they are by.
    const named = arraysOf(layer).map((array, at) => [array.name, gradients[at]]);
    return Object.fromEntries(named) as WeightGradients;
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
  const gradient = inputGradient(call, cotangent, options);
  const normal = weight && batchNorm(input, { mean, variance, eps }, { evaluate });
  return {
    input: gradient,
    ...(normal && { weight: einsum("n c ..., n c ... -> c", [normal, cotangent], named) }),
    ...(bias && { bias: einsum("n c ... -> c", [cotangent], named) }),
  };
});

function inputGradient({ layer, arrays }: LayerCall, cotangent: NdArray, options: EvaluateOption): NdArray {
  const [gradient] = layerGradients(layer, arrays, cotangent, new Set(["input"]), options);
  return required(gradient, "the gradient by the input");
}

/** Which gradients are wanted: of the operands and of the arrays of the epilogue, by their names in the layer. */
export type GradientNames = ReadonlySet<string>;

/**
 * The gradients by the operands of a layer, then by the arrays of its epilogue, in their order; `arrays` holds these too.
 * Those whose names are not `wanted` are absent; all are there by default. The last argument takes `evaluate`.
 */
export const layerGradients = /* @__PURE__ */ published(function layerGradients(
  given: LayerSpec,
  arrays: readonly NdArray[],
  incoming: NdArray,
  wanted?: GradientNames,
  how: EvaluateOption = {},
): (NdArray | undefined)[] {
  const chosen = readOptions(how, ["evaluate"]);
  const layer = checkLayer(given);
  const cotangent = viewOf(layer.layer, "the cotangent", incoming);
  if (cotangent.shape.join() !== layer.outputShape.join()) throw cotangentShape(layer.outputShape, cotangent.shape);
  const names = arraysOf(layer).map(({ name }) => name);
  const views = checkOperands(layer, arrays);
  const only = wanted === undefined ? names : checkNames(layer, names, wanted);
  const by = names.flatMap((name, at) => (only.includes(name) ? [at] : []));
  const request = {
    key: `${layer.layer}: ${String(layer)}; ${by.join()}; `,
    bind: (tensors: readonly TensorType[]) => bindLayer(layer, tensors),
    by,
    evaluate: chosen.evaluate,
  };
  const gradients = runGradients(request, views, cotangent);
  return names.map((_, at) => gradients[by.indexOf(at)]);
});

/** The operands of a layer, then the arrays of its epilogue; refuses other numbers and shapes of them than it has. */
function checkOperands(layer: LayerSpec, arrays: unknown): readonly View[] {
  const wanted = arraysOf(layer);
  const views = checkArrays(arrays, (at) => `${layer.layer}: the ${wanted[at]?.name ?? "array"}`);
  if (views.length !== wanted.length) {
    const names = wanted.map(({ name }) => name).join(", ");
    throw messages.layerOption(layer.layer, "the arrays", `a list of ${names}`, views.length);
  }
  wanted.forEach(({ name, shape }, at) => checkShape(layer.layer, `the ${name}`, shape, (views[at] as View).shape));
  return views;
}

/** The names of a set; a list would do as well, but for what it does with a mistake. */
function checkNames({ layer }: LayerSpec, known: readonly string[], wanted: unknown): readonly string[] {
  const names = reading(() => (wanted instanceof Set ? [...(wanted as Set<unknown>)] : [undefined]));
  if (names.every((name) => typeof name === "string" && known.includes(name))) return names as string[];
  throw messages.layerOption(layer, "the wanted gradients", `a Set of some of ${known.join(", ")}`, wanted);
}
