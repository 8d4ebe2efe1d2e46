/**
 * N-dimensional arrays: a typed array seen through a shape, strides and an offset, all in elements. Anything with
 * these fields is one, scijs' ndarrays included, whose strides are called `stride`. Kernels run on them, into a fresh array
 * or one that is given: `einsum` and the layers end here. Nested lists become such arrays, and come of them.
 *
 * Invariant: a `View` has been checked: its element addresses lie inside its buffer. A kernel never writes to memory that it
 * reads.
 */
import {
  arrayNameOf,
  bytesOf,
  type Dtype,
  DTYPE_NAMES,
  dtypeOfArray,
  isBig,
  isDtype,
  isFloat,
  lengthOf,
  type TypedArray,
} from "../ir/dtype.ts";
import { addressRange, areNested, elementCount, isRowMajor, rowMajorStrides } from "../ir/tensor.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/arrays.ts";
import { tooLarge, unknownName } from "../support/messages/options.ts";
import { copyItems, copyOf, reading } from "../support/read.ts";
import { allocate, mayMeet, partOf, regionOf } from "./memory.ts";

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
  return reading(() => readArray(array, what));
}

function readArray(array: unknown, what: string): View {
  if (typeof array !== "object" || array === null) throw messages.notAnArray(what, array);
  if (Array.isArray(array) || ArrayBuffer.isView(array)) throw messages.notAnArray(what, array);
  const { data, shape, strides, stride, offset } = array as Record<string, unknown>;
  const dtype = dtypeOfArray(data);
  if (dtype === undefined) throw refusalOf(data, what);
  const sizes = listOf(shape, isSize);
  if (!sizes) throw messages.malformedField(what, "shape", shape, "a list of sizes");
  const given = strides ?? stride;
  const steps = given === undefined ? rowMajorStrides(sizes) : listOf(given, isInteger);
  if (!steps) throw messages.malformedField(what, "strides", given, "a list of integers");
  if (steps.length !== sizes.length) throw messages.strideRank(what, steps.length, sizes.length);
  if (offset !== undefined && !isInteger(offset)) throw messages.malformedField(what, "offset", offset, "an integer");
  return checkView({ data: data as TypedArray, dtype, shape: sizes, strides: steps, offset: offset ?? 0, what });
}

/** Checks a list of arrays; `nameOf` names them in messages. */
export function checkArrays(arrays: unknown, nameOf: (at: number) => string): View[] {
  const list = copyOf(arrays, 1);
  if (!Array.isArray(list)) throw messages.notArrays(arrays);
  return list.map((array, at) => checkArray(array, nameOf(at)));
}

function refusalOf(data: unknown, what: string): Error {
  return ArrayBuffer.isView(data)
    ? messages.arrayClass(what, data, DTYPE_NAMES.map(arrayNameOf))
    : messages.notTyped(what, data);
}

function checkView(fields: Omit<View, "rowMajor" | "range"> & { readonly what: string }): View {
  const { data, dtype, shape, strides, offset, what } = fields;
  const range = addressRange(shape, strides, offset);
  const length = lengthOf(data);
  if (range && (range.min < 0 || range.max >= length)) {
    throw messages.outsideBuffer(what, range.min, range.max, length, { shape, strides, offset });
  }
  return { data, dtype, shape, strides, offset, range, rowMajor: isRowMajor(shape, strides) };
}

/**
 * A view of the buffer of an array, as PyTorch's `as_strided`: shape, strides and offset are its own, in elements.
 * `offset` is that of the array where absent. Refuses what would read outside the buffer; nothing is copied.
 */
export const asStrided = /* @__PURE__ */ published(function asStrided<D extends TypedArray>(
  array: NdArray<D>,
  shape: readonly number[],
  strides: readonly number[],
  offset?: number,
): Required<NdArray<D>> {
  const base = checkArray(array, "the array");
  // Elsewhere absent strides are row-major ones.
  if (strides === undefined || strides === null)
    throw messages.malformedField("the view", "strides", strides, "a list of integers");
  const view = checkArray({ data: base.data, shape, strides, offset: offset ?? base.offset }, "the view");
  return { data: base.data as D, shape: view.shape, strides: view.strides, offset: view.offset };
});

/** Copies the elements of a view in row-major order. */
function copyElements(
  from: View,
  to: TypedArray,
  toStrides: readonly number[] = rowMajorStrides(from.shape),
  toOffset = 0,
): void {
  walkPlaces(from, toStrides, (source, destination) => {
    to[toOffset + destination] = from.data[source] as never;
  });
}

/** Visits the elements of a view in row-major order: their addresses, and where they would be with other strides. */
function walkPlaces(view: View, others: readonly number[], visit: (address: number, other: number) => void): void {
  const { shape, strides, offset } = view;
  // The others are not worth a loop: there may be more axes than calls fit into each other.
  const long = [...shape.keys()].filter((axis) => shape[axis] !== 1);
  const walkAxis = (level: number, address: number, other: number): void => {
    const axis = long[level];
    if (axis === undefined) return visit(address, other);
    for (let at = 0; at < (shape[axis] as number); at++) {
      walkAxis(level + 1, address + at * (strides[axis] as number), other + at * (others[axis] as number));
    }
  };
  if (!shape.includes(0)) walkAxis(0, offset, 0);
}

/** The elements of a view in row-major order, in an array of their own. */
export function elementsOf(view: View): TypedArray {
  const elements = allocate(view.dtype, elementCount(view.shape));
  copyElements(view, elements);
  return elements;
}

/** Whether two views may share memory: the ranges of their addresses meet. */
function mayOverlap(a: View, b: View): boolean {
  const [one, other] = [a, b].map(({ data, dtype, range }) => range && regionOf(data, dtype, range.min, range.max + 1));
  return Boolean(one && other && mayMeet(one, other));
}

/** Whether two elements of a view lie in one place. */
function overlapsItself(view: View): boolean {
  const { shape, strides, range } = view;
  const axes = shape.map((size, axis) => ({ size, stride: strides[axis] as number }));
  if (!range || view.rowMajor || areNested(axes)) return false;
  // Strides may interleave without meeting, 2 and 3 over a shape of 3 x 2: only a look at every place tells.
  const taken = new Uint8Array(range.max - range.min + 1);
  if (elementCount(shape) > taken.length) return true;
  let places = 0;
  walkPlaces(view, strides, (address) => {
    places += taken[address - range.min] === 0 ? 1 : 0;
    taken[address - range.min] = 1;
  });
  return places < elementCount(shape);
}

/** A copy of a list of numbers, or of a typed array; undefined where it is none. */
function listOf(value: unknown, isItem: (item: unknown) => item is number): number[] | undefined {
  if (!Array.isArray(value) && dtypeOfArray(value) === undefined) return undefined;
  const items = copyItems(value as unknown[]);
  return items.every(isItem) ? items : undefined;
}

function isSize(value: unknown): value is number {
  return isInteger(value) && value >= 0;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** A kernel for arrays of one kind and shape. */
export interface CachedKernel {
  readonly run: (arrays: readonly TypedArray[], out: TypedArray) => void;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly length: number;
}

/**
 * Finds the kernel for arrays, whose buffers are cut to what they reach, and runs it. The result is a new row-major
 * array, or `out`, of the result's shape and dtype, which may share memory with the operands.
 */
export function runOnArrays(
  views: readonly View[],
  find: (inputs: readonly View[]) => CachedKernel,
  out: NdArray | undefined,
): NdArray {
  const inputs = views.map(trimBuffer);
  const kernel = find(inputs);
  const arrays = inputs.map(({ data }) => data);
  return out === undefined ? runFresh(kernel, arrays) : runInto(kernel, arrays, views, out);
}

/** Cuts a buffer to the elements a view reaches, so that views that differ by their offset share a kernel. */
export function trimBuffer(view: View): View {
  const { data, dtype, range, offset } = view;
  if (!range) return { ...view, offset: 0 };
  if (range.min === 0) return view;
  const part = partOf(data, dtype, range.min, range.max + 1 - range.min);
  return { ...view, data: part, offset: offset - range.min };
}

function runFresh({ run, dtype, shape, length }: CachedKernel, arrays: readonly TypedArray[]): NdArray {
  const data = allocate(dtype, length);
  run(arrays, data);
  return { data, shape: [...shape] };
}

function runInto(kernel: CachedKernel, arrays: readonly TypedArray[], views: readonly View[], out: NdArray): NdArray {
  const target = checkArray(out, "out");
  const { dtype, shape, length } = kernel;
  if (target.dtype !== dtype) throw messages.outMismatch("dtype", dtype, target.dtype);
  if (target.shape.length !== shape.length || target.shape.some((size, axis) => size !== shape[axis])) {
    throw messages.outMismatch("shape", `[${shape.join(", ")}]`, `[${target.shape.join(", ")}]`);
  }
  if (overlapsItself(target)) throw messages.outOverlapsItself();
  const apart = !views.some((view) => mayOverlap(view, target));
  if (target.rowMajor && apart) {
    kernel.run(arrays, partOf(target.data, dtype, target.offset, length));
    return out;
  }
  const fresh = runFresh(kernel, arrays);
  copyElements(checkArray(fresh, "the result"), target.data, target.strides, target.offset);
  return out;
}

/** A number, or lists of lists of numbers, all of one axis equally long. */
export type Nested = Scalar | readonly Nested[];

type Scalar = number | bigint | boolean;

/** As many axes as NumPy allows. A list that holds itself has no end. */
const MOST_LEVELS = 64;

/** The most lists that are made of an array without elements. */
const MOST_LISTS = 2 ** 24;

/**
 * Makes a row-major array of nested lists of numbers, as `numpy.array` does. A number is a scalar of shape `[]`.
 * The dtype is "float64" where absent, "int64" where the elements are BigInts. Integers wrap to the dtype. Refuses
 * ragged lists, elements that are no numbers, and fractions, infinities and NaN in an array of integers.
 */
export const array = /* @__PURE__ */ published(function array(nested: Nested, dtype?: Dtype): NdArray {
  const flat: Scalar[] = [];
  const shape = reading(() => {
    const sizes = shapeOf(nested);
    flatten(nested, sizes, 0, flat);
    return sizes;
  });
  const chosen = dtype ?? (flat.some((element) => typeof element === "bigint") ? "int64" : "float64");
  if (!isDtype(chosen)) throw unknownName("dtype", chosen, DTYPE_NAMES);
  const data = allocate(chosen, flat.length);
  flat.forEach((element, at) => {
    data[at] = (isFloat(chosen) ? Number(element) : toInteger(element, chosen)) as never;
  });
  return { data, shape };
});

/** The elements as nested lists, of the array's rank; a scalar is its element alone. */
export const toNested = /* @__PURE__ */ published(function toNested(ndArray: NdArray): Nested {
  const view = checkArray(ndArray, "the array");
  // How many lists there are along each axis: no more than elements, but any number before an axis of size 0.
  const lists: number[] = [1];
  for (const size of view.shape) lists.push((lists.at(-1) as number) * size);
  const most = lists.find((count) => count > MOST_LISTS);
  if (most !== undefined && view.shape.includes(0)) throw tooLarge("lists", most, MOST_LISTS);
  const flat = elementsOf(view);
  // The innermost lists first: there may be more axes than calls fit into each other.
  let items: readonly Nested[] = Array.from(flat as ArrayLike<Scalar>);
  for (const [axis, size] of [...view.shape.entries()].reverse()) {
    const parts = items;
    items = Array.from({ length: lists[axis] as number }, (_, at) => parts.slice(at * size, (at + 1) * size));
  }
  return items[0] as Nested;
});

function shapeOf(nested: Nested): number[] {
  const shape: number[] = [];
  let level: Nested | undefined = nested;
  while (Array.isArray(level)) {
    if (shape.length === MOST_LEVELS) throw messages.nestedTooDeep(MOST_LEVELS);
    shape.push(level.length);
    level = level[0] as Nested | undefined;
  }
  return shape;
}

function flatten(nested: Nested, shape: readonly number[], axis: number, flat: Scalar[]): void {
  if (axis === shape.length) {
    if (typeof nested !== "number" && typeof nested !== "bigint" && typeof nested !== "boolean") {
      throw messages.notANumber(nested);
    }
    flat.push(nested);
    return;
  }
  if (!Array.isArray(nested) || nested.length !== shape[axis]) throw messages.raggedList(axis, shape, nested);
  for (let at = 0; at < (shape[axis] as number); at++) flatten(nested[at] as Nested, shape, axis + 1, flat);
}

/** The element as its dtype's array takes it. BigInts wrap before they become doubles, which hold 53 bits. */
function toInteger(element: Scalar, dtype: Dtype): number | bigint {
  if (typeof element === "number" && !Number.isInteger(element)) throw messages.notAnInteger(dtype, element);
  if (isBig(dtype)) return BigInt(element);
  return typeof element === "bigint" ? Number(BigInt.asIntN(8 * bytesOf(dtype), element)) : Number(element);
}
