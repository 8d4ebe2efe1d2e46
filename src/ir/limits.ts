/**
 * What is too large to compute: more values of the indices than a double counts exactly, or more elements than a
 * typed array holds. Refused before anything is allocated.
 */
import * as messages from "../support/messages/options.ts";
import { countValues, type Contraction } from "./contraction.ts";
import { bufferLength, elementCount } from "./tensor.ts";

/** The most elements of a typed array that every engine of today holds: V8's limit, 2^32 - 1. */
const MOST_ELEMENTS = 2 ** 32 - 1;

/** The largest count that is exact. */
const MOST_STEPS = 2 ** 53;

/** Refuses a contraction, or a step of one, that is too large. */
export function checkLimits({ indices, reads, output }: Contraction): void {
  const steps = countValues(indices);
  if (steps > MOST_STEPS) throw messages.tooLarge("multiply-adds", steps, MOST_STEPS);
  const elements = elementCount(output.tensor.shape);
  if (elements > MOST_ELEMENTS) throw messages.tooLarge(`elements in ${output.tensor.name}`, elements, MOST_ELEMENTS);
  for (const { tensor } of reads) {
    const length = bufferLength(tensor);
    if (length > MOST_ELEMENTS)
      throw messages.tooLarge(`elements in the buffer of ${tensor.name}`, length, MOST_ELEMENTS);
  }
}
