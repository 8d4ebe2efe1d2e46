/**
 * Names in a routine. Loops are called as their indices, which the user chose; values are named after operands, and
 * unrolling appends digits to them.
 *
 * Invariant: no name, with any digits behind it, is that of a loop or of another value.
 */
import type { LoopNest } from "./nest.ts";

/** What a routine calls its values, before unrolling. */
export interface RoutineNames {
  /** One per operand of the nest. */
  readonly operands: readonly string[];
  readonly accumulator: string;
  /** The variable of a loop over the whole target. */
  readonly position: string;
  /** The variable of a tile loop: see `tileVariable`. */
  tile(index: string, around: number): string;
  /** Another name, as near to the preferred one as can be. */
  choose(preferred: string): string;
}

/** The names of a routine that nobody reads: no index has them, as they hold a bar. */
export function nameUnread({ operands }: LoopNest): RoutineNames {
  let count = operands.length;
  return {
    operands: operands.map((_, operand) => `|${operand}`),
    accumulator: "|acc",
    position: "|p",
    tile: (index, around) => `${index}|${around}`,
    choose: () => `|${count++}`,
  };
}

/** Names the values of a nest's routine: as the buffers they are read from, unless that would clash. */
export function nameRoutine(nest: LoopNest): RoutineNames {
  const loops = [...loopNames(nest), ...(nest.slices ?? []).map(({ name }) => name)];
  const values: string[] = [];
  const choose = (preferred: string): string => {
    // Digits of a name must not run into those of unrolling.
    let name = /\d$/.test(preferred) ? `${preferred}_` : preferred;
    const clashes = (): boolean =>
      loops.some((loop) => extendsBy(loop, name)) ||
      values.some((value) => extendsBy(value, name) || extendsBy(name, value));
    for (let suffix = "Value"; clashes(); suffix += "Value") name = preferred + suffix;
    values.push(name);
    return name;
  };
  const operands = nest.operands.map(({ buffer }) => choose(buffer.name));
  const tile = (index: string, around: number): string => tileVariable(nest, index, around);
  return { operands, accumulator: choose("acc"), position: choose("p"), tile, choose };
}

/** The variable of a tile loop, the number of tile loops around it of the same index given; no index has the name. */
export function tileVariable(nest: LoopNest, index: string, around: number): string {
  let name = `${index}Tile${around === 0 ? "" : around}`;
  while ([...nest.indices, ...(nest.slices ?? [])].some((other) => other.name === name)) name += "Tile";
  return name;
}

/** How many tile loops of an index stand before a position in the list of loops. */
export function tilesAround(loops: LoopNest["loops"], index: string, position: number): number {
  return loops.slice(0, position).filter((loop) => loop.index === index && loop.kind === "tile").length;
}

function loopNames(nest: LoopNest): string[] {
  return nest.loops.map(({ kind, index }, position) =>
    kind === "tile" ? tileVariable(nest, index, tilesAround(nest.loops, index, position)) : index,
  );
}

/** Whether a name is another one with nothing but digits behind it. */
function extendsBy(name: string, base: string): boolean {
  return name.startsWith(base) && /^[\d_]*$/.test(name.slice(base.length));
}
