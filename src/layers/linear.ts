/**
 * Matrix products with a weight, as PyTorch's `linear`, and means over whole planes.
 *
 *     ... i, o i -> ... o
 *     b c y x -> b c, reduced by mean
 *
 * Invariant: every axis but the last of an input stands for a batch.
 */
import type { NdArray } from "../jit/nd-array.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { readOptions } from "../support/read.ts";
import { EPILOGUE_OPTIONS, readEpilogue, type EpilogueOptions } from "./epilogue.ts";
import { layerSpec, readShape, type LayerSpec, type Shape } from "./layer-spec.ts";
import { arrange, readAnyPlanes } from "./planes.ts";
import { checkRunOptions, runLayer, viewOf, type RunOptions } from "./run-layer.ts";
import { weightedLayer, type EpilogueArrays } from "./run-weighted.ts";
import { spatialNames, type LayerKind } from "./windows.ts";

/** The options of a linear layer. */
export interface LinearOptions extends Omit<EpilogueOptions, "bias" | "residual">, EpilogueArrays, RunOptions {}

/** The spec of a product of an input `[..., I]` with a weight `[O, I]`. Refuses what PyTorch's `linear` refuses. */
export const linearSpec = /* @__PURE__ */ published(function linearSpec(
  from: Shape,
  by: Shape,
  given: EpilogueOptions = {},
): LayerSpec {
  return describeLinear(LINEAR, from, by, given);
});

export const LINEAR: LayerKind = { name: "linear", spatial: 0 };

export function describeLinear({ name }: LayerKind, from: Shape, by: Shape, given: EpilogueOptions): LayerSpec {
  const options = readOptions(given, Object.keys(EPILOGUE_OPTIONS));
  const input = readShape(name, "the input", from);
  const weight = readShape(name, "the weight", by);
  if (weight.length !== 2) throw messages.layerRank(name, "the weight", ["[O, I]"], weight);
  if (input.length === 0) throw messages.layerRank(name, "the input", ["[..., I]"], input);
  const [outputs, inputs] = weight as readonly [number, number];
  const channels = input.at(-1) as number;
  if (channels !== inputs) throw messages.layerChannels(name, channels, undefined, { axis: 1, size: inputs });
  const outer = input.slice(0, -1);
  const names = outer.map((_, axis) => (outer.length === 1 ? "b" : `b${axis}`));
  const outputShape = [...outer, outputs];
  const epilogue = readEpilogue(name, options, outputShape, outer.length);
  return layerSpec(
    name,
    [
      { name: "input", axes: [...names, "i"], shape: input },
      { name: "weight", axes: ["o", "i"], shape: weight },
    ],
    { output: [...names, "o"], outputShape, epilogue },
  );
}

/**
 * The product of an input `[..., I]` with a weight `[O, I]`, plus a bias `[O]`: `[..., O]`, as PyTorch's `linear`. Arrays
 * may have any strides; dtypes promote.
 */
export const linear = /* @__PURE__ */ weightedLayer<LinearOptions>(LINEAR, describeLinear);

/** The spec of the mean over the planes of an input `[N, C, ...spatial]`, of one to three spatial axes. */
export const globalAvgPoolSpec = /* @__PURE__ */ published(function globalAvgPoolSpec(given: Shape): LayerSpec {
  const { kind, input, planes } = readAnyPlanes("globalAvgPool", given);
  return layerSpec(
    kind.name,
    [{ name: "input", axes: arrange(planes, "b", ["c"], spatialNames(kind)), shape: input }],
    { output: ["b", "c"], outputShape: input.slice(0, 2), reduce: "mean" },
  );
});

/** The mean over the planes of an input `[N, C, ...spatial]`: `[N, C]`. That of integers is a float64. */
export const globalAvgPool = /* @__PURE__ */ published(function globalAvgPool(
  input: NdArray,
  options: RunOptions = {},
): NdArray {
  const view = viewOf("globalAvgPool", "the input", input);
  return runLayer({ layer: globalAvgPoolSpec(view.shape), arrays: [view] }, checkRunOptions(options));
});
