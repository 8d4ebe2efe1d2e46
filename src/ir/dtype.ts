/**
 * Element types: their arrays, how they promote, and the type their arithmetic is done in. A new dtype is a row in
 * `DTYPES` and a row and column in `promote`; the compiler lists the rest.
 */
export type Dtype =
  "float64" | "float32" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64";

/** What a kernel computes in: a double, a wrapping 32-bit integer, or a wrapping 64-bit integer. */
export type ValueType = "f64" | "i32" | "u32" | "i64" | "u64";

export type TypedArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

export type TypedArrayConstructor = {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
};

interface DtypeRow {
  readonly kind: "float" | "signed" | "unsigned";
  readonly bytes: 1 | 2 | 4 | 8;
  /** Name of the array class that holds it. */
  readonly arrayName: string;
  readonly array: TypedArrayConstructor;
  /** What an element becomes once loaded. */
  readonly value: ValueType;
}

const DTYPES: Readonly<Record<Dtype, DtypeRow>> = {
  float64: { kind: "float", bytes: 8, arrayName: "Float64Array", array: Float64Array, value: "f64" },
  float32: { kind: "float", bytes: 4, arrayName: "Float32Array", array: Float32Array, value: "f64" },
  int8: { kind: "signed", bytes: 1, arrayName: "Int8Array", array: Int8Array, value: "i32" },
  int16: { kind: "signed", bytes: 2, arrayName: "Int16Array", array: Int16Array, value: "i32" },
  int32: { kind: "signed", bytes: 4, arrayName: "Int32Array", array: Int32Array, value: "i32" },
  int64: { kind: "signed", bytes: 8, arrayName: "BigInt64Array", array: BigInt64Array, value: "i64" },
  uint8: { kind: "unsigned", bytes: 1, arrayName: "Uint8Array", array: Uint8Array, value: "i32" },
  uint16: { kind: "unsigned", bytes: 2, arrayName: "Uint16Array", array: Uint16Array, value: "i32" },
  uint32: { kind: "unsigned", bytes: 4, arrayName: "Uint32Array", array: Uint32Array, value: "u32" },
  uint64: { kind: "unsigned", bytes: 8, arrayName: "BigUint64Array", array: BigUint64Array, value: "u64" },
};

/** Every dtype, in the order in which messages list them. */
export const DTYPE_NAMES = Object.keys(DTYPES) as readonly Dtype[];

export function isDtype(name: unknown): name is Dtype {
  return typeof name === "string" && Object.hasOwn(DTYPES, name);
}

export function isFloat(dtype: Dtype): boolean {
  return DTYPES[dtype].kind === "float";
}

/** Whether elements of a dtype, or values of a type, are BigInts. */
export function isBig(type: Dtype | ValueType): boolean {
  return type === "int64" || type === "uint64" || type === "i64" || type === "u64";
}

export function bytesOf(dtype: Dtype): number {
  return DTYPES[dtype].bytes;
}

export function arrayNameOf(dtype: Dtype): string {
  return DTYPES[dtype].arrayName;
}

export function arrayOf(dtype: Dtype): TypedArrayConstructor {
  return DTYPES[dtype].array;
}

/** The type of a loaded element, and of arithmetic whose result has this dtype. */
export function valueTypeOf(dtype: Dtype): ValueType {
  return DTYPES[dtype].value;
}

/**
 * What the engine itself knows of a typed array: its class may be another realm's, or a subclass, and its fields may be
 * defined anew, so neither `instanceof` nor the fields tell. An array whose buffer is gone, or too short by now, has no elements.
 */
function fieldOf<T>(name: string | symbol): (array: unknown) => T {
  const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name) ?? {};
  return Function.prototype.call.bind(get as () => T);
}

const tagOf = /* @__PURE__ */ fieldOf<string | undefined>(Symbol.toStringTag);
export const lengthOf = /* @__PURE__ */ fieldOf<number>("length");
export const bufferOf = /* @__PURE__ */ fieldOf<ArrayBufferLike>("buffer");
export const byteLengthOf = /* @__PURE__ */ fieldOf<number>("byteLength");
export const byteOffsetOf = /* @__PURE__ */ fieldOf<number>("byteOffset");

/** The dtype of a typed array; undefined for anything else. */
export function dtypeOfArray(array: unknown): Dtype | undefined {
  const tag = tagOf(array);
  return DTYPE_NAMES.find((dtype) => DTYPES[dtype].arrayName === tag);
}

/** Whether something is an array of a dtype: as `dtypeOfArray`, in less time. */
export function isArrayOf(array: unknown, dtype: Dtype): array is TypedArray {
  return tagOf(array) === arrayNameOf(dtype);
}

/**
 * The dtype that holds both, as `numpy.promote_types` defines it: the wider of two of a kind; a signed integer wide
 * enough for an unsigned one, float64 where none is; a float with room for the integer's values in its mantissa.
 */
export function promote(left: Dtype, right: Dtype): Dtype {
  if (left === right) return left;
  const [a, b] = [DTYPES[left], DTYPES[right]];
  if (a.kind === b.kind) return a.bytes >= b.bytes ? left : right;
  if (a.kind === "float" || b.kind === "float") {
    const [float, integer] = a.kind === "float" ? [left, b] : [right, a];
    return float === "float32" && integer.bytes <= 2 ? "float32" : "float64";
  }
  const [signed, unsigned] = a.kind === "signed" ? [a, b] : [b, a];
  if (signed.bytes > unsigned.bytes) return a.kind === "signed" ? left : right;
  return SIGNED_ABOVE[unsigned.bytes];
}

/** What holds the unsigned integers of so many bytes, and negative ones. */
const SIGNED_ABOVE: Readonly<Record<DtypeRow["bytes"], Dtype>> = { 1: "int16", 2: "int32", 4: "int64", 8: "float64" };

/** Smallest and largest value of a dtype: what `max` and `min` over nothing give. */
export function extremesOf(dtype: Dtype): { readonly lowest: number | bigint; readonly highest: number | bigint } {
  const { kind, bytes, value } = DTYPES[dtype];
  if (kind === "float") return { lowest: -Infinity, highest: Infinity };
  const bits = BigInt(bytes * 8);
  const lowest = kind === "signed" ? -(1n << (bits - 1n)) : 0n;
  const highest = kind === "signed" ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  return value === "i64" || value === "u64"
    ? { lowest, highest }
    : { lowest: Number(lowest), highest: Number(highest) };
}
