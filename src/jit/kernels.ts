/**
 * Kernels that run on arrays: found in the one bounded cache, or made, evaluated and kept. `einsum` and the layers end
 * here.
 *
 * Invariant: two calls share a kernel exactly when one serves both, which their key says.
 */
import type { KernelBuild } from "../compile.ts";
import type { Contraction } from "../ir/contraction.ts";
import { bytesOf, type Dtype, type TypedArray } from "../ir/dtype.ts";
import { elementCount } from "../ir/tensor.ts";
import * as messages from "../support/messages/arrays.ts";
import { createCache } from "./cache.ts";
import { evaluateKernel, type RunKernel } from "./evaluate.ts";
import { allocate, partOf } from "./memory.ts";
import { checkArray, copyElements, mayOverlap, overlapsItself, type NdArray, type View } from "./nd-array.ts";

interface CachedKernel {
  readonly run: RunKernel;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly length: number;
}

const kernels = createCache<CachedKernel>({ entries: 256, bytes: 2 ** 28 });

/** Layouts of operands as `compile` takes them. */
export interface Layouts {
  readonly shapes: readonly (readonly number[])[];
  readonly strides: readonly (readonly number[] | undefined)[];
  readonly offsets: readonly number[];
  readonly dtypes: readonly Dtype[];
}

/** A contraction and the kernel that was built for it. */
export interface BuiltContraction extends Pick<KernelBuild, "kernel"> {
  readonly contraction: Contraction;
}

/**
 * Runs the kernel of a text and its options on arrays: the cached one, or that which `build` makes for their layouts.
 * The result is a new row-major array, or `out`.
 */
export function runOnArrays(
  views: readonly View[],
  key: string,
  build: (layouts: Layouts) => BuiltContraction,
  out?: NdArray,
): NdArray {
  const inputs = views.map(trimBuffer);
  const kernel = findKernel(`${key}${keyOfLayouts(inputs)}`, inputs, build);
  const arrays = inputs.map(({ data }) => data);
  return out === undefined ? runFresh(kernel, arrays) : runInto(kernel, arrays, views, out);
}

/** Cuts a buffer to the elements a view reaches, so that views that differ by their offset share a kernel. */
function trimBuffer(view: View): View {
  const { data, dtype, range, offset } = view;
  if (!range) return { ...view, offset: 0 };
  if (range.min === 0) return view;
  const part = partOf(data, dtype, range.min, range.max + 1 - range.min);
  return { ...view, data: part, offset: offset - range.min };
}

function findKernel(key: string, inputs: readonly View[], build: (layouts: Layouts) => BuiltContraction): CachedKernel {
  const cached = kernels.get(key);
  if (cached) return cached;
  const { contraction, kernel } = build({
    shapes: inputs.map(({ shape }) => shape),
    strides: inputs.map(({ strides, rowMajor }) => (rowMajor ? undefined : strides)),
    offsets: inputs.map(({ offset }) => offset),
    dtypes: inputs.map(({ dtype }) => dtype),
  });
  const { shape } = contraction.output.tensor;
  const made: CachedKernel = {
    run: evaluateKernel(kernel),
    dtype: kernel.output.dtype,
    shape,
    length: elementCount(shape),
  };
  const scratch = kernel.scratch.reduce((sum, { dtype, length }) => sum + Number(length) * bytesOf(dtype), 0);
  kernels.set(key, made, scratch);
  return made;
}

function keyOfLayouts(inputs: readonly View[]): string {
  let key = "";
  for (const { dtype, shape, strides, rowMajor } of inputs) {
    key += `|${dtype},${shape.join()}`;
    // Buffers are trimmed: the offset follows from the strides.
    if (!rowMajor) key += `;${strides.join()}`;
  }
  return key;
}

/**
 * Like JSON, but of what `compile` reads, own fields and items, without calling the value's methods. What no valid option
 * holds shares a key with nothing valid; no valid option nests deeper than two levels.
 */
export function keyOfValue(value: unknown, levels = 2): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || value === null || value === undefined) return String(value);
  if (typeof value !== "object" || levels === 0) return `(${typeof value})`;
  if (Array.isArray(value)) return `[${Array.from(value, (item) => keyOfValue(item, levels - 1)).join()}]`;
  const fields = Object.entries(value).map(
    ([name, field]) => `${JSON.stringify(name)}:${keyOfValue(field, levels - 1)}`,
  );
  return `{${fields.join()}}`;
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
