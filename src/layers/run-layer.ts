/**
 * Runs a layer: binds its spec to the layouts of its arrays and computes it through the cached kernel.
 *
 * Invariant: a layer and a call of `einsum` share the cache, never a kernel.
 */
import { bindText, buildKernelOf, type Extras } from "../compile.ts";
import type { Contraction } from "../ir/contraction.ts";
import { arrayOf, isBig, type Dtype } from "../ir/dtype.ts";
import { keyOfValue, runOnArrays, type BuiltContraction, type Layouts } from "../jit/kernels.ts";
import { checkArray, type NdArray, type View } from "../jit/nd-array.ts";
import { gatherNests } from "../loops/gather-nests.ts";
import type { LayerSpec } from "./layer-spec.ts";

/** What layers compile with and `einsum` does not carry. */
const EXTRAS: Extras = { gather: gatherNests };

/** Checks an array that a layer is called with. */
export function viewOf(layer: string, what: string, array: NdArray): View {
  return checkArray(array, `${layer}: ${what}`);
}

/** Runs a layer on arrays of the shapes that it was made for. The result is a new row-major array, or `out`. */
export function runLayer(layer: LayerSpec, views: readonly View[], out?: NdArray): NdArray {
  const { spec, options, fill } = layer;
  const key = `layer ${layer.layer}:${spec}|${keyOfValue([options.sizes, options.reduce, options.outputShape, fill])}`;
  const build = (layouts: Layouts): BuiltContraction => {
    const contraction = bindLayer(layer, layouts);
    return { contraction, ...buildKernelOf(contraction, { name: layer.layer }, EXTRAS) };
  };
  return runOnArrays(views, key, build, out);
}

/** The contraction of a layer for operands of the given layouts. */
export function bindLayer({ spec, options, fill }: LayerSpec, layouts: Layouts): Contraction {
  const { contraction } = bindText(spec, { ...options, ...layouts });
  return fill === undefined ? contraction : { ...contraction, fill: elementOf(contraction.dtype, fill) };
}

/** A number as an element of a dtype, wrapped as its array wraps it. */
function elementOf(dtype: Dtype, value: number): number | bigint {
  const array = new (arrayOf(dtype))(1);
  array[0] = (isBig(dtype) ? BigInt(value) : value) as never;
  return array[0];
}
