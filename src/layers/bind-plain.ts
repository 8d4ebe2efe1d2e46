/**
 * Binds a layer whose output is a list of indices: its spec to the layouts of its operands, its epilogue to the arrays that
 * it reads. Most layers are such, and carry nothing of what the others need.
 *
 * Invariant: the contraction has the layer's operands in their order, then the arrays of its epilogue.
 */
import { bindOperands } from "../ir/bind-operands.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { renumber } from "../ir/elementwise.ts";
import { elementwiseDtype, elementwiseIn } from "../ir/integer-elementwise.ts";
import type { TensorType } from "../ir/tensor.ts";
import { parseSpec } from "../spec/parser.ts";
import { required } from "../support/errors.ts";
import type { LayerEpilogue, LayerSpec } from "./layer-spec.ts";

/** The contraction of a layer over operands, and arrays of its epilogue, of some layouts and dtypes. */
export function bindPlain({ spec, options, epilogue }: LayerSpec, tensors: readonly TensorType[]): Contraction {
  const { sizes, reduce, outputShape } = options;
  const parsed = parseSpec(spec, { notation: "named" });
  const count = parsed.operands.length;
  const { contraction } = bindOperands(parsed, tensors.slice(0, count), { sizes, reduce, outputShape });
  return epilogue ? withEpilogue(contraction, epilogue, tensors.slice(count)) : contraction;
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
