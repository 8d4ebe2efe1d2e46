/**
 * Binds a layer: its spec to the layouts of its operands, its epilogue to the arrays that it reads.
 *
 * Invariant: the contraction has the layer's operands in their order, then the arrays of its epilogue.
 */
import { bindOperands } from "../ir/bind-operands.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { arrayOf, isBig, type Dtype } from "../ir/dtype.ts";
import { elementwiseDtype, elementwiseIn } from "../ir/integer-elementwise.ts";
import type { TensorType } from "../ir/tensor.ts";
import { parseSpec } from "../spec/parser.ts";
import { required } from "../support/errors.ts";
import type { LayerEpilogue, LayerSpec } from "./layer-spec.ts";
import { splitAxes } from "./split-axes.ts";

/** The contraction of a layer over operands, and arrays of its epilogue, of some layouts and dtypes. */
export function bindLayer(layer: LayerSpec, tensors: readonly TensorType[]): Contraction {
  const { spec, options, fill, epilogue } = layer;
  const { sizes, reduce, outputShape } = options;
  const parsed = parseSpec(spec, { notation: "named" });
  const count = parsed.operands.length;
  const { contraction } = bindOperands(parsed, tensors.slice(0, count), { sizes, reduce, outputShape });
  if (fill !== undefined) return { ...contraction, fill: elementOf(contraction.dtype, fill) };
  if (!epilogue) return contraction;
  const split = outputShape ? splitAxes(contraction) : contraction;
  return withEpilogue(contraction, split, epilogue, tensors.slice(count));
}

/** As `bindLayer`, for a kernel: where a layer scatters, each index has an axis of its own, so that it can be gathered. */
export function bindForKernel(layer: LayerSpec, tensors: readonly TensorType[]): Contraction {
  const contraction = bindLayer(layer, tensors);
  return layer.options.outputShape ? splitAxes(contraction) : contraction;
}

/** The dtype of the result is that of its values and of the arrays that the epilogue reads, together. */
function withEpilogue(
  whole: Contraction,
  contraction: Contraction,
  epilogue: LayerEpilogue,
  tensors: readonly TensorType[],
): Contraction {
  const { output } = contraction;
  const dtype = elementwiseDtype(
    epilogue.expression,
    contraction.dtype,
    tensors.map((tensor) => tensor.dtype),
  );
  const further = epilogue.further.map(({ axes }, at): Access => {
    const tensor = required(tensors[at], "an array of the epilogue");
    return { tensor, axes: axes.map((axis) => required(whole.output.axes[axis], "an axis of the output")) };
  });
  return {
    ...contraction,
    dtype,
    output: { ...output, tensor: { ...output.tensor, dtype } },
    epilogue: elementwiseIn(epilogue.expression, dtype),
    ...(further.length > 0 && { further }),
  };
}

/** A number as an element of a dtype, wrapped as its array wraps it. */
function elementOf(dtype: Dtype, value: number): number | bigint {
  const array = new (arrayOf(dtype))(1);
  array[0] = (isBig(dtype) ? BigInt(value) : value) as never;
  return array[0];
}
