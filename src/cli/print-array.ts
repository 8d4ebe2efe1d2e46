/**
 * Prints arrays for people, nested as they would be typed:
 *
 *     [[19, 22],
 *      [43, 50]]
 *
 * Invariant: whatever the shape, at most some 1,300 elements are printed; `...` stands for the others.
 */
import type { Dtype, TypedArray } from "../ir/dtype.ts";
import { elementCount, rowMajorStrides } from "../ir/tensor.ts";

/** Arrays of up to so many elements are printed whole. */
const WHOLE = 1000;
/** NumPy's arrays have no more axes; what has more is printed as one list. */
const MOST_AXES = 64;

/** Prints the elements of an array, given in row-major order. */
export function printArray(data: TypedArray, shape: readonly number[]): string {
  return printElements(data, shape.length <= MOST_AXES ? shape : [data.length]);
}

/** `float64 [2, 3]`, and short whatever the shape. */
export function printArrayType(dtype: Dtype, shape: readonly number[]): string {
  return `${dtype} ${shape.length <= MOST_AXES ? `[${shape.join(", ")}]` : `of ${shape.length} axes`}`;
}

function printElements(data: TypedArray, shape: readonly number[]): string {
  const strides = rowMajorStrides(shape);
  // An axis of no element takes no more room than one of a single element.
  const whole = elementCount(shape.map((size) => Math.max(1, size))) <= WHOLE;
  const print = (axis: number, address: number): string => {
    if (axis === shape.length) return String(data[address]);
    const [size, stride] = [shape[axis] as number, strides[axis] as number];
    const items = shownPositions(size, shape.length - axis, whole).map((at) =>
      at === null ? "..." : print(axis + 1, address + at * stride),
    );
    const between = axis === shape.length - 1 ? ", " : `,\n${" ".repeat(axis + 1)}`;
    return `[${items.join(between)}]`;
  };
  return print(0, 0);
}

/** Positions along an axis that has so many axes, itself included, to its right; null stands for what is left out. */
function shownPositions(size: number, axes: number, whole: boolean): (number | null)[] {
  const [head, tail] = axes > 4 ? [1, 0] : [3, 3];
  if (whole || size <= head + tail) return Array.from({ length: size }, (_, at) => at);
  const last = Array.from({ length: tail }, (_, at) => size - tail + at);
  return [...Array.from({ length: head }, (_, at) => at), null, ...last];
}
