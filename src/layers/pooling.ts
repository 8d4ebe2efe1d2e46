/**
 * Pools, as PyTorch's `max_pool1d` to `avg_pool3d`: a window over the planes of each channel, reduced.
 *
 *     b c (2*y + ky - 1) (2*x + kx - 1) -> b c y x, reduced by max, |ky| = 3, |kx| = 3
 *     b c y x -> b c, reduced by mean                                  over whole planes
 *
 * The sums of an average are divided by one number, where every window has as many elements; else by a table an axis, as the
 * count of a window is the product of its counts along the axes: `x / (countY[y] * countX[x])`.
 *
 * Invariant: where `ceilMode` makes a difference, the sizes of y and x are given, and a window that reaches behind its
 * input finds padding. Quotients are computed by one division each, as PyTorch does, so that they have its last bit.
 */
import * as activations from "../ir/activations.ts";
import { elementOf, type Elementwise, VALUE } from "../ir/elementwise.ts";
import type { NdArray, View } from "../jit/nd-array.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { tooLarge } from "../support/messages/options.ts";
import { readOptions } from "../support/read.ts";
import { type LayerParts, type LayerSpec, layerSpec, readFlag, readShape, type Shape } from "./layer-spec.ts";
import { arrange, arrangeShape, type LayoutOptions, type Planes, readAnyPlanes, readPlanes } from "./planes.ts";
import { checkRunOptions, type LayerCall, layerFunction, runLayer, type RunOptions, viewOf } from "./run-layer.ts";
import {
  countWindows,
  type LayerKind,
  type Padding,
  type PerAxis,
  perAxis,
  spatialNames,
  type Window,
  windowAxes,
  windowExpression,
  type WindowOptions,
  windowSizes,
} from "./windows.ts";

/** What decides a pool beside its input. A number stands for every spatial axis. */
export interface PoolSpecOptions extends WindowOptions, LayoutOptions {
  /** Elements of a window. */
  readonly kernelSize: PerAxis;
  /** The size of the window where absent. */
  readonly stride?: PerAxis | undefined;
  /** Elements around the input; 0 where absent. At most half the window, but for `padRule: "onnx"`. */
  readonly padding?: Padding | undefined;
  /**
   * Whether the number of windows is rounded up: the last one need not be filled. Windows that begin behind the input are
   * none then.
   */
  readonly ceilMode?: boolean | undefined;
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

/** The compiler sees to it that none is missing. */
const MAX_OPTIONS: Record<keyof PoolSpecOptions, 0> = {
  kernelSize: 0,
  stride: 0,
  dilation: 0,
  padding: 0,
  ceilMode: 0,
  layout: 0,
  padRule: 0,
};
const AVG_OPTIONS: Record<keyof AvgPoolSpecOptions, 0> = { ...MAX_OPTIONS, countIncludePad: 0, divisorOverride: 0 };
export const MAX_POOL_OPTIONS = /* @__PURE__ */ Object.keys(MAX_OPTIONS);
export const AVG_POOL_OPTIONS = /* @__PURE__ */ Object.keys(AVG_OPTIONS);

/**
 * The spec of a maximum over windows of an input `[N, C, ...spatial]`, or without N, with so many spatial axes. Padding
 * is -Infinity, or the least integer. Refuses what PyTorch's `max_pool2d` refuses.
 */
export const maxPoolSpec = /* @__PURE__ */ published(function maxPoolSpec(
  input: Shape,
  spatial: number,
  options: MaxPoolSpecOptions,
): LayerSpec {
  return describeMaxPool(poolKind("maxPool", spatial), input, options);
});

/** A pool with so many spatial axes; refuses other numbers than one to three. */
function poolKind(name: string, spatial: unknown): LayerKind {
  if (spatial === 1 || spatial === 2 || spatial === 3) return { name: `${name}${spatial}d`, spatial };
  throw messages.layerOption(name, "the number of spatial axes", "1, 2 or 3", spatial);
}

function describeMaxPool(kind: LayerKind, from: Shape, given: MaxPoolSpecOptions): LayerSpec {
  return poolSpec(readPool(kind, from, readOptions(given, MAX_POOL_OPTIONS)), { reduce: "max" });
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
  return describeAvgPool(poolKind("avgPool", spatial), input, options).layer;
});

/** A pool, and the counts that it divides by. */
interface Average {
  readonly layer: LayerSpec;
  readonly tables: readonly AxisCounts[];
}

function describeAvgPool(kind: LayerKind, from: Shape, given: AvgPoolSpecOptions): Average {
  const options = readOptions(given, AVG_POOL_OPTIONS);
  const pool = readPool(kind, from, options);
  const countPad = readFlag(kind.name, "countIncludePad", options.countIncludePad ?? true);
  const divisor = options.divisorOverride ?? undefined;
  if (divisor !== undefined) {
    if (!Number.isSafeInteger(divisor) || divisor === 0) {
      throw messages.layerOption(kind.name, "divisorOverride", "an integer other than 0", divisor);
    }
    const epilogue = { further: [], expression: divideByCounts(divisor, 0) };
    return { layer: poolSpec(pool, { epilogue }), tables: [] };
  }
  const counts = countElements(pool.windows, countPad);
  const tables = varyingCounts(counts);
  const fixed = fixedCount(counts);
  const whole = pool.windows.reduce((product, { kernel }) => product * kernel, 1);
  if (tables.length === 0 && fixed === whole) return { layer: poolSpec(pool, { reduce: "mean" }), tables };
  const further = tables.map((table) => ({
    name: nameOf(table),
    shape: [table.counts.length],
    axes: [pool.output.indexOf(table.name)],
  }));
  const epilogue = { further, expression: divideByCounts(fixed, tables.length) };
  return { layer: poolSpec(pool, { epilogue }), tables };
}

/** How the array of the counts along an axis is called: `countY`. */
function nameOf({ name }: AxisCounts): string {
  return `count${name.toUpperCase()}`;
}

/** An input, its windows, and the axes of the output. */
interface Pool {
  readonly kind: LayerKind;
  readonly input: Shape;
  readonly planes: Planes;
  readonly windows: readonly Window[];
  readonly output: readonly string[];
}

function readPool(kind: LayerKind, from: Shape, options: PoolSpecOptions): Pool {
  const { kernelSize, stride, padRule } = options;
  const input = readShape(kind.name, "the input", from);
  const planes = readPlanes(kind, input, options.layout);
  const kernel = perAxis(kind, "kernelSize", kernelSize, 1);
  const steps = stride === undefined ? kernel : perAxis(kind, "stride", stride, 1);
  const axes = windowAxes(kind, planes.spatial, kernel, { ...options, stride: steps });
  const rounds = readFlag(kind.name, "ceilMode", options.ceilMode);
  if (padRule !== undefined && padRule !== "torch" && padRule !== "onnx") {
    throw messages.layerOption(kind.name, "padRule", '"torch" or "onnx"', padRule);
  }
  const wide = axes.find(({ before, after, kernel: size }) => 2 * Math.max(before, after) > size);
  if (wide && padRule !== "onnx") throw messages.layerPoolPadding(kind.name, wide);
  const output = arrange(planes, "b", ["c"], spatialNames(kind));
  return { kind, input, planes, windows: countWindows(kind, axes, rounds), output };
}

/** The spec of a pool; axes whose windows are more or fewer than fit have sizes that nothing tells. */
function poolSpec(pool: Pool, parts: Pick<LayerParts, "reduce" | "epilogue">): LayerSpec {
  const { kind, input, planes, windows, output } = pool;
  const counts = windows.map(({ count }) => count);
  const rounded = windows.filter((window) => window.rounded).map(({ name, count }) => [name, count]);
  return layerSpec(
    kind.name,
    [{ name: "input", axes: arrange(planes, "b", ["c"], windows.map(windowExpression)), shape: input }],
    {
      output,
      outputShape: arrangeShape(planes, planes.channels, counts),
      sizes: { ...windowSizes(windows), ...Object.fromEntries(rounded) },
      ...parts,
    },
  );
}

/** The options of a maximum over windows. */
export interface MaxPoolOptions extends MaxPoolSpecOptions, RunOptions {}

/** The maximum over windows along one axis; see `maxPool2d`. Input `[N, C, L]` or `[C, L]`. */
export const maxPool1d = /* @__PURE__ */ maxPool(1);

/**
 * The maximum over windows of an input `[N, C, H, W]` or `[C, H, W]`, as PyTorch's `max_pool2d`; NaN is a maximum. Padding
 * is -Infinity. Refuses padding above half the window, and windows that are larger than the padded input.
 */
export const maxPool2d = /* @__PURE__ */ maxPool(2);

/** The maximum over windows along three axes; see `maxPool2d`. Input `[N, C, D, H, W]` or `[C, D, H, W]`. */
export const maxPool3d = /* @__PURE__ */ maxPool(3);

function maxPool(spatial: number) {
  const kind = poolKind("maxPool", spatial);
  return layerFunction<MaxPoolOptions>(kind.name, (view, options) => ({
    layer: describeMaxPool(kind, view.shape, options),
    arrays: [view],
  }));
}

/** The options of a mean over windows. */
export interface AvgPoolOptions extends AvgPoolSpecOptions, RunOptions {}

/** The mean over windows along one axis; see `avgPool2d`. Input `[N, C, L]` or `[C, L]`. */
export const avgPool1d = /* @__PURE__ */ avgPool(1);

/**
 * The mean over windows of an input `[N, C, H, W]` or `[C, H, W]`, as PyTorch's `avg_pool2d`, and with `dilation` ONNX's
 * `AveragePool`; that of integers is a float64. Refuses padding above half the window, and windows that are larger than the padded input.
 */
export const avgPool2d = /* @__PURE__ */ avgPool(2);

/** The mean over windows along three axes; see `avgPool2d`. Input `[N, C, D, H, W]` or `[C, D, H, W]`. */
export const avgPool3d = /* @__PURE__ */ avgPool(3);

function avgPool(spatial: number) {
  const kind = poolKind("avgPool", spatial);
  return layerFunction<AvgPoolOptions>(kind.name, (view, options) => callAvgPool(kind, view, options));
}

/** The layer of `avgPool1d` to `avgPool3d`, and the arrays that it runs on: its gradient needs both. */
export function avgPoolGradient(input: NdArray, spatial: number, options: AvgPoolSpecOptions): LayerCall {
  const kind = poolKind("avgPool", spatial);
  return callAvgPool(kind, viewOf(kind.name, "the input", input), options);
}

function callAvgPool(kind: LayerKind, view: View, options: AvgPoolSpecOptions): LayerCall {
  const { layer, tables } = describeAvgPool(kind, view.shape, options);
  const Counts = view.dtype === "float32" ? Float32Array : Float64Array;
  const arrays = tables.map((table) =>
    viewOf(kind.name, nameOf(table), { data: Counts.from(table.counts), shape: [table.counts.length] }),
  );
  return { layer, arrays: [view, ...arrays] };
}

/** The longest table of counts: an axis beside one of size 0 may have any size. */
const MOST_COUNTS = 2 ** 26;

/** How many elements the windows along an axis have: one count where all have as many, or one a window. */
interface AxisCounts {
  readonly name: string;
  readonly counts: Shape;
}

/**
 * Counts the elements of windows: with `countPad`, those of the input and of the padding around it, but none behind that;
 * else those of the input alone.
 */
function countElements(windows: readonly Window[], countPad: boolean): readonly AxisCounts[] {
  return windows.map(({ name, size, kernel, stride, dilation, before, after, count, rounded }) => {
    if (before === 0 && after === 0 && !rounded) return { name, counts: [kernel] };
    if (count > MOST_COUNTS) throw tooLarge(`windows along ${name}`, count, MOST_COUNTS);
    return {
      name,
      counts: Array.from({ length: count }, (_, position) => {
        const start = position * stride - before;
        const countBelow = (end: number): number => Math.min(kernel, Math.max(0, Math.ceil((end - start) / dilation)));
        return countPad ? countBelow(size + after) : countBelow(size) - countBelow(0);
      }),
    };
  });
}

/** The axes along which windows differ. */
function varyingCounts(axes: readonly AxisCounts[]): readonly AxisCounts[] {
  return axes.filter(({ counts }) => counts.some((count) => count !== counts[0]));
}

/** The product of the counts of all axes that have only one. */
function fixedCount(axes: readonly AxisCounts[]): number {
  const varying = new Set(varyingCounts(axes));
  return axes.reduce((product, axis) => (varying.has(axis) ? product : product * (axis.counts[0] ?? 1)), 1);
}

/** The value divided by a number and by the elements of so many further accesses. */
function divideByCounts(count: number, tables: number): Elementwise {
  const factors: Elementwise[] = Array.from({ length: tables }, (_, access) => elementOf(access));
  if (count !== 1 || tables === 0) factors.push(activations.constantOf(count));
  const divisor = factors.reduce((product, factor) => activations.binary("mul", product, factor));
  return activations.binary("div", VALUE, divisor);
}

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
