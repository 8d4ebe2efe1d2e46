/**
 * Names in a routine. Loops are called as their indices, which the user chose; values are named after operands, and gather
 * a coordinate a loop while loops are unrolled.
 *
 * Invariant: no name, with any digits behind it, is that of a loop or of another value. So names of copies differ whenever
 * what they are copies of, or coordinates do.
 */
import type { Statement } from "./kernel.ts";
import type { LoopNest } from "./nest.ts";
import { buffersTouched, isNested, mapStatement, renameVariables } from "./rewrite.ts";

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

// While loops are unrolled, a value keeps the name it was lowered with and gathers one coordinate an unrolled loop, the one
// of the largest stride first, so that `a23` is element 3 of row 2 as the operand lies in memory.

interface Coordinates {
  readonly base: string;
  /** One a loop, outermost first. */
  readonly passes: readonly { readonly pass: number; readonly stride: number }[];
}

/** Hands out names during unrolling, and writes them in their short form at the end. */
export interface ValueNames {
  /** The name of a value in one pass of a loop around it; the stride of that loop in it decides the digit's place. */
  inPass(name: string, pass: number, stride?: number): string;
  /** Rewrites all names: coordinates become digits behind the base, set apart where one has two digits. */
  finish(body: readonly Statement[]): Statement[];
}

/** Names the values of a routine that nobody reads: their names keep every coordinate. */
export function nameCopies(): ValueNames {
  return { inPass: (name, pass) => `${name}|${pass}|`, finish: (body) => [...body] };
}

/** Starts naming the values of one routine. */
export function nameValues(): ValueNames {
  const known = new Map<string, Coordinates>();
  const coordinatesOf = (name: string): Coordinates => known.get(name) ?? { base: name, passes: [] };
  return {
    inPass(name, pass, stride = 0) {
      const longName = `${name}|${pass}`;
      const { base, passes } = coordinatesOf(name);
      if (!known.has(longName)) known.set(longName, { base, passes: [{ pass, stride }, ...passes] });
      return longName;
    },
    finish(body) {
      const wide = new Set<string>();
      for (const { base, passes } of known.values()) if (passes.some(({ pass }) => pass > 9)) wide.add(base);
      const buffers = new Set([...buffersTouched(body)].map(({ name }) => name));
      const shortNames = new Map<string, string>();
      const shorten = (name: string): string => {
        const { base, passes } = coordinatesOf(name);
        // A value must not go by the name of the buffer it was loaded from.
        if (passes.length === 0) return buffers.has(base) ? `${base}0` : base;
        const ordered = passes
          .slice()
          .sort((one, other) => (one.stride === other.stride ? 0 : other.stride - one.stride))
          .map(({ pass }) => pass);
        return base + ordered.join(wide.has(base) ? "_" : "");
      };
      return renameBody(body, (name) => {
        const short = shortNames.get(name) ?? shorten(name);
        shortNames.set(name, short);
        return short;
      });
    },
  };
}

function renameBody(body: readonly Statement[], rename: (name: string) => string): Statement[] {
  return body.map((statement): Statement => {
    if (isNested(statement)) return { ...statement, body: renameBody(statement.body, rename) };
    const renamed = mapStatement(statement, (expression) => renameVariables(expression, rename));
    return "name" in renamed ? { ...renamed, name: rename(renamed.name) } : renamed;
  });
}
