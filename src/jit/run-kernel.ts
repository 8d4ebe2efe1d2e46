/**
 * Runs kernels on arrays of any strides, into a fresh array or one that is given: `einsum` and the layers end here.
 *
 * Invariant: a kernel never writes to memory that it reads.
 */
import type { TypedArray } from "../ir/dtype.ts";
import * as messages from "../support/messages/arrays.ts";
import type { CachedKernel } from "./kernel-cache.ts";
import { allocate, partOf } from "./memory.ts";
import { checkArray, copyElements, mayOverlap, overlapsItself, type NdArray, type View } from "./nd-array.ts";

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
