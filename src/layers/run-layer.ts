/**
 * Runs a layer: binds its spec to the layouts of its arrays and computes it through the cached kernel. The functions of layers
 * are made here: of those of one array, and of those of an input, a weight and the arrays that an epilogue reads.
 *
 * Invariant: the kernels that are kept are bounded in number and in scratch, as those of `einsum`. An array of the epilogue
 * has the shape that the layer says.
 */
import type { EvaluateOption } from "../compile.ts";
import { writeScript } from "../emit/script.ts";
import { elementCount } from "../ir/tensor.ts";
import { evaluateKernel, wantsEvaluation } from "../jit/evaluate.ts";
import { keyOfView, tensorOf } from "../jit/kernel-cache.ts";
import { createCache, scratchBytes, sum } from "../jit/memory.ts";
import { type CachedKernel, checkArray, type NdArray, runOnArrays, type View } from "../jit/nd-array.ts";
import { makeKernel, type Recipe } from "../recipe/recipe.ts";
import { TUNED } from "../recipe/unread.ts";
import { published, required } from "../support/errors.ts";
import { notOptions } from "../support/messages/options.ts";
import { copyOf, isRecord, reading, readOptions } from "../support/read.ts";
import { bindPlain } from "./bind-layer.ts";
import { checkShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { type LayerKind, layerKind, spatialOf } from "./windows.ts";

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
interface LayerBuild {
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

/** The arrays of an epilogue. */
export interface EpilogueArrays {
  /** Added to each output channel: one number for each. */
  readonly bias?: NdArray | undefined;
  /** Added to the output, behind the bias: an array of its shape. */
  readonly residual?: NdArray | undefined;
}

/** Layers of an input and a weight that differ by their number of spatial axes: `conv1d` to `conv3d`. */
export interface WeightedFamily {
  readonly name: string;
  /** As many spatial axes as its only layer has; absent: the rank of a weight tells. */
  readonly spatial?: number;
  /** The names of the options of its specs. */
  readonly options: readonly string[];
  readonly describe: (kind: LayerKind, input: Shape, weight: Shape, options: never) => LayerSpec;
  /** As in `runLayer`. */
  readonly build?: LayerBuild;
}

/** The spec of a family of layers. */
export function weightedSpec<T>(family: WeightedFamily): (input: Shape, weight: Shape, options?: T) => LayerSpec {
  const make = (input: Shape, given: Shape, options = {} as T): LayerSpec => {
    const weight = copyOf(given, 1);
    const kind = layerKind(family.name, family.spatial ?? spatialOf(weight));
    return family.describe(kind, input, weight, options as never);
  };
  return published(make, `${family.name}Spec`);
}

/** The function of the layer of a family that has so many spatial axes. */
export function weightedLayer<T extends EpilogueArrays & RunOptions>(
  family: WeightedFamily,
  spatial: number,
): (input: NdArray, weight: NdArray, options?: T) => NdArray {
  const run = (input: NdArray, weight: NdArray, options = {} as T): NdArray => {
    const read = checkOptions(options);
    return runLayer(callWeighted(family, spatial, input, weight, read), read, family.build);
  };
  return published(run, layerKind(family.name, spatial).name);
}

/** A layer of a family and the arrays that it is called with: its operands, then those among the options. */
export function callWeighted(
  { name: family, describe }: WeightedFamily,
  spatial: number,
  input: NdArray,
  weight: NdArray,
  { out: _, evaluate: __, bias, residual, ...rest }: EpilogueArrays & RunOptions,
): LayerCall {
  const kind = layerKind(family, spatial);
  const operands = [viewOf(kind.name, "the input", input), viewOf(kind.name, "the weight", weight)] as const;
  const given = Object.entries({ bias, residual }).filter(([, array]) => array !== undefined);
  // As a spec takes them: flags in the place of arrays.
  const flags = Object.fromEntries(given.map(([name]) => [name, true]));
  const layer = describe(kind, operands[0].shape, operands[1].shape, { ...rest, ...flags } as never);
  const further = given.map(([name, array], at) => {
    const view = viewOf(layer.layer, `the ${name}`, array as NdArray);
    checkShape(layer.layer, `the ${name}`, required(layer.epilogue?.further[at], name).shape, view.shape);
    return view;
  });
  return { layer, arrays: [...operands, ...further] };
}
