/**
 * Runs a layer: binds its spec to the layouts of its arrays and computes it through the cached kernel.
 *
 * Invariant: the kernels that are kept are bounded in number and in scratch, as those of `einsum`.
 */
import { buildKernelOf, ELEMENTWISE, type EvaluateOption } from "../compile.ts";
import { writeScript } from "../emit/script.ts";
import { elementCount } from "../ir/tensor.ts";
import { createCache } from "../jit/cache.ts";
import { evaluateKernel, wantsEvaluation } from "../jit/evaluate.ts";
import { keyOfView, tensorOf, type CachedKernel } from "../jit/kernel-cache.ts";
import { scratchBytes, sum } from "../jit/memory.ts";
import { checkArray, type NdArray, type View } from "../jit/nd-array.ts";
import { runOnArrays } from "../jit/run-kernel.ts";
import type { BuildStep } from "../loops/build-nests.ts";
import { orderBits } from "../loops/order-bits.ts";
import { peelBorders } from "../loops/peel-borders.ts";
import { withDefinitions } from "../loops/lower-expressions.ts";
import { notOptions } from "../support/messages/options.ts";
import { isRecord, reading, readOptions } from "../support/read.ts";
import { bindForKernel } from "./bind-layer.ts";
import type { LayerSpec } from "./layer-spec.ts";

const kernels = createCache<CachedKernel>(256);

/** What every layer's function takes among its options. */
export interface RunOptions extends EvaluateOption {
  /** Where to put the result: an array of its shape and dtype. */
  readonly out?: NdArray | undefined;
}

/** Checks an array that a layer is called with. */
export function viewOf(layer: string, what: string, array: NdArray): View {
  return checkArray(array, `${layer}: ${what}`);
}

/** A copy of options, whose values are still the caller's. Refuses what is no object of options. */
export function checkOptions<T>(options: T): T {
  return reading(() => {
    if (!isRecord(options)) throw notOptions(options);
    return { ...options };
  });
}

/** Refuses, of functions that have no options of their own, all but these. */
export function checkRunOptions(options: RunOptions): RunOptions {
  return readOptions(options, ["out", "evaluate"], ["out"]);
}

/**
 * Runs a layer on arrays of the shapes that it was made for. The result is a new row-major array, or `out`. A layer whose
 * output is an expression hands in how its steps are built: the others do not carry that.
 */
export function runLayer(
  layer: LayerSpec,
  views: readonly View[],
  { out, evaluate }: RunOptions = {},
  gather: BuildStep = peelBorders,
): NdArray {
  return runOnArrays(views, (inputs) => findKernel(layer, inputs, wantsEvaluation(evaluate), gather), out);
}

function findKernel(layer: LayerSpec, inputs: readonly View[], wanted: boolean, gather: BuildStep): CachedKernel {
  // A layer prints all that decides its kernel, but for the layouts.
  const key = `${wanted}|${layer.layer}: ${String(layer)}; ${inputs.map(keyOfView).join("")}`;
  const cached = kernels.get(key);
  if (cached) return cached;
  const contraction = bindForKernel(layer, inputs.map(tensorOf));
  const built = buildKernelOf(contraction, { name: layer.layer }, { ...ELEMENTWISE, gather });
  const kernel = orderBits(withDefinitions(built.kernel));
  const { outputShape: shape } = layer;
  const { dtype } = contraction.output.tensor;
  const made = {
    run: evaluateKernel(kernel, writeScript(kernel), wanted).run,
    shape,
    dtype,
    length: elementCount(shape),
  };
  kernels.set(key, made, sum(scratchBytes(kernel)));
  return made;
}
