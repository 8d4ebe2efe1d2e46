/**
 * Where typed arrays lie: allocating them, cutting parts out of them, and whether two may share memory.
 *
 * Invariant: what may be shared counts as shared; a copy too many is slow, one too few is wrong.
 */
import { sizeAffine } from "../affine/affine.ts";
import { arrayOf, bytesOf, type Dtype, type TypedArray } from "../ir/dtype.ts";
import { evaluateSymbolic } from "../ir/symbols.ts";
import type { Kernel } from "../loops/kernel.ts";
import * as messages from "../support/messages/arrays.ts";

/** Bytes of a buffer, from `from` up to, but without, `to`. */
export interface Region {
  readonly buffer: ArrayBufferLike;
  readonly from: number;
  readonly to: number;
}

/** Allocates an array of zeros; refuses one that the engine cannot hold. */
export function allocate(dtype: Dtype, length: number): TypedArray {
  try {
    return new (arrayOf(dtype))(length);
  } catch (error) {
    if (error instanceof RangeError) throw messages.tooLargeToAllocate(length);
    throw error;
  }
}

/**
 * Elements of an array, seen through the plain class of its dtype: `subarray` would call the constructor of a
 * subclass, which may take anything.
 */
export function partOf({ buffer, byteOffset }: TypedArray, dtype: Dtype, from: number, length: number): TypedArray {
  const PlainArray = arrayOf(dtype);
  return length === 0
    ? new PlainArray(0)
    : new PlainArray(buffer, byteOffset + from * PlainArray.BYTES_PER_ELEMENT, length);
}

/** The bytes of some elements of an array, or of all of them. */
export function regionOf(array: TypedArray, from = 0, to = array.length): Region {
  const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = array;
  return { buffer, from: byteOffset + from * size, to: byteOffset + to * size };
}

/** Whether two regions may have a byte in common. */
export function mayMeet(a: Region, b: Region): boolean {
  if (a.from >= a.to || b.from >= b.to) return false;
  // Two objects may stand for one shared memory: what a message brought back, what a WebAssembly memory gave before
  // and after it grew.
  if (a.buffer !== b.buffer) return isShared(a.buffer) && isShared(b.buffer);
  return a.from < b.to && b.from < a.to;
}

/** Whether two arrays may have a byte in common. */
export function meets(a: TypedArray, b: TypedArray): boolean {
  // What most calls come down to, at once: memory of their own.
  if (a.buffer !== b.buffer && a.buffer instanceof ArrayBuffer) return false;
  return mayMeet(regionOf(a), regionOf(b));
}

/** By the tag: a page without shared memory has no such class to compare with. */
function isShared(buffer: ArrayBufferLike): boolean {
  return Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]";
}

/** The bytes of each buffer of scratch that a kernel owns, for values of its integers; parts lie in another one. */
export function scratchBytes({ scratch }: Kernel, integers: ReadonlyMap<string, number> = new Map()): number[] {
  return scratch.map(({ dtype, length, part }) =>
    part ? 0 : evaluateSymbolic(sizeAffine(length), integers) * bytesOf(dtype),
  );
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
