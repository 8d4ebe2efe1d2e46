/**
 * Chooses the loops of a nest: their order and how far each is unrolled. Four forms cover every contraction:
 *
 * - *unrolled*: a tiny nest becomes straight-line code;
 * - *streamed*: a block of one operand (rows x reduction steps) stays in locals while the others stream along the
 *   output's least stride; no value is carried from one pass to the next;
 * - *accumulated*: reducing loops innermost, their sums in locals, where the output has no long row to stream, or
 *   streaming would jump through memory;
 * - *mapped*: nothing is reduced; rows are written in the order of memory, transposes in square tiles.
 *
 * The result always covers every index of more than one value with one serial loop.
 */
import { affineRange, derivative } from "../../affine/affine.ts";
import type { Loop, LoopNest, NestIndex } from "../nest.ts";
import {
  APART,
  BLOCK_VALUES,
  CHAIN_STEPS,
  COLUMNS,
  COPY_UNROLL,
  FULL_UNROLL,
  LEAF_LIMIT,
  LINE,
  LONE_COLUMNS,
  LONE_STEPS,
  PART_STEPS,
  ROW_STEPS,
  ROWS,
  STEPS,
  STREAM,
  TILE,
} from "./limits.ts";

/** Schedules a nest. */
export function scheduleNest(nest: LoopNest): LoopNest {
  const looped = nest.indices.filter(({ size }) => size > 1);
  const empty = nest.indices.some(({ size }) => size === 0);
  return { ...nest, loops: empty ? [] : chooseLoops(nest, looped) };
}

function chooseLoops(nest: LoopNest, looped: readonly NestIndex[]): LoopNest["loops"] {
  // Rows are written in the order of memory, and the innermost reduced index walks through it.
  const kept = largestFirst(
    looped.filter(({ reduced }) => !reduced),
    ({ name }) => Math.abs(derivative(nest.target.address, name)),
  );
  const reduced = largestFirst(
    looped.filter((index) => index.reduced),
    ({ name }) => Math.min(...nest.operands.map(({ address }) => Math.abs(derivative(address, name)) || Infinity)),
  );
  const work = looped.reduce((count, { size }) => count * size, 1);
  if (work * Math.max(1, nest.operands.length - 1) <= (reusesElements(nest, looped) ? FULL_UNROLL : COPY_UNROLL)) {
    return [...kept, ...reduced].map(({ name, size }) => serial(name, size));
  }
  if (reduced.length === 0) return mapped(nest, kept);
  const stream = streamedIndex(nest, kept, reduced);
  return stream ? streamed(nest, kept, reduced, stream) : accumulated(nest, kept, reduced);
}

/** Whether some operand reads an element more than once: it does not depend on an index, or its windows overlap. */
function reusesElements(nest: LoopNest, looped: readonly NestIndex[]): boolean {
  const work = looped.reduce((count, { size }) => count * size, 1);
  return nest.operands.some(({ address }) => {
    const { min, max } = affineRange(address, (index) => looped.find(({ name }) => name === index)?.size ?? 1);
    return max - min + 1 < work;
  });
}

/** The largest stride outermost. */
function largestFirst(indices: readonly NestIndex[], strideOf: (index: NestIndex) => number): NestIndex[] {
  return [...indices].sort((a, b) => (strideOf(a) === strideOf(b) ? 0 : strideOf(b) - strideOf(a)));
}

/**
 * The index to stream along: close together in the target, long enough, and worth it: a block of one operand stays while
 * the others stream by, shared by several rows or at least close together; or else no operand would rather be read
 * along a reduced index.
 */
function streamedIndex(
  nest: LoopNest,
  kept: readonly NestIndex[],
  reduced: readonly NestIndex[],
): NestIndex | undefined {
  const stream = kept.at(-1);
  if (!stream || stream.size < STREAM || Math.abs(derivative(nest.target.address, stream.name)) > APART)
    return undefined;
  // A BigInt in memory is boxed anew by every update; in an accumulator it is not.
  if (nest.dtype === "int64" || nest.dtype === "uint64") return undefined;
  const inner = reduced.at(-1);
  // A small window is written out whole: then nothing is carried along the stream in any case.
  if (reduced.reduce((count, { size }) => count * size, 1) <= stepsOf(nest)) return stream;
  const strides = nest.operands.map(({ address }) => ({
    stream: Math.abs(derivative(address, stream.name)),
    inner: inner ? Math.abs(derivative(address, inner.name)) : 0,
  }));
  const rows = kept.some(({ name }) => name !== stream.name && sharesStream(nest, name, stream.name));
  const close = strides.every((stride) => stride.stream <= LINE);
  const reuses = (rows || close) && strides.some((stride) => stride.stream === 0);
  const follows = strides.every((stride) => stride.inner === 0 || stride.stream <= stride.inner);
  return reuses || follows ? stream : undefined;
}

function streamed(
  nest: LoopNest,
  kept: readonly NestIndex[],
  reduced: readonly NestIndex[],
  stream: NestIndex,
): LoopNest["loops"] {
  const outer = kept.filter(({ name }) => name !== stream.name);
  const steps = blockOfSteps(reduced, stepsOf(nest));
  const stepCount = steps.reduce((count, { step }) => count * step, 1);
  const shared = outer.findLast(({ name }) => sharesStream(nest, name, stream.name));
  // Rows of their own stationary values fill the registers; rows of one window under the other share theirs, and loads.
  const row =
    shared ?? (nest.operands.length > 1 ? outer.findLast(({ name }) => sharesLoads(nest, name, steps)) : undefined);
  const most = shared ? Math.floor(BLOCK_VALUES / stepCount) : ROWS;
  const rows = row ? evenStep(row.size, Math.max(1, Math.min(ROWS, most))) : 1;
  const wanted = (shared ?? !row) && sharesLoads(nest, stream.name, steps) ? COLUMNS : LONE_COLUMNS;
  const columns = evenStep(stream.size, Math.max(1, Math.min(wanted, Math.floor(LEAF_LIMIT / (rows * stepCount)))));
  const rolled = steps.filter(({ size, step }) => step < size);
  const unrolled = steps.filter(({ size, step }) => step === size);
  return [
    ...outer.filter(({ name }) => name !== row?.name).map(({ name }) => serial(name)),
    ...(row ? [serial(row.name, rows)] : []),
    ...rolled.map(({ name, step }) => serial(name, step)),
    serial(stream.name, columns),
    ...unrolled.map(({ name, step }) => serial(name, step)),
  ];
}

interface BlockStep {
  readonly name: string;
  readonly size: number;
  readonly step: number;
}

/** How many reduction steps one block may hold. */
function stepsOf({ operands }: LoopNest): number {
  return operands.length === 1 ? LONE_STEPS : STEPS;
}

/** Unrolls reduced indices from the innermost out, while the block stays small; a long innermost one in part. */
function blockOfSteps(reduced: readonly NestIndex[], most: number): BlockStep[] {
  let room = most;
  const steps: BlockStep[] = [];
  for (const { name, size } of [...reduced].reverse()) {
    const untouched = room === most;
    const step = size <= room ? size : untouched ? evenStep(size, PART_STEPS) : 1;
    room = step === size ? Math.floor(room / size) : 0;
    steps.unshift({ name, size, step });
  }
  return steps;
}

/** Whether columns next to each other load the same element in different reduction steps: windows that overlap. */
function sharesLoads(nest: LoopNest, stream: string, steps: readonly BlockStep[]): boolean {
  return nest.operands.some(({ address }) => {
    const column = Math.abs(derivative(address, stream));
    return steps.some(({ name, step }) => {
      const stride = Math.abs(derivative(address, name));
      if (column === 0 || stride === 0) return false;
      for (let apart = 1; apart < COLUMNS; apart++) {
        if ((apart * column) % stride === 0 && (apart * column) / stride < step) return true;
      }
      return false;
    });
  });
}

/** Whether some operand that moves along the stream stays the same along the index, so that its loads are shared. */
function sharesStream(nest: LoopNest, index: string, stream: string): boolean {
  return nest.operands.some(({ address }) => derivative(address, stream) !== 0 && derivative(address, index) === 0);
}

function accumulated(nest: LoopNest, kept: readonly NestIndex[], reduced: readonly NestIndex[]): LoopNest["loops"] {
  const inner = reduced.at(-1);
  const row = kept.findLast(({ name }) => nest.operands.some(({ address }) => derivative(address, name) === 0));
  const steps = inner ? evenStep(inner.size, row ? (row.size < PART_STEPS ? PART_STEPS : ROW_STEPS) : CHAIN_STEPS) : 1;
  return [
    ...kept.filter(({ name }) => name !== row?.name).map(({ name }) => serial(name)),
    ...(row ? [serial(row.name, evenStep(row.size, ROWS))] : []),
    ...reduced.slice(0, -1).map(({ name }) => serial(name)),
    ...(inner ? [serial(inner.name, steps)] : []),
  ];
}

function mapped(nest: LoopNest, kept: readonly NestIndex[]): LoopNest["loops"] {
  const inner = kept.at(-1);
  if (!inner) return [];
  const strideOf = (index: string): number =>
    Math.max(0, ...nest.operands.map(({ address }) => Math.abs(derivative(address, index))));
  const across = kept.slice(0, -1).find(({ name, size }) => size > LINE && strideOf(name) === 1);
  const rows = kept.map(({ name, size }) => serial(name, name === inner.name ? evenStep(size, COLUMNS) : 1));
  const transposes = across && inner.size > LINE && strideOf(inner.name) > LINE;
  if (!transposes) return rows;
  const tiles = [across, inner]
    .filter(({ size }) => size > TILE)
    .map(({ name }) => ({ index: name, kind: "tile" as const, step: TILE }));
  const others = rows.filter(({ index }) => index !== across.name && index !== inner.name);
  // Squares of both, so that what one row loads of a line the next ones find there.
  return [...others, ...tiles, serial(across.name, COLUMNS), serial(inner.name, COLUMNS)];
}

/** A loop that does `step` values in one pass. */
function serial(index: string, step = 1): Loop {
  return { index, kind: "serial", step };
}

/** A step near `wanted` that divides the size, so that nothing is left over; `wanted` where there is none. */
function evenStep(size: number, wanted: number): number {
  if (size <= wanted) return size;
  const near = [wanted, wanted + 1, wanted - 1, wanted + 2].filter((step) => step * 2 > wanted && step > 1);
  return near.find((step) => size % step === 0) ?? wanted;
}
