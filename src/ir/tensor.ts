/**
 * Tensor types: what a kernel knows of an array before it sees one. Shapes are in elements, so are strides and the
 * offset; element `[i, j]` lies at `offset + i*strides[0] + j*strides[1]` of the flat buffer.
 */
import type { Dtype } from "./dtype.ts";

export interface TensorType {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The strides of a dense array whose last axis is contiguous. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= Math.max(1, shape[axis] as number);
  }
  return strides;
}

/** A dense tensor whose last axis is contiguous. */
export function denseTensor(name: string, dtype: Dtype, shape: readonly number[]): TensorType {
  return { name, dtype, shape, strides: rowMajorStrides(shape), offset: 0 };
}

/** How many elements a shape holds. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** The smallest and largest address of a layout; null where it has no element. */
export function addressRange(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): { readonly min: number; readonly max: number } | null {
  let [min, max] = [offset, offset];
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    if (size === 0) return null;
    const reach = (strides[axis] as number) * (size - 1);
    if (reach < 0) min += reach;
    else max += reach;
  }
  return { min, max };
}

/** How many elements the buffer of a tensor needs at least. */
export function bufferLength(tensor: TensorType): number {
  const range = addressRange(tensor.shape, tensor.strides, tensor.offset);
  return range ? range.max + 1 : 0;
}

export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const dense = rowMajorStrides(shape);
  return shape.every((size, axis) => size <= 1 || strides[axis] === dense[axis]);
}

/** Whether strides keep all elements apart: each passes what the smaller ones reach together. */
export function areNested(axes: readonly { readonly size: number; readonly stride: number }[]): boolean {
  const sorted = axes
    .filter(({ size }) => size > 1)
    .map(({ size, stride }) => ({ size, stride: Math.abs(stride) }))
    .sort((one, other) => one.stride - other.stride);
  let reach = 0;
  return sorted.every(({ size, stride }) => {
    const passes = stride > reach;
    reach += stride * (size - 1);
    return passes;
  });
}
