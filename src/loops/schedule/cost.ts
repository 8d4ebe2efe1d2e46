/**
 * The cost model: what a scheduled nest does, counted, and weighed by constants that `npm run bench:costs` measures. Its
 * unit is the time of one multiply-add at the peak of scalar code.
 *
 * Invariant: counting looks at loops, strides and dtypes alone, so that equal nests cost the same on every machine.
 */
import { derivative, type Affine } from "../../affine/affine.ts";
import { isFloat } from "../../ir/dtype.ts";
import { areNested } from "../../ir/tensor.ts";
import { ALIAS } from "../lower-rows.ts";
import { updatesInMemory } from "../lower.ts";
import type { BufferAccess, Loop, LoopNest } from "../nest.ts";
import { workOf } from "./forms.ts";
import { LINE } from "./limits.ts";

/** What takes time, by how often it is done. */
export interface Work {
  /** Combinations with their reductions. */
  readonly operations: number;
  /** Elements loaded in the innermost loop. */
  readonly loads: number;
  /** Elements stored. */
  readonly stores: number;
  /** Elements of a Float32Array loaded or stored. */
  readonly conversions: number;
  /** Operations on values that registers had no room for. */
  readonly spills: number;
  /** Operations that wait for the one before. */
  readonly waits: number;
  /** Cache lines fetched from beyond the first cache, one behind the other. */
  readonly lines: number;
  /** Those that lie apart, so that no processor fetches them ahead. */
  readonly jumps: number;
  /** Passes of the innermost loop. */
  readonly passes: number;
  /** Times that the innermost loop begins. */
  readonly starts: number;
  /** Elements loaded before the innermost loop begins. */
  readonly stationary: number;
}

/** What each counts for, in multiply-adds at the peak. Written by `npm run bench:costs`. */
const COSTS: Work = {
  operations: 0.89,
  loads: 0.68,
  stores: 0.16,
  conversions: 0.25,
  spills: 0,
  waits: 0.037,
  lines: 0,
  jumps: 1.5,
  passes: 3.9,
  starts: 4.8,
  stationary: 2.7,
};

/** How long a scheduled nest takes, as multiply-adds at the peak. */
export function costOf(nest: LoopNest): number {
  const work = countWork(nest);
  return Object.entries(COSTS).reduce((sum, [kind, each]) => sum + each * work[kind as keyof Work], 0);
}

/** Values of a pass that V8 keeps in registers: what streams by, and sums. What is stationary may wait in memory. */
const REGISTERS = 9;

/** Operations in the time that one takes to end. */
const LATENCY = 8;

/** Doubles in the first cache. */
const FIRST_CACHE = 4096;

/** Counts what a nest does; remainders of blocks count in proportion. */
export function countWork(nest: LoopNest): Work {
  const sizes = new Map(nest.indices.map(({ name, size }) => [name, size]));
  const loops = nest.loops.filter(({ kind }) => kind === "serial");
  const sizeOf = ({ index }: Loop): number => sizes.get(index) ?? 1;
  const stepOf = (loop: Loop): number => Math.min(loop.step, sizeOf(loop));
  const inner = loops.findLast((loop) => loop.step < sizeOf(loop));
  const operations = loops.reduce((count, loop) => count * sizeOf(loop), 1) * Math.max(1, nest.operands.length - 1);
  const passes = loops.reduce((count, loop) => (count * sizeOf(loop)) / stepOf(loop), 1);
  const starts = inner ? (passes * inner.step) / extentOf(nest, inner) : 1;
  const moves = ({ address }: BufferAccess): boolean => !inner || derivative(address, inner.index) !== 0;
  const reads = nest.operands.map((access) => ({
    count: countDistinct(access.address, loops, stepOf),
    conversions: Number(access.buffer.dtype === "float32"),
    times: moves(access) ? passes : starts,
    access,
  }));
  const total = (counted: readonly { readonly count: number; readonly times: number }[]): number =>
    counted.reduce((sum, { count, times }) => sum + count * times, 0);
  const streamed = reads.filter(({ access }) => moves(access));
  const target: BufferAccess = nest.rows ? { ...nest.target, buffer: nest.rows } : nest.target;
  const accumulates = !moves(target);
  const written = countDistinct(target.address, loops, stepOf);
  const stores = written * (accumulates ? starts : passes);
  const updates = nest.rows !== undefined || updatesInMemory(nest) ? stores : 0;
  // Rows are filled, and in the end loaded and stored once more.
  const rows = nest.rows ? workOf(nest.indices.filter(({ reduced }) => !reduced)) : 0;
  const crowd = streamed.reduce((sum, { count }) => sum + count, accumulates ? written : 0);
  const chain = accumulates && written > 1 ? operations / passes / written : 1;
  const walks = inner
    ? [target, ...streamed.map(({ access }) => access)].map((access) => walk(access, loops, inner, nest, stepOf))
    : [];
  const lines = walks.reduce((sum, each) => sum + each.lines, 0);
  const fits = lines * LINE <= FIRST_CACHE && !walks.some(({ evicts }) => evicts);
  const fetched = (jumps: boolean): number =>
    fits ? 0 : starts * walks.reduce((sum, each) => sum + (each.jumps === jumps ? each.lines : 0), 0);
  return {
    operations,
    loads: total(streamed) + updates + rows,
    stores: stores + 2 * rows,
    conversions:
      reads.reduce((sum, { count, times, conversions }) => sum + count * times * conversions, rows) +
      (target.buffer.dtype === "float32" ? stores + updates : 0),
    spills: operations * Math.max(0, 1 - REGISTERS / crowd),
    waits: accumulates && isFloat(target.buffer.dtype) ? Math.max(0, passes * chain * LATENCY - operations) : 0,
    lines: fetched(false),
    jumps: fetched(true),
    passes,
    starts,
    stationary: total(reads) - total(streamed),
  };
}

/** How many values the innermost loop walks through: those of a tile, where there is one. */
function extentOf(nest: LoopNest, { index }: Loop): number {
  const size = nest.indices.find(({ name }) => name === index)?.size ?? 1;
  const tile = nest.loops.findLast((loop) => loop.kind === "tile" && loop.index === index);
  return Math.min(size, tile?.step ?? size);
}

/** Different addresses in one pass: windows that overlap share some. */
function countDistinct(address: Affine, loops: readonly Loop[], stepOf: (loop: Loop) => number): number {
  const axes = unrolledAxes(address, loops, stepOf);
  return areNested(axes) ? axes.reduce((count, { size }) => count * size, 1) : offsetsOf(axes).size;
}

interface UnrolledAxis {
  readonly size: number;
  readonly stride: number;
}

function unrolledAxes(address: Affine, loops: readonly Loop[], stepOf: (loop: Loop) => number): UnrolledAxis[] {
  return loops
    .map((loop) => ({ size: stepOf(loop), stride: Math.abs(derivative(address, loop.index)) }))
    .filter(({ size, stride }) => size > 1 && stride !== 0);
}

function offsetsOf(axes: readonly UnrolledAxis[]): ReadonlySet<number> {
  return axes.reduce<ReadonlySet<number>>(
    (set, { size, stride }) =>
      new Set([...set].flatMap((offset) => Array.from({ length: size }, (_, at) => offset + at * stride))),
    new Set([0]),
  );
}

/** What the innermost loop touches of an access, from its first pass to its last. */
interface Walk {
  /** Cache lines. */
  readonly lines: number;
  /** Whether every element is in a line of its own. */
  readonly jumps: boolean;
  /** Whether these push each other out of the cache: a multiple of 4096 bytes lies between them. */
  readonly evicts: boolean;
}

function walk(
  { address, buffer }: BufferAccess,
  loops: readonly Loop[],
  inner: Loop,
  nest: LoopNest,
  stepOf: (loop: Loop) => number,
): Walk {
  const perLine = buffer.dtype === "float32" ? 2 * LINE : LINE;
  const stride = Math.abs(derivative(address, inner.index));
  const others = loops.filter((loop) => loop !== inner);
  const rows = new Set([...offsetsOf(unrolledAxes(address, others, stepOf))].map((at) => Math.floor(at / perLine)));
  const lines = rows.size * Math.max(1, extentOf(nest, inner) * Math.min(1, stride / perLine));
  return { lines, jumps: stride >= perLine, evicts: stride > 0 && stride % (ALIAS * (perLine / LINE)) === 0 };
}
