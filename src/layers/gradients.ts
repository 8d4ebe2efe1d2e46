/**
 * The gradients of layers: those of the specs that the layers stand for.
 *
 * Invariant: a gradient has the shape and dtype of what it is the gradient by; options are the layer's own.
 */
import { einsum } from "../jit/einsum.ts";
import { runGradients } from "../jit/gradient-program.ts";
import type { NdArray } from "../jit/nd-array.ts";
import { convSpec, type ConvSpecOptions } from "./convolution.ts";
import type { LayerSpec } from "./layer-spec.ts";
import { padSpec, type Pads } from "./padding.ts";
import type { Layout } from "./planes.ts";
import { maxPoolSpec, type MaxPoolSpecOptions } from "./pooling.ts";
import { bindLayer, viewOf } from "./run-layer.ts";
import { convTransposeSpec, type ConvTransposeSpecOptions } from "./transposed-convolution.ts";

/** The gradients of a layer with a weight and a bias. */
export interface WeightGradients {
  readonly input: NdArray;
  readonly weight: NdArray;
  /** By a bias that was added to each channel: the sum of the cotangent over everything else. */
  readonly bias: NdArray;
}

/**
 * The gradients of `convSpec`'s convolution by its input, its weight and its bias, as PyTorch's `conv2d_input` and
 * `conv2d_weight` in `torch.nn.grad`. The rank of the weight says how many spatial axes there are. The gradient by the
 * input gathers, one residue class of each stride at a time. Refuses what the layer refuses.
 */
export function convGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: ConvSpecOptions = {},
): WeightGradients {
  const layer = convSpec(input.shape, weight.shape, options);
  return weightGradients(layer, input, weight, cotangent, options.layout);
}

/** The gradients of `convTransposeSpec`'s transposed convolution by its input, its weight and its bias. */
export function convTransposeGrad(
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  options: ConvTransposeSpecOptions = {},
): WeightGradients {
  const layer = convTransposeSpec(input.shape, weight.shape, options);
  return weightGradients(layer, input, weight, cotangent, options.layout);
}

function weightGradients(
  layer: LayerSpec,
  input: NdArray,
  weight: NdArray,
  cotangent: NdArray,
  layout: Layout | undefined,
): WeightGradients {
  const [byInput, byWeight] = layerGradients(layer, [input, weight], cotangent) as [NdArray, NdArray];
  return { input: byInput, weight: byWeight, bias: biasGradient(cotangent, weight.shape.length - 2, layout) };
}

/** Sums the cotangent over all but its channels. */
function biasGradient(cotangent: NdArray, spatial: number, layout: Layout | undefined): NdArray {
  const places = ["z", "y", "x"].slice(0, spatial).join(" ");
  const batch = cotangent.shape.length > spatial + 1 ? "b " : "";
  const term = layout === "channels-last" ? `${batch}${places} o` : `${batch}o ${places}`;
  return einsum(`${term} -> o`, [cotangent], { notation: "named" });
}

/** The gradient of `pad` by its input: the cotangent, cropped where the layer padded. */
export function padGrad(input: NdArray, cotangent: NdArray, pads: Pads): NdArray {
  return onlyGradient(padSpec(input.shape, pads), input, cotangent);
}

/** The gradients of a layer by its operands. */
export function layerGradients(layer: LayerSpec, operands: readonly NdArray[], cotangent: NdArray): NdArray[] {
  const names = layer.options.operands ?? [];
  const views = operands.map((operand, at) => viewOf(layer.layer, `the ${names[at] ?? `operand ${at}`}`, operand));
  const request = {
    key: `${layer.layer}: ${String(layer)}; `,
    bind: (tensors: Parameters<typeof bindLayer>[1]) => bindLayer(layer, tensors),
    by: (operandCount: number) => Array.from({ length: operandCount }, (_, at) => at),
  };
  return runGradients(request, views, viewOf(layer.layer, "the cotangent", cotangent));
}

function onlyGradient(layer: LayerSpec, input: NdArray, cotangent: NdArray): NdArray {
  const [gradient] = layerGradients(layer, [input], cotangent);
  return gradient as NdArray;
}

/** The gradient of a maximum over windows by its input: it goes to the first maximum of each window, in row-major order. */
export function maxPoolGrad(input: NdArray, spatial: number, cotangent: NdArray, options: MaxPoolSpecOptions): NdArray {
  return onlyGradient(maxPoolSpec(input.shape, spatial, options), input, cotangent);
}
