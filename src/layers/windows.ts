/**
 * Windows along the spatial axes of a layer: strides, dilations and padding given once for all axes or axis by axis, the
 * sizes that follow by PyTorch's formulas, and the axis expressions that say the same in a spec.
 *
 * Invariant: there is at least one window, and each fits its padded input, but for the last one of a pool that rounds up.
 */
import * as messages from "../support/messages/layers.ts";
import type { WindowAxis } from "../support/messages/layers.ts";
import { isPair, type Pair } from "../support/read.ts";
import type { Shape } from "./layer-spec.ts";

/** One number for every spatial axis, or one an axis. */
export type PerAxis = number | readonly number[];

/** Elements before and after each axis: one number for all, one an axis, or a pair an axis. */
export type Padding = PerAxis | readonly Pair[];

/** How windows move, and how their elements lie. A number stands for every spatial axis. */
export interface WindowOptions {
  /** 1 where absent. */
  readonly stride?: PerAxis | undefined;
  /** Distance of the elements of a window; 1 where absent. */
  readonly dilation?: PerAxis | undefined;
}

/** A window along one axis, and how many of them there are. */
export interface Window extends WindowAxis {
  readonly count: number;
  /** Whether there are more or fewer than follow from the size of the axis: a spec has to be told. */
  readonly rounded: boolean;
}

/** A layer while it is built: its name for messages, and its number of spatial axes. */
export interface LayerKind {
  readonly name: string;
  readonly spatial: number;
}

const SPATIAL = ["z", "y", "x"];

/** Names of the spatial axes, as many as there are: `y x`. */
export function spatialNames({ spatial }: LayerKind): readonly string[] {
  return SPATIAL.slice(SPATIAL.length - spatial);
}

/** How many spatial axes the rank of a shape stands for, one to three; the nearest number where it stands for none. */
export function spatialOf(shape: Shape): number {
  return Math.min(3, Math.max(1, Array.isArray(shape) ? shape.length - 2 : 1));
}

/** The layer of a family, `conv`, that has so many spatial axes. */
export function layerKind(family: string, spatial: number): LayerKind {
  return { name: spatial === 0 ? family : `${family}${spatial}d`, spatial };
}

/** Reads a number, or one number an axis; `least` is the smallest that is allowed. */
export function perAxis(kind: LayerKind, option: string, value: unknown, least: number): readonly number[] {
  const isAllowed = (item: unknown): item is number => Number.isSafeInteger(item) && Number(item) >= least;
  if (isAllowed(value)) return new Array<number>(kind.spatial).fill(value);
  const items: readonly unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [];
  if (items.length === kind.spatial && items.every(isAllowed)) return items;
  const one = `an integer of at least ${least}`;
  const each = kind.spatial === 1 ? "or a list of one" : `or a list of ${kind.spatial}, one an axis`;
  throw messages.layerOption(kind.name, option, `${one}, ${each}`, value);
}

/** Reads padding as pairs, one an axis; `words` are what may stand instead of numbers, for the message. */
export function paddingPairs(kind: LayerKind, value: unknown, words = ""): readonly Pair[] {
  if (isSize(value)) return new Array<Pair>(kind.spatial).fill([value, value]);
  const items: readonly unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [];
  const pairs = items.map((item): unknown => (Array.isArray(item) ? Array.from(item as unknown[]) : [item, item]));
  if (items.length === kind.spatial && pairs.every((pair) => isPair(pair) && pair.every(isSize)))
    return pairs as Pair[];
  const each = `a list of ${kind.spatial === 1 ? "one" : `${kind.spatial}, one an axis`}`;
  const wanted = `an integer of at least 0, or ${each}, of integers or of pairs [before, after]${words}`;
  throw messages.layerOption(kind.name, "padding", wanted, value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * The windows of a layer, counted by `floor((size + before + after - dilation*(kernel - 1) - 1) / stride) + 1`. With `ceil`, the
 * division rounds up, so that the last window may reach behind the padded input, be it the only one; but windows that begin
 * behind the input and what is before it are none, as those of PyTorch and ONNX.
 */
export function countWindows(kind: LayerKind, axes: readonly WindowAxis[], ceil = false): readonly Window[] {
  return axes.map((axis) => {
    const { size, before, stride } = axis;
    const steps = roomOf(axis) / stride;
    const fitting = Math.floor(steps) + 1;
    const count = ceil ? Math.min(Math.ceil(steps) + 1, Math.ceil((size + before) / stride)) : fitting;
    if (count < 1) throw messages.layerWindow(kind.name, axis);
    return { ...axis, count, rounded: count !== fitting };
  });
}

/** Elements that are left of the padded input behind its first window. */
function roomOf({ size, before, after, dilation, kernel }: WindowAxis): number {
  return size + before + after - dilation * (kernel - 1) - 1;
}

/** The window's axis as an expression: `(2*y + ky - 1)`; a plain index where it is one. */
export function windowExpression({ name, kernel, stride, dilation, before, after }: WindowAxis): string {
  const position = scaled(stride, name);
  const window = kernel === 1 ? "" : ` + ${scaled(dilation, windowName(name))}`;
  if (position === name && window === "" && before === 0 && after === 0) return name;
  const shift = before === 0 ? "" : ` - ${before}`;
  return `(${position}${window}${shift}${after === before ? "" : ` : ${after}`})`;
}

/** The index that runs over a window along an axis. */
export function windowName(axis: string): string {
  return `k${axis}`;
}

/** The axes of a weight that a window runs over; one of size 1 needs no index. */
export function windowTerm(windows: readonly WindowAxis[]): readonly string[] {
  return windows.map(({ name, kernel }) => (kernel === 1 ? "1" : windowName(name)));
}

function scaled(factor: number, name: string): string {
  return factor === 1 ? name : `${factor}*${name}`;
}

/** The sizes of the windows, which no axis of an input tells. */
export function windowSizes(windows: readonly WindowAxis[]): Readonly<Record<string, number>> {
  return Object.fromEntries(windows.flatMap(({ name, kernel }) => (kernel > 1 ? [[windowName(name), kernel]] : [])));
}

/** A window along one axis of an input that nothing surrounds. */
export type BareWindow = Omit<WindowAxis, "before" | "after">;

/** The windows of some size along spatial axes, as the options of a layer say; `pad` reads its own padding. */
export function windowAxes(
  kind: LayerKind,
  sizes: Shape,
  kernel: Shape,
  options: WindowOptions & { readonly padding?: unknown },
  pad: (axes: readonly BareWindow[]) => readonly Pair[] = () => paddingPairs(kind, options.padding ?? 0),
): readonly WindowAxis[] {
  const strides = perAxis(kind, "stride", options.stride ?? 1, 1);
  const dilations = perAxis(kind, "dilation", options.dilation ?? 1, 1);
  const axes = spatialNames(kind).map((name, at) => ({
    name,
    size: sizes[at] as number,
    kernel: kernel[at] as number,
    stride: strides[at] as number,
    dilation: dilations[at] as number,
  }));
  const pairs = pad(axes);
  return axes.map((axis, at) => {
    const [before, after] = pairs[at] as Pair;
    return { ...axis, before, after };
  });
}
