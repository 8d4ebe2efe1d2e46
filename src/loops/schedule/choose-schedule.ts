/**
 * Chooses the schedule of a nest by cost: its loops, which operands are staged, whether rows of the output are summed in
 * scratch. `einsum` does not carry this file: the rules of thumb of `schedule-nest.ts` cost it no time.
 *
 * Invariant: another schedule than the rule's is chosen only where the cost model finds it clearly cheaper. The first
 * proposal is the rule's, so that a nest without any other has it.
 */
import { countValues, keptOf } from "../../ir/contraction.ts";
import { VALUE, combineAll, elementOf, elementsIn } from "../../ir/elementwise.ts";
import { IN_WORDS } from "../describe-nests.ts";
import { lowerNest, updatesInMemory } from "../lower.ts";
import {
  type Loop,
  type LoopNest,
  type NestIndex,
  type ScheduleChoice,
  finishInPlace,
  nestsIn,
  sizeIn,
} from "../nest.ts";
import type { Allocate } from "../padding.ts";
import { costOf } from "./cost.ts";
import { type ScheduleOverrides, applyOverrides } from "./overrides.ts";
import { scheduleNest } from "./schedule-nest.ts";
import { stageOperand, accumulateRows } from "./stage-operands.ts";
import { derivative } from "../../affine/affine.ts";
import { isFloat } from "../../ir/dtype.ts";
import {
  type BlockStep,
  type OrderedIndices,
  accumulatedLoops,
  blockOfSteps,
  evenStep,
  orderIndices,
  serial,
  sharesLoads,
  sharingRow,
  spanOf,
  stepsOf,
  streamedLoops,
  termsOf,
  reusingRow,
} from "./forms.ts";
import { APART, CHAIN_STEPS, COLUMNS, LEAF_LIMIT, LINE, MOST_VALUES, SECOND_CACHE, STREAM, WINDOW } from "./limits.ts";
import { CODE_BUDGET, estimateBytecode } from "../bytecode.ts";

/** How much cheaper than the rule's another schedule has to be: the model is right within so much. */
const CLEARLY = 0.95;

/** Proposals of which stagings are compared. */
const FINALISTS = 4;

/** Alternatives that are told to readers. */
const TOLD = 4;

/** A nest behind the copies that it reads, and what they cost together. */
interface Candidate {
  readonly loops: readonly Loop[];
  readonly nests: readonly LoopNest[];
  readonly cost: number;
}

/** Schedules a nest: returns it behind the copies of what it reads. */
export function chooseSchedule(nest: LoopNest, allocate: Allocate, overrides: ScheduleOverrides = {}): LoopNest[] {
  const [rule, ...others] = proposeLoops(nest).map((loops) => candidateOf([{ ...nest, loops }]));
  if (!rule) return [];
  const finalists = [rule, ...others.sort(byCost).slice(0, FINALISTS)].map(({ loops }) =>
    stage({ ...nest, loops }, imagine, overrides),
  );
  const [first = rule, ...rest] = finalists;
  const best = [...rest].sort(byCost)[0];
  const chosen = best && best.cost < CLEARLY * first.cost ? best : first;
  const edited = applyOverrides({ ...nest, loops: chosen.loops }, overrides);
  const { nests, cost } = stage(edited, allocate, overrides);
  const choice: ScheduleChoice = {
    cost,
    others: finalists
      .filter((other) => other !== chosen)
      .sort(byCost)
      .slice(0, TOLD),
  };
  return nests.flatMap((each, at) => splitFinish(at === nests.length - 1 ? { ...each, choice } : each));
}

/**
 * Splits a nest that updates its target in memory from a finish that reads something, or is for some of the target's elements
 * alone: it runs over the output's indices afterwards, each element once.
 *
 *     out[i] sum= a[i, j] then out + bias[i]     -->     out[i] sum= a[i, j]
 *                                                        out[i] = out[i] then out + bias[i]
 */
function splitFinish(nest: LoopNest): LoopNest[] {
  const isElsewhere = elementsIn(nest.finish).length > 0 || (nest.finish.kind !== "value" && nest.before === "kept");
  if (!isElsewhere || !updatesInMemory(nest)) return [nest];
  const finish = { ...finishInPlace(nest, keptOf(nest.indices)), comment: IN_WORDS.finish(nest.target.buffer) };
  return [{ ...nest, finish: VALUE, beside: [] }, scheduleNest(finish)];
}

/** Sums rows in scratch where that rounds less, and copies what is cheaper copied; or does what the caller wants. */
function stage(nest: LoopNest, allocate: Allocate, { stage: wanted }: ScheduleOverrides): Candidate {
  const { loops, target } = nest;
  const least = wanted ? (wanted.includes(target.buffer.name) ? 1 : Infinity) : undefined;
  let best = candidateOf([accumulateRows(nest, allocate, least) ?? nest], loops);
  // Statements that share loops share what they read.
  (nest.others ? [] : nest.operands).forEach(({ buffer }, at) => {
    const copies = best.nests.slice(0, -1);
    const stageBy = (how: Allocate): Candidate | undefined => {
      const staged = stageOperand(best.nests.at(-1) ?? nest, at, how);
      return staged ? candidateOf([...copies, ...staged], loops) : undefined;
    };
    const imagined = stageBy(imagine);
    const isBetter = wanted ? wanted.includes(buffer.name) : imagined && imagined.cost < best.cost;
    if (isBetter) best = stageBy(allocate) ?? best;
  });
  return best;
}

/** A buffer that is thought of and not made. */
const imagine: Allocate = (name, like) => ({ name, role: "scratch", ...like });

function candidateOf(nests: readonly LoopNest[], loops = nests.at(-1)?.loops ?? []): Candidate {
  return { loops, nests, cost: nests.reduce((sum, nest) => sum + costOf(nest), 0) };
}

function byCost(one: Candidate, other: Candidate): number {
  return one.cost - other.cost;
}

// What there is to choose from: the forms of `schedule-nest.ts`, with other streams and other blocks.

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

function proposalsFor(nest: LoopNest): readonly (readonly Loop[])[] {
  const ordered = orderIndices(nest);
  if (typeof nest.reduce !== "string") return [stateful(nest, ordered)];
  const chosen = scheduleNest(nest).loops;
  if (chosen.length === 0 || ordered.reduced.length === 0) return [chosen];
  if (nest.reduce !== "sum" || !isFloat(nest.dtype) || readsMemoryOnce(nest)) return [chosen];
  // What is cheapest at the example may be dear at other sizes.
  if (nest.indices.some(({ symbolic }) => symbolic)) return [chosen];
  const proposals = [chosen, ...streams(nest, ordered).flatMap((stream) => streamed(nest, ordered, stream))];
  proposals.push(...accumulated(nest, ordered), ...windowed(ordered));
  const others = distinct(proposals).slice(1);
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

/**
 * The state of several components of an element stays in locals until it is whole; what few points are is written out.
 * Columns side by side find in a line what a step down left of it.
 */
function stateful(nest: LoopNest, { kept, reduced }: OrderedIndices): readonly Loop[] {
  const [row, inner] = [kept.at(-1), reduced.at(-1)];
  const isFew = countValues(reduced) <= CHAIN_STEPS;
  const isAcross = nest.operands.some(({ address }) => Math.abs(derivative(address, inner?.name ?? "")) > LINE);
  return [...kept, ...reduced].map((index) => {
    if (index.reduced) return serial(index.name, isFew || index === inner ? evenStep(index.size, CHAIN_STEPS) : 1);
    return serial(index.name, index === row && isAcross && !isFew ? evenStep(index.size, COLUMNS) : 1);
  });
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
  return nest.loops.reduce((count, { index, step }) => {
    const size = sizeIn(nest, index);
    return count * (step < size ? step + (size % step) : size);
  }, 1);
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
    const shared = sharingRow(nest, others, stream);
    const windows = others.findLast(({ name }) => sharesLoads(nest, name, steps));
    return [...new Set([undefined, shared, windows])].flatMap((row) =>
      (row ? distinct(ROW_CHOICES.map((wanted) => evenStep(row.size, wanted))) : [1]).flatMap((count) => {
        if (count * depth > MOST_VALUES) return [];
        const even = COLUMN_CHOICES.map((wanted) => evenStep(stream.size, wanted));
        return distinct(stream.size % 2 === 0 ? even : [1, ...even])
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
  const rooms = [most, Math.min(most, inner)];
  return distinct(rooms.flatMap((room) => PART_CHOICES.map((part) => blockOfSteps(reduced, room, part))));
}

function accumulated(nest: LoopNest, ordered: OrderedIndices): Loop[][] {
  const inner = ordered.reduced.at(-1)?.size ?? 1;
  const row = reusingRow(nest, ordered.kept);
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
  if (window.length < 2 || countValues(window) > WINDOW) return [];
  return distinct([2, 4].map((wanted) => evenStep(inner, wanted))).map((steps) => [
    ...accumulatedLoops({ kept: kept.slice(0, -2), reduced }, undefined, steps),
    ...window.map(({ name, size }) => serial(name, size)),
  ]);
}

function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
