/** Between nested JavaScript arrays and n-dimensional ones. */
import { bytesOf, DTYPE_NAMES, isBig, isDtype, isFloat, type Dtype } from "../ir/dtype.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/arrays.ts";
import { tooLarge, unknownName } from "../support/messages/options.ts";
import { reading } from "../support/read.ts";
import { allocate } from "./memory.ts";
import { checkArray, elementsOf, type NdArray } from "./nd-array.ts";

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
