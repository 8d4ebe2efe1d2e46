/**
 * Sums float32 outputs in rows of doubles. Where a block of steps is added to an element in memory, a Float32Array
 * rounds the element each time, and V8 converts it there and back; a row in scratch is stored once, when it is summed.
 *
 *     for i 64 unroll 4        -->   for i 64 in tiles of 4
 *     for j 64 unroll 4              for j 64 unroll 4
 *     for k 64 unroll 2              for i 64 unrolled
 *                                    for k 64 unroll 2        with 4 rows of 64 in scratch
 *
 * Invariant: the scratch is as large as what the loops inside of the first reducing one walk through.
 */
import { layOutRows } from "../lower-rows.ts";
import { updatesInMemory } from "../lower.ts";
import { isReduced, sizeIn, type Loop, type LoopNest } from "../nest.ts";
import type { Allocate } from "../padding.ts";
import { LONG_ROW, ROW_BLOCKS, ROWS_LENGTH } from "./limits.ts";

/**
 * Gives a scheduled nest rows in scratch; null where it sums in registers, where fewer blocks of steps than `least` would
 * be added to an element, or where rows would not fit into the cache.
 */
export function accumulateRows(nest: LoopNest, allocate: Allocate, least = ROW_BLOCKS): LoopNest | null {
  const { target, reduce, reach, before } = nest;
  if (target.buffer.dtype !== "float32" || reduce !== "sum" || !updatesInMemory(nest)) return null;
  if (reach === "repeatedly" || before === "added" || nest.indices.some(({ symbolic }) => symbolic)) return null;
  const loops = moveRowsInside(nest);
  const first = loops.findIndex(({ index }) => isReduced(nest, index));
  const blocks = loops.reduce(
    (count, { index, step }) => (isReduced(nest, index) ? count * Math.ceil(sizeIn(nest, index) / step) : count),
    1,
  );
  const kept = loops.slice(first).filter(({ index }) => !isReduced(nest, index));
  const { length } = layOutRows(new Map(kept.map(({ index }) => [index, extentIn(nest, loops, first, index)])));
  if (blocks < least || length > ROWS_LENGTH) return null;
  return { ...nest, loops, rows: allocate(`${nest.name}Rows`, { dtype: "float64", length }) };
}

/** The rows that one pass does together walk inside of the reducing loops, in tiles; so does a long stream. */
function moveRowsInside(nest: LoopNest): readonly Loop[] {
  const first = nest.loops.findIndex(({ index }) => isReduced(nest, index));
  const [outside, inside] = [nest.loops.slice(0, first), nest.loops.slice(first)];
  const isTiled = ({ index }: Loop): boolean => nest.loops.some((loop) => loop.kind === "tile" && loop.index === index);
  const row = outside.findLast((loop) => loop.kind === "serial" && loop.step > 1 && !isTiled(loop));
  const tiles = inside
    .filter((loop) => !isReduced(nest, loop.index) && !isTiled(loop))
    .flatMap(({ index }): Loop[] => {
      const step = tileOf(sizeIn(nest, index));
      return step === undefined ? [] : [{ index, kind: "tile", step }];
    });
  const stream = inside.findIndex(({ index }) => !isReduced(nest, index));
  return [
    ...outside.map((loop): Loop => (loop === row ? { ...loop, kind: "tile" } : loop)),
    ...tiles,
    ...inside.slice(0, stream),
    ...(row ? [row] : []),
    ...inside.slice(stream),
  ];
}

/** A tile of a long row that leaves no remainder: one would double the code. */
function tileOf(size: number): number | undefined {
  if (size <= LONG_ROW) return undefined;
  const steps = Array.from({ length: LONG_ROW / 2 }, (_, at) => LONG_ROW - at);
  return steps.find((step) => size % step === 0);
}

/** How many values of an index the loops from a depth on walk through. */
function extentIn(nest: LoopNest, loops: readonly Loop[], depth: number, index: string): number {
  const tile = loops.slice(0, depth).findLast((loop) => loop.index === index && loop.kind === "tile");
  return Math.min(sizeIn(nest, index), tile?.step ?? Infinity);
}
