/**
 * Compiles a layer for a reader or for a file: every stage's artefact, as `compile` gives it for a spec. Or its gradient by
 * one of its arrays, as one kernel, its epilogue differentiated with it:
 *
 *     out = relu(value + bias[o])     -->     value = the layer without its epilogue
 *                                             dvalue = value + bias[o] > 0 ? dout : 0
 *                                             dinput: that of the layer without its epilogue, from dvalue
 *
 * Invariant: what is compiled here and what runs in a layer's function is one kernel. That of a gradient takes what the
 * layer's takes, in its order, then the cotangent, whether it reads them or not.
 */
import { compileFound, findJoinedGradient, type GradientCompilation } from "../compile-gradient.ts";
import { compileContraction, type ContractionCompilation, KERNEL_OPTIONS, type KernelOptions } from "../compile.ts";
import { type Dtype, DTYPE_NAMES, isDtype, isFloat } from "../ir/dtype.ts";
import { denseTensor, type TensorType } from "../ir/tensor.ts";
import { FULL } from "../recipe/full.ts";
import { published } from "../support/errors.ts";
import { gradientOfIntegers, unknownOperand } from "../support/messages/gradients.ts";
import { unknownName } from "../support/messages/options.ts";
import { readOptions } from "../support/read.ts";
import { bindForKernel, bindLayer, gathering } from "./bind-layer.ts";
import { arraysOf, checkLayer, type LayerSpec } from "./layer-spec.ts";

/** What decides a layer's kernel beside the layer. */
export interface CompileLayerOptions extends Omit<KernelOptions, "optimize"> {
  /** Of all arrays; "float64" where absent. */
  readonly dtype?: Dtype | undefined;
}

/**
 * Compiles a layer for row-major arrays of one dtype. The kernel takes the layer's operands, then what its epilogue reads,
 * in the order in which the layer names them.
 */
export const compileLayer = /* @__PURE__ */ published(function compileLayer(
  given: LayerSpec,
  options: CompileLayerOptions = {},
): ContractionCompilation {
  const { dtype, ...kernel } = readLayerOptions(options);
  const layer = checkLayer(given);
  const tensors = tensorsOf(layer, dtype);
  return compileContraction(bindForKernel(layer, tensors), { name: layer.layer, ...kernel }, gathering(FULL));
});

/** The options, and the dtype of all arrays. */
function readLayerOptions(given: CompileLayerOptions): CompileLayerOptions & { readonly dtype: Dtype } {
  const options = readOptions(given, ["dtype", ...KERNEL_OPTIONS]);
  const { dtype = "float64" } = options;
  if (!isDtype(dtype)) throw unknownName("dtype", dtype, DTYPE_NAMES);
  return { ...options, dtype };
}

/** What a layer's kernel takes: its operands, then the arrays of its epilogue. */
function tensorsOf(layer: LayerSpec, dtype: Dtype): TensorType[] {
  return arraysOf(layer).map(({ name, shape }) => denseTensor(name, dtype, shape));
}

/**
 * Compiles the gradient of a layer by one of its operands, or of the arrays of its epilogue, by name: "input", "weight",
 * "bias". Arrays are row-major and of one dtype.
 *
 * Refuses a name that is none of the layer's, and integers.
 */
export const compileLayerGradient = /* @__PURE__ */ published(function compileLayerGradient(
  given: LayerSpec,
  by: string,
  options: CompileLayerOptions = {},
): GradientCompilation {
  const { dtype, ...kernel } = readLayerOptions(options);
  const layer = checkLayer(given);
  const tensors = tensorsOf(layer, dtype);
  const at = tensors.findIndex(({ name }) => name === by);
  if (at < 0) {
    const names = tensors.map(({ name }) => name);
    throw unknownOperand(by, names);
  }
  if (!isFloat(dtype)) throw gradientOfIntegers(at, dtype);
  const gradient = findJoinedGradient(bindLayer(layer, tensors), at);
  return compileFound(gradient, { name: `${layer.layer}Grad`, ...kernel });
});
