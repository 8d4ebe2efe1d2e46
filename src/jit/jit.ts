/**
 * `jit`: a spec compiled for fixed shapes as a function over flat typed arrays.
 */
import { compile, type Compilation, type CompileOptions } from "../compile.ts";
import { FOR_READERS } from "../emit/for-readers.ts";
import { emitKernel } from "../emit/kernel.ts";
import { arrayNameOf, dtypeOfArray, type TypedArray } from "../ir/dtype.ts";
import type { Buffer, Kernel } from "../loops/kernel.ts";
import * as messages from "../support/messages/arrays.ts";
import { evaluateKernel, type RunKernel } from "./evaluate.ts";
import { allocate, mayMeet, regionOf } from "./memory.ts";

/** A compiled kernel. Call it with one typed array per operand and, if you like, one for the result. */
export interface JitKernel {
  /**
   * Computes into `out`, or into a new array where it is absent, and returns it, row-major. `out` may share memory with an
   * operand. Refuses arrays of another dtype, operands too short, and an `out` of another length than the result.
   */
  (...arrays: TypedArray[]): TypedArray;
  readonly compilation: Compilation;
  /** The emitted module's text, in the language of `options.target`. */
  readonly source: string;
}

/**
 * Compiles a spec for operands of fixed shapes, dtypes and strides, and evaluates the kernel; where evaluation is
 * forbidden, the kernel is interpreted. Each call compiles anew: keep the result. Refuses what `compile` refuses.
 */
export function jit(spec: string, options: CompileOptions): JitKernel {
  const compilation = compile(spec, options);
  const { kernel, source } = compilation;
  const isScript = source.target === "javascript";
  const script = isScript ? source : emitKernel(kernel, { target: "javascript", documentation: [], ...FOR_READERS });
  const run = evaluateKernel(kernel, script);
  const call = (...arrays: TypedArray[]): TypedArray => {
    const { operands, output } = kernel;
    if (arrays.length !== operands.length && arrays.length !== operands.length + 1) {
      throw messages.arrayCount(kernel.name, operands.length, arrays.length);
    }
    operands.forEach((buffer, operand) => checkBuffer(arrays[operand], buffer));
    const inputs = arrays.slice(0, operands.length);
    const out = arrays[operands.length];
    if (out === undefined) return runFresh(run, kernel, inputs);
    checkBuffer(out, output);
    if (!inputs.some((input) => mayMeet(regionOf(input), regionOf(out)))) {
      run(inputs, out);
      return out;
    }
    const result = runFresh(run, kernel, inputs);
    for (let at = 0; at < result.length; at++) out[at] = result[at] as never;
    return out;
  };
  return Object.assign(call, { compilation, source: source.text });
}

function runFresh(run: RunKernel, { output }: Kernel, inputs: readonly TypedArray[]): TypedArray {
  const out = allocate(output.dtype, output.length);
  run(inputs, out);
  return out;
}

function checkBuffer(array: unknown, { name, role, dtype, length }: Buffer): void {
  if (dtypeOfArray(array) !== dtype) throw messages.arrayDtype(name, arrayNameOf(dtype), array);
  const found = (array as TypedArray).length;
  if (role === "operand" ? found < length : found !== length) throw messages.arrayLength(name, role, length, found);
}
