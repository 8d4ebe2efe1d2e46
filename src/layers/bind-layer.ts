/**
 * Binds a layer: its spec to the layouts of its operands, its epilogue to the arrays that it reads.
 *
 * Invariant: the contraction has the layer's operands in their order, then the arrays of its epilogue.
 */
import { bindOperands } from "../ir/bind-operands.ts";
import { shiftAffine, variableAffine } from "../affine/affine.ts";
import type { Access, Contraction, ContractionIndex } from "../ir/contraction.ts";
import { renumber } from "../ir/elementwise.ts";
import { surround } from "../ir/product.ts";
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
  if (fill !== undefined) return surroundBy(contraction, elementOf(contraction.dtype, fill));
  if (!epilogue) return contraction;
  return withEpilogue(contraction, epilogue, tensors.slice(count));
}

/** As `bindLayer`, for a kernel: where a layer scatters, each index has an axis of its own, so that it can be gathered. */
export function bindForKernel(layer: LayerSpec, tensors: readonly TensorType[]): Contraction {
  const contraction = bindLayer(layer, tensors);
  return layer.options.outputShape ? splitAxes(contraction) : contraction;
}

/** The dtype of the result is that of its values and of the arrays that the epilogue reads, together. */
function withEpilogue(contraction: Contraction, epilogue: LayerEpilogue, tensors: readonly TensorType[]): Contraction {
  const { output } = contraction;
  const dtype = elementwiseDtype(
    epilogue.expression,
    contraction.dtype,
    tensors.map((tensor) => tensor.dtype),
  );
  const count = contraction.reads.length;
  const beside = epilogue.further.map(({ axes }, at): Access => {
    const tensor = required(tensors[at], "an array of the epilogue");
    return { tensor, axes: axes.map((axis) => required(output.axes[axis], "an axis of the output")) };
  });
  return {
    ...contraction,
    dtype,
    output: { ...output, tensor: { ...output.tensor, dtype } },
    reads: [...contraction.reads, ...beside],
    finish: renumber(elementwiseIn(epilogue.expression, dtype), (read) => read + count),
  };
}

/**
 * What is written into the middle of an array, as what is read of it from everywhere:
 *
 *     out[y + 2] = x[y]     -->     out[y] = x[y - 2 padded], where it lies inside, else a constant
 */
function surroundBy(contraction: Contraction, outside: number | bigint): Contraction {
  const { output, reads } = contraction;
  // Axis by axis, a pad reads the input as it writes the output.
  const indices = output.axes.map(({ expression: { terms } }, axis): ContractionIndex => {
    const size = required(output.tensor.shape[axis], "the size of an axis");
    return { name: terms[0]?.variable ?? `axis${axis}`, size, reduced: false };
  });
  const moved = reads.map(({ tensor, axes }): Access => ({
    tensor,
    axes: axes.map(({ expression: { constant } }, axis) => {
      const { name, size } = required(indices[axis], "an axis of the output");
      const low = constant - required(output.axes[axis], "an axis of the output").expression.constant;
      const padded = low < 0 || low + size > (tensor.shape[axis] as number);
      return { expression: shiftAffine(variableAffine(name), low), padded };
    }),
  }));
  const axes = indices.map(({ name }) => ({ expression: variableAffine(name), padded: false }));
  return {
    ...contraction,
    indices,
    reads: moved,
    output: { ...output, axes },
    term: surround(contraction.term, moved, outside),
  };
}

/** A number as an element of a dtype, wrapped as its array wraps it. */
function elementOf(dtype: Dtype, value: number): number | bigint {
  const array = new (arrayOf(dtype))(1);
  array[0] = (isBig(dtype) ? BigInt(value) : value) as never;
  return array[0];
}
