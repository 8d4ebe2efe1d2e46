/**
 * Copies operands that stream by again and again into doubles, once: V8 converts an element of a Float32Array each time
 * it is loaded. An operand whose elements lie apart along the stream is packed: its copy lies in the order of the loops.
 *
 *     for i { for j { for k { out[64*i + k] sum= a[64*i + j] * b[64*k + j] } } }
 *
 *         -->     for k { for j { bPacked[64*j + k] = b[64*k + j] } }
 *                 for i { for j { for k { out[64*i + k] sum= a[64*i + j] * bPacked[64*j + k] } } }
 *
 * Invariant: a copy holds every element that the nest reads. Where strides are left to run time, nobody knows which these
 * are.
 */
import { affineOf, affineRange, derivative, shiftAffine, variableAffine } from "../../affine/affine.ts";
import { isFloat } from "../../ir/dtype.ts";
import { areNested } from "../../ir/tensor.ts";
import { required } from "../../support/errors.ts";
import { layOutRows } from "../lower-rows.ts";
import { copyNest, isReduced, sizeIn, type BufferAccess, type LoopNest, type NestIndex } from "../nest.ts";
import type { Allocate } from "../padding.ts";
import { scratchDtype } from "../values.ts";
import { scheduleNest } from "./schedule-nest.ts";

/** A nest that reads a copy of one of its operands, and the nest that makes the copy. */
export interface StagedOperand {
  readonly copy: LoopNest;
  readonly nest: LoopNest;
}

/** Copies the operand at a position; null where a copy would be read as the operand is. */
export function stageOperand(nest: LoopNest, at: number, allocate: Allocate): StagedOperand | null {
  const access = required(nest.operands[at], "an operand");
  const { buffer, address, symbolic } = access;
  const along = Math.abs(derivative(address, streamOf(nest)));
  if (buffer.role !== "operand" || along === 0 || !isFloat(buffer.dtype)) return null;
  if (symbolic?.terms.some(({ variable }) => variable.includes("$"))) return null;
  if (nest.slices || nest.indices.some(({ symbolic, size }) => symbolic || size === 0)) return null;
  const read = nest.indices.filter(({ name }) => derivative(address, name) !== 0);
  const isApart = areNested(read.map(({ name, size }) => ({ size, stride: derivative(address, name) })));
  if (along > 1 && isApart) return pack(nest, at, read, allocate);
  return buffer.dtype === "float32" ? copyWhole(nest, at, allocate) : null;
}

/** The copy has the order of the original. */
function copyWhole(nest: LoopNest, at: number, allocate: Allocate): StagedOperand {
  const { buffer, address } = required(nest.operands[at], "an operand");
  const { min, max } = affineRange(address, (index) => sizeIn(nest, index));
  const length = max - min + 1;
  const doubles = allocate(`${buffer.name}Doubles`, { dtype: "float64", length });
  const copy = copyOf(nest, [{ name: "p", size: length, reduced: false }], {
    target: { buffer: doubles, address: variableAffine("p") },
    source: { buffer, address: shiftAffine(variableAffine("p"), min) },
    comment: `Copies ${buffer.name} into ${doubles.name}: doubles, which take no conversion.`,
  });
  return { copy, nest: replace(nest, at, { buffer: doubles, address: shiftAffine(address, -min) }) };
}

/** The copy has the order of the loops, the stream last. */
function pack(nest: LoopNest, at: number, read: readonly NestIndex[], allocate: Allocate): StagedOperand {
  const source = required(nest.operands[at], "an operand");
  const stream = streamOf(nest);
  const depthOf = ({ name }: NestIndex): number =>
    name === stream ? Infinity : nest.loops.findIndex(({ index }) => index === name);
  const indices = read.map((index) => ({ ...index, reduced: false })).sort((one, two) => depthOf(one) - depthOf(two));
  const { strides, length } = layOutRows(new Map(indices.map(({ name, size }) => [name, size])));
  const dtype = scratchDtype(source.buffer.dtype);
  const packed = allocate(`${source.buffer.name}Packed`, { dtype, length });
  const target = { buffer: packed, address: affineOf(strides, 0) };
  const comment = `Copies ${source.buffer.name} into ${packed.name}, which has the order of the loops.`;
  return { copy: copyOf(nest, indices, { target, source, comment }), nest: replace(nest, at, target) };
}

interface Copy {
  readonly target: BufferAccess;
  readonly source: BufferAccess;
  readonly comment: string;
}

function copyOf({ dtype }: LoopNest, indices: readonly NestIndex[], copy: Copy): LoopNest {
  return scheduleNest(copyNest({ ...copy, indices, dtype }));
}

function replace(nest: LoopNest, at: number, access: BufferAccess): LoopNest {
  return { ...nest, operands: nest.operands.map((own, operand) => (operand === at ? access : own)) };
}

/** The index of the innermost loop that is not reduced. */
function streamOf(nest: LoopNest): string {
  return nest.loops.findLast(({ index }) => !isReduced(nest, index))?.index ?? "";
}
