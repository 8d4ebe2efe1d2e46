/**
 * Pools, as PyTorch's `max_pool1d` to `avg_pool3d`: a window over the planes of each channel, reduced.
 *
 *     b c (2*y + ky - 1) (2*x + kx - 1) -> b c y x, reduced by max, |ky| = 3, |kx| = 3
 *
 * Invariant: where `ceilMode` makes a difference, the sizes of y and x are given, and a window that reaches behind its
 * input finds padding.
 */
import type { NdArray, View } from "../jit/nd-array.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { readOptions } from "../support/read.ts";
import { countElements, divideByCounts, fixedCount, varyingCounts, type AxisCounts } from "./divisors.ts";
import { layerSpec, readShape, type LayerParts, type LayerSpec, type Shape } from "./layer-spec.ts";
import { arrange, arrangeShape, channelAxis, readPlanes, type Layout, type Planes } from "./planes.ts";
import { checkOptions, runLayer, viewOf, type RunOptions } from "./run-layer.ts";
import {
  checkFlag,
  countPoolWindows,
  paddingPairs,
  perAxis,
  spatialNames,
  windowAxes,
  windowExpression,
  windowName,
  type LayerKind,
  type Padding,
  type PerAxis,
  type Window,
} from "./windows.ts";

/** What decides a pool beside its input. A number stands for every spatial axis. */
export interface PoolSpecOptions {
  /** Elements of a window. */
  readonly kernelSize: PerAxis;
  /** The size of the window where absent. */
  readonly stride?: PerAxis | undefined;
  /** Distance of the elements of a window; 1 where absent. */
  readonly dilation?: PerAxis | undefined;
  /** Elements around the input; 0 where absent. At most half the window, but for `padRule: "onnx"`. */
  readonly padding?: Padding | undefined;
  /**
   * Whether the number of windows is rounded up: the last one need not be filled. Windows that begin behind the input are
   * none then.
   */
  readonly ceilMode?: boolean | undefined;
  /** Where the channels of input and output stand; "channels-first" where absent. */
  readonly layout?: Layout | undefined;
  /** "torch", the default, refuses padding above half the window; "onnx" takes any. */
  readonly padRule?: "torch" | "onnx" | undefined;
}

export type MaxPoolSpecOptions = PoolSpecOptions;

export interface AvgPoolSpecOptions extends PoolSpecOptions {
  /** Whether the zeros around the input count as elements of a window; true where absent. */
  readonly countIncludePad?: boolean | undefined;
  /** Divides by this number instead of the number of elements. */
  readonly divisorOverride?: number | null | undefined;
}

const POOL_OPTIONS = {
  kernelSize: 0,
  stride: 0,
  dilation: 0,
  padding: 0,
  ceilMode: 0,
  layout: 0,
  padRule: 0,
} satisfies Record<keyof PoolSpecOptions, 0>;

/** The compiler sees to it that none is missing. */
export const MAX_POOL_OPTIONS = Object.keys(POOL_OPTIONS);
export const AVG_POOL_OPTIONS = Object.keys({
  ...POOL_OPTIONS,
  countIncludePad: 0,
  divisorOverride: 0,
} satisfies Record<keyof AvgPoolSpecOptions, 0>);

/**
 * The spec of a maximum over windows of an input `[N, C, ...spatial]`, or without N, with so many spatial axes. Padding
 * is -Infinity, or the least integer. Refuses what PyTorch's `max_pool2d` refuses.
 */
export const maxPoolSpec = /* @__PURE__ */ published(function maxPoolSpec(
  input: Shape,
  spatial: number,
  options: MaxPoolSpecOptions,
): LayerSpec {
  return describeMaxPool(kindOf("maxPool", spatial), input, options);
});

/** A pool with so many spatial axes; refuses other numbers than one to three. */
function kindOf(name: string, spatial: unknown): LayerKind {
  if (spatial === 1 || spatial === 2 || spatial === 3) return { name: `${name}${spatial}d`, spatial };
  throw messages.layerOption(name, "the number of spatial axes", "1, 2 or 3", spatial);
}

function describeMaxPool(kind: LayerKind, from: Shape, given: MaxPoolSpecOptions): LayerSpec {
  const options = readOptions(given, MAX_POOL_OPTIONS);
  const input = readShape(kind.name, "the input", from);
  const planes = readPlanes(kind, input, options.layout);
  return poolSpec(kind, input, planes, readWindows(kind, planes.spatial, options), { reduce: "max" });
}

/**
 * The spec of a mean over windows of an input `[N, C, ...spatial]`, or without N, with so many spatial axes. Where windows
 * have different numbers of elements, the counts along an axis are an array that follows the input. Refuses what PyTorch's
 * `avg_pool2d` refuses; `dilation`, which that has not, is that of ONNX's `AveragePool`.
 */
export const avgPoolSpec = /* @__PURE__ */ published(function avgPoolSpec(
  input: Shape,
  spatial: number,
  options: AvgPoolSpecOptions,
): LayerSpec {
  return describeAvgPool(kindOf("avgPool", spatial), input, options).spec;
});

/** A pool, and the counts that it divides by. */
interface DescribedAverage {
  readonly spec: LayerSpec;
  readonly tables: readonly AxisCounts[];
}

function describeAvgPool(kind: LayerKind, from: Shape, given: AvgPoolSpecOptions): DescribedAverage {
  const options = readOptions(given, AVG_POOL_OPTIONS);
  const input = readShape(kind.name, "the input", from);
  const { countIncludePad, divisorOverride: divisor } = options;
  const planes = readPlanes(kind, input, options.layout);
  const windows = readWindows(kind, planes.spatial, options);
  checkFlag(kind.name, "countIncludePad", countIncludePad);
  if (divisor !== undefined && divisor !== null) {
    if (!Number.isSafeInteger(divisor) || divisor === 0) {
      throw messages.layerOption(kind.name, "divisorOverride", "an integer other than 0", divisor);
    }
    const epilogue = { further: [], expression: divideByCounts(divisor, 0) };
    return { spec: poolSpec(kind, input, planes, windows, { epilogue }), tables: [] };
  }
  const counts = countElements(windows, countIncludePad !== false);
  const tables = varyingCounts(counts);
  const fixed = fixedCount(counts);
  const whole = windows.reduce((product, { kernel }) => product * kernel, 1);
  if (tables.length === 0 && fixed === whole) {
    return { spec: poolSpec(kind, input, planes, windows, { reduce: "mean" }), tables };
  }
  const first =
    planes.layout === "channels-last" ? channelAxis(planes) - planes.spatial.length : channelAxis(planes) + 1;
  const further = tables.map(({ name, counts: list }) => ({
    name: `count${name.toUpperCase()}`,
    shape: [list.length],
    axes: [first + windows.findIndex((window) => window.name === name)],
  }));
  const epilogue = { further, expression: divideByCounts(fixed, tables.length) };
  return { spec: poolSpec(kind, input, planes, windows, { epilogue }), tables };
}

/** The spec of a pool over windows. */
function poolSpec(
  kind: LayerKind,
  input: Shape,
  planes: Planes,
  windows: readonly Window[],
  parts: Pick<LayerParts, "reduce" | "epilogue">,
): LayerSpec {
  const counts = windows.map(({ count }) => count);
  return layerSpec(
    kind.name,
    [{ name: "input", axes: arrange(planes, "b", ["c"], windows.map(windowExpression)), shape: input }],
    {
      output: arrange(planes, "b", ["c"], spatialNames(kind)),
      outputShape: arrangeShape(planes, planes.channels, counts),
      sizes: windowSizes(windows),
      ...parts,
    },
  );
}

/** The sizes that no operand tells: those of the windows, and of the axes whose windows are more or fewer than fit. */
function windowSizes(windows: readonly Window[]): Readonly<Record<string, number>> {
  const kernels = windows.filter(({ kernel }) => kernel > 1).map(({ name, kernel }) => [windowName(name), kernel]);
  const counts = windows.filter(({ rounded }) => rounded).map(({ name, count }) => [name, count]);
  return Object.fromEntries([...kernels, ...counts]) as Record<string, number>;
}

function readWindows(kind: LayerKind, sizes: Shape, options: PoolSpecOptions): readonly Window[] {
  const { kernelSize, stride, dilation = 1, padding: pad, ceilMode, padRule } = options;
  const kernel = perAxis(kind, "kernelSize", kernelSize, 1);
  const padding = paddingPairs(kind, pad ?? 0);
  const axes = windowAxes(kind, sizes, {
    kernel,
    stride: stride === undefined ? kernel : perAxis(kind, "stride", stride, 1),
    dilation: perAxis(kind, "dilation", dilation, 1),
    padding,
  });
  checkFlag(kind.name, "ceilMode", ceilMode);
  checkPadRule(kind.name, padRule);
  if (padRule !== "onnx") {
    const wide = axes.find(({ before, after, kernel: size }) => 2 * Math.max(before, after) > size);
    if (wide) throw messages.layerPoolPadding(kind.name, wide);
  }
  return countPoolWindows(kind, axes, ceilMode === true);
}

function checkPadRule(layer: string, value: unknown): void {
  if (value !== undefined && value !== "torch" && value !== "onnx") {
    throw messages.layerOption(layer, "padRule", '"torch" or "onnx"', value);
  }
}

/** The options of a maximum over windows. */
export interface MaxPoolOptions extends MaxPoolSpecOptions, RunOptions {}

/** The maximum over windows along one axis; see `maxPool2d`. Input `[N, C, L]` or `[C, L]`. */
export const maxPool1d = /* @__PURE__ */ published(function maxPool1d(
  input: NdArray,
  options: MaxPoolOptions,
): NdArray {
  return maxPool({ name: "maxPool1d", spatial: 1 }, input, options);
});

/**
 * The maximum over windows of an input `[N, C, H, W]` or `[C, H, W]`, as PyTorch's `max_pool2d`; NaN is a maximum. Padding
 * is -Infinity. Refuses padding above half the window, and windows that are larger than the padded input.
 */
export const maxPool2d = /* @__PURE__ */ published(function maxPool2d(
  input: NdArray,
  options: MaxPoolOptions,
): NdArray {
  return maxPool({ name: "maxPool2d", spatial: 2 }, input, options);
});

/** The maximum over windows along three axes; see `maxPool2d`. Input `[N, C, D, H, W]` or `[C, D, H, W]`. */
export const maxPool3d = /* @__PURE__ */ published(function maxPool3d(
  input: NdArray,
  options: MaxPoolOptions,
): NdArray {
  return maxPool({ name: "maxPool3d", spatial: 3 }, input, options);
});

function maxPool(kind: LayerKind, input: NdArray, given: MaxPoolOptions): NdArray {
  const { out, evaluate, ...options } = checkOptions(given);
  const view = viewOf(kind.name, "the input", input);
  return runLayer(describeMaxPool(kind, view.shape, options), [view], { out, evaluate });
}

/** The options of a mean over windows. */
export interface AvgPoolOptions extends AvgPoolSpecOptions, RunOptions {}

/** The mean over windows along one axis; see `avgPool2d`. Input `[N, C, L]` or `[C, L]`. */
export const avgPool1d = /* @__PURE__ */ published(function avgPool1d(
  input: NdArray,
  options: AvgPoolOptions,
): NdArray {
  return avgPool({ name: "avgPool1d", spatial: 1 }, input, options);
});

/**
 * The mean over windows of an input `[N, C, H, W]` or `[C, H, W]`, as PyTorch's `avg_pool2d`, and with `dilation` ONNX's
 * `AveragePool`; that of integers is a float64. Refuses padding above half the window, and windows that are larger than the padded input.
 */
export const avgPool2d = /* @__PURE__ */ published(function avgPool2d(
  input: NdArray,
  options: AvgPoolOptions,
): NdArray {
  return avgPool({ name: "avgPool2d", spatial: 2 }, input, options);
});

/** The mean over windows along three axes; see `avgPool2d`. Input `[N, C, D, H, W]` or `[C, D, H, W]`. */
export const avgPool3d = /* @__PURE__ */ published(function avgPool3d(
  input: NdArray,
  options: AvgPoolOptions,
): NdArray {
  return avgPool({ name: "avgPool3d", spatial: 3 }, input, options);
});

function avgPool(kind: LayerKind, input: NdArray, given: AvgPoolOptions): NdArray {
  const { out, evaluate, ...options } = checkOptions(given);
  const { layer, arrays } = describeAverage(kind, input, options);
  return runLayer(layer, arrays, { out, evaluate });
}

/** The layer of `avgPool1d` to `avgPool3d`, and the arrays that it runs on: its gradient needs both. */
export function avgPoolGradient(
  input: NdArray,
  spatial: number,
  options: AvgPoolSpecOptions,
): { readonly layer: LayerSpec; readonly arrays: readonly View[] } {
  return describeAverage(kindOf("avgPool", spatial), input, options);
}

function describeAverage(
  kind: LayerKind,
  input: NdArray,
  options: AvgPoolSpecOptions,
): { readonly layer: LayerSpec; readonly arrays: readonly View[] } {
  const view = viewOf(kind.name, "the input", input);
  const { spec, tables } = describeAvgPool(kind, view.shape, options);
  const Counts = view.dtype === "float32" ? Float32Array : Float64Array;
  const arrays = tables.map(({ name, counts }) =>
    viewOf(kind.name, `count${name.toUpperCase()}`, { data: Counts.from(counts), shape: [counts.length] }),
  );
  return { layer: spec, arrays: [view, ...arrays] };
}
