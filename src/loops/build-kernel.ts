/** Puts scheduled nests together as a kernel: one routine a nest, not yet optimised. */
import type { BuiltNests } from "./build-nests.ts";
import type { Kernel } from "./kernel.ts";
import { lowerNest, type LowerElementwise } from "./lower.ts";
import type { LoopNest } from "./nest.ts";

/** Lowers the nests, in order; a routine that has nothing to do is left out, but where others are counted. */
export function buildKernel(
  name: string,
  built: BuiltNests,
  nests: readonly LoopNest[],
  lowerElementwise?: LowerElementwise,
): Kernel {
  const { nests: _, ...rest } = built;
  const routines = nests.map((nest) => lowerNest(nest, lowerElementwise));
  return { name, ...rest, routines: built.slices ? routines : routines.filter(({ body }) => body.length > 0) };
}
