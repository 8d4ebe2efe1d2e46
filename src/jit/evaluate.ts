/**
 * From source to a function: the only place that evaluates text. Where a page's policy, or Node's
 * `--disallow-code-generation-from-strings`, forbids that, the interpreter runs the kernel instead, or
 * what `einsum` has in its place.
 */
import { emitSource, printScript } from "../emit/kernel.ts";
import { SCRIPT } from "../emit/script.ts";
import type { KernelParts } from "../emit/source.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { interpretKernel } from "../loops/interpret.ts";
import type { Kernel } from "../loops/kernel.ts";
import { required } from "../support/errors.ts";
import { tooLargeToAllocate } from "../support/messages/arrays.ts";

/**
 * Computes into `out`, which must not share memory with the operands; arrays, and the values of the kernel's integers,
 * have been checked.
 */
export type RunKernel = (
  operands: readonly TypedArray[],
  out: TypedArray,
  integers?: ReadonlyMap<string, number>,
) => void;

/** Makes a kernel runnable, through its source where there is one. Refuses scratch that cannot be allocated. */
export function evaluateKernel(kernel: Kernel, source?: KernelParts): RunKernel {
  return evaluateSource(kernel, source) ?? guardScratch(kernel, () => interpretKernel(kernel));
}

/** As `evaluateKernel`, but null where evaluation is forbidden. */
export function evaluateSource(kernel: Kernel, source = emitSource(kernel, { dialect: SCRIPT })): RunKernel | null {
  const evaluated = guardScratch(kernel, () => evaluate(printScript(source)));
  if (!evaluated) return null;
  const { integers: names } = source;
  if (names.length === 0) return (operands, out) => void evaluated(...operands, out);
  return (operands, out, integers) => {
    evaluated(...operands, ...names.map((name) => required(integers?.get(name), name)), out);
  };
}

/** Making a kernel runnable allocates its scratch. */
function guardScratch<T>({ scratch }: Kernel, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const total = scratch.reduce((sum, { length, part }) => (part ? sum : sum + Number(length)), 0);
    if (error instanceof RangeError && total > 0) throw tooLargeToAllocate(total);
    throw error;
  }
}

type Evaluated = (...given: (TypedArray | number)[]) => TypedArray;

/** Evaluates a script that returns a function; null where evaluation is forbidden. */
function evaluate(script: string): Evaluated | null {
  try {
    return new Function(script)() as Evaluated;
  } catch (error) {
    if (error instanceof EvalError) return null;
    throw error;
  }
}
