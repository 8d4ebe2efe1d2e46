/**
 * Puts the result together slice by slice: where slices meet in an element, each is reduced onto what those before it
 * left there; elsewhere each is stored in its place.
 *
 *     out[i] sum= a[i, j] * b[j], sliced by j   -->   out[...] = 0
 *                                                     for each j { out[i] sum= a[i, j] * b[j] }
 *
 * Invariant: what must not happen once a slice, filling the output and the epilogue, happens before and after.
 */
import { constantAffine, variableAffine } from "../affine/affine.ts";
import { keptOf } from "../ir/contraction.ts";
import { identityOf } from "../ir/algebra.ts";
import { elementsIn, VALUE, type Elementwise } from "../ir/elementwise.ts";
import type { BuiltNests, StepNests } from "./build-nests.ts";
import { finishInPlace, type LoopNest, type NestIndex } from "./nest.ts";

/** Puts the nests of all steps in order: what is staged, in the loops the steps themselves, what becomes of the result. */
export function arrangeSlices(
  steps: readonly StepNests[],
  slices: readonly NestIndex[],
): Pick<BuiltNests, "nests" | "slices"> {
  if (slices.length === 0) return { nests: steps.flatMap(({ before, main, after }) => [...before, main, ...after]) };
  const arranged = steps.map((step, at) => (at < steps.length - 1 ? step : assemble(step, slices)));
  const before = arranged.flatMap((step) => step.before);
  const main = arranged.map((step) => ({ ...step.main, slices }));
  const after = arranged.flatMap((step) => step.after);
  const end = before.length + main.length;
  return { nests: [...before, ...main, ...after], slices: { indices: slices, first: before.length, end } };
}

/** Takes the step that writes the output; its `reach` says what all slices together reach. */
function assemble({ before, main, after }: StepNests, slices: readonly NestIndex[]): StepNests {
  const meets = main.reach === "repeatedly" || [...slices, ...main.indices].some(({ reduced }) => reduced);
  const { buffer } = main.target;
  const bare: LoopNest = { ...main, finish: VALUE, beside: [] };
  const nothing: Elementwise = { kind: "constant", value: identityOf(main.reduce, buffer.dtype) };
  const target = { buffer, address: constantAffine(0) };
  const fill: LoopNest = { ...bare, comment: "", indices: [], target, operands: [], term: nothing, reach: "once" };
  return {
    before: meets || main.reach === "partly" ? [...before, fill] : before,
    main: meets ? { ...bare, before: "added" } : { ...main, reach: "partly", before: "kept" },
    after: meets && main.finish.kind !== "value" ? [finishNest(main, slices), ...after] : after,
  };
}

/**
 * Runs over a target element by element, each of which becomes the finish of what it is: in the order of memory, or,
 * where the finish reads something, over the indices of the output.
 */
function finishNest(main: LoopNest, slices: readonly NestIndex[]): LoopNest {
  const kept = { reach: "partly", before: "kept" } as const;
  if (elementsIn(main.finish).length > 0)
    return finishInPlace(main, keptOf([...main.indices, ...slices]), undefined, kept);
  const { buffer } = main.target;
  const length = Number(buffer.length);
  const indices = [{ name: "p", size: length, reduced: false }];
  const target = { buffer, address: variableAffine("p", length > 1 ? 1 : 0) };
  return finishInPlace({ ...main, dtype: buffer.dtype }, indices, target, kept);
}
