/**
 * Runs layers of an input and a weight, with the arrays that their epilogue reads.
 *
 * Invariant: an array of the epilogue has the shape that the layer says.
 */
import type { NdArray, View } from "../jit/nd-array.ts";
import type { BuildStep } from "../loops/build-nests.ts";
import * as messages from "../support/messages/layers.ts";
import type { LayerSpec, Shape } from "./layer-spec.ts";
import { checkOptions, runLayer, viewOf, type RunOptions } from "./run-layer.ts";
import type { LayerKind } from "./windows.ts";

/** The arrays of an epilogue. */
export interface EpilogueArrays {
  /** Added to each output channel: one number for each. */
  readonly bias?: NdArray | undefined;
  /** Added to the output, behind the bias: an array of its shape. */
  readonly residual?: NdArray | undefined;
}

/** What a layer's function takes beside its arrays, as `describe` takes it: flags in the place of arrays. */
type Described<T> = Omit<T, keyof RunOptions | keyof EpilogueArrays> & { readonly [K in keyof EpilogueArrays]?: true };

/** A layer with the arrays that it is called with: its operands, then those of its epilogue. */
export interface WeightedLayer {
  readonly layer: LayerSpec;
  readonly arrays: readonly View[];
}

/**
 * Runs the layer that `describe` makes of an input, a weight and options, of which arrays became flags; `gather` as in
 * `runLayer`.
 */
export function runWeighted<T extends EpilogueArrays & RunOptions>(
  kind: LayerKind,
  input: NdArray,
  weight: NdArray,
  options: T,
  describe: (kind: LayerKind, input: Shape, weight: Shape, options: Described<T>) => LayerSpec,
  gather?: BuildStep,
): NdArray {
  const read = checkOptions(options);
  const { layer, arrays } = describeWeighted(kind, input, weight, read, describe);
  return runLayer(layer, arrays, read, gather);
}

/** As `runWeighted`, without running it. */
export function describeWeighted<T extends EpilogueArrays & RunOptions>(
  kind: LayerKind,
  input: NdArray,
  weight: NdArray,
  options: T,
  describe: (kind: LayerKind, input: Shape, weight: Shape, options: Described<T>) => LayerSpec,
): WeightedLayer {
  const { out: _, evaluate: __, bias, residual, ...rest } = checkOptions(options);
  const views = [viewOf(kind.name, "the input", input), viewOf(kind.name, "the weight", weight)];
  const [from, by] = views.map(({ shape }) => shape) as [Shape, Shape];
  const flags = { ...(bias !== undefined && { bias: true }), ...(residual !== undefined && { residual: true }) };
  const layer = describe(kind, from, by, { ...rest, ...flags } as unknown as Described<T>);
  const given = [bias, residual].filter((array) => array !== undefined);
  return { layer, arrays: [...views, ...given.map((array, at) => furtherView(layer, array, at))] };
}

function furtherView(layer: LayerSpec, array: NdArray, at: number): View {
  const wanted = layer.epilogue?.further[at];
  const what = `the ${wanted?.name ?? "array"}`;
  const view = viewOf(layer.layer, what, array);
  const fits =
    wanted?.shape.length === view.shape.length && wanted.shape.every((size, axis) => size === view.shape[axis]);
  if (wanted && !fits) throw messages.layerShape(layer.layer, what, wanted.shape, view.shape);
  return view;
}
