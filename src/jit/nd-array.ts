/**
 * N-dimensional arrays: a typed array seen through a shape, strides and an offset, all in elements. Anything with
 * these fields is one, scijs' ndarrays included, whose strides are called `stride`.
 *
 * Invariant: a `View` has been checked: its element addresses lie inside its buffer.
 */
import { arrayNameOf, DTYPE_NAMES, dtypeOfArray, type Dtype, type TypedArray } from "../ir/dtype.ts";
import { addressRange, areNested, isRowMajor, rowMajorStrides } from "../ir/tensor.ts";
import * as messages from "../support/messages/arrays.ts";
import { mayMeet, regionOf } from "./memory.ts";

export interface NdArray<D extends TypedArray = TypedArray> {
  readonly data: D;
  /** One size per axis; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** In elements; row-major where absent. */
  readonly strides?: readonly number[] | undefined;
  /** Address of the first element, in elements; 0 where absent. */
  readonly offset?: number | undefined;
}

/** An array whose fields were checked and filled in. */
export interface View {
  readonly data: TypedArray;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly rowMajor: boolean;
  /** Smallest and largest address; null where the array has no element. */
  readonly range: { readonly min: number; readonly max: number } | null;
}

/** Checks an array; `what` names it in messages: "operand 0", "out". */
export function checkArray(array: unknown, what: string): View {
  if (typeof array !== "object" || array === null) throw messages.notAnArray(what, array);
  if (Array.isArray(array) || ArrayBuffer.isView(array)) throw messages.notAnArray(what, array);
  const { data, shape, strides, stride, offset } = array as Record<string, unknown>;
  const dtype = dtypeOfArray(data);
  if (dtype === undefined) throw refusalOf(data, what);
  if (!isListOf(shape, isSize)) throw messages.malformedField(what, "shape", shape, "a list of sizes");
  const given = strides ?? stride;
  if (given !== undefined && !isListOf(given, isInteger)) {
    throw messages.malformedField(what, "strides", given, "a list of integers");
  }
  if (given && given.length !== shape.length) throw messages.strideRank(what, given.length, shape.length);
  if (offset !== undefined && !isInteger(offset)) throw messages.malformedField(what, "offset", offset, "an integer");
  return checkView({
    data: data as TypedArray,
    dtype,
    shape: [...shape],
    strides: given ? [...given] : rowMajorStrides(shape),
    offset: offset ?? 0,
    what,
  });
}

function refusalOf(data: unknown, what: string): Error {
  return ArrayBuffer.isView(data)
    ? messages.arrayClass(what, data, DTYPE_NAMES.map(arrayNameOf))
    : messages.notTyped(what, data);
}

function checkView(fields: Omit<View, "rowMajor" | "range"> & { readonly what: string }): View {
  const { data, dtype, shape, strides, offset, what } = fields;
  const range = addressRange(shape, strides, offset);
  if (range && (range.min < 0 || range.max >= data.length)) {
    throw messages.outsideBuffer(what, range.min, range.max, data.length, { shape, strides, offset });
  }
  return { data, dtype, shape, strides, offset, range, rowMajor: isRowMajor(shape, strides) };
}

/**
 * A view of the buffer of an array, as PyTorch's `as_strided`: shape, strides and offset are its own, in elements.
 * `offset` is that of the array where absent. Refuses what would read outside the buffer; nothing is copied.
 */
export function asStrided<D extends TypedArray>(
  array: NdArray<D>,
  shape: readonly number[],
  strides: readonly number[],
  offset?: number,
): Required<NdArray<D>> {
  const base = checkArray(array, "the array");
  // Elsewhere absent strides are row-major ones.
  if (!isListOf(strides, isInteger))
    throw messages.malformedField("the view", "strides", strides, "a list of integers");
  const view = checkArray({ data: array.data, shape, strides, offset: offset ?? base.offset }, "the view");
  return { data: array.data, shape: view.shape, strides: view.strides, offset: view.offset };
}

/** Copies the elements of a view in row-major order. */
export function copyElements(from: View, to: TypedArray, toStrides?: readonly number[], toOffset = 0): void {
  const { data, shape, strides, offset } = from;
  const target = toStrides ?? rowMajorStrides(shape);
  const copyAxis = (axis: number, source: number, destination: number): void => {
    if (axis === shape.length) {
      to[destination] = data[source] as never;
      return;
    }
    for (let at = 0; at < (shape[axis] as number); at++) {
      copyAxis(axis + 1, source + at * (strides[axis] as number), destination + at * (target[axis] as number));
    }
  };
  copyAxis(0, offset, toOffset);
}

/** Whether two views may share memory: the ranges of their addresses meet. */
export function mayOverlap(a: View, b: View): boolean {
  if (!a.range || !b.range) return false;
  return mayMeet(regionOf(a.data, a.range.min, a.range.max + 1), regionOf(b.data, b.range.min, b.range.max + 1));
}

/** Whether two elements of a view lie in one place. */
export function overlapsItself(view: View): boolean {
  const { shape, strides, offset, range } = view;
  const axes = shape.map((size, axis) => ({ size, stride: strides[axis] as number }));
  if (!range || view.rowMajor || areNested(axes)) return false;
  // Strides may interleave without meeting, 2 and 3 over a shape of 3 x 2: only a look at every place tells.
  const taken = new Uint8Array(range.max - range.min + 1);
  const meets = (axis: number, address: number): boolean => {
    if (axis === shape.length) {
      const place = address - range.min;
      const isTaken = taken[place] === 1;
      taken[place] = 1;
      return isTaken;
    }
    for (let at = 0; at < (shape[axis] as number); at++) {
      if (meets(axis + 1, address + at * (strides[axis] as number))) return true;
    }
    return false;
  };
  return meets(0, offset);
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  // A copy turns the holes of a list into items.
  return (Array.isArray(value) || dtypeOfArray(value) !== undefined) && Array.from(value as unknown[]).every(isItem);
}

function isSize(value: unknown): value is number {
  return isInteger(value) && value >= 0;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
