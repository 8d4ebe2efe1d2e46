/**
 * Element types as the fuzz knows them: their arrays, how they promote, and their arithmetic, written here once more and
 * from NumPy's documentation, so that a fault in the tables of `src` shows.
 *
 * Invariant: an integer is a BigInt that its dtype holds; a float is a double, rounded once, when it is stored.
 */
import type { Random } from "../support/random.ts";

export type Dtype =
  "float64" | "float32" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64";

export type Numbers =
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

/** A double of a float dtype; a BigInt of any integer dtype. */
export type Value = number | bigint;

interface Row {
  readonly kind: "float" | "int" | "uint";
  readonly bits: 8 | 16 | 32 | 64;
  readonly array: new (length: number) => Numbers;
}

const ROWS: Readonly<Record<Dtype, Row>> = {
  float64: { kind: "float", bits: 64, array: Float64Array },
  float32: { kind: "float", bits: 32, array: Float32Array },
  int8: { kind: "int", bits: 8, array: Int8Array },
  int16: { kind: "int", bits: 16, array: Int16Array },
  int32: { kind: "int", bits: 32, array: Int32Array },
  int64: { kind: "int", bits: 64, array: BigInt64Array },
  uint8: { kind: "uint", bits: 8, array: Uint8Array },
  uint16: { kind: "uint", bits: 16, array: Uint16Array },
  uint32: { kind: "uint", bits: 32, array: Uint32Array },
  uint64: { kind: "uint", bits: 64, array: BigUint64Array },
};

export const DTYPES = Object.keys(ROWS) as readonly Dtype[];

export function isFloat(dtype: Dtype): boolean {
  return ROWS[dtype].kind === "float";
}

export function isUnsigned(dtype: Dtype): boolean {
  return ROWS[dtype].kind === "uint";
}

/** What two dtypes become together: NumPy's `promote_types`. */
export function promoteTwo(one: Dtype, other: Dtype): Dtype {
  const rows = [ROWS[one], ROWS[other]] as const;
  const widest = (kind: Row["kind"]): number =>
    rows.reduce((bits, row) => (row.kind === kind ? Math.max(bits, row.bits) : bits), 0);
  const [float, int, uint] = [widest("float"), widest("int"), widest("uint")];
  if (float > 0) return float === 64 || Math.max(int, uint) > 16 ? "float64" : "float32";
  if (int === 0) return `uint${uint}` as Dtype;
  if (int > uint) return `int${int}` as Dtype;
  return uint === 64 ? "float64" : (`int${2 * uint}` as Dtype);
}

/** An array of a dtype that holds values. */
export function arrayFrom(dtype: Dtype, values: readonly Value[]): Numbers {
  const array = new ROWS[dtype].array(values.length);
  values.forEach((value, at) => (array[at] = toElement(dtype, value) as never));
  return array;
}

export function emptyArray(dtype: Dtype, length: number): Numbers {
  return new ROWS[dtype].array(length);
}

/** What an array of the dtype takes. */
export function toElement(dtype: Dtype, value: Value): Value {
  return ROWS[dtype].bits === 64 && !isFloat(dtype) ? BigInt(value) : Number(value);
}

/** The operations of a dtype. */
export interface Arithmetic {
  readonly of: (value: Value) => Value;
  readonly lowest: Value;
  readonly highest: Value;
  readonly add: (one: Value, other: Value) => Value;
  readonly mul: (one: Value, other: Value) => Value;
  readonly max: (one: Value, other: Value) => Value;
  readonly min: (one: Value, other: Value) => Value;
  /** 1 or 0. */
  readonly truth: (condition: boolean) => Value;
}

const DOUBLES: Arithmetic = {
  of: Number,
  lowest: -Infinity,
  highest: Infinity,
  add: (one, other) => (one as number) + (other as number),
  mul: (one, other) => (one as number) * (other as number),
  max: (one, other) => Math.max(one as number, other as number),
  min: (one, other) => Math.min(one as number, other as number),
  truth: Number,
};

const made = new Map<Dtype, Arithmetic>();

export function arithmeticOf(dtype: Dtype): Arithmetic {
  const { kind, bits } = ROWS[dtype];
  if (kind === "float") return DOUBLES;
  const known = made.get(dtype);
  if (known) return known;
  const wrap = (value: bigint): bigint => (kind === "int" ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
  const [lowest, highest] =
    kind === "int" ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n] : [0n, (1n << BigInt(bits)) - 1n];
  const integers: Arithmetic = {
    of: (value) => wrap(BigInt(value)),
    lowest,
    highest,
    add: (one, other) => wrap((one as bigint) + (other as bigint)),
    mul: (one, other) => wrap((one as bigint) * (other as bigint)),
    max: (one, other) => (one > other ? one : other),
    min: (one, other) => (one < other ? one : other),
    truth: (condition) => (condition ? 1n : 0n),
  };
  made.set(dtype, integers);
  return integers;
}

/** Everything but 0 is true, NaN included. */
export function isTrue(value: Value): boolean {
  return value !== 0 && value !== 0n;
}

/**
 * What operands hold. Small integers keep sums exact in any order; `ones` keep products so. `wide` integers wrap.
 * `special` doubles are NaN, infinities and -0 among small integers.
 */
export type Filling = "small" | "ones" | "sparse" | "wide" | "special";

export function randomValue(random: Random, dtype: Dtype, filling: Filling): Value {
  const signed = !isUnsigned(dtype);
  switch (filling) {
    case "small":
      return random.integer(signed ? -3 : 0, 3);
    case "ones":
      return signed && random.chance(0.5) ? -1 : 1;
    case "sparse":
      return random.chance(0.6) ? 0 : random.integer(signed ? -2 : 0, 2);
    case "wide": {
      if (isFloat(dtype) || random.chance(0.4)) return random.integer(signed ? -3 : 0, 3);
      const { lowest, highest } = arithmeticOf(dtype) as { lowest: bigint; highest: bigint };
      const near = BigInt(random.integer(0, 9));
      return random.chance(0.5) ? lowest + near : highest - near;
    }
    case "special":
      if (isFloat(dtype) && random.chance(0.12)) return random.pick([NaN, Infinity, -Infinity, -0, -0]);
      return random.integer(signed ? -2 : 0, 2);
  }
}

/** Says where a result differs from what is expected; zeros of both signs are one, and NaN is NaN. */
export function differenceOf(found: ArrayLike<Value>, expected: Numbers): string | null {
  if (found.constructor !== expected.constructor) {
    return `a ${found.constructor.name}, expected a ${expected.constructor.name}`;
  }
  if (found.length !== expected.length) return `${found.length} elements, expected ${expected.length}`;
  for (let at = 0; at < expected.length; at++) {
    const [one, other] = [found[at], expected[at]];
    if (one === other || (one !== one && other !== other)) continue;
    return `element ${at} is ${String(one)}, expected ${String(other)}`;
  }
  return null;
}
