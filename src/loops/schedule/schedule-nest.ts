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
import { countValues } from "../../ir/contraction.ts";
import { derivative } from "../../affine/affine.ts";
import type { LoopNest, NestIndex } from "../nest.ts";
import {
  accumulatedLoops,
  blockOfSteps,
  evenStep,
  orderIndices,
  reusesElements,
  reusingRow,
  serial,
  sharesLoads,
  sharingRow,
  stepsOf,
  streamedLoops,
  termsOf,
  type OrderedIndices,
} from "./forms.ts";
import {
  APART,
  BLOCK_VALUES,
  CHAIN_STEPS,
  COLUMNS,
  COPY_UNROLL,
  FULL_UNROLL,
  LINE,
  LONE_COLUMNS,
  PART_STEPS,
  ROW_STEPS,
  ROWS,
  SHARED_ROWS,
  STREAM,
  TILE,
} from "./limits.ts";

/** Schedules a nest. */
export function scheduleNest(nest: LoopNest): LoopNest {
  return { ...nest, loops: countValues(nest.indices) ? chooseLoops(nest, orderIndices(nest)) : [] };
}

function chooseLoops(nest: LoopNest, ordered: OrderedIndices): LoopNest["loops"] {
  const { kept, reduced } = ordered;
  // Nests that write parts of one output are compiled together, before the first of them runs: they share what is written out.
  const operations = countValues(nest.indices) * Math.max(1, nest.operands.length - 1) * (nest.parts ?? 1);
  if (operations <= (reusesElements(nest) ? FULL_UNROLL : COPY_UNROLL))
    return [...kept, ...reduced].map(({ name, size }) => serial(name, size));
  const inner = reduced.at(-1);
  if (!inner) return mapped(nest, kept);
  const stream = streamedIndex(nest, ordered, inner);
  return stream ? streamed(nest, ordered, inner, stream) : accumulated(nest, ordered, inner);
}

/**
 * The index to stream along: close together in the target, long enough, and worth it: a block of one operand stays while
 * the others stream by, shared by several rows or at least close together; or else no operand would rather be read
 * along a reduced index.
 */
function streamedIndex(nest: LoopNest, { kept, reduced }: OrderedIndices, inner: NestIndex): NestIndex | undefined {
  const stream = kept.at(-1);
  if (!stream || stream.size < STREAM || Math.abs(derivative(nest.target.address, stream.name)) > APART)
    return undefined;
  // A BigInt in memory is boxed anew by every update; in an accumulator it is not.
  if (nest.dtype === "int64" || nest.dtype === "uint64") return undefined;
  // A small window is written out whole: then nothing is carried along the stream in any case.
  if (countValues(reduced) <= stepsOf(nest)) return stream;
  const strides = nest.operands.map(({ address }) => ({
    stream: Math.abs(derivative(address, stream.name)),
    inner: Math.abs(derivative(address, inner.name)),
  }));
  const reuses =
    (sharingRow(nest, kept, stream) || strides.every((stride) => stride.stream <= LINE)) &&
    strides.some((stride) => stride.stream === 0);
  const follows = strides.every((stride) => stride.inner === 0 || stride.stream <= stride.inner);
  return reuses || follows ? stream : undefined;
}

function streamed(
  nest: LoopNest,
  { kept, reduced }: OrderedIndices,
  inner: NestIndex,
  stream: NestIndex,
): LoopNest["loops"] {
  const shared = sharingRow(nest, kept, stream);
  // One row of a window leaves room for more rows of the output; statements that share their loops have no part sums.
  const steps = blockOfSteps(
    reduced,
    Math.min(stepsOf(nest), shared && !nest.others ? Math.max(inner.size, PART_STEPS) : Infinity),
  );
  // Rows of their own stationary values fill the registers; rows of one window under the other share theirs, and loads.
  const row =
    shared ??
    (nest.operands.length > 1
      ? kept.findLast(({ name }) => name !== stream.name && sharesLoads(nest, name, steps))
      : undefined);
  const most = Math.min(shared ? SHARED_ROWS : ROWS, Math.floor(BLOCK_VALUES / termsOf(nest, steps)));
  const columns = evenStep(stream.size, sharesLoads(nest, stream.name, steps) ? COLUMNS : LONE_COLUMNS);
  const rows = row && serial(row.name, evenStep(row.size, most));
  return streamedLoops(kept, rows, steps, serial(stream.name, columns));
}

function accumulated(nest: LoopNest, ordered: OrderedIndices, inner: NestIndex): LoopNest["loops"] {
  const row = reusingRow(nest, ordered.kept);
  const steps = evenStep(inner.size, row ? ROW_STEPS : CHAIN_STEPS);
  return accumulatedLoops(ordered, row && serial(row.name, evenStep(row.size, ROWS)), steps);
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
