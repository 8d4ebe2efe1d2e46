/**
 * .npy files, as `numpy.lib.format` documents them: versions 1.0, 2.0 and 3.0, C and Fortran order, either byte order.
 *
 *     "\x93NUMPY" major minor  header length (2 bytes; 4 since 2.0)  header, padded with spaces  data
 *
 * Invariant: nothing is allocated by what a header claims; the data must be in the file, to the byte.
 */
import { arrayOf, bytesOf, DTYPE_NAMES, type Dtype } from "../ir/dtype.ts";
import { elementCount, rowMajorStrides } from "../ir/tensor.ts";
import { checkArray, elementsOf, type NdArray } from "../jit/nd-array.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/files.ts";
import { npyDtype } from "../support/messages/files.ts";
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

/** An element type as it lies in a file. */
interface NpyDtype {
  readonly dtype: Dtype;
  readonly order: "little" | "big" | "native";
}

/** Each dtype by its kind and bytes, which is what is written, by its letters, and by its names, past ones included. */
const SPELLINGS: Readonly<Record<Dtype, readonly string[]>> = {
  float64: ["f8", "d", "float64", "double", "float", "float_"],
  float32: ["f4", "f", "float32", "single"],
  int8: ["i1", "b", "int8", "byte"],
  int16: ["i2", "h", "int16", "short"],
  int32: ["i4", "i", "int32", "intc"],
  int64: ["i8", "q", "l", "p", "n", "int64", "longlong", "long", "intp", "int", "int_", "int0"],
  uint8: ["u1", "B", "uint8", "ubyte"],
  uint16: ["u2", "H", "uint16", "ushort"],
  uint32: ["u4", "I", "uint32", "uintc"],
  uint64: ["u8", "Q", "L", "P", "N", "uint64", "ulonglong", "ulong", "uintp", "uint", "uint0"],
};

/** Kinds of elements that are refused: what they are called, and how to save them so that nothing is lost. */
type Refusal = readonly [spellings: RegExp, meaning: string, remedy: string];

const NUMBERS = 'array.astype("int64") where they are whole, array.astype("float64") where not';

/** Matched in this order against a spelling without its byte order; the last takes all. */
const REFUSALS: readonly Refusal[] = [
  [
    /^(?:b1|\?|bool_?|bool8)$/,
    "booleans",
    'save array.astype("int64") to count and to add, ' +
      'or array.astype("uint8") for NumPy\'s einsum of booleans, which is --reduce any --combine and',
  ],
  [/^(?:f2|e|half|float16)$/, "floats of 16 bits", 'save array.astype("float32"), which holds each of them exactly'],
  [
    /^(?:f(?:10|12|16)|g|longdouble|longfloat|float(?:80|96|128))$/,
    "floats of more than 64 bits",
    'save high = array.astype("float64") and low = (array - high).astype("float64") as two files: ' +
      "together they hold 106 bits of each number",
  ],
  [
    /^(?:c\d+|[FDG]|complex\d*_?|c(?:single|double|float|longdouble|longfloat)|singlecomplex)$/,
    "complex numbers",
    "save array.real and array.imag as two files: both together are all of it",
  ],
  [
    /^(?:O\d*|object_?)$/,
    "Python objects",
    `save the numbers that the objects hold in a dtype that holds them all: ${NUMBERS}`,
  ],
  [/^(?:[Sac]\d*|bytes\d*_?|string_?)$/, "byte strings", `save the numbers that the text spells: ${NUMBERS}`],
  [/^(?:U\d*|T|str\d*_?|unicode_?|StringDType.*)$/, "text", `save the numbers that the text spells: ${NUMBERS}`],
  [
    /^(?:V\d*|void\d*)$/,
    "raw bytes",
    'save array.view("uint8") for the bytes as numbers; what was bfloat16, or another dtype of ml_dtypes, ' +
      'is saved whole by array.astype("float32") before it is saved',
  ],
  [/^(?:M|datetime)/, "dates", 'save array.view("int64"): each date as the count of its units since 1970'],
  [/^(?:m|timedelta)/, "time spans", 'save array.view("int64"): each span as the count of its units'],
  [
    /^[[({]|,|^\d/,
    "structured elements",
    'save each field as a file of its own: numpy.save("x.npy", array["x"]) for a field x',
  ],
  [/^/, "elements of an unknown type", `save one of the dtypes ${Object.keys(SPELLINGS).join(", ")}`],
];

const ORDERS = { "<": "little", ">": "big", "=": "native", "|": "native", "": "native" } as const;

/**
 * Reads NumPy's spelling of a dtype, as `numpy.dtype` does, or throws the error that says how to save such elements; `file`
 * names their file.
 *
 *     [ "<" | ">" | "=" | "|" ] ( kind bytes | letter | name )        <f8, |u1, >q, =L, d, float64, intc
 *
 * A letter is a type of C; `l` and `long` are C's long as 64-bit systems other than Windows have it, of 8 bytes.
 */
function parseNpyDtype(descr: string, file: string): NpyDtype {
  const [, sign = "", spelling = ""] = /^([<>=|]?)(.*)$/s.exec(descr) ?? [];
  const order = ORDERS[sign as keyof typeof ORDERS];
  // NumPy reads the bytes as a number: i08 is i8.
  const code = spelling.replace(/^([fiu])0+(?=\d)/, "$1");
  const dtype = DTYPE_NAMES.find((name) => SPELLINGS[name].includes(code));
  if (dtype) return { dtype, order };
  const [, meaning, remedy] = required(
    REFUSALS.find(([spellings]) => spellings.test(spelling)),
    "a refusal",
  );
  throw npyDtype(file, descr, meaning, remedy);
}

/** How NumPy writes a dtype of little-endian data: `<f8`, `|u1`. */
function printNpyDtype(dtype: Dtype): string {
  return (arrayOf(dtype).BYTES_PER_ELEMENT === 1 ? "|" : "<") + required(SPELLINGS[dtype][0], "a spelling");
}
