/**
 * Compiles the gradient of a layer by one of its arrays to one kernel, its epilogue differentiated with it.
 *
 *     out = relu(value + bias[o])     -->     value = the layer without its epilogue
 *                                             dvalue = value + bias[o] > 0 ? dout : 0
 *                                             dinput: that of the layer without its epilogue, from dvalue
 *
 * Invariant: the kernel takes what the layer's takes, in its order, then the cotangent, whether it reads them or not.
 */
import { compileFound, findJoinedGradient, type GradientCompilation } from "../compile-gradient.ts";
import { isFloat } from "../ir/dtype.ts";
import { published } from "../support/errors.ts";
import { gradientOfIntegers, unknownOperand } from "../support/messages/gradients.ts";
import { bindLayer } from "./bind-layer.ts";
import { readLayerOptions, tensorsOf, type CompileLayerOptions } from "./compile-layer.ts";
import { checkLayer, type LayerSpec } from "./layer-spec.ts";

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
