/**
 * The schedules that a nest may take, for the cost model to choose from: the forms of `schedule-nest.ts`, with other
 * streams and other blocks. `einsum` does not carry this file: it takes what the rules of thumb say.
 *
 * Invariant: the first proposal is that of `scheduleNest`, so that a nest without any other has it.
 */
import { countValues } from "../../ir/contraction.ts";
import { derivative } from "../../affine/affine.ts";
import { isFloat } from "../../ir/dtype.ts";
import { combineAll, elementOf, VALUE } from "../../ir/elementwise.ts";
import { nestsIn, sizeIn, type Loop, type LoopNest, type NestIndex } from "../nest.ts";
import {
  accumulatedLoops,
  blockOfSteps,
  evenStep,
  orderIndices,
  serial,
  sharesLoads,
  sharingRow,
  stepsOf,
  spanOf,
  streamedLoops,
  termsOf,
  type BlockStep,
  type OrderedIndices,
} from "./forms.ts";
import { CODE_BUDGET, estimateBytecode } from "../bytecode.ts";
import { lowerNest, updatesInMemory } from "../lower.ts";
import { APART, LEAF_LIMIT, MOST_VALUES, SECOND_CACHE, STREAM, WINDOW } from "./limits.ts";
import { scheduleNest } from "./schedule-nest.ts";

/** Bodies in a function from which on its instructions are twice as long. */
const NARROW = 64;

/** Loops for a nest, none of them twice. The model was measured with sums in floating point: others have the rule's. */
export function proposeLoops(nest: LoopNest): readonly (readonly Loop[])[] {
  const { around, inner } = takeOutermost(nest);
  return around.length > 0 ? proposeLoops(inner).map((loops) => [...around, ...loops]) : proposalsFor(nest);
}

/**
 * Parts a nest from the loops that stand around all others, the longest strides first. What is left is scheduled as one of
 * their passes.
 */
function takeOutermost(nest: LoopNest): { readonly around: readonly Loop[]; readonly inner: LoopNest } {
  const isAround = ({ outermost, size }: NestIndex): boolean => outermost === true && size > 1;
  if (!nest.indices.some(isAround)) return { around: [], inner: nest };
  const { kept } = orderIndices({ ...nest, indices: nest.indices.filter(isAround) });
  const inner = { ...nest, indices: nest.indices.filter((index) => !isAround(index)) };
  return { around: kept.map(({ name }) => serial(name)), inner };
}

/** A nest by the rule of thumb, outermost loops around it: the first of its proposals. */
export function scheduleByRule(nest: LoopNest): LoopNest {
  const { around, inner } = takeOutermost(nest);
  return { ...nest, loops: [...around, ...scheduleNest(inner).loops] };
}

function proposalsFor(nest: LoopNest): readonly (readonly Loop[])[] {
  const chosen = scheduleNest(nest).loops;
  const ordered = orderIndices(nest);
  if (chosen.length === 0 || ordered.reduced.length === 0) return [chosen];
  if (nest.reduce !== "sum" || !isFloat(nest.dtype) || readsMemoryOnce(nest)) return [chosen];
  // What is cheapest at the example may be dear at other sizes.
  if (nest.indices.some(({ symbolic }) => symbolic)) return [chosen];
  const proposals = [chosen, ...streams(nest, ordered).flatMap((stream) => streamed(nest, ordered, stream))];
  proposals.push(...accumulated(nest, ordered), ...windowed(ordered));
  const others = [...new Map(proposals.map((loops) => [JSON.stringify(loops), loops])).values()].slice(1);
  // A nest that keeps what others wrote would want it set to the identity first, which is not in its price.
  const updates = (loops: readonly Loop[]): boolean => updatesInMemory({ ...nest, loops });
  const mayUpdate = !nest.others && ((nest.reach === "once" && nest.before === "nothing") || updates(chosen));
  const bytes = bytesOf(nest, ordered);
  const fits = (loops: readonly Loop[]): boolean => {
    const count = nestsIn({ ...nest, loops }).reduce((sum, own) => sum + writtenOut(own), 0);
    return bytes * (count + Math.max(0, count - NARROW)) <= CODE_BUDGET;
  };
  return [chosen, ...others.filter((loops) => fits(loops) && (mayUpdate || !updates(loops)))];
}

/** Whether some operand is read once and is larger than the second cache. */
function readsMemoryOnce(nest: LoopNest): boolean {
  const work = countValues(nest.indices);
  return nest.operands.some((access) => {
    const span = spanOf(nest, access);
    return span > SECOND_CACHE && work < 2 * (span - 1);
  });
}

/** Bytecode of the body before anything is shared. */
function bytesOf(nest: LoopNest, { kept, reduced }: OrderedIndices): number {
  const loops = [...kept, ...reduced].map(({ name }) => serial(name));
  const reads = nest.operands.map((_, operand) => elementOf(operand));
  const term = reads.length > 0 ? combineAll("mul", reads) : nest.term;
  return estimateBytecode(lowerNest({ ...nest, loops, term, finish: VALUE, beside: [] }).body);
}

/** How often the body is written out, for whole passes and for what they leave over. */
function writtenOut(nest: LoopNest): number {
  return product(
    nest.loops.map(({ index, step }) => {
      const size = sizeIn(nest, index);
      return step < size ? step + (size % step) : size;
    }),
  );
}

/** Kept indices along which the target's elements lie together, the closest first. */
function streams({ target }: LoopNest, { kept }: OrderedIndices): readonly NestIndex[] {
  const close = kept.filter(({ name, size }) => size >= STREAM && Math.abs(derivative(target.address, name)) <= APART);
  return close.slice(-2).reverse();
}

const ROW_CHOICES = [2, 4, 6, 8];
/** A column at a time is for sizes that would have one left over. */
const COLUMN_CHOICES = [2, 4, 8];
const PART_CHOICES = [2, 4, 6, 8];

function streamed(nest: LoopNest, ordered: OrderedIndices, stream: NestIndex): Loop[][] {
  const others = ordered.kept.filter(({ name }) => name !== stream.name);
  return blocksOf(nest, ordered.reduced).flatMap((steps) => {
    const depth = termsOf(nest, steps);
    const rows = [
      sharingRow(nest, others, stream),
      others.findLast(({ name }) => sharesLoads(nest, name, steps)),
    ].filter((row, at, all) => row && all.indexOf(row) === at);
    return [undefined, ...rows].flatMap((row) =>
      (row ? distinct(ROW_CHOICES.map((wanted) => evenStep(row.size, wanted))) : [1]).flatMap((count) => {
        if (count * depth > MOST_VALUES) return [];
        return distinct([
          ...(stream.size % 2 === 0 ? [] : [1]),
          ...COLUMN_CHOICES.map((wanted) => evenStep(stream.size, wanted)),
        ])
          .filter((columns) => count * depth * columns <= LEAF_LIMIT)
          .map((columns) =>
            streamedLoops(ordered.kept, row && serial(row.name, count), steps, serial(stream.name, columns)),
          );
      }),
    );
  });
}

/** The blocks of reduction steps that are worth a try: whole windows, rows of them, parts of a long index. */
function blocksOf(nest: LoopNest, reduced: readonly NestIndex[]): readonly (readonly BlockStep[])[] {
  const most = stepsOf(nest);
  const inner = reduced.at(-1)?.size ?? 1;
  const blocks = [most, Math.min(most, inner)].flatMap((room) =>
    PART_CHOICES.map((part) => blockOfSteps(reduced, room, part)),
  );
  return [...new Map(blocks.map((block) => [JSON.stringify(block), block])).values()];
}

function accumulated(nest: LoopNest, ordered: OrderedIndices): Loop[][] {
  const inner = ordered.reduced.at(-1)?.size ?? 1;
  const row = ordered.kept.findLast(({ name }) => nest.operands.some(({ address }) => derivative(address, name) === 0));
  const rows = row ? distinct(ROW_CHOICES.slice(0, 2).map((wanted) => evenStep(row.size, wanted))) : [1];
  return rows.flatMap((count) =>
    distinct(PART_CHOICES.map((wanted) => evenStep(inner, wanted))).map((steps) =>
      accumulatedLoops(ordered, row && serial(row.name, count), steps),
    ),
  );
}

/** The sums of a whole small window in locals, as that of the gradient by a weight: its elements share what they read. */
function windowed({ kept, reduced }: OrderedIndices): Loop[][] {
  const window = kept.slice(-2);
  const inner = reduced.at(-1)?.size ?? 1;
  if (window.length < 2 || product(window.map(({ size }) => size)) > WINDOW) return [];
  return distinct([2, 4].map((wanted) => evenStep(inner, wanted))).map((steps) => [
    ...accumulatedLoops({ kept: kept.slice(0, -2), reduced }, undefined, steps),
    ...window.map(({ name, size }) => serial(name, size)),
  ]);
}

function product(factors: readonly number[]): number {
  return factors.reduce((all, factor) => all * factor, 1);
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)];
}
