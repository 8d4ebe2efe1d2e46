/**
 * Puts nests together as those of one kernel: of several contractions, where what one of them computes, and another reads,
 * is scratch; or slice by slice.
 *
 * Invariant: a name stands for one buffer, whatever contractions it occurs in; scratch of their own keeps apart.
 */
import { type TensorType, bufferLength } from "../ir/tensor.ts";
import { uniqueName, type BuiltNests, type StepNests } from "./build-nests.ts";
import type { Buffer } from "./kernel.ts";
import { type BufferAccess, type LoopNest, type NestIndex, type NestStatement, finishInPlace } from "./nest.ts";
import { constantAffine, variableAffine } from "../affine/affine.ts";
import { keptOf } from "../ir/contraction.ts";
import { identityOf } from "../ir/algebra.ts";
import { type Elementwise, VALUE, elementsIn } from "../ir/elementwise.ts";

/**
 * Joins nests that run one contraction after the other; the last one's output is the kernel's. Its operands are these, of
 * which some may be read by none.
 */
export function joinNests(parts: readonly BuiltNests[], operands: readonly TensorType[]): Omit<BuiltNests, "allocate"> {
  const byName = new Map<string, Buffer>();
  const scratch: Buffer[] = [];
  const taken = new Set(parts.flatMap((part) => [...part.operands, part.output].map(({ name }) => name)));
  const nests = parts.flatMap((part, number): LoopNest[] => {
    const renamed = new Map<Buffer, Buffer>();
    for (const buffer of part.operands) renamed.set(buffer, known(buffer, byName));
    const isLast = number === parts.length - 1;
    const output = isLast ? part.output : known({ ...part.output, role: "scratch" }, byName);
    if (isLast) byName.set(output.name, output);
    else scratch.push(output);
    renamed.set(part.output, output);
    for (const buffer of part.scratch) {
      const own = { ...buffer, name: uniqueName(buffer.name, taken) };
      scratch.push(own);
      renamed.set(buffer, own);
    }
    return part.nests.map((nest) => renameNest(nest, renamed));
  });
  const last = parts.at(-1) as BuiltNests;
  return {
    nests,
    integers: [],
    checks: [],
    scratch,
    operands: operands.map((tensor) => byName.get(tensor.name) ?? unreadBuffer(tensor)),
    output: last.output,
  };
}

function unreadBuffer(tensor: TensorType): Buffer {
  return { name: tensor.name, role: "operand", dtype: tensor.dtype, length: bufferLength(tensor) };
}

function known(buffer: Buffer, byName: Map<string, Buffer>): Buffer {
  const before = byName.get(buffer.name) ?? buffer;
  byName.set(buffer.name, before);
  return before;
}

function renameNest(nest: LoopNest, renamed: ReadonlyMap<Buffer, Buffer>): LoopNest {
  const rename = (access: BufferAccess): BufferAccess => ({
    ...access,
    buffer: renamed.get(access.buffer) ?? access.buffer,
  });
  const renameIn = <S extends NestStatement>(statement: S): S => ({
    ...statement,
    target: rename(statement.target),
    operands: statement.operands.map(rename),
    beside: statement.beside.map(rename),
  });
  const { rows, states, others } = nest;
  return {
    ...renameIn(nest),
    ...(rows && { rows: renamed.get(rows) ?? rows }),
    ...(states && { states: states.map((buffer) => renamed.get(buffer) ?? buffer) }),
    ...(others && { others: others.map(renameIn) }),
  };
}

// Slices put the result together one by one: where slices meet in an element, each is reduced onto what those before it
// left there; elsewhere each is stored in its place.
//
//     out[i] sum= a[i, j] * b[j], sliced by j   -->   out[...] = 0
//                                                     for each j { out[i] sum= a[i, j] * b[j] }
//
// Invariant: what must not happen once a slice, filling the output and the epilogue, happens before and after.

/** Puts the nests of all steps in order: what is staged, in the loops the steps themselves, what becomes of the result. */
export function arrangeSlices(
  steps: readonly StepNests[],
  slices: readonly NestIndex[],
): Pick<BuiltNests, "nests" | "slices"> {
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
