/**
 * Copies float32 operands that stream by again and again into doubles, once: V8 converts an element of a Float32Array
 * each time it is loaded. `einsum` does not carry this file: it is handed in.
 *
 * Invariant: the copy holds the elements from the first that is read to the last, in their order.
 */
import { affineRange, derivative, shiftAffine, variableAffine } from "../../affine/affine.ts";
import type { BufferAccess, LoopNest } from "../nest.ts";
import type { Allocate } from "../padding.ts";
import { STAGED_LOADS } from "./limits.ts";
import { scheduleNest } from "./schedule-nest.ts";

/** A nest whose rows are summed in scratch, behind the copies of what it streams. */
export function stageDoubles(nest: LoopNest, allocate: Allocate): LoopNest[] {
  if (!nest.rows || nest.slices) return [nest];
  const copies: LoopNest[] = [];
  const operands = nest.operands.map((access): BufferAccess => {
    const { buffer, address, prologue } = access;
    if (buffer.role !== "operand" || buffer.dtype !== "float32" || prologue) return access;
    // What does not stream by is loaded before the stream begins.
    if (derivative(address, streamOf(nest)) === 0) return access;
    const { min, max } = affineRange(address, (index) => sizeOf(nest, index));
    const length = max - min + 1;
    if (loadsOf(nest, access) < STAGED_LOADS * length) return access;
    const doubles = allocate(`${buffer.name}Doubles`, { dtype: "float64", length });
    copies.push(copyNest(nest, { buffer: doubles, address: variableAffine("p") }, buffer, min));
    return { buffer: doubles, address: shiftAffine(address, -min) };
  });
  return [...copies, { ...nest, operands }];
}

function copyNest(nest: LoopNest, target: BufferAccess, source: BufferAccess["buffer"], from: number): LoopNest {
  return scheduleNest({
    name: target.buffer.name,
    comment: `Copies ${source.name} into ${target.buffer.name}: doubles, which take no conversion.`,
    indices: [{ name: "p", size: Number(target.buffer.length), reduced: false }],
    loops: [],
    target,
    operands: [{ buffer: source, address: shiftAffine(variableAffine("p"), from) }],
    combine: "mul",
    reduce: "sum",
    dtype: nest.dtype,
    covers: "once",
  });
}

/** How many loads the nest does: one for all values of an index that the address is free of, in one pass. */
function loadsOf(nest: LoopNest, { address }: BufferAccess): number {
  return nest.indices.reduce((count, { name, size }) => {
    if (derivative(address, name) !== 0) return count * size;
    const step = nest.loops.findLast(({ index, kind }) => index === name && kind === "serial")?.step ?? 1;
    return count * Math.ceil(size / step);
  }, 1);
}

/** The index of the innermost loop that is not reduced. */
function streamOf({ loops, indices }: LoopNest): string {
  const kept = loops.filter((loop) => indices.some(({ name, reduced }) => name === loop.index && !reduced));
  return kept.at(-1)?.index ?? "";
}

function sizeOf(nest: LoopNest, index: string): number {
  return nest.indices.find(({ name }) => name === index)?.size ?? 1;
}
