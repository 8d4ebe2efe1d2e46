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
import { elementsIn, type Elementwise } from "../ir/elementwise.ts";
import type { BuiltNests, StepNests } from "./build-nests.ts";
import type { LoopNest, NestIndex } from "./nest.ts";

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

/** Takes the step that writes the output; its `covers` says what all slices together reach. */
function assemble({ before, main, after }: StepNests, slices: readonly NestIndex[]): StepNests {
  const meets = main.covers === "repeatedly" || [...slices, ...main.indices].some(({ reduced }) => reduced);
  const { epilogue, ...rest } = main;
  const target = { ...main.target, address: constantAffine(0) };
  const fill: LoopNest = { ...rest, comment: "", indices: [], target, operands: [] };
  return {
    before: meets || main.covers === "partly" ? [...before, fill] : before,
    main: meets ? { ...rest, covers: "onto" } : { ...main, covers: "inside" },
    after: meets && epilogue ? [{ ...finishNest(main, epilogue, slices), epilogue }, ...after] : after,
  };
}

/**
 * Runs over a target element by element, each of which becomes the epilogue of what it is: in the order of memory, or,
 * where the epilogue reads further accesses, over the indices of the output.
 */
function finishNest(main: LoopNest, epilogue: Elementwise, slices: readonly NestIndex[]): LoopNest {
  if (elementsIn(epilogue).length > 0) {
    const indices = [...main.indices, ...slices].filter(({ reduced }) => !reduced);
    return { ...main, comment: "", indices, operands: [main.target], combine: "mul", reduce: "sum", covers: "inside" };
  }
  const { name, target } = main;
  const { buffer } = target;
  const length = Number(buffer.length);
  const access = { buffer, address: variableAffine("p", length > 1 ? 1 : 0) };
  return {
    name,
    comment: "",
    indices: [{ name: "p", size: length, reduced: false }],
    loops: [],
    target: access,
    operands: [access],
    combine: "mul",
    reduce: "sum",
    dtype: buffer.dtype,
    covers: "inside",
  };
}
