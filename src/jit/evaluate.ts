/**
 * From source to a function: the only place that evaluates text. Where a page's policy, or Node's
 * `--disallow-code-generation-from-strings`, forbids that, or the caller does not want it, the interpreter runs the kernel
 * instead, or what `einsum` has in its place.
 *
 * Invariant: a policy is met once. What it refused is not tried again, as each try is a report of a violation.
 */
import { checkEvaluate } from "../compile.ts";
import type { Script } from "../emit/script.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { interpretKernel } from "../loops/interpret.ts";
import type { Kernel } from "../loops/kernel.ts";
import { published, required } from "../support/errors.ts";
import { tooLargeToAllocate } from "../support/messages/arrays.ts";
import { notASwitch } from "../support/messages/options.ts";

/**
 * Computes into `out`, which must not share memory with the operands; arrays, and the values of the kernel's integers,
 * have been checked.
 */
export type RunKernel = (
  operands: readonly TypedArray[],
  out: TypedArray,
  integers?: ReadonlyMap<string, number>,
) => void;

/** What runs a kernel: a function made of its source, or the interpreter, and then the reason for that. */
export interface Runnable {
  readonly run: RunKernel;
  readonly backend: "javascript" | "interpreter";
  readonly reason?: string;
}

/** What `setEvaluation` said last. */
let isWanted = true;
/** What the policy said when it refused. */
let refusal: string | undefined;

/**
 * Whether any kernel may be made by evaluating text from now on: after `setEvaluation(false)` all are interpreted, and no
 * policy is tried. After `setEvaluation(true)` it is as at first: where a policy has refused, it is not tried again.
 * Kernels that `jit` has made stay what they are.
 */
export const setEvaluation = /* @__PURE__ */ published(function setEvaluation(allowed: boolean): void {
  if (typeof allowed !== "boolean") throw notASwitch(allowed);
  isWanted = allowed;
});

/** Whether a call wants evaluation, whatever a policy says. What is kept for one that does is no use for one that does not. */
export function wantsEvaluation(evaluate?: boolean): boolean {
  return checkEvaluate(evaluate) && isWanted;
}

/** Makes a kernel runnable, through its script where that may be. Refuses scratch that cannot be allocated. */
export function evaluateKernel(kernel: Kernel, script: Script, wanted = wantsEvaluation()): Runnable {
  const evaluated = wanted ? evaluateScript(kernel, script) : null;
  if (evaluated) return { run: evaluated, backend: "javascript" };
  const run = guardScratch(kernel, () => interpretKernel(kernel));
  const asked = isWanted ? "options.evaluate is false" : "setEvaluation(false) was called";
  return { run, backend: "interpreter", reason: wanted ? required(refusal, "a refusal") : asked };
}

/** A kernel as a function that was made of its script; null where a policy forbids that. */
export function evaluateScript(kernel: Kernel, { text, integers: names }: Script): RunKernel | null {
  if (refusal !== undefined) return null;
  const make = construct(text);
  const evaluated = make && guardScratch(kernel, make);
  if (!evaluated) return null;
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

type Evaluated = (...given: (TypedArray | number)[]) => unknown;

/** A script that returns a function, as a function; null where a policy forbids that, which is said once. */
function construct(script: string): (() => Evaluated) | null {
  try {
    return new Function(script) as () => Evaluated;
  } catch (error) {
    // A policy throws an EvalError, or a TypeError where it wants text to be of a trusted type.
    if (!(error instanceof EvalError || error instanceof TypeError)) throw error;
    refusal = String(error);
    console.warn(
      `einsmith: text may not be evaluated here (${refusal}), so kernels are interpreted, 30 to 1000 times slower. ` +
        "Modules that `einsmith generate` writes beforehand run at full speed.",
    );
    return null;
  }
}
