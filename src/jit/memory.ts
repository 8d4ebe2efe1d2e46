/**
 * Where typed arrays lie: allocating them, cutting parts out of them, and whether two may share memory. And what is kept
 * between calls: the most recently used stays, bounded in entries, and in the bytes of scratch that the entries own, so that
 * a program that meets ever new shapes does not grow.
 *
 * Invariant: what may be shared counts as shared; a copy too many is slow, one too few is wrong. The entries of all caches
 * that share a budget own no more bytes than it allows.
 */
import { sizeAffine } from "../affine/affine.ts";
import { arrayOf, bufferOf, byteLengthOf, byteOffsetOf, bytesOf, type Dtype, type TypedArray } from "../ir/dtype.ts";
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
export function partOf(array: TypedArray, dtype: Dtype, from: number, length: number): TypedArray {
  const PlainArray = arrayOf(dtype);
  return length === 0
    ? new PlainArray(0)
    : new PlainArray(bufferOf(array), byteOffsetOf(array) + from * PlainArray.BYTES_PER_ELEMENT, length);
}

/** The bytes of some elements of an array of a dtype. */
export function regionOf(array: TypedArray, dtype: Dtype, from: number, to: number): Region {
  const [start, size] = [byteOffsetOf(array), bytesOf(dtype)];
  return { buffer: bufferOf(array), from: start + from * size, to: start + to * size };
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
  const buffer = bufferOf(a);
  if (buffer !== bufferOf(b) && buffer instanceof ArrayBuffer) return false;
  return mayMeet(regionOfAll(a), regionOfAll(b));
}

function regionOfAll(array: TypedArray): Region {
  const from = byteOffsetOf(array);
  return { buffer: bufferOf(array), from, to: from + byteLengthOf(array) };
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

/** Values by key, the least recently used forgotten first. */
interface Cache<T> {
  get(key: string): T | undefined;
  /** Keeps a value, under a key that may have one; or does not, where it alone is more than the budget. */
  set(key: string, value: T, bytes: number): void;
  readonly size: number;
}

/** The bytes that caches may own together, and do. */
interface Budget {
  readonly most: number;
  bytes: number;
  /** The entries that own some, the least recently used first, and how each is forgotten. */
  readonly owners: Map<object, () => void>;
}

export function createBudget(most: number): Budget {
  return { most, bytes: 0, owners: new Map() };
}

/** That of everything which `einsum`, `einsumGrad` and the layers keep: 256 MiB. */
export const SCRATCH: Budget = createBudget(2 ** 28);

/** Makes an empty cache of some entries at most. */
export function createCache<T>(most: number, budget = SCRATCH): Cache<T> {
  interface Entry {
    readonly value: T;
    readonly bytes: number;
  }
  const entries = new Map<string, Entry>();
  const forget = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    entries.delete(key);
    if (entry && budget.owners.delete(entry)) budget.bytes -= entry.bytes;
    return entry;
  };
  // A map keeps the order of insertion: the young end is the last.
  const add = (key: string, entry: Entry): void => {
    entries.set(key, entry);
    if (entry.bytes > 0) budget.owners.set(entry, () => forget(key));
    budget.bytes += entry.bytes;
  };
  return {
    get(key) {
      const entry = forget(key);
      if (entry) add(key, entry);
      return entry?.value;
    },
    set(key, value, bytes) {
      forget(key);
      if (bytes > budget.most) return;
      add(key, { value, bytes });
      for (const oldest of entries.keys()) {
        if (entries.size <= most) break;
        forget(oldest);
      }
      for (const forgetOldest of budget.owners.values()) {
        if (budget.bytes <= budget.most) break;
        forgetOldest();
      }
    },
    get size() {
      return entries.size;
    },
  };
}
