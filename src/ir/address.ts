/**
 * Addresses: an access as one affine expression over a flat buffer. The stride of an index in an operand is the
 * derivative of this address by the index: differentiating `stride_x * (2*ow + kw)` gives `2*stride_x` for `ow`.
 */
import { type Affine, affineRange, constantAffine, derivative, scaleAffine, sumAffines } from "../affine/affine.ts";
import { type Access, type Contraction, countValues } from "./contraction.ts";
import * as messages from "../support/messages/options.ts";
import { bufferLength, elementCount } from "./tensor.ts";

/** The flat address of the element an access names, in elements, over the indices of the contraction. */
export function addressOf({ tensor, axes }: Access): Affine {
  const parts = axes.map(({ expression }, axis) => scaleAffine(expression, tensor.strides[axis] as number));
  return sumAffines([constantAffine(tensor.offset), ...parts]);
}

/** The stride of an index: how far its next value is in the buffer, in elements. */
export function strideOf(access: Access, index: string): number {
  return derivative(addressOf(access), index);
}

/** The elements of each axis that an access names, where every index has a value: smallest and largest. */
export function reachOf(
  { axes }: Access,
  sizes: ReadonlyMap<string, number>,
): readonly { readonly min: number; readonly max: number }[] {
  return axes.map(({ expression }) => affineRange(expression, (index) => sizes.get(index) ?? 1));
}

//  * What is too large to compute: more values of the indices than a double counts exactly, or more elements than a
// typed array holds. Refused before anything is allocated.

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
