/**
 * From nests to the kernel that is emitted: lowers them, one routine a nest, and runs the passes, which is what happens to
 * statements between lowering and emission, in order. A pass is a function from a routine's statements to statements; adding
 * one is a function in `passes/`, which names its legality, and a line here.
 *
 * Invariant: `interpret(pass(kernel)) = interpret(kernel)` for every pass, bit for bit on integers but for the sign
 * of a zero in doubles; a property test walks this list.
 */
import type { Kernel, Routine, Statement } from "./kernel.ts";
import { hoistInvariants, reuseLoads } from "./passes/share-values.ts";
import { inlineValues, sinkValues } from "./passes/place-values.ts";
import { placeOffsets, reduceAddresses } from "./passes/reduce-addresses.ts";
import { foldConstants, removeDeadCode } from "./passes/simplify-code.ts";
import { replaceScalars, splitAccumulators } from "./passes/rearrange-reductions.ts";
import { unrollLoops } from "./passes/unroll-loops.ts";
import { mapRoutines } from "./rewrite.ts";
import { nameValues } from "./names.ts";
import type { BuiltNests } from "./build-nests.ts";
import { lowerNest } from "./lower.ts";
import type { LoopNest } from "./nest.ts";

export interface Pass {
  readonly name: string;
  run(body: readonly Statement[]): readonly Statement[];
}

/** All passes, in order: kernels come out fast, and short to read. */
export const PASSES: readonly Pass[] = [
  { name: "unroll-loops", run: (body) => unrollLoops(body, nameValues) },
  { name: "hoist-invariants", run: hoistInvariants },
  { name: "reuse-loads", run: reuseLoads },
  { name: "replace-scalars", run: replaceScalars },
  { name: "split-accumulators", run: splitAccumulators },
  { name: "fold-constants", run: foldConstants },
  { name: "inline-values", run: inlineValues },
  { name: "sink-values", run: sinkValues },
  { name: "reduce-addresses", run: (body) => placeOffsets(reduceAddresses(body)) },
  { name: "remove-dead-code", run: removeDeadCode },
];

/** Those for kernels that nobody reads. What the others do, the engine does while it compiles. */
export const UNREAD_PASSES: readonly Pass[] = [
  { name: "unroll-loops", run: (body) => unrollLoops(body) },
  { name: "hoist-invariants", run: hoistInvariants },
  { name: "reuse-loads", run: reuseLoads },
  { name: "replace-scalars", run: replaceScalars },
  { name: "split-accumulators", run: splitAccumulators },
  { name: "reduce-addresses", run: reduceAddresses },
];

/** The same, and values near their uses: in windows that lie under each other, the engine would hold too many in registers. */
export const TUNED_PASSES: readonly Pass[] = [...UNREAD_PASSES, { name: "sink-values", run: sinkValues }];

/** Called with the kernel as lowered, under the name "lower", and after every pass. */
export type PassObserver = (name: string, kernel: Kernel) => void;

/** Runs every pass over every routine. */
export function runPasses(kernel: Kernel, observe?: PassObserver): Kernel {
  return applyPasses(PASSES, kernel, observe);
}

/** Runs some passes over every routine. */
export function applyPasses(passes: readonly Pass[], kernel: Kernel, observe?: PassObserver): Kernel {
  observe?.("lower", kernel);
  return passes.reduce((current, pass) => {
    const next = mapRoutines(current, (body) => pass.run(body));
    observe?.(pass.name, next);
    return next;
  }, kernel);
}

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
