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
import { denseTensor } from "../ir/tensor.ts";
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
  const { layer, tensors, kernel } = readLayer(given, options);
  return compileContraction(bindForKernel(layer, tensors), { name: layer.layer, ...kernel }, gathering(FULL));
});

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
  const { layer, tensors, dtype, kernel } = readLayer(given, options);
  const names = tensors.map(({ name }) => name);
  const at = names.indexOf(by);
  if (at < 0) throw unknownOperand(by, names);
  if (!isFloat(dtype)) throw gradientOfIntegers(at, dtype);
  const gradient = findJoinedGradient(bindLayer(layer, tensors), at);
  return compileFound(gradient, { name: `${layer.layer}Grad`, ...kernel });
});

/** Checks a layer and its options; its kernel takes the operands, then the arrays of its epilogue. */
function readLayer(given: LayerSpec, options: CompileLayerOptions) {
  const { dtype = "float64", ...kernel } = readOptions(options, ["dtype", ...KERNEL_OPTIONS]);
  if (!isDtype(dtype)) throw unknownName("dtype", dtype, DTYPE_NAMES);
  const layer = checkLayer(given);
  const tensors = arraysOf(layer).map(({ name, shape }) => denseTensor(name, dtype, shape));
  return { layer, tensors, dtype, kernel };
}
