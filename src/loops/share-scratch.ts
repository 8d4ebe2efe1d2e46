/**
 * Lets intermediates lie where others have lain before: one buffer for all of them, of which each is a part.
 *
 * Invariant: parts of intermediates that exist together do not overlap: see `path/memory.ts`.
 */
import { layOutResults } from "../path/memory.ts";
import type { ContractionStep } from "../path/step.ts";
import { resultBuffer } from "./build-nests.ts";
import type { Buffer } from "./kernel.ts";
import type { Allocate } from "./padding.ts";

/** Which part of a common buffer each intermediate is; none where they would fill it side by side. */
export function shareScratch(
  steps: readonly ContractionStep[],
  operandCount: number,
  allocate: Allocate,
): readonly Pick<Buffer, "part">[] {
  const buffers = steps.map(({ contraction }) => resultBuffer(contraction.output.tensor));
  const results = steps.map(({ inputs }, at) => ({ inputs, size: buffers[at]?.length ?? 0 }));
  const { starts, total } = layOutResults(results, operandCount);
  const [first] = buffers;
  if (!first || total >= results.slice(0, -1).reduce((sum, { size }) => sum + size, 0)) return [];
  const of = allocate("scratch", { ...first, length: total });
  return starts.map((from) => ({ part: { of, from } }));
}
