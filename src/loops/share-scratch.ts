/**
 * Lets intermediates lie where others have lain before: one buffer for all of them, of which each is a part.
 *
 * Invariant: parts of intermediates that exist together do not overlap: see `path/memory.ts`.
 */
import { bufferLength } from "../ir/tensor.ts";
import { layOutResults } from "../path/memory.ts";
import type { ContractionStep } from "../path/steps.ts";
import type { Buffer } from "./kernel.ts";
import type { Allocate } from "./padding.ts";
import { scratchDtype } from "./values.ts";

/** Which part of a common buffer each intermediate is; none where they would fill it side by side. */
export function shareScratch(
  steps: readonly ContractionStep[],
  operandCount: number,
  allocate: Allocate,
): readonly Pick<Buffer, "part">[] {
  const results = steps.map(({ inputs, contraction }) => ({ inputs, size: bufferLength(contraction.output.tensor) }));
  const { starts, total } = layOutResults(results, operandCount);
  const [first] = steps;
  if (!first || total >= results.slice(0, -1).reduce((sum, { size }) => sum + size, 0)) return [];
  const of = allocate("scratch", { dtype: scratchDtype(first.contraction.output.tensor.dtype), length: total });
  return starts.map((from) => ({ part: { of, from } }));
}
