/**
 * What a caller fixes of a schedule, as edits on the list of loops of a nest.
 * Invariant: an edit keeps one serial loop an index of more than one value, and a tile loop outside its serial one.
 */
import { invalidOption } from "../../support/messages/options.ts";
import * as messages from "../../support/messages/options.ts";
import type { Contraction } from "../../ir/contraction.ts";
import { readsOfTerm } from "../../ir/product.ts";
import { updatesInMemory } from "../lower.ts";
import type { Loop, LoopNest } from "../nest.ts";
import { TILE_REMAINDERS } from "./limits.ts";

/** What a caller may fix of a schedule. */
export interface ScheduleOverrides {
  /** How many values of an index one pass does; less, where the code would outgrow its budget. */
  readonly unroll?: Readonly<Record<string, number>> | undefined;
  /** How many values of an index one tile holds. */
  readonly tile?: Readonly<Record<string, number>> | undefined;
  /** Indices in the order of their loops, outermost first; the loops of others keep their places. */
  readonly order?: readonly string[] | undefined;
  /**
   * The operands, by name, that are copied into doubles or in the order of the loops, where that changes anything, and
   * the output, where its rows are summed in doubles. Nothing else is staged then but what is padded.
   */
  readonly stage?: readonly string[] | undefined;
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

/** Puts the serial loops of some indices in an order; together they take the places that they had. */
function orderLoops(nest: LoopNest, order: readonly string[]): LoopNest {
  const isNamed = ({ index, kind }: Loop): boolean => kind === "serial" && order.includes(index);
  const placeOf = ({ index }: Loop): number => order.indexOf(index);
  const ordered = nest.loops.filter(isNamed).sort((one, other) => placeOf(one) - placeOf(other));
  return { ...nest, loops: nest.loops.map((loop) => (isNamed(loop) ? (ordered.shift() ?? loop) : loop)) };
}

/**
 * Applies a caller's overrides; indices that this nest has no loop over are left to the other nests. Refuses tiles that
 * leave a remainder in many indices: each doubles the code.
 */
export function applyOverrides(nest: LoopNest, overrides: ScheduleOverrides): LoopNest {
  let result = orderLoops(nest, overrides.order ?? []);
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
  // A nest that writes a part of its output keeps what others wrote: nobody set to the identity what it would add to.
  return !(nest.reach === "once" && nest.before === "nothing") && updatesInMemory(result) && !updatesInMemory(nest)
    ? nest
    : result;
}

/** Refuses overrides that name nothing of the contractions, name it twice, or steps that are no positive integers. */
export function checkOverrides(overrides: ScheduleOverrides, contractions: readonly Contraction[]): void {
  const indices = namesOf(contractions.flatMap((contraction) => contraction.indices));
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
  checkNames("order", overrides.order, "index", indices);
  const tensors = namesOf(
    contractions.flatMap((contraction) =>
      [...readsOfTerm(contraction), contraction.output].map(({ tensor }) => tensor),
    ),
  );
  checkNames("stage", overrides.stage, "operand", tensors);
}

function checkNames(option: string, given: unknown, what: "index" | "operand", known: readonly string[]): void {
  if (given === undefined) return;
  if (!Array.isArray(given) || given.some((name) => typeof name !== "string")) {
    throw invalidOption(option, given, what === "index" ? "a list of indices" : "a list of names of operands");
  }
  const names: readonly string[] = given;
  names.forEach((name, at) => {
    if (!known.includes(name)) throw messages.overrideIndex(option, name, known, what);
    if (names.indexOf(name) < at) throw messages.overrideTwice(option, name);
  });
}

function namesOf(named: readonly { readonly name: string }[]): string[] {
  return [...new Set(named.map(({ name }) => name))];
}

function isTileOf(loop: Loop, index: string): boolean {
  return loop.index === index && loop.kind === "tile";
}
