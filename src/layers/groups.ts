/**
 * Channels in groups: how many there may be, and how a spec writes them.
 *
 * Invariant: an axis of one channel in a group has no index of its own.
 */
import * as messages from "../support/messages/layers.ts";

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

/** How the channels of an input, a weight and an output are written. */
interface ChannelNames {
  /** The axis of all input channels: `i`, `(g i)`, or `g` where there is one in a group. */
  readonly input: string;
  /** The axis of all output channels, likewise. */
  readonly output: string;
  /** The axis of the input channels of one group. */
  readonly weight: string;
  /** The axis of the output channels of one group. */
  readonly transposed: string;
  /** The sizes that no axis tells. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
}

/** Names channels, so many inputs and outputs in each group. */
export function channelNames(groups: number, inputs: number, outputs: number): ChannelNames {
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
