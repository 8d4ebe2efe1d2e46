/**
 * Runs a layer: binds its spec to the layouts of its arrays and computes it through the cached kernel.
 *
 * Invariant: the kernels that are kept are bounded in number and in scratch, as those of `einsum`.
 */
import type { EvaluateOption } from "../compile.ts";
import { writeScript } from "../emit/script.ts";
import { elementCount } from "../ir/tensor.ts";
import { createCache } from "../jit/cache.ts";
import { evaluateKernel, wantsEvaluation } from "../jit/evaluate.ts";
import { keyOfView, tensorOf, type CachedKernel } from "../jit/kernel-cache.ts";
import { scratchBytes, sum } from "../jit/memory.ts";
import { checkArray, type NdArray, type View } from "../jit/nd-array.ts";
import { runOnArrays } from "../jit/run-kernel.ts";
import { makeKernel, type Recipe } from "../recipe/recipe.ts";
import { TUNED } from "../recipe/tuned.ts";
import { published } from "../support/errors.ts";
import { notOptions } from "../support/messages/options.ts";
import { isRecord, reading, readOptions } from "../support/read.ts";
import { bindPlain } from "./bind-plain.ts";
import type { LayerSpec } from "./layer-spec.ts";

const kernels = createCache<CachedKernel>(256);

/** What every layer's function takes among its options. */
export interface RunOptions extends EvaluateOption {
  /** Where to put the result: an array of its shape and dtype. */
  readonly out?: NdArray | undefined;
}

/** A layer with the arrays that it is called with: its operands, then those of its epilogue. */
export interface LayerCall {
  readonly layer: LayerSpec;
  readonly arrays: readonly View[];
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

/** How a layer becomes a kernel. */
export interface LayerBuild {
  readonly bind: typeof bindPlain;
  readonly recipe: Recipe;
}

/** How layers are built whose output is a list of indices. */
const PLAIN: LayerBuild = { bind: bindPlain, recipe: TUNED };

/**
 * Runs a layer on arrays of the shapes that it was made for. The result is a new row-major array, or `out`. A layer whose
 * output is an expression hands in how it is built: the others do not carry that.
 */
export function runLayer({ layer, arrays }: LayerCall, { out, evaluate }: RunOptions, build = PLAIN): NdArray {
  return runOnArrays(arrays, (inputs) => findKernel(layer, inputs, wantsEvaluation(evaluate), build), out);
}

/** The function of a layer of one array: tells the options of running from those by which the call is described. */
export function layerFunction<T extends RunOptions>(
  name: string,
  describe: (input: View, options: Omit<T, keyof RunOptions>) => LayerCall,
  build?: LayerBuild,
): (input: NdArray, options: T) => NdArray {
  const run = (input: NdArray, given: T): NdArray => {
    const { out, evaluate, ...options } = checkOptions(given);
    return runLayer(describe(viewOf(name, "the input", input), options), { out, evaluate }, build);
  };
  return published(run, name);
}

function findKernel(
  layer: LayerSpec,
  inputs: readonly View[],
  wanted: boolean,
  { bind, recipe }: LayerBuild,
): CachedKernel {
  // A layer prints all that decides its kernel, but for the layouts.
  const key = `${wanted}|${layer.layer}: ${String(layer)}; ${inputs.map(keyOfView).join("")}`;
  const cached = kernels.get(key);
  if (cached) return cached;
  const contraction = bind(layer, inputs.map(tensorOf));
  const { kernel } = makeKernel(recipe, [recipe.plan(contraction, {})], { name: layer.layer });
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
