/**
 * The axes of a layer's input and output: batch, channels and planes, in PyTorch's order or with the channels last; an
 * input without a batch has an output without one. Channels may be in groups.
 *
 * Invariant: input and output of a layer have their axes in the same order; an axis of one channel in a group has no index
 * of its own.
 */
import * as messages from "../support/messages/layers.ts";
import { readShape, type Shape } from "./layer-spec.ts";
import { type LayerKind, spatialOf } from "./windows.ts";

/** Where the channels stand: behind the batch, as PyTorch has them, or behind the planes. */
export type Layout = "channels-first" | "channels-last";

export interface LayoutOptions {
  /** Where the channels of input and output stand; "channels-first" where absent. */
  readonly layout?: Layout | undefined;
}

/** The axes of an input, told apart. */
export interface Planes {
  /** Absent: the input has no axis for a batch. */
  readonly batch: number | undefined;
  readonly channels: number;
  readonly spatial: Shape;
  readonly layout: Layout;
}

/** Reads the shape of an input. */
export function readPlanes(kind: LayerKind, given: Shape, layout: unknown = "channels-first"): Planes {
  if (layout !== "channels-first" && layout !== "channels-last") {
    throw messages.layerOption(kind.name, "layout", '"channels-first" or "channels-last"', layout);
  }
  const shape = readShape(kind.name, "the input", given);
  const { spatial: count } = kind;
  const isBatched = shape.length === count + 2;
  if (!isBatched && shape.length !== count + 1) {
    throw messages.layerRank(kind.name, "the input", inputShapes(count, layout), shape);
  }
  const rest = isBatched ? shape.slice(1) : shape;
  const channels = layout === "channels-last" ? rest[count] : rest[0];
  return {
    batch: isBatched ? shape[0] : undefined,
    channels: channels as number,
    spatial: layout === "channels-last" ? rest.slice(0, count) : rest.slice(1),
    layout,
  };
}

/** Reads the shapes of an input and of a weight, whose first two axes are called `channels`. */
export function readWeighted(
  kind: LayerKind,
  from: Shape,
  by: Shape,
  channels: readonly [string, string],
  layout: unknown,
): { readonly input: Shape; readonly weight: Shape; readonly planes: Planes } {
  const input = readShape(kind.name, "the input", from);
  const weight = readShape(kind.name, "the weight", by);
  if (weight.length !== kind.spatial + 2) {
    throw messages.layerRank(kind.name, "the weight", [weightShape(kind.spatial, channels)], weight);
  }
  return { input, weight, planes: readPlanes(kind, input, layout) };
}

/** Reads the shape of an input `[N, C, ...spatial]`, whose rank says how many spatial axes there are. */
export function readAnyPlanes(name: string, given: Shape) {
  const input = readShape(name, "the input", given);
  const kind = { name, spatial: spatialOf(input) };
  if (input.length !== kind.spatial + 2) {
    throw messages.layerRank(name, "the input", ["[N, C, L]", "[N, C, H, W]", "[N, C, D, H, W]"], input);
  }
  return { kind, input, planes: readPlanes(kind, input) };
}

/** What stands for each axis, in the order of the layout: names for a term, or sizes for a shape. */
export function arrange<T>(
  { batch: size, layout }: Planes,
  batch: T,
  channels: readonly T[],
  spatial: readonly T[],
): readonly T[] {
  const planes = layout === "channels-last" ? [...spatial, ...channels] : [...channels, ...spatial];
  return size === undefined ? planes : [batch, ...planes];
}

/** The shape of an output with the batch and the layout of the input. */
export function arrangeShape(planes: Planes, channels: number, spatial: Shape): Shape {
  return arrange(planes, planes.batch ?? 0, [channels], spatial);
}

/** Which axis of an input or an output holds the channels. */
export function channelAxis({ batch, spatial, layout }: Planes): number {
  return (batch === undefined ? 0 : 1) + (layout === "channels-last" ? spatial.length : 0);
}

const AXES = ["D", "H", "W"];

/** How messages write a shape with some spatial axes: `[N, C, H, W]`. */
function inputShapes(spatial: number, layout: Layout): string[] {
  const planes = spatial === 1 ? ["L"] : AXES.slice(3 - spatial);
  const axes = layout === "channels-last" ? [...planes, "C"] : ["C", ...planes];
  return [["N", ...axes], axes].map((shape) => `[${shape.join(", ")}]`);
}

/** How messages write the shape of a weight: `[O, I / groups, kH, kW]`. */
function weightShape(spatial: number, [first, second]: readonly [string, string]): string {
  const windows = spatial === 1 ? ["k"] : AXES.slice(3 - spatial).map((axis) => `k${axis}`);
  return `[${[first, second, ...windows].join(", ")}]`;
}

export interface GroupOptions {
  /** Channels are divided into so many groups, each for itself; 1 where absent. */
  readonly groups?: number | undefined;
}

/** Checks a number of groups against the channels that it divides, each with its name. */
export function checkGroups(
  layer: string,
  groups: unknown,
  channels: readonly (readonly [what: string, count: number])[],
): number {
  if (!Number.isSafeInteger(groups) || Number(groups) < 1) {
    throw messages.layerOption(layer, "groups", "an integer of at least 1", groups);
  }
  const count = Number(groups);
  const odd = channels.find(([, size]) => size % count !== 0);
  if (odd) throw messages.layerGroups(layer, count, ...odd);
  return count;
}

/**
 * How channels are written, so many inputs and outputs in each group. The axis of all channels of an input or an output is
 * `i`, `(g i)`, or `g` where there is one in a group; those of a weight are the input channels of one group, `transposed` its
 * output channels. The sizes are those that no axis tells.
 */
export function channelNames(groups: number, inputs: number, outputs: number) {
  if (groups === 1) return { input: "i", output: "o", weight: "i", transposed: "o" };
  const split = (channel: string, count: number): string => (count === 1 ? "g" : `(g ${channel})`);
  return {
    input: split("i", inputs),
    output: split("o", outputs),
    weight: inputs === 1 ? "1" : "i",
    transposed: outputs === 1 ? "1" : "o",
    ...(inputs !== 1 && outputs !== 1 && { sizes: { g: groups } }),
  };
}
