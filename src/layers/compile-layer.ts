/**
 * Compiles a layer for a reader or for a file: every stage's artefact, as `compile` gives it for a spec.
 *
 * Invariant: what is compiled here and what runs in a layer's function is one kernel.
 */
import { compileContraction, type ContractionCompilation, type KernelOptions } from "../compile.ts";
import { DTYPE_NAMES, isDtype, type Dtype } from "../ir/dtype.ts";
import { rowMajorStrides, type TensorType } from "../ir/tensor.ts";
import { gatherOrPeel } from "../loops/gather-nests.ts";
import { unknownName } from "../support/messages/options.ts";
import { bindForKernel } from "./bind-layer.ts";
import type { LayerSpec, Shape } from "./layer-spec.ts";

/** What decides a layer's kernel beside the layer. */
export interface CompileLayerOptions extends Omit<KernelOptions, "optimize"> {
  /** Of all arrays; "float64" where absent. */
  readonly dtype?: Dtype | undefined;
}

/**
 * Compiles a layer for row-major arrays of one dtype. The kernel takes the layer's operands, then what its epilogue reads,
 * in the order in which the layer names them.
 */
export function compileLayer(layer: LayerSpec, options: CompileLayerOptions = {}): ContractionCompilation {
  const { dtype = "float64", ...kernel } = options;
  if (!isDtype(dtype)) throw unknownName("dtype", dtype, DTYPE_NAMES);
  const { operands = [], shapes } = layer.options;
  const own = operands.map((name, at) => ({ name, shape: shapes[at] as Shape }));
  const tensors = [...own, ...(layer.epilogue?.further ?? [])].map(({ name, shape }): TensorType => ({
    name,
    dtype,
    shape,
    strides: rowMajorStrides(shape),
    offset: 0,
  }));
  return compileContraction(bindForKernel(layer, tensors), { name: layer.layer, ...kernel }, { gather: gatherOrPeel });
}
