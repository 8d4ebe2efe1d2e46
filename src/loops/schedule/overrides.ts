/**
 * What a caller fixes of a schedule, as edits on the list of loops of a nest.
 * Invariant: an edit keeps one serial loop an index of more than one value, and a tile loop outside its serial one.
 */
import { invalidOption } from "../../support/messages/options.ts";
import * as messages from "../../support/messages/schedule.ts";
import { updatesInMemory } from "../lower.ts";
import type { Loop, LoopNest } from "../nest.ts";
import { TILE_REMAINDERS } from "./limits.ts";

/** What a caller may fix of a schedule, by index. */
export interface ScheduleOverrides {
  /** How many values of an index one pass does; less, where the code would outgrow its budget. */
  readonly unroll?: Readonly<Record<string, number>> | undefined;
  /** How many values of an index one tile holds. */
  readonly tile?: Readonly<Record<string, number>> | undefined;
}

/** Adds a tile loop over an index in front of all loops. */
function tileLoop(nest: LoopNest, index: string, step: number): LoopNest {
  return { ...nest, loops: [{ index, kind: "tile", step }, ...nest.loops.filter((loop) => !isTileOf(loop, index))] };
}

/** Sets how many values the serial loop of an index does in one pass. */
function unrollLoop(nest: LoopNest, index: string, step: number): LoopNest {
  const loops = nest.loops.map((loop) => (loop.index === index && loop.kind === "serial" ? { ...loop, step } : loop));
  return { ...nest, loops };
}

/**
 * Applies a caller's overrides; indices that this nest has no loop over are left to the other nests. Refuses tiles that
 * leave a remainder in many indices: each doubles the code.
 */
export function applyOverrides(nest: LoopNest, overrides: ScheduleOverrides): LoopNest {
  let result = nest;
  for (const [index, step] of Object.entries(overrides.unroll ?? {})) result = unrollLoop(result, index, step);
  for (const [index, step] of Object.entries(overrides.tile ?? {})) {
    if (result.loops.some((loop) => loop.index === index)) result = tileLoop(result, index, step);
  }
  const tiled = nest.indices.filter(({ name, size }) =>
    result.loops.some(({ index, kind, step }) => index === name && kind === "tile" && size % step > 0),
  );
  if (tiled.length > TILE_REMAINDERS) {
    throw messages.tileRemainders(
      tiled.map(({ name }) => name),
      TILE_REMAINDERS,
    );
  }
  // One box of several keeps what the others wrote: nobody would have set to the identity what it adds to.
  return nest.covers === "inside" && updatesInMemory(result) && !updatesInMemory(nest) ? nest : result;
}

/** Refuses overrides that name no index of the contraction, and steps that are no positive integers. */
export function checkOverrides(overrides: ScheduleOverrides, indices: readonly string[]): void {
  for (const [option, steps] of Object.entries({ unroll: overrides.unroll, tile: overrides.tile })) {
    if (steps === undefined) continue;
    if (typeof steps !== "object" || steps === null) {
      throw invalidOption(option, steps, "an object from indices to positive integers");
    }
    for (const [index, step] of Object.entries(steps)) {
      if (!indices.includes(index)) throw messages.overrideIndex(option, index, indices);
      if (!Number.isSafeInteger(step) || step < 1) throw messages.overrideStep(option, index, step);
    }
  }
}

function isTileOf(loop: Loop, index: string): boolean {
  return loop.index === index && loop.kind === "tile";
}
