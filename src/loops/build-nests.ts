/**
 * Builds the loop nests of a contraction's steps: decides which buffers there are and says every access as a flat
 * address. A padded access never tests its bounds: its operand is first copied into scratch whose border holds the
 * reduction's identity, and a padded output is accumulated in scratch and its inside copied out.
 *
 *     out[x] = sum over k of a[x + k - 1 padded] * b[k]     -->     aPadded[x + 1] = a[x]
 *                                                                   out[x] sum= aPadded[x + k] * b[k]
 *
 * Invariant: no address of a nest leaves its buffer.
 */
import { affineRange, constantAffine, derivative, type Affine } from "../affine/affine.ts";
import { InternalError, required } from "../support/errors.ts";
import { addressOf } from "../ir/address.ts";
import { sizesOf, type Access, type Contraction } from "../ir/contraction.ts";
import { areNested, bufferLength, type TensorType } from "../ir/tensor.ts";
import type { ContractionStep } from "../path/step.ts";
import { scratchDtype } from "./values.ts";
import type { Buffer, Slices } from "./kernel.ts";
import type { BufferAccess, LoopNest, NestIndex } from "./nest.ts";
import { cropNest, padInput, padOutput, type Allocate } from "./padding.ts";

/** The nests of a contraction, unscheduled, and the buffers they run over. */
export interface BuiltNests {
  readonly nests: readonly LoopNest[];
  readonly operands: readonly Buffer[];
  readonly output: Buffer;
  readonly scratch: readonly Buffer[];
  /** Which of the nests run once a slice. */
  readonly slices?: Slices;
}

/** Says in words what a step does, for whoever reads the code; a program that only runs it needs no words. */
export type Describe = (contraction: Contraction) => string;

/** What one step does: what is staged for it, the step itself, and what becomes of its result. */
export interface StepNests {
  readonly before: readonly LoopNest[];
  readonly main: LoopNest;
  readonly after: readonly LoopNest[];
}

/**
 * What nests are built with. Slices and shared scratch are for who compiles for a reader: by default nothing is described,
 * no index is sliced, and each intermediate has memory of its own.
 */
export interface BuildOptions {
  readonly describe?: Describe | undefined;
  /** The indices that the steps are sliced by, outermost loop first. */
  readonly slices?: readonly NestIndex[] | undefined;
  /** Puts the nests of all steps in order: those that run once a slice, and those around. */
  arrange?(steps: readonly StepNests[], slices: readonly NestIndex[]): Pick<BuiltNests, "nests" | "slices">;
  /** Finds a place for the intermediate of each step in scratch that they share. */
  share?(steps: readonly ContractionStep[], operandCount: number, allocate: Allocate): readonly Pick<Buffer, "part">[];
}

/** Builds the nests of all steps, in the order in which they run. */
export function buildNests(
  contraction: Contraction,
  steps: readonly ContractionStep[],
  { describe = () => "", slices = [], arrange = inOrder, share }: BuildOptions = {},
): BuiltNests {
  const operands = contraction.operands.map(({ tensor }) => bufferOf(tensor, "operand"));
  const output = bufferOf(contraction.output.tensor, "output");
  const buffers = new Map<number, Buffer>(operands.map((buffer, id) => [id, buffer]));
  const scratch: Buffer[] = [];
  const names = new Set([...operands, output].map(({ name }) => name));
  const allocate = (name: string, like: Omit<Buffer, "name" | "role">): Buffer => {
    const buffer: Buffer = { name: uniqueName(name, names), role: "scratch", ...like };
    scratch.push(buffer);
    return buffer;
  };
  const places = share?.(steps, operands.length, allocate);
  const built = steps.map((step, number) => {
    const last = number === steps.length - 1;
    const { tensor } = step.contraction.output;
    const target = last ? output : allocate(tensor.name, { ...resultBuffer(tensor), ...places?.[number] });
    buffers.set(step.result, target);
    const inputs = step.inputs.map((id) => required(buffers.get(id), `the buffer of tensor ${id}`));
    return nestsOfStep(step.contraction, inputs, target, { allocate, describe, slices, isAlone: steps.length === 1 });
  });
  return { ...arrange(built, slices), operands, output, scratch };
}

function inOrder(steps: readonly StepNests[]): Pick<BuiltNests, "nests"> {
  return { nests: steps.flatMap(({ before, main, after }) => [...before, main, ...after]) };
}

/** The buffer of an intermediate. */
export function resultBuffer(tensor: TensorType): Pick<Buffer, "dtype" | "length"> {
  return { dtype: scratchDtype(tensor.dtype), length: bufferLength(tensor) };
}

/** What the nests of all steps are built with. */
interface Building {
  readonly allocate: Allocate;
  readonly describe: Describe;
  readonly slices: readonly NestIndex[];
  readonly isAlone: boolean;
}

function nestsOfStep(
  contraction: Contraction,
  inputs: readonly Buffer[],
  target: Buffer,
  { allocate, describe, slices, isAlone }: Building,
): StepNests {
  // What is staged is staged for all slices.
  const whole = { ...contraction, indices: [...contraction.indices, ...slices] };
  const sizes = sizesOf(whole);
  const empty = [...sizes.values()].includes(0);
  const before: LoopNest[] = [];
  const operands = contraction.operands.map((access, position): BufferAccess => {
    const buffer = required(inputs[position], "an operand's buffer");
    if (empty || !access.axes.some(({ padded }) => padded)) return { buffer, address: flatten(access, sizes, buffer) };
    const padding = padInput(whole, access, buffer, allocate);
    before.push(...padding.nests);
    return { buffer: padding.buffer, address: flatten(padding.access, sizes, padding.buffer) };
  });
  const cropped = !empty && contraction.output.axes.some(({ padded }) => padded);
  const inside = cropped ? padOutput(whole, allocate) : { access: contraction.output, buffer: target };
  const address = flatten(inside.access, sizes, inside.buffer);
  const main: LoopNest = {
    name: inside.buffer.name,
    comment: !isAlone || cropped || before.length > 0 ? describe(contraction) : "",
    indices: contraction.indices,
    loops: [],
    target: { buffer: inside.buffer, address },
    operands,
    combine: contraction.combine,
    reduce: contraction.reduce === "mean" ? "sum" : contraction.reduce,
    dtype: contraction.dtype,
    covers: coverageOf(address, whole.indices, inside.buffer.length),
    ...(contraction.epilogue && { epilogue: contraction.epilogue }),
  };
  return { before, main, after: cropped ? [cropNest(whole, inside, target)] : [] };
}

/** The flat address of an access, over the indices of more than one value, the largest stride first. */
function flatten(access: Access, sizes: ReadonlyMap<string, number>, buffer: Buffer): Affine {
  if ([...sizes.values()].includes(0)) return constantAffine(0);
  const full = addressOf(access);
  const terms = full.terms
    .filter(({ variable }) => sizes.get(variable) !== 1)
    .sort((one, other) => Math.abs(other.coefficient) - Math.abs(one.coefficient));
  const address = { terms, constant: full.constant };
  const { min, max } = affineRange(address, (index) => required(sizes.get(index), `the size of ${index}`));
  if (min < 0 || max >= buffer.length) {
    throw new InternalError(`${access.tensor.name} is read at ${min} to ${max} of ${buffer.length} elements`);
  }
  return address;
}

/** What of the target the output's indices reach. */
function coverageOf(address: Affine, indices: readonly NestIndex[], length: number): LoopNest["covers"] {
  const kept = indices.filter(({ reduced }) => !reduced);
  if (!areNested(kept.map(({ name, size }) => ({ size, stride: derivative(address, name) })))) return "repeatedly";
  return kept.reduce((count, { size }) => count * size, 1) === length ? "once" : "partly";
}

function bufferOf(tensor: TensorType, role: "operand" | "output"): Buffer {
  return { name: tensor.name, role, dtype: tensor.dtype, length: bufferLength(tensor) };
}

function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let count = 2; taken.has(unique); count++) unique = `${name}${count}`;
  taken.add(unique);
  return unique;
}
