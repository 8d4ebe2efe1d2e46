/**
 * `einsum` into an `out` of any strides that lies in the memory of its operands. Every byte that belongs to no element of
 * `out` must stay, and the elements must be what the operands gave as they were.
 */
import { einsum, type EinsumOptions } from "../../src/index.ts";
import type { Random } from "../support/random.ts";
import type { Case } from "./draft.ts";
import { countOf, shapeOf } from "./naive.ts";
import { differenceOf, emptyArray, type Numbers } from "./numbers.ts";
import { printValue } from "./print.ts";

type ArrayClass = { new (buffer: ArrayBufferLike, byteOffset: number, length: number): Numbers };

/** A view of part of some memory. */
function viewAt(memory: ArrayBufferLike, like: Numbers, byteOffset: number, length: number): Numbers {
  return new (like.constructor as unknown as ArrayClass)(memory, byteOffset, length);
}

/** Strides in any order and direction, with gaps, under which no two elements meet. */
function distinctStrides(random: Random, shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  let stride = 1;
  for (const axis of random.chance(0.4) ? [...shape.keys()].reverse() : random.shuffle([...shape.keys()])) {
    if (random.chance(0.2)) stride *= 2;
    strides[axis] = random.chance(0.2) ? -stride : stride;
    stride *= Math.max(1, shape[axis] as number);
  }
  return strides;
}

export function runOverlapping(given: Case, random: Random, more: EinsumOptions) {
  const shape = shapeOf(given.meaning.output);
  const strides = distinctStrides(random, shape);
  const ends = shape.map((size, axis) => Math.max(0, size - 1) * (strides[axis] as number));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const before = -sum(ends.filter((end) => end < 0)) + 0;
  const reach = before + sum(ends.filter((end) => end > 0)) + 1;
  const like = emptyArray(given.meaning.dtype, 0);
  const places: number[] = [];
  let bytes = 0;
  for (const { data } of given.operands) {
    places.push(bytes);
    bytes += Math.ceil(data.byteLength / 8) * 8;
  }
  const room = reach * like.BYTES_PER_ELEMENT;
  const outPlace = 8 * random.integer(0, Math.floor(bytes / 8));
  const total = Math.max(bytes, outPlace + Math.ceil(room / 8) * 8) + 16;
  const isShared = random.chance(0.15);
  const options = { ...given.options, ...more };
  const layout = { places, out: { at: outPlace, shape, strides, offset: before }, bytes: total, shared: isShared };
  return {
    call: `einsum(${printValue(given.spec)}, [operands in one buffer], { ...${printValue(options)}, out }); // ${printValue(layout)}`,
    run: (expected: Numbers): string | number => {
      const memory = isShared ? new SharedArrayBuffer(total) : new ArrayBuffer(total);
      new Uint8Array(memory).fill(1);
      const operands = given.operands.map((operand, at) => {
        const data = viewAt(memory, operand.data, places[at] as number, operand.data.length);
        data.set(operand.data as never);
        return { ...operand, data };
      });
      const target = viewAt(memory, like, outPlace, reach);
      const wanted = new Uint8Array(memory).slice();
      const writable = viewAt(wanted.buffer, like, outPlace, reach);
      const addresses = addressesOf(shape, strides, before);
      addresses.forEach((address, at) => (writable[address] = expected[at] as never));
      const out = { data: target, shape, strides, offset: before };
      if (einsum(given.spec, operands, { ...options, out }) !== out) return "the array that was given is not returned";
      const found = emptyArray(given.meaning.dtype, countOf(shape));
      addresses.forEach((address, at) => (found[at] = target[address] as never));
      const difference = differenceOf(found, expected);
      if (difference !== null) return difference;
      // Elements are equal; zeros and NaN may have other bits.
      addresses.forEach((address) => (writable[address] = target[address] as never));
      const after = new Uint8Array(memory);
      const at = after.findIndex((byte, place) => byte !== wanted[place]);
      return at < 0 ? 1 : `byte ${at}, which is no element of out, became ${after[at]} from ${wanted[at]}`;
    },
  };
}

function addressesOf(shape: readonly number[], strides: readonly number[], offset: number): number[] {
  return shape.reduce(
    (addresses, size, axis) =>
      addresses.flatMap((address) => Array.from({ length: size }, (_, at) => address + at * (strides[axis] as number))),
    [offset],
  );
}
