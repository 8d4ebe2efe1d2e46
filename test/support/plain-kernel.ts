/**
 * Kernels without a schedule or a pass, and kernels of any kind run by the interpreter: what tests compare with the
 * reference before they compare anything else.
 */
import { identityOf } from "../../src/ir/algebra.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { arrayOf, type TypedArray } from "../../src/ir/dtype.ts";
import { buildNests } from "../../src/loops/build-nests.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { lowerNest } from "../../src/loops/lower.ts";
import type { Loop, LoopNest } from "../../src/loops/nest.ts";
import { verifyKernel } from "../../src/loops/verify-kernel.ts";
import { choosePath, type Optimize } from "../../src/path/choose.ts";
import { createSearch } from "../../src/path/search/optimizers.ts";
import { splitSteps } from "../../src/path/steps.ts";

/** Lowers a contraction along a path, each nest as one loop an index, in the order of its indices. */
export function lowerPlainly(contraction: Contraction, optimize?: Optimize): Kernel {
  const steps = splitSteps(contraction, choosePath(contraction, optimize, createSearch({})).path);
  const { nests, allocate: _, ...rest } = buildNests(contraction, steps);
  const routines = nests.map((nest) => lowerNest({ ...nest, loops: plainLoops(nest) }));
  return { name: "plain", ...rest, routines };
}

function plainLoops({ indices }: LoopNest): Loop[] {
  if (indices.some(({ size }) => size === 0)) return [];
  return indices.filter(({ size }) => size > 1).map(({ name }) => ({ index: name, kind: "serial", step: 1 }));
}

/** Verifies a kernel and interprets it twice: what scratch keeps of the first run must not show in the second. */
export function interpret(kernel: Kernel, arrays: readonly TypedArray[]): TypedArray {
  verifyKernel(kernel);
  const run = interpretKernel(kernel);
  const { dtype: own, bitsOf: dtype = own, length } = kernel.output;
  const out = new (arrayOf(dtype))(Number(length));
  run(arrays, out);
  out.fill(identityOf("prod", dtype) as never);
  run(arrays, out);
  return out;
}

/** The result of a contraction's unoptimised kernel. */
export function interpretPlainly(
  contraction: Contraction,
  arrays: readonly TypedArray[],
  optimize?: Optimize,
): TypedArray {
  return interpret(lowerPlainly(contraction, optimize), arrays);
}
