/**
 * From source to a function: the only place that evaluates text. Where a page's policy, or Node's
 * `--disallow-code-generation-from-strings`, forbids that, the interpreter runs the kernel instead.
 */
import { emitKernel, printScript } from "../emit/kernel.ts";
import type { KernelSource } from "../emit/source.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { interpretKernel } from "../loops/interpret.ts";
import type { Kernel } from "../loops/kernel.ts";
import { tooLargeToAllocate } from "../support/messages/arrays.ts";

/** Computes into `out`, which must not share memory with the operands; arrays have been checked. */
export type RunKernel = (operands: readonly TypedArray[], out: TypedArray) => void;

/**
 * Makes a kernel runnable, through its source in JavaScript; what is emitted for want of one is for no reader. Refuses
 * scratch that cannot be allocated.
 */
export function evaluateKernel(
  kernel: Kernel,
  source: KernelSource = emitKernel(kernel, { target: "javascript", documentation: [] }),
): RunKernel {
  try {
    const evaluated = evaluate(printScript(source));
    return evaluated ? (operands, out) => void evaluated(...operands, out) : interpretKernel(kernel);
  } catch (error) {
    const scratch = kernel.scratch.reduce((sum, { length, part }) => (part ? sum : sum + length), 0);
    if (error instanceof RangeError && scratch > 0) throw tooLargeToAllocate(scratch);
    throw error;
  }
}

type Evaluated = (...arrays: TypedArray[]) => TypedArray;

/** Evaluates a script that returns a function; null where evaluation is forbidden. */
function evaluate(script: string): Evaluated | null {
  try {
    return new Function(script)() as Evaluated;
  } catch (error) {
    if (error instanceof EvalError) return null;
    throw error;
  }
}
