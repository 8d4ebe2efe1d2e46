/**
 * `einsum`: evaluates a spec on arrays. The kernel for these dtypes, shapes, strides and options is compiled at the
 * first call and kept in a bounded cache.
 */
import { bindText, buildKernelOf, type CompileOptions } from "../compile.ts";
import { bytesOf, type Dtype, type TypedArray } from "../ir/dtype.ts";
import { checkOptionNames } from "../ir/options.ts";
import { elementCount } from "../ir/tensor.ts";
import * as messages from "../support/messages/arrays.ts";
import { createCache } from "./cache.ts";
import { evaluateKernel, type RunKernel } from "./evaluate.ts";
import { allocate, partOf } from "./memory.ts";
import { checkArray, copyElements, mayOverlap, overlapsItself, type NdArray, type View } from "./nd-array.ts";

/** The options of `einsum`: those of `compile` that the arrays do not give, and `out`. */
export interface EinsumOptions extends Pick<
  CompileOptions,
  "sizes" | "params" | "notation" | "outputShape" | "reduce" | "combine" | "optimize"
> {
  /** Where to put the result: an array of its shape and dtype, of any strides; it may share memory with operands. */
  readonly out?: NdArray | undefined;
}

/** The compiler sees to it that none is missing. */
const OPTION_NAMES = Object.keys({
  sizes: 0,
  params: 0,
  notation: 0,
  outputShape: 0,
  reduce: 0,
  combine: 0,
  optimize: 0,
  out: 0,
} satisfies Record<keyof EinsumOptions, 0>);

interface CachedKernel {
  readonly run: RunKernel;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly length: number;
}

const kernels = createCache<CachedKernel>({ entries: 256, bytes: 2 ** 28 });

/**
 * Evaluates a spec (NumPy's or einops' notation, with index expressions) on arrays of any strides and dtypes, which
 * promote as NumPy's do. The result is a new row-major array, or `options.out`.
 *
 * Refuses, with an `EinsumError`, specs that do not parse, operands that do not fit, and views that leave their
 * buffer, before anything runs. Semantics: `numpy.einsum`; `einops.einsum` for named axes.
 */
export function einsum(spec: string, ...operands: NdArray[]): NdArray;
export function einsum(spec: string, operands: readonly NdArray[], options?: EinsumOptions): NdArray;
export function einsum(spec: string, ...rest: unknown[]): NdArray {
  const listed = Array.isArray(rest[0]);
  const operands = (listed ? rest[0] : rest) as unknown[];
  if (!listed && isOptions(rest.at(-1))) throw messages.optionsAmongOperands(rest.length - 1);
  const views = Array.from(operands, (operand, position) => checkArray(operand, `operand ${position}`));
  const options = (listed && rest[1] !== undefined ? rest[1] : {}) as EinsumOptions;
  checkOptionNames(options, OPTION_NAMES);
  const inputs = views.map(trimBuffer);
  const kernel = findKernel(spec, inputs, options);
  const arrays = inputs.map(({ data }) => data);
  const { out } = options;
  return out === undefined ? runFresh(kernel, arrays) : runInto(kernel, arrays, views, out);
}

/** Whether an argument in the place of an operand was meant as options. */
function isOptions(argument: unknown): boolean {
  if (typeof argument !== "object" || argument === null) return false;
  const names = Object.keys(argument);
  return names.length > 0 && names.every((name) => OPTION_NAMES.includes(name));
}

/** Cuts a buffer to the elements a view reaches, so that views that differ by their offset share a kernel. */
export function trimBuffer(view: View): View {
  const { data, dtype, range, offset } = view;
  if (!range) return { ...view, offset: 0 };
  if (range.min === 0) return view;
  const part = partOf(data, dtype, range.min, range.max + 1 - range.min);
  return { ...view, data: part, offset: offset - range.min };
}

function findKernel(spec: string, inputs: readonly View[], options: EinsumOptions): CachedKernel {
  const key = keyOf(spec, inputs, options);
  const cached = kernels.get(key);
  if (cached) return cached;
  const { out: _, ...rest } = options;
  const { contraction } = bindText(spec, {
    ...rest,
    shapes: inputs.map(({ shape }) => shape),
    strides: inputs.map(({ strides, rowMajor }) => (rowMajor ? undefined : strides)),
    offsets: inputs.map(({ offset }) => offset),
    dtypes: inputs.map(({ dtype }) => dtype),
  });
  const { kernel } = buildKernelOf(contraction, { name: "einsum", optimize: options.optimize });
  const made: CachedKernel = {
    run: evaluateKernel(kernel),
    dtype: kernel.output.dtype,
    shape: contraction.output.tensor.shape,
    length: elementCount(contraction.output.tensor.shape),
  };
  const scratch = kernel.scratch.reduce((sum, { dtype, length }) => sum + Number(length) * bytesOf(dtype), 0);
  kernels.set(key, made, scratch);
  return made;
}

/** A text that two calls share exactly when one kernel serves both. */
export function keyOf(spec: string, inputs: readonly View[], options: EinsumOptions): string {
  let key = typeof spec === "string" ? `${spec.length}:${spec}` : "";
  for (const { dtype, shape, strides, rowMajor } of inputs) {
    key += `|${dtype},${shape.join()}`;
    // Buffers are trimmed: the offset follows from the strides.
    if (!rowMajor) key += `;${strides.join()}`;
  }
  for (const [name, value] of Object.entries(options)) {
    if (name !== "out" && value !== undefined) key += `|${name}=${keyOfValue(value)}`;
  }
  return key;
}

/**
 * Like JSON, but of what `compile` reads, own fields and items, without calling the value's methods. What no valid option
 * holds shares a key with nothing valid; no valid option nests deeper than two levels.
 */
function keyOfValue(value: unknown, levels = 2): string {
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
