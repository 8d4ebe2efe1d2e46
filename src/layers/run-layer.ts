/**
 * Runs a layer: binds its spec to the layouts of its arrays and computes it through the cached kernel.
 *
 * Invariant: the kernels that are kept are bounded in number and in scratch, as those of `einsum`.
 */
import { variableAffine } from "../affine/affine.ts";
import { buildKernelOf, ELEMENTWISE, type Extras } from "../compile.ts";
import { bindOperands } from "../ir/bind-operands.ts";
import { sizesOf, type Access, type Contraction } from "../ir/contraction.ts";
import { arrayOf, bytesOf, isBig, type Dtype } from "../ir/dtype.ts";
import { elementwiseDtype, elementwiseIn } from "../ir/integer-elementwise.ts";
import { elementCount, rowMajorStrides, type TensorType } from "../ir/tensor.ts";
import { createCache } from "../jit/cache.ts";
import { evaluateKernel } from "../jit/evaluate.ts";
import { keyOfView, tensorOf, type CachedKernel } from "../jit/kernel-cache.ts";
import { checkArray, type NdArray, type View } from "../jit/nd-array.ts";
import { runOnArrays } from "../jit/run-kernel.ts";
import { gatherNests } from "../loops/gather-nests.ts";
import { withDefinitions } from "../loops/lower-elementwise.ts";
import { parseSpec } from "../spec/parser.ts";
import { required } from "../support/errors.ts";
import type { LayerEpilogue, LayerSpec } from "./layer-spec.ts";

const kernels = createCache<CachedKernel>({ entries: 256, bytes: 2 ** 28 });

/** What layers compile with and `einsum` does not carry. */
const EXTRAS: Extras = { ...ELEMENTWISE, gather: gatherNests };

/** Checks an array that a layer is called with. */
export function viewOf(layer: string, what: string, array: NdArray): View {
  return checkArray(array, `${layer}: ${what}`);
}

/** Runs a layer on arrays of the shapes that it was made for. The result is a new row-major array, or `out`. */
export function runLayer(layer: LayerSpec, views: readonly View[], out?: NdArray): NdArray {
  return runOnArrays(views, (inputs) => findKernel(layer, inputs), out);
}

function findKernel(layer: LayerSpec, inputs: readonly View[]): CachedKernel {
  // A layer prints all that decides its kernel, but for the layouts.
  const key = `${layer.layer}: ${String(layer)}; ${inputs.map(keyOfView).join("")}`;
  const cached = kernels.get(key);
  if (cached) return cached;
  const contraction = bindLayer(layer, inputs.map(tensorOf));
  const kernel = withDefinitions(buildKernelOf(contraction, { name: layer.layer }, EXTRAS).kernel);
  const { outputShape: shape } = layer;
  const { dtype } = contraction.output.tensor;
  const made = { run: evaluateKernel(kernel), shape, dtype, length: elementCount(shape) };
  const scratch = kernel.scratch.reduce((sum, buffer) => sum + Number(buffer.length) * bytesOf(buffer.dtype), 0);
  kernels.set(key, made, scratch);
  return made;
}

/** The contraction of a layer over operands, and arrays of its epilogue, of some layouts and dtypes. */
export function bindLayer(layer: LayerSpec, tensors: readonly TensorType[]): Contraction {
  const { spec, options, fill, epilogue } = layer;
  const { sizes, reduce, outputShape } = options;
  const parsed = parseSpec(spec, { notation: "named" });
  const count = parsed.operands.length;
  const { contraction } = bindOperands(parsed, tensors.slice(0, count), { sizes, reduce, outputShape });
  if (fill !== undefined) return { ...contraction, fill: elementOf(contraction.dtype, fill) };
  if (!epilogue) return contraction;
  return withEpilogue(
    contraction,
    outputShape ? splitOutput(contraction) : contraction,
    epilogue,
    tensors.slice(count),
  );
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

/**
 * Splits output axes that two indices share, `(g o)`, into one an index: an epilogue that follows a scatter reads along
 * axes that are indices. Memory is what it was.
 */
function splitOutput(contraction: Contraction): Contraction {
  const { output } = contraction;
  const sizes = sizesOf(contraction);
  const parts = output.axes.map((access, axis) => {
    const { terms, constant } = access.expression;
    const [outer, inner] = terms;
    const size = output.tensor.shape[axis] as number;
    const inside = sizes.get(inner?.variable ?? "") ?? 0;
    const isSplit = terms.length === 2 && constant === 0 && outer?.coefficient === inside && inner?.coefficient === 1;
    const isWhole = isSplit && inside * (sizes.get(outer.variable) ?? 0) === size && !access.padded;
    if (!isWhole) return { shape: [size], axes: [access] };
    return {
      shape: [size / inside, inside],
      axes: [outer, inner].map(({ variable }) => ({ expression: variableAffine(variable), padded: false })),
    };
  });
  const shape = parts.flatMap((part) => part.shape);
  const tensor = { ...output.tensor, shape, strides: rowMajorStrides(shape) };
  return { ...contraction, output: { tensor, axes: parts.flatMap(({ axes }) => axes) } };
}

/** A number as an element of a dtype, wrapped as its array wraps it. */
function elementOf(dtype: Dtype, value: number): number | bigint {
  const array = new (arrayOf(dtype))(1);
  array[0] = (isBig(dtype) ? BigInt(value) : value) as never;
  return array[0];
}
