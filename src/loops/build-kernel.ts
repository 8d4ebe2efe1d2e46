/** Puts scheduled nests together as a kernel: one routine a nest, not yet optimised. */
import type { BuiltNests } from "./build-nests.ts";
import type { Kernel } from "./kernel.ts";
import { lowerNest } from "./lower.ts";
import type { LoopNest } from "./nest.ts";

/** Lowers the nests, in order; a routine that has nothing to do is left out, but where others are counted. */
export function buildKernel(name: string, built: BuiltNests, nests: readonly LoopNest[]): Kernel {
  const routines = nests.map(lowerNest);
  return {
    name,
    operands: built.operands,
    output: built.output,
    scratch: built.scratch,
    routines: built.slices ? routines : routines.filter(({ body }) => body.length > 0),
    ...(built.slices && { slices: built.slices }),
  };
}
