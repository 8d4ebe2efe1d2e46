/**
 * Runs a layer: binds its spec to the layouts of its arrays and computes it through the cached kernel.
 *
 * Invariant: the kernels that are kept are bounded in number and in scratch, as those of `einsum`.
 */
import { buildKernelOf, type Extras } from "../compile.ts";
import { bindOperands } from "../ir/bind-operands.ts";
import type { Contraction } from "../ir/contraction.ts";
import { arrayOf, bytesOf, isBig, type Dtype } from "../ir/dtype.ts";
import { elementCount, type TensorType } from "../ir/tensor.ts";
import { createCache } from "../jit/cache.ts";
import { evaluateKernel } from "../jit/evaluate.ts";
import { keyOfView, tensorOf, type CachedKernel } from "../jit/kernel-cache.ts";
import { checkArray, type NdArray, type View } from "../jit/nd-array.ts";
import { runOnArrays } from "../jit/run-kernel.ts";
import { gatherNests } from "../loops/gather-nests.ts";
import { parseSpec } from "../spec/parser.ts";
import type { LayerSpec } from "./layer-spec.ts";

const kernels = createCache<CachedKernel>({ entries: 256, bytes: 2 ** 28 });

/** What layers compile with and `einsum` does not carry. */
const EXTRAS: Extras = { gather: gatherNests };

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
  const { kernel } = buildKernelOf(contraction, { name: layer.layer }, EXTRAS);
  const { shape, dtype } = contraction.output.tensor;
  const made = { run: evaluateKernel(kernel), shape, dtype, length: elementCount(shape) };
  const scratch = kernel.scratch.reduce((sum, buffer) => sum + Number(buffer.length) * bytesOf(buffer.dtype), 0);
  kernels.set(key, made, scratch);
  return made;
}

/** The contraction of a layer over operands of some layouts and dtypes. */
export function bindLayer({ spec, options, fill }: LayerSpec, operands: readonly TensorType[]): Contraction {
  const { sizes, reduce, outputShape } = options;
  const { contraction } = bindOperands(parseSpec(spec, { notation: "named" }), operands, {
    sizes,
    reduce,
    outputShape,
  });
  return fill === undefined ? contraction : { ...contraction, fill: elementOf(contraction.dtype, fill) };
}

/** A number as an element of a dtype, wrapped as its array wraps it. */
function elementOf(dtype: Dtype, value: number): number | bigint {
  const array = new (arrayOf(dtype))(1);
  array[0] = (isBig(dtype) ? BigInt(value) : value) as never;
  return array[0];
}
