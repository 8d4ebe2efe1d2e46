/**
 * The forms of loops that a schedule may take, and what they are made of: blocks of rows, steps and columns.
 *
 * Invariant: each form covers every index of more than one value with one serial loop.
 */
import { countValues, keptOf, reducedOf } from "../../ir/contraction.ts";
import { affineRange, derivative } from "../../affine/affine.ts";
import { sizeIn, type BufferAccess, type Loop, type LoopNest, type NestIndex } from "../nest.ts";
import { LONE_STEPS, PART_STEPS, STEPS } from "./limits.ts";

/** The indices of more than one value, those of the largest stride first. */
export interface OrderedIndices {
  readonly kept: readonly NestIndex[];
  readonly reduced: readonly NestIndex[];
}

/** Puts indices in the order of memory: rows of the target are written, and reduced indices walk, along it. */
export function orderIndices(nest: LoopNest): OrderedIndices {
  const looped = nest.indices.filter(({ size }) => size > 1);
  const kept = largestFirst(keptOf(looped), ({ name }) => Math.abs(derivative(nest.target.address, name)));
  const reduced = largestFirst(reducedOf(looped), ({ name }) =>
    Math.min(...nest.operands.map(({ address }) => Math.abs(derivative(address, name)) || Infinity)),
  );
  return { kept, reduced };
}

function largestFirst(indices: readonly NestIndex[], strideOf: (index: NestIndex) => number): NestIndex[] {
  // Infinity less Infinity is no order.
  return [...indices].sort((a, b) => strideOf(b) - strideOf(a) || 0);
}

/** How many values of a reduced index one block holds. */
export interface BlockStep {
  readonly name: string;
  readonly size: number;
  readonly step: number;
}

/** A block of one operand, rows x steps, stays in locals while the others stream by, a few columns in one pass. */
export function streamedLoops(
  kept: readonly NestIndex[],
  row: Loop | undefined,
  steps: readonly BlockStep[],
  stream: Loop,
): Loop[] {
  const unrolled = steps.filter(({ size, step }) => step === size);
  return [
    ...outerLoops(kept, row, stream),
    ...steps.filter((step) => !unrolled.includes(step)).map(({ name, step }) => serial(name, step)),
    stream,
    ...unrolled.map(({ name, step }) => serial(name, step)),
  ];
}

/** Reducing loops innermost, several steps in one pass, the sums of some rows in locals. */
export function accumulatedLoops({ kept, reduced }: OrderedIndices, row: Loop | undefined, steps: number): Loop[] {
  const inner = reduced.at(-1);
  return [...outerLoops(kept, row), ...reduced.map(({ name }) => serial(name, name === inner?.name ? steps : 1))];
}

/** The loops over all other indices, and the row's inside of them. */
function outerLoops(kept: readonly NestIndex[], row: Loop | undefined, stream?: Loop): Loop[] {
  const others = kept.filter(({ name }) => name !== row?.index && name !== stream?.index);
  return [...others.map(({ name }) => serial(name)), ...(row ? [row] : [])];
}

/** How many reduction steps one block may hold. */
export function stepsOf({ operands }: LoopNest): number {
  return operands.length === 1 ? LONE_STEPS : STEPS;
}

/** How many terms the statements of a nest add up for each value of its kept indices, a block of the own ones. */
export function termsOf({ indices, others = [] }: LoopNest, steps?: readonly BlockStep[]): number {
  const own = countValues(steps?.map(({ step }) => ({ size: step })) ?? reducedOf(indices));
  return others.reduce((sum, other) => sum + countValues(reducedOf(other.indices)), own);
}

/** Unrolls reduced indices from the innermost out, while the block stays small; a long innermost one in part. */
export function blockOfSteps(reduced: readonly NestIndex[], most: number, part = PART_STEPS): BlockStep[] {
  let room = most;
  const steps = [...reduced].reverse().map(({ name, size }, at) => {
    const step = size <= room ? size : at === 0 ? evenStep(size, part) : 1;
    room = step === size ? Math.floor(room / size) : 0;
    return { name, size, step };
  });
  return steps.reverse();
}

/** Whether some operand reads an element more than once: it does not depend on an index, or its windows overlap. */
export function reusesElements(nest: LoopNest): boolean {
  const work = countValues(nest.indices);
  return nest.operands.some((access) => spanOf(nest, access) < work);
}

/** How many elements lie between the first one that a nest reads through an access and the last, both of them included. */
export function spanOf(nest: LoopNest, { address }: BufferAccess): number {
  const { min, max } = affineRange(address, (index) => sizeIn(nest, index));
  return max - min + 1;
}

/** Whether columns next to each other load the same element in different reduction steps: windows that overlap. */
export function sharesLoads({ operands }: LoopNest, stream: string, steps: readonly BlockStep[]): boolean {
  return operands.some(({ address }) => {
    const column = Math.abs(derivative(address, stream));
    return column > 0 && steps.some(({ name, step }) => column < Math.abs(derivative(address, name)) * step);
  });
}

/** The innermost index along which an operand that moves along the stream stays the same, so that its loads are shared. */
export function sharingRow(
  { operands }: LoopNest,
  kept: readonly NestIndex[],
  stream: NestIndex,
): NestIndex | undefined {
  return kept.findLast(({ name }) =>
    operands.some(({ address }) => derivative(address, stream.name) !== 0 && derivative(address, name) === 0),
  );
}

/** The innermost index along which some operand stays the same. */
export function reusingRow({ operands }: LoopNest, kept: readonly NestIndex[]): NestIndex | undefined {
  return kept.findLast(({ name }) => operands.some(({ address }) => derivative(address, name) === 0));
}

/** How many values of an index its innermost loop walks through, inside of some loops: those of a tile, where there is one. */
export function extentIn(nest: LoopNest, index: string, around: readonly Loop[] = nest.loops): number {
  const tile = around.findLast((loop) => loop.index === index && loop.kind === "tile");
  return Math.min(sizeIn(nest, index), tile?.step ?? Infinity);
}

/** A loop that does `step` values in one pass. */
export function serial(index: string, step = 1): Loop {
  return { index, kind: "serial", step };
}

/** A step near `wanted` that divides the size, so that nothing is left over; `wanted` where there is none. */
export function evenStep(size: number, wanted: number): number {
  if (size <= wanted) return size;
  const near = [wanted, wanted + 1, wanted - 1, wanted + 2];
  return near.find((step) => step * 2 > wanted && size % step === 0) ?? wanted;
}
