/**
 * Layers of an input and a weight, with the arrays that their epilogue reads.
 *
 * Invariant: an array of the epilogue has the shape that the layer says.
 */
import type { NdArray } from "../jit/nd-array.ts";
import { published, required } from "../support/errors.ts";
import { copyOf } from "../support/read.ts";
import { checkShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { checkOptions, runLayer, viewOf, type LayerBuild, type LayerCall, type RunOptions } from "./run-layer.ts";
import { kindOf, type LayerKind } from "./windows.ts";

/** The arrays of an epilogue. */
export interface EpilogueArrays {
  /** Added to each output channel: one number for each. */
  readonly bias?: NdArray | undefined;
  /** Added to the output, behind the bias: an array of its shape. */
  readonly residual?: NdArray | undefined;
}

/** What a layer's function takes beside its arrays, as its spec takes it: flags in the place of arrays. */
type Described<T> = Omit<T, keyof RunOptions | keyof EpilogueArrays> & { readonly [K in keyof EpilogueArrays]?: true };

/** Makes a layer of the shapes of an input and a weight, and of options. */
export type DescribeWeighted<T> = (kind: LayerKind, input: Shape, weight: Shape, options: Described<T>) => LayerSpec;

/** The spec of a family of layers, of which the rank of the weight tells one. */
export function weightedSpec<T>(
  family: string,
  describe: (kind: LayerKind, input: Shape, weight: Shape, options: T) => LayerSpec,
): (input: Shape, weight: Shape, options?: T) => LayerSpec {
  const make = (input: Shape, given: Shape, options = {} as T): LayerSpec => {
    const weight = copyOf(given, 1);
    return describe(kindOf(family, weight), input, weight, options);
  };
  return published(make, `${family}Spec`);
}

/** The function of a layer that is described so; `build` as in `runLayer`. */
export function weightedLayer<T extends EpilogueArrays & RunOptions>(
  kind: LayerKind,
  describe: DescribeWeighted<T>,
  build?: LayerBuild,
): (input: NdArray, weight: NdArray, options?: T) => NdArray {
  const run = (input: NdArray, weight: NdArray, options = {} as T): NdArray => {
    const read = checkOptions(options);
    return runLayer(describeWeighted(kind, input, weight, read, describe), read, build);
  };
  return published(run, kind.name);
}

/** A layer and the arrays that it is called with: its operands, then those among the options. */
export function describeWeighted<T extends EpilogueArrays & RunOptions>(
  kind: LayerKind,
  input: NdArray,
  weight: NdArray,
  options: T,
  describe: DescribeWeighted<T>,
): LayerCall {
  const { out: _, evaluate: __, bias, residual, ...rest } = options;
  const operands = [viewOf(kind.name, "the input", input), viewOf(kind.name, "the weight", weight)] as const;
  const given = Object.entries({ bias, residual }).filter(([, array]) => array !== undefined);
  const flags = Object.fromEntries(given.map(([name]) => [name, true]));
  const layer = describe(kind, operands[0].shape, operands[1].shape, { ...rest, ...flags } as unknown as Described<T>);
  const further = given.map(([name, array], at) => {
    const view = viewOf(layer.layer, `the ${name}`, array as NdArray);
    checkShape(layer.layer, `the ${name}`, required(layer.epilogue?.further[at], name).shape, view.shape);
    return view;
  });
  return { layer, arrays: [...operands, ...further] };
}
