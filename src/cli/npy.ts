/**
 * .npy files, as `numpy.lib.format` documents them: versions 1.0, 2.0 and 3.0, C and Fortran order, either byte order.
 *
 *     "\x93NUMPY" major minor  header length (2 bytes; 4 since 2.0)  header, padded with spaces  data
 *
 * Invariant: nothing is allocated by what a header claims; the data must be in the file, to the byte.
 */
import { arrayOf, bytesOf } from "../ir/dtype.ts";
import { elementCount, rowMajorStrides } from "../ir/tensor.ts";
import { checkArray, elementsOf, type NdArray } from "../jit/nd-array.ts";
import * as messages from "../support/messages/npy.ts";
import { parseNpyDtype, printNpyDtype } from "./npy-dtype.ts";
import { parseNpyHeader, printNpyHeader } from "./npy-header.ts";

/** An array as it lies in a file: Fortran order is a matter of strides. */
export type NpyArray = Required<Omit<NdArray, "offset">>;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Data begins at a multiple of this, so that a file can be mapped into memory. */
const ALIGNMENT = 64;
/** A shape of 100,000 axes needs no longer header; NumPy has at most 64 axes, and reads 10,000 characters unasked. */
const LONGEST_HEADER = 1 << 20;
/** What the two bytes of version 1.0 count; longer headers are of version 2.0. */
const LONGEST_FIRST_HEADER = 65_535;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Reads a .npy file, wherever in its buffer it begins and its data in it. The data is a copy in the byte order of this
 * machine. Throws an `EinsumError` for anything that is no array of a dtype einsmith computes with; `file` names the
 * file there.
 */
export function readNpy(bytes: Uint8Array, file = "the file"): NpyArray {
  const { header, dataStart } = splitFile(bytes, file);
  const { descr, fortranOrder, shape } = parseNpyHeader(header, file);
  const { dtype, order } = parseNpyDtype(descr, file);

  // Not `slice`: of a Node `Buffer` that is a view, which begins where the header ends.
  const data = new Uint8Array(bytes.subarray(dataStart));
  const needed = (shape.includes(0) ? 0 : elementCount(shape)) * bytesOf(dtype);
  if (data.length !== needed) throw messages.npyLength(file, data.length, needed, shape, dtype);
  if (order === (LITTLE_ENDIAN ? "big" : "little")) swapBytes(data, bytesOf(dtype));
  return {
    data: new (arrayOf(dtype))(data.buffer),
    shape,
    strides: stridesOf(shape, fortranOrder),
  };
}

/** Where there is no element, sizes may multiply beyond all integers; strides of 0 then do as well as any. */
function stridesOf(shape: readonly number[], fortranOrder: boolean): number[] {
  const strides = fortranOrder ? rowMajorStrides([...shape].reverse()).reverse() : rowMajorStrides(shape);
  return strides.every(Number.isSafeInteger) ? strides : shape.map(() => 0);
}

/** Whether what begins so may be a .npy file. */
export function mayBeNpy(start: Uint8Array): boolean {
  return MAGIC.slice(0, start.length).every((byte, at) => start[at] === byte);
}

/** Writes an array as NumPy does: in the lowest version that holds its header, C order, little-endian. */
export function writeNpy(array: NdArray): Uint8Array {
  const view = checkArray(array, "the array to write");
  const { dtype, shape } = view;
  const header = printNpyHeader(printNpyDtype(dtype), shape);
  const [padded, start] = padHeader(header);

  const data = new Uint8Array(elementsOf(view).buffer);
  if (!LITTLE_ENDIAN) swapBytes(data, bytesOf(dtype));

  const dataStart = start.length + padded.length;
  const bytes = new Uint8Array(dataStart + data.length);
  bytes.set(start);
  bytes.set(new TextEncoder().encode(padded), start.length);
  bytes.set(data, dataStart);
  return bytes;
}

/** A header filled up so that data begins aligned, and what stands before it: magic, version, length. */
function padHeader(header: string, major: 1 | 2 = 1): [padded: string, start: readonly number[]] {
  const lengthBytes = major === 1 ? 2 : 4;
  const unpadded = MAGIC.length + 2 + lengthBytes + header.length + 1;
  const padded = `${header}${" ".repeat(ALIGNMENT - (unpadded % ALIGNMENT))}\n`;
  if (major === 1 && padded.length > LONGEST_FIRST_HEADER) return padHeader(header, 2);
  const length = [0, 8, 16, 24].slice(0, lengthBytes).map((shift) => (padded.length >> shift) & 0xff);
  return [padded, [...MAGIC, major, 0, ...length]];
}

function splitFile(bytes: Uint8Array, file: string): { header: string; dataStart: number } {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) throw messages.npyMagic(file, bytes.subarray(0, MAGIC.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expectBytes = (end: number): void => {
    if (bytes.length < end) throw messages.npyTruncated(file, bytes.length, end);
  };
  expectBytes(8);
  const [major, minor] = [view.getUint8(6), view.getUint8(7)];
  if (major < 1 || major > 3 || minor !== 0) throw messages.npyVersion(file, major, minor);
  const headerStart = major === 1 ? 10 : 12;
  expectBytes(headerStart);
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerLength > LONGEST_HEADER) throw messages.npyHeaderLength(file, headerLength, LONGEST_HEADER);
  const dataStart = headerStart + headerLength;
  expectBytes(dataStart);
  const header = new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(bytes.subarray(headerStart, dataStart));
  return { header, dataStart };
}

/** Reverses the bytes of every element. */
function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) {
    for (let [low, high] = [start, start + width - 1]; low < high; low++, high--) {
      [bytes[low], bytes[high]] = [bytes[high] as number, bytes[low] as number];
    }
  }
}
