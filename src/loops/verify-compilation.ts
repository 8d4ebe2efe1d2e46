/**
 * Verifies what a compilation made, stage by stage, before the command line prints it or the writer writes it: a
 * violation is a bug of einsmith. `compile` itself does not verify, nor do programs that run kernels carry this; the properties of the tests verify every kernel they make.
 */
import type { Contraction } from "../ir/contraction.ts";
import { verifyContraction } from "../ir/verify.ts";
import type { Kernel } from "./kernel.ts";
import type { LoopNest } from "./nest.ts";
import { verifyKernel } from "./verify-kernel.ts";
import { verifyNest } from "./verify-nest.ts";

/** Throws an `InternalError` with the reason where a stage is malformed. */
export function verifyCompilation(compilation: {
  readonly contraction: Contraction;
  readonly nests: readonly LoopNest[];
  readonly kernel: Kernel;
}): void {
  const { contraction, nests, kernel } = compilation;
  verifyContraction(contraction);
  nests.forEach(verifyNest);
  verifyKernel(kernel, contraction.symbols?.example);
}
