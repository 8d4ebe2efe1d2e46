/**
 * What a schedule puts into scratch: copies of operands, and rows of the output.
 *
 * Operands that stream by again and again are copied into doubles, once: V8 converts an element of a Float32Array each time
 * it is loaded. An operand whose elements lie apart along the stream is packed: its copy lies in the order of the loops.
 *
 *     for i { for j { for k { out[64*i + k] sum= a[64*i + j] * b[64*k + j] } } }
 *
 *         -->     for k { for j { bPacked[64*j + k] = b[64*k + j] } }
 *                 for i { for j { for k { out[64*i + k] sum= a[64*i + j] * bPacked[64*j + k] } } }
 *
 * Float32 outputs are summed in rows of doubles. Where a block of steps is added to an element in memory, a Float32Array
 * rounds the element each time, and V8 converts it there and back; a row in scratch is stored once, when it is summed.
 *
 *     for i 64 unroll 4        -->   for i 64 in tiles of 4
 *     for j 64 unroll 4              for j 64 unroll 4
 *     for k 64 unroll 2              for i 64 unrolled
 *                                    for k 64 unroll 2        with 4 rows of 64 in scratch
 *
 * Invariants: a copy holds every element that the nest reads; where strides are left to run time, nobody knows which these
 * are. Rows are as large as what the loops inside of the first reducing one walk through.
 */
import { countValues } from "../../ir/contraction.ts";
import { extentIn } from "./forms.ts";
import { affineOf, affineRange, derivative, shiftAffine, variableAffine } from "../../affine/affine.ts";
import { isFloat } from "../../ir/dtype.ts";
import { areNested } from "../../ir/tensor.ts";
import { required } from "../../support/errors.ts";
import { layOutRows } from "../lower-rows.ts";
import { type BufferAccess, type Loop, type LoopNest, type NestIndex, copyNest, isReduced, sizeIn } from "../nest.ts";
import type { Allocate } from "../padding.ts";
import { scratchDtype } from "../values.ts";
import { scheduleNest } from "./schedule-nest.ts";
import { updatesInMemory } from "../lower.ts";
import { LONG_ROW, ROWS_LENGTH, ROW_BLOCKS } from "./limits.ts";

/** A copy of an operand, and how the nest reads it. */
interface StagedOperand {
  readonly copy: Omit<Parameters<typeof copyNest>[0], "dtype">;
  readonly access: BufferAccess;
}

/** The nest that copies the operand at a position, and the nest that reads the copy; null where it would be read as the operand is. */
export function stageOperand(nest: LoopNest, at: number, allocate: Allocate): readonly [LoopNest, LoopNest] | null {
  const source = required(nest.operands[at], "an operand");
  const { buffer, address, symbolic } = source;
  const along = Math.abs(derivative(address, streamOf(nest)));
  if (buffer.role !== "operand" || along === 0 || !isFloat(buffer.dtype)) return null;
  if (symbolic?.terms.some(({ variable }) => variable.includes("$"))) return null;
  if (nest.slices || nest.indices.some(({ symbolic, size }) => symbolic || size === 0)) return null;
  const read = nest.indices.filter(({ name }) => derivative(address, name) !== 0);
  const isApart = areNested(read.map(({ name, size }) => ({ size, stride: derivative(address, name) })));
  const isPacked = along > 1 && isApart;
  if (!isPacked && buffer.dtype !== "float32") return null;
  const { copy, access } = isPacked ? pack(nest, source, read, allocate) : copyWhole(nest, source, allocate);
  const operands = nest.operands.map((own, operand) => (operand === at ? access : own));
  return [scheduleNest(copyNest({ ...copy, dtype: nest.dtype })), { ...nest, operands }];
}

/** The copy has the order of the original. */
function copyWhole(nest: LoopNest, { buffer, address }: BufferAccess, allocate: Allocate): StagedOperand {
  const { min, max } = affineRange(address, (index) => sizeIn(nest, index));
  const length = max - min + 1;
  const doubles = allocate(`${buffer.name}Doubles`, { dtype: "float64", length });
  const copy = {
    indices: [{ name: "p", size: length, reduced: false }],
    target: { buffer: doubles, address: variableAffine("p") },
    source: { buffer, address: shiftAffine(variableAffine("p"), min) },
    comment: `Copies ${buffer.name} into ${doubles.name}: doubles, which take no conversion.`,
  };
  return { copy, access: { buffer: doubles, address: shiftAffine(address, -min) } };
}

/** The copy has the order of the loops, the stream last. */
function pack(nest: LoopNest, source: BufferAccess, read: readonly NestIndex[], allocate: Allocate): StagedOperand {
  const stream = streamOf(nest);
  const depthOf = ({ name }: NestIndex): number =>
    name === stream ? Infinity : nest.loops.findIndex(({ index }) => index === name);
  const indices = read.map((index) => ({ ...index, reduced: false })).sort((one, two) => depthOf(one) - depthOf(two));
  const { strides, length } = layOutRows(new Map(indices.map(({ name, size }) => [name, size])));
  const dtype = scratchDtype(source.buffer.dtype);
  const packed = allocate(`${source.buffer.name}Packed`, { dtype, length });
  const target = { buffer: packed, address: affineOf(strides, 0) };
  const comment = `Copies ${source.buffer.name} into ${packed.name}, which has the order of the loops.`;
  return { copy: { indices, target, source, comment }, access: target };
}

/** The index of the innermost loop that is not reduced. */
function streamOf(nest: LoopNest): string {
  return nest.loops.findLast(({ index }) => !isReduced(nest, index))?.index ?? "";
}

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
  const reducing = loops.filter(({ index }) => isReduced(nest, index));
  const blocks = countValues(reducing.map(({ index, step }) => ({ size: Math.ceil(sizeIn(nest, index) / step) })));
  const kept = loops.slice(first).filter((loop) => !reducing.includes(loop));
  const { length } = layOutRows(
    new Map(kept.map(({ index }) => [index, extentIn(nest, index, loops.slice(0, first))])),
  );
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
