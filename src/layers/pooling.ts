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
import { namesOf } from "../compile.ts";
import * as activations from "../ir/activations.ts";
import { elementOf, type Elementwise, VALUE } from "../ir/elementwise.ts";
import { elementCount } from "../ir/tensor.ts";
import type { NdArray, View } from "../jit/nd-array.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { tooLarge } from "../support/messages/options.ts";
import { readOptions } from "../support/read.ts";
import { type LayerParts, type LayerSpec, layerSpec, readFlag, readShape, type Shape } from "./layer-spec.ts";
import { arrange, arrangeShape, type LayoutOptions, readAnyPlanes, readPlanes } from "./planes.ts";
import { checkRunOptions, type LayerCall, layerFunction, runLayer, type RunOptions, viewOf } from "./run-layer.ts";
import {
  countWindows,
  type LayerKind,
  layerKind,
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

/** Pools of a kind, which differ by their number of spatial axes: `maxPool1d` to `maxPool3d`. */
interface PoolFamily {
  readonly name: string;
  readonly options: readonly string[];
  readonly describe: (kind: LayerKind, input: Shape, options: never) => CountedPool;
}

/** A pool, and the counts that it divides by. */
interface CountedPool {
  readonly layer: LayerSpec;
  readonly tables: readonly AxisCounts[];
}

const OPTIONS = "kernelSize stride dilation padding ceilMode layout padRule";

export const MAX_POOL: PoolFamily = {
  name: "maxPool",
  options: /* @__PURE__ */ namesOf<MaxPoolSpecOptions>()(OPTIONS),
  describe: (kind, from, given: MaxPoolSpecOptions) => {
    const pool = readPool(kind, from, readOptions(given, MAX_POOL.options));
    return { layer: poolSpec(pool, { reduce: "max" }), tables: [] };
  },
};

export const AVG_POOL: PoolFamily = {
  name: "avgPool",
  options: /* @__PURE__ */ namesOf<AvgPoolSpecOptions>()(`${OPTIONS} countIncludePad divisorOverride`),
  describe: describeAvgPool,
};

/**
 * The spec of a maximum over windows of an input `[N, C, ...spatial]`, or without N, with so many spatial axes. Padding
 * is -Infinity, or the least integer. Refuses what PyTorch's `max_pool2d` refuses.
 */
export const maxPoolSpec = /* @__PURE__ */ specOf<MaxPoolSpecOptions>(MAX_POOL);

/**
 * The spec of a mean over windows of an input `[N, C, ...spatial]`, or without N, with so many spatial axes. Where windows
 * have different numbers of elements, the counts along an axis are an array that follows the input. Refuses what PyTorch's
 * `avg_pool2d` refuses; `dilation`, which that has not, is that of ONNX's `AveragePool`.
 */
export const avgPoolSpec = /* @__PURE__ */ specOf<AvgPoolSpecOptions>(AVG_POOL);

function specOf<T>({ name, describe }: PoolFamily): (input: Shape, spatial: number, options: T) => LayerSpec {
  const make = (input: Shape, spatial: number, options: T): LayerSpec =>
    describe(poolKind(name, spatial), input, options as never).layer;
  return published(make, `${name}Spec`);
}

/** A pool with so many spatial axes; refuses other numbers than one to three. */
function poolKind(name: string, spatial: unknown): LayerKind {
  if (spatial === 1 || spatial === 2 || spatial === 3) return layerKind(name, spatial);
  throw messages.layerOption(name, "the number of spatial axes", "1, 2 or 3", spatial);
}

function describeAvgPool(kind: LayerKind, from: Shape, given: AvgPoolSpecOptions): CountedPool {
  const options = readOptions(given, AVG_POOL.options);
  const pool = readPool(kind, from, options);
  const countPad = readFlag(kind.name, "countIncludePad", options.countIncludePad ?? true);
  const divisor = options.divisorOverride ?? undefined;
  if (divisor !== undefined && (!Number.isSafeInteger(divisor) || divisor === 0)) {
    throw messages.layerOption(kind.name, "divisorOverride", "an integer other than 0", divisor);
  }
  const counts = divisor === undefined ? countElements(pool.windows, countPad) : [];
  // Of axes along which all windows have as many elements, one count is enough.
  const tables = counts.filter(({ counts: [first, ...others] }) => others.some((count) => count !== first));
  const alike = counts.flatMap((axis) => (tables.includes(axis) ? [] : axis.counts.slice(0, 1)));
  const fixed = divisor ?? elementCount(alike);
  if (
    divisor === undefined &&
    tables.length === 0 &&
    fixed === elementCount(pool.windows.map(({ kernel }) => kernel))
  ) {
    return { layer: poolSpec(pool, { reduce: "mean" }), tables };
  }
  const further = tables.map((table) => ({
    name: nameOf(table),
    shape: [table.counts.length],
    axes: [pool.output.indexOf(table.name)],
  }));
  return { layer: poolSpec(pool, { epilogue: { further, expression: divideByCounts(fixed, tables.length) } }), tables };
}

/** How the array of the counts along an axis is called: `countY`. */
function nameOf({ name }: AxisCounts): string {
  return `count${name.toUpperCase()}`;
}

/** An input, its windows, and the axes of the output. */
type Pool = ReturnType<typeof readPool>;

function readPool(kind: LayerKind, from: Shape, options: PoolSpecOptions) {
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
  const operands = [{ name: "input", axes: arrange(planes, "b", ["c"], windows.map(windowExpression)), shape: input }];
  return layerSpec(kind.name, operands, {
    output,
    outputShape: arrangeShape(planes, planes.channels, counts),
    sizes: { ...windowSizes(windows), ...Object.fromEntries(rounded) },
    ...parts,
  });
}

/** The options of a maximum over windows. */
export interface MaxPoolOptions extends MaxPoolSpecOptions, RunOptions {}

/** The maximum over windows along one axis; see `maxPool2d`. Input `[N, C, L]` or `[C, L]`. */
export const maxPool1d = /* @__PURE__ */ poolFunction<MaxPoolOptions>(MAX_POOL, 1);

/**
 * The maximum over windows of an input `[N, C, H, W]` or `[C, H, W]`, as PyTorch's `max_pool2d`; NaN is a maximum. Padding
 * is -Infinity. Refuses padding above half the window, and windows that are larger than the padded input.
 */
export const maxPool2d = /* @__PURE__ */ poolFunction<MaxPoolOptions>(MAX_POOL, 2);

/** The maximum over windows along three axes; see `maxPool2d`. Input `[N, C, D, H, W]` or `[C, D, H, W]`. */
export const maxPool3d = /* @__PURE__ */ poolFunction<MaxPoolOptions>(MAX_POOL, 3);

/** The options of a mean over windows. */
export interface AvgPoolOptions extends AvgPoolSpecOptions, RunOptions {}

/** The mean over windows along one axis; see `avgPool2d`. Input `[N, C, L]` or `[C, L]`. */
export const avgPool1d = /* @__PURE__ */ poolFunction<AvgPoolOptions>(AVG_POOL, 1);

/**
 * The mean over windows of an input `[N, C, H, W]` or `[C, H, W]`, as PyTorch's `avg_pool2d`, and with `dilation` ONNX's
 * `AveragePool`; that of integers is a float64. Refuses padding above half the window, and windows that are larger than the padded input.
 */
export const avgPool2d = /* @__PURE__ */ poolFunction<AvgPoolOptions>(AVG_POOL, 2);

/** The mean over windows along three axes; see `avgPool2d`. Input `[N, C, D, H, W]` or `[C, D, H, W]`. */
export const avgPool3d = /* @__PURE__ */ poolFunction<AvgPoolOptions>(AVG_POOL, 3);

function poolFunction<T extends RunOptions>(family: PoolFamily, spatial: number) {
  const kind = poolKind(family.name, spatial);
  return layerFunction<T>(kind.name, (view, options) => callPool(family, kind, view, options));
}

/** The layer of `avgPool1d` to `avgPool3d`, and the arrays that it runs on: its gradient needs both. */
export function avgPoolGradient(input: NdArray, spatial: number, options: AvgPoolSpecOptions): LayerCall {
  const kind = poolKind(AVG_POOL.name, spatial);
  return callPool(AVG_POOL, kind, viewOf(kind.name, "the input", input), options);
}

function callPool({ describe }: PoolFamily, kind: LayerKind, view: View, options: object): LayerCall {
  const { layer, tables } = describe(kind, view.shape, options as never);
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
    const counts = Array.from({ length: count }, (_, position) => {
      const start = position * stride - before;
      const countBelow = (end: number): number => Math.min(kernel, Math.max(0, Math.ceil((end - start) / dilation)));
      return countPad ? countBelow(size + after) : countBelow(size) - countBelow(0);
    });
    return { name, counts };
  });
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
  const operands = [{ name: "input", axes: arrange(planes, "b", ["c"], spatialNames(kind)), shape: input }];
  return layerSpec(kind.name, operands, { output: ["b", "c"], outputShape: input.slice(0, 2), reduce: "mean" });
});

/** The mean over the planes of an input `[N, C, ...spatial]`: `[N, C]`. That of integers is a float64. */
export const globalAvgPool = /* @__PURE__ */ published(function globalAvgPool(
  input: NdArray,
  options: RunOptions = {},
): NdArray {
  const view = viewOf("globalAvgPool", "the input", input);
  return runLayer({ layer: globalAvgPoolSpec(view.shape), arrays: [view] }, checkRunOptions(options));
});
