/**
 * Verifies what a compilation made, stage by stage, before the command line prints it or the writer writes it: a
 * violation is a bug of einsmith. `compile` itself does not verify, nor do programs that run kernels carry this; the properties of the tests verify every kernel they make.
 */
import { type Contraction, keptOf } from "../ir/contraction.ts";
import { verifyContraction } from "../ir/verify.ts";
import type { Kernel } from "./kernel.ts";
import { type BufferAccess, type LoopNest, accessesIn, nestsIn } from "./nest.ts";
import { verifyKernel } from "./verify-kernel.ts";
import { affineRange, printAffine } from "../affine/affine.ts";
import { InternalError } from "../support/errors.ts";
import { includes } from "../ir/elementwise.ts";
import { updatesInMemory } from "./lower.ts";

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

/** Returns why a scheduled nest is malformed; null where it is well formed. */
function whyMalformedNest(nest: LoopNest): string | null {
  const statements = nestsIn(nest);
  for (const own of statements) {
    const why = whyMalformedStatement(own);
    if (why) return why;
    if (statements.length === 1) continue;
    if (own.target.buffer !== nest.target.buffer) return "its statements write several buffers";
    if (own.finish.kind !== "value" || nest.reach === "repeatedly" || updatesInMemory(own))
      return "its statements do not share their loops";
    const [kept, wanted] = [own, nest].map(({ indices }) => JSON.stringify(keptOf(indices)));
    if (kept !== wanted) return "its statements are kept along different indices";
  }
  return null;
}

/** The same for one statement, in those of the loops that it has. */
function whyMalformedStatement(nest: LoopNest): string | null {
  const indices = [...nest.indices, ...(nest.slices ?? [])];
  const sizes = new Map(indices.map(({ name, size }) => [name, size]));
  if (sizes.size !== indices.length) return "an index occurs twice";
  if ([...sizes.values()].includes(0)) return null;
  for (const { name: index, size } of nest.indices) {
    const loops = nest.loops.filter((loop) => loop.index === index);
    const serial = loops.filter(({ kind }) => kind === "serial");
    if (size > 1 && serial.length !== 1) return `index ${index} has ${serial.length} serial loops`;
    if (loops.length > 0 && loops.at(-1)?.kind !== "serial") return `the loop over ${index} lies outside its tile`;
    const broken = loops.find(({ step }) => !Number.isSafeInteger(step) || step < 1);
    if (broken) return `the loop over ${index} has step ${broken.step}`;
  }
  if (typeof nest.reduce !== "string" && updatesInMemory(nest) && !nest.states)
    return "it has no memory for its states";
  if (includes(nest.term, ({ kind }) => kind === "inside")) return "its term speaks of what lies outside";
  const stray = nest.loops.find(({ index }) => !nest.indices.some(({ name }) => name === index));
  if (stray) return `there is a loop over ${stray.index}, which is no index`;
  // Where sizes are left to run time, the verification of the kernel tells whether addresses stay inside.
  if (nest.target.symbolic) return null;
  for (const access of accessesIn(nest)) {
    const why = whyOutside(access, sizes);
    if (why) return why;
  }
  return null;
}

/** Throws an `InternalError` with the reason where a scheduled nest is malformed. */
export function verifyNest(nest: LoopNest): void {
  const why = whyMalformedNest(nest);
  if (why) throw new InternalError(`malformed nest ${nest.name}: ${why}`);
}

function whyOutside({ buffer, address }: BufferAccess, sizes: ReadonlyMap<string, number>): string | null {
  const stranger = address.terms.find(({ variable }) => !sizes.has(variable));
  if (stranger) return `${buffer.name} is addressed by ${stranger.variable}, which is no index`;
  const { min, max } = affineRange(address, (index) => sizes.get(index) ?? 1);
  if (min >= 0 && max < Number(buffer.length)) return null;
  return `${buffer.name}[${printAffine(address)}] spans ${min} to ${max} of ${Number(buffer.length)} elements`;
}
