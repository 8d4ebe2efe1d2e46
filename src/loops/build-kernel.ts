/** Puts scheduled nests together as a kernel: one routine a nest, not yet optimised. */
import type { BuiltNests } from "./build-nests.ts";
import type { Kernel, Routine } from "./kernel.ts";
import { lowerNest } from "./lower.ts";
import type { LoopNest } from "./nest.ts";

/** Lowers the nests, in order; a routine that has nothing to do is left out, but where others are counted. */
export function buildKernel(
  name: string,
  built: Omit<BuiltNests, "allocate">,
  nests: readonly LoopNest[],
  lower: (nest: LoopNest) => Routine = (nest) => lowerNest(nest),
): Kernel {
  const { nests: _, ...rest } = built;
  const routines = nests.map(lower);
  return { name, ...rest, routines: built.slices ? routines : routines.filter(({ body }) => body.length > 0) };
}
