/**
 * Binds any layer: also those that write into the middle of an array, or along expressions.
 *
 * Invariant: the contraction has the layer's operands in their order, then the arrays of its epilogue.
 */
import { shiftAffine, variableAffine } from "../affine/affine.ts";
import { plainAxis, type Access, type Contraction, type ContractionIndex } from "../ir/contraction.ts";
import { surround } from "../ir/product.ts";
import { arrayOf, isBig, type Dtype } from "../ir/dtype.ts";
import { gatherOrPeel } from "../loops/gather-nests.ts";
import type { TensorType } from "../ir/tensor.ts";
import { withRewrite, type Recipe } from "../recipe/recipe.ts";
import { TUNED } from "../recipe/tuned.ts";
import { required } from "../support/errors.ts";
import { bindPlain } from "./bind-plain.ts";
import type { LayerSpec } from "./layer-spec.ts";
import { splitAxes } from "./split-axes.ts";

/** The contraction of a layer, as `bindPlain` makes it; what nothing reaches holds what the layer says. */
export function bindLayer(layer: LayerSpec, tensors: readonly TensorType[]): Contraction {
  const contraction = bindPlain(layer, tensors);
  return layer.fill === undefined ? contraction : surroundBy(contraction, elementOf(contraction.dtype, layer.fill));
}

/** As `bindLayer`, for a kernel: where a layer scatters, each index has an axis of its own, so that it can be gathered. */
export function bindForKernel(layer: LayerSpec, tensors: readonly TensorType[]): Contraction {
  const contraction = bindLayer(layer, tensors);
  return layer.options.outputShape ? splitAxes(contraction) : contraction;
}

/** How layers are built whose output is an expression. */
export const SCATTERED = { bind: bindForKernel, recipe: /* @__PURE__ */ gathering(TUNED) };

/** A recipe that gathers where a step scatters. */
export function gathering(recipe: Recipe): Recipe {
  return withRewrite(recipe, gatherOrPeel);
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
  const axes = indices.map(({ name }) => plainAxis(name));
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
