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
import type { LoopNest, NestIndex } from "./nest.ts";

/** The nests that run before, in and after the loops over slices. */
export interface Assembly {
  readonly before: LoopNest[];
  readonly main: LoopNest[];
  readonly after: LoopNest[];
}

/** Takes the nest that writes the output; its `covers` says what all slices together reach. */
export function assembleSlices(nest: LoopNest, slices: readonly NestIndex[]): Assembly {
  const meets = nest.covers === "repeatedly" || [...slices, ...nest.indices].some(({ reduced }) => reduced);
  const { epilogue, ...rest } = nest;
  const target = { ...nest.target, address: constantAffine(0) };
  const fill: LoopNest = { ...rest, comment: "", indices: [], target, operands: [] };
  const inside: LoopNest = { ...(meets ? rest : nest), slices, covers: meets ? "onto" : "inside" };
  return {
    before: meets || nest.covers === "partly" ? [fill] : [],
    main: [inside],
    after: meets && epilogue ? [{ ...applyNest(nest), epilogue }] : [],
  };
}

/** Runs over a target element by element, each of which becomes the epilogue of what it is. */
function applyNest({ name, target: { buffer } }: LoopNest): LoopNest {
  const access = { buffer, address: variableAffine("p", buffer.length > 1 ? 1 : 0) };
  return {
    name,
    comment: "",
    indices: [{ name: "p", size: buffer.length, reduced: false }],
    loops: [],
    target: access,
    operands: [access],
    combine: "mul",
    reduce: "sum",
    dtype: buffer.dtype,
    covers: "inside",
  };
}
