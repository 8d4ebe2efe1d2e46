/**
 * Binds a layer: its spec to the layouts of its operands, its epilogue to the arrays that it reads. `bindPlain` does so for
 * those whose output is a list of indices, `bindLayer` for any: also for those that write into the middle of an array, or
 * along expressions. What scatters is gathered in its kernel, for which axes that several indices share, `(c ky kx)`, are
 * split into one an index: each walks along an axis of its own then.
 *
 * Invariant: the contraction has the layer's operands in their order, then the arrays of its epilogue; every index names the
 * same element of memory whether axes are split or not.
 */
import { shiftAffine, variableAffine } from "../affine/affine.ts";
import { bindOperands } from "../ir/bind-operands.ts";
import {
  type Access,
  type AxisAccess,
  type Contraction,
  type ContractionIndex,
  plainAxis,
  sizesOf,
} from "../ir/contraction.ts";
import { arrayOf, type Dtype, isBig } from "../ir/dtype.ts";
import { renumber } from "../ir/elementwise.ts";
import { elementwiseDtype, elementwiseIn } from "../ir/integer-elementwise.ts";
import { surround } from "../ir/product.ts";
import { elementCount, rowMajorStrides, type TensorType } from "../ir/tensor.ts";
import { gatherOrPeel } from "../loops/gather-nests.ts";
import { type Recipe, withRewrite } from "../recipe/recipe.ts";
import { TUNED } from "../recipe/unread.ts";
import { parseSpec } from "../spec/parser.ts";
import { required } from "../support/errors.ts";
import type { LayerEpilogue, LayerSpec } from "./layer-spec.ts";

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
  const dtypes = tensors.map((tensor) => tensor.dtype);
  const dtype = elementwiseDtype(epilogue.expression, contraction.dtype, dtypes);
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

/** Splits the shared axes of operands and output. */
function splitAxes(contraction: Contraction): Contraction {
  const sizes = sizesOf(contraction);
  const { reads, output } = contraction;
  return {
    ...contraction,
    reads: reads.map((access) => splitAccess(access, sizes)),
    output: splitAccess(output, sizes),
  };
}

/** An axis of a tensor, and what is read along it. */
interface Part {
  readonly size: number;
  readonly stride: number;
  readonly axis: AxisAccess;
}

function splitAccess({ tensor, axes }: Access, sizes: ReadonlyMap<string, number>): Access {
  const parts = axes.flatMap((axis, at) => {
    const [size, stride] = [tensor.shape[at], tensor.strides[at]] as [number, number];
    return splitAxis({ size, stride, axis }, sizes);
  });
  return {
    tensor: { ...tensor, shape: parts.map(({ size }) => size), strides: parts.map(({ stride }) => stride) },
    axes: parts.map(({ axis }) => axis),
  };
}

/** An axis whose expression counts through all of it, index by index, becomes one axis an index. */
function splitAxis(part: Part, sizes: ReadonlyMap<string, number>): readonly Part[] {
  const { size, stride, axis } = part;
  const { terms, constant } = axis.expression;
  const extents = terms.map(({ variable }) => required(sizes.get(variable), `the size of ${variable}`));
  const steps = rowMajorStrides(extents);
  const counts = terms.every(({ coefficient }, at) => coefficient === steps[at]) && elementCount(extents) === size;
  if (terms.length < 2 || constant !== 0 || axis.padded || !counts) return [part];
  return terms.map(({ variable, coefficient }, at) => ({
    size: required(extents[at], "the size of an index"),
    stride: stride * coefficient,
    axis: { ...axis, expression: variableAffine(variable) },
  }));
}
