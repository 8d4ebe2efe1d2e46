/**
 * Compiles a layer for a reader or for a file: every stage's artefact, as `compile` gives it for a spec.
 *
 * Invariant: what is compiled here and what runs in a layer's function is one kernel.
 */
import { compileContraction, KERNEL_OPTIONS, type ContractionCompilation, type KernelOptions } from "../compile.ts";
import { DTYPE_NAMES, isDtype, type Dtype } from "../ir/dtype.ts";
import { denseTensor, type TensorType } from "../ir/tensor.ts";
import { FULL } from "../recipe/full.ts";
import { published } from "../support/errors.ts";
import { unknownName } from "../support/messages/options.ts";
import { readOptions } from "../support/read.ts";
import { bindForKernel, gathering } from "./bind-layer.ts";
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
export function readLayerOptions(given: CompileLayerOptions): CompileLayerOptions & { readonly dtype: Dtype } {
  const options = readOptions(given, ["dtype", ...KERNEL_OPTIONS]);
  const { dtype = "float64" } = options;
  if (!isDtype(dtype)) throw unknownName("dtype", dtype, DTYPE_NAMES);
  return { ...options, dtype };
}

/** What a layer's kernel takes: its operands, then the arrays of its epilogue. */
export function tensorsOf(layer: LayerSpec, dtype: Dtype): TensorType[] {
  return arraysOf(layer).map(({ name, shape }) => denseTensor(name, dtype, shape));
}
