/**
 * The cost model: what a scheduled nest does, such as what its innermost loop loads and stores, what waits, what is fetched
 * into the cache, weighed by constants that `npm run bench:costs` measures. Its unit is the time of one multiply-add at the
 * peak of scalar code.
 *
 * Invariants: a cost is a sum, so that constants can be found by fitting it to times; and counting looks at loops, strides
 * and dtypes alone, so that equal nests count the same on every machine.
 */
import { extentIn } from "./forms.ts";
import { type BufferAccess, type Loop, type LoopNest, nestsIn } from "../nest.ts";
import { countValues, keptOf } from "../../ir/contraction.ts";
import { type Affine, derivative } from "../../affine/affine.ts";
import { isFloat } from "../../ir/dtype.ts";
import { areNested } from "../../ir/tensor.ts";
import { ALIAS } from "../lower-rows.ts";
import { updatesInMemory } from "../lower.ts";
import { LINE } from "./limits.ts";

/** What each counts for, in multiply-adds at the peak. Written by `npm run bench:costs`. */
const COSTS: Work = {
  operations: 0.84,
  loads: 0.71,
  stores: 0.01,
  conversions: 0.26,
  spills: 0.35,
  waits: 0.05,
  lines: 0.9,
  conflicts: 5,
  passes: 4,
  starts: 3.1,
  stationary: 2.6,
};

/** How long a scheduled nest takes, as multiply-adds at the peak. */
export function costOf(nest: LoopNest): number {
  const weigh = (work: Work): number =>
    Object.entries(COSTS).reduce((sum, [kind, each]) => sum + each * work[kind as keyof Work], 0);
  return nestsIn(nest).reduce((sum, statement) => sum + weigh(countWork(statement)), 0);
}

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
  /** Cache lines fetched from beyond the first cache. */
  readonly lines: number;
  /** Cache lines that push each other out of the cache: a multiple of 4096 bytes lies between them. */
  readonly conflicts: number;
  /** Passes of the innermost loop. */
  readonly passes: number;
  /** Times that the innermost loop begins. */
  readonly starts: number;
  /** Elements loaded before the innermost loop begins. */
  readonly stationary: number;
}

/** Values of a pass that V8 keeps in registers: those that all rows read, and sums. A stationary block waits in memory. */
const REGISTERS = 9;

/** Operations in the time that one takes to end. */
const LATENCY = 8;

/** Doubles in the first cache, and how many lines there are for addresses that are the same modulo 4096. */
const FIRST_CACHE = 4096;
const WAYS = 12;

/** Counts what a nest does; remainders of blocks count in proportion. */
export function countWork(nest: LoopNest): Work {
  const sizes = new Map(nest.indices.map(({ name, size }) => [name, size]));
  const loops = nest.loops.filter(({ kind }) => kind === "serial");
  const sizeOf = ({ index }: Loop): number => sizes.get(index) ?? 1;
  const stepOf = (loop: Loop): number => Math.min(loop.step, sizeOf(loop));
  const inner = loops.findLast((loop) => loop.step < sizeOf(loop));
  const operations = loops.reduce((count, loop) => count * sizeOf(loop), 1) * Math.max(1, nest.operands.length - 1);
  const passes = loops.reduce((count, loop) => (count * sizeOf(loop)) / stepOf(loop), 1);
  const starts = inner ? (passes * inner.step) / extentIn(nest, inner.index) : 1;
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
  const rows = nest.rows ? countValues(keptOf(nest.indices)) : 0;
  // What all rows read waits until the last of them has; what neighbouring windows share is soon done with.
  const kept = loops.filter(
    (loop) => stepOf(loop) > 1 && nest.indices.some(({ name, reduced }) => name === loop.index && !reduced),
  );
  const waiting = streamed.filter(({ access }) => kept.some(({ index }) => derivative(access.address, index) === 0));
  const crowd = waiting.reduce((sum, { count }) => sum + count, accumulates ? written : 0);
  const chain = accumulates && written > 1 ? operations / passes / written : 1;
  const walks = inner
    ? [target, ...streamed.map(({ access }) => access)].map((access) => walk(access, loops, inner, nest, stepOf))
    : [];
  const linesOf = (some: readonly Walk[]): number => some.reduce((sum, { lines }) => sum + lines, 0);
  const fits = linesOf(walks) * LINE <= FIRST_CACHE;
  return {
    operations,
    loads: total(streamed) + updates + rows,
    stores: stores + 2 * rows,
    conversions:
      reads.reduce((sum, { count, times, conversions }) => sum + count * times * conversions, rows) +
      (target.buffer.dtype === "float32" ? stores + updates : 0),
    spills: crowd > REGISTERS ? operations * (1 - REGISTERS / crowd) : 0,
    waits: accumulates && isFloat(target.buffer.dtype) ? Math.max(0, passes * chain * LATENCY - operations) : 0,
    lines: fits ? 0 : starts * linesOf(walks.filter(({ conflicts }) => !conflicts)),
    conflicts: starts * linesOf(walks.filter(({ conflicts }) => conflicts)),
    passes,
    starts,
    stationary: total(reads) - total(streamed),
  };
}

/** Different addresses in one pass: windows that overlap share some. */
function countDistinct(address: Affine, loops: readonly Loop[], stepOf: (loop: Loop) => number): number {
  const axes = unrolledAxes(address, loops, stepOf);
  return areNested(axes) ? countValues(axes) : offsetsOf(axes).size;
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
  const offsets = new Set([0]);
  for (const { size, stride } of axes) {
    for (const offset of [...offsets]) for (let at = 1; at < size; at++) offsets.add(offset + at * stride);
  }
  return offsets;
}

/** What the innermost loop touches of an access, from its first pass to its last. */
interface Walk {
  /** Cache lines. */
  readonly lines: number;
  /** Whether more of them than the cache has ways lie a multiple of 4096 bytes apart. */
  readonly conflicts: boolean;
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
  const lines = rows.size * Math.max(1, extentIn(nest, inner.index) * Math.min(1, stride / perLine));
  const isApart = stride > 0 && stride % (ALIAS * (perLine / LINE)) === 0;
  return { lines, conflicts: isApart && extentIn(nest, inner.index) > WAYS };
}
