/**
 * Builds the loop nests of a contraction's steps: decides which buffers there are and says every access as a flat
 * address. A padded access never tests its bounds: its operand is first copied into scratch whose border holds the
 * reduction's identity, and a padded output is accumulated in scratch and its inside copied out.
 *
 *     out[x] = sum over k of a[x + k - 1 padded] * b[k]     -->     aPadded[x + 1] = a[x]
 *                                                                   out[x] sum= aPadded[x + k] * b[k]
 *
 * Invariant: no address of a nest leaves its buffer, whatever the sizes that are left to run time.
 */
import { affineSize, constantAffine, derivative, equalAffine, type Affine } from "../affine/affine.ts";
import { required } from "../support/errors.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { evaluateSymbolic, type Integer, type SizeCheck, type SymbolicAccess } from "../ir/symbols.ts";
import { countElements, lengthOf } from "../ir/symbolic-layout.ts";
import { areNested, bufferLength } from "../ir/tensor.ts";
import type { ContractionStep } from "../path/step.ts";
import { scratchDtype } from "./values.ts";
import type { DescribeNests } from "./describe-nests.ts";
import type { Buffer, Slices } from "./kernel.ts";
import { accessBuffer, layoutOf, nestIndex, openSizes, sizeOfIndex, type Sizes } from "./layout.ts";
import type { BufferAccess, LoopNest, NestIndex } from "./nest.ts";
import { cropNest, padInput, padOutput, type Allocate } from "./padding.ts";

/** The nests of a contraction, unscheduled, and what they run over. */
export interface BuiltNests {
  readonly nests: readonly LoopNest[];
  readonly integers: readonly Integer[];
  readonly checks: readonly SizeCheck[];
  readonly operands: readonly Buffer[];
  readonly output: Buffer;
  readonly scratch: readonly Buffer[];
  /** Adds to the scratch what a schedule asks for. */
  readonly allocate: Allocate;
  /** Which of the nests run once a slice. */
  readonly slices?: Slices;
}

/** What one step does: what is staged for it, the step itself, and what becomes of its result. */
export interface StepNests {
  readonly before: readonly LoopNest[];
  readonly main: LoopNest;
  readonly after: readonly LoopNest[];
}

/**
 * Gives the nests of a step prologues, an epilogue and what these read. The inputs are the buffers of the operands, then
 * those of the further accesses.
 */
export type Attach = (
  step: Contraction,
  nests: StepNests,
  inputs: readonly Buffer[],
  target: Buffer,
  site: Site,
) => StepNests;

/** Builds the nests of a step in another way than one nest around its statement; null where it has none. */
export type BuildStep = (
  contraction: Contraction,
  inputs: readonly Buffer[],
  target: Buffer,
  site: Site,
) => StepNests | null;

/**
 * What nests are built with. By default nothing is described, no index is sliced, each intermediate has memory of its
 * own, and there are no prologues, and no epilogues but that of a mean.
 */
export interface BuildOptions {
  readonly describe?: DescribeNests | undefined;
  readonly attach?: Attach | undefined;
  /** Asked first for the nests of a step, prologues and epilogues included: where it scatters, they may gather. */
  readonly gather?: BuildStep | undefined;
  /** The indices that the steps are sliced by, outermost loop first. */
  readonly slices?: Contraction["indices"] | undefined;
  /** Puts the nests of all steps in order: those that run once a slice, and those around. */
  arrange?(steps: readonly StepNests[], slices: readonly NestIndex[]): Pick<BuiltNests, "nests" | "slices">;
  /** Finds a place for the intermediate of each step in scratch that they share. */
  share?(steps: readonly ContractionStep[], operandCount: number, allocate: Allocate): readonly Pick<Buffer, "part">[];
}

/** Builds the nests of all steps, in the order in which they run; each writes an intermediate or the output. */
export function buildNests(
  contraction: Contraction,
  steps: readonly ContractionStep[],
  { describe, attach, gather, slices = [], arrange = inOrder, share }: BuildOptions = {},
): BuiltNests {
  const sizes = openSizes(contraction);
  const accesses = [...contraction.operands, ...(contraction.further ?? [])];
  const operands = accesses.map((access) => bufferOf(access, "operand", sizes));
  const output = bufferOf(contraction.output, "output", sizes);
  const buffers = new Map<number, Buffer>(operands.map((buffer, id) => [id, buffer]));
  const scratch: Buffer[] = [];
  const names = new Set([...operands, output].map(({ name }) => name));
  const allocate = (name: string, like: Omit<Buffer, "name" | "role">): Buffer => {
    const buffer: Buffer = { name: uniqueName(name, names), role: "scratch", ...like };
    scratch.push(buffer);
    return buffer;
  };
  const places = contraction.symbols ? undefined : share?.(steps, contraction.operands.length, allocate);
  const built = steps.map((step, number) => {
    const { output: result } = step.contraction;
    const target =
      result.tensor.name === output.name
        ? output
        : allocate(result.tensor.name, {
            dtype: scratchDtype(result.tensor.dtype),
            length: affineSize(lengthOf(layoutOf(result, sizes))),
            ...places?.[number],
          });
    buffers.set(step.result, target);
    const inputs = step.contraction.operands.map(({ tensor, positions }, at) => {
      if (positions)
        return allocate(tensor.name, { dtype: "float64", length: bufferLength(tensor), initial: "position" });
      const id = step.inputs[at];
      return required(id === undefined ? id : buffers.get(id), `the buffer of tensor ${id}`);
    });
    inputs.push(...operands.slice(contraction.operands.length));
    const site = { sizes, allocate, describe, slices, isAlone: steps.length === 1 };
    const gathered = gather?.(step.contraction, inputs, target, site);
    if (gathered) return gathered;
    const own = nestsOfStep(step.contraction, inputs, target, site);
    return attach?.(step.contraction, own, inputs, target, site) ?? own;
  });
  const { integers } = sizes;
  const checks = contraction.symbols?.checks ?? [];
  return { ...arrange(built, slices), integers, checks, operands, output, scratch, allocate };
}

function inOrder(steps: readonly StepNests[]): Pick<BuiltNests, "nests"> {
  return { nests: steps.flatMap(({ before, main, after }) => [...before, main, ...after]) };
}

/** What the nests of a step are built with. */
export interface Site {
  readonly sizes: Sizes;
  readonly allocate: Allocate;
  readonly describe: DescribeNests | undefined;
  /** Indices of which a step sees one value at a time; what is staged is staged for all. */
  readonly slices: Contraction["indices"];
  /** Whether there is no other step. */
  readonly isAlone: boolean;
}

function nestsOfStep(contraction: Contraction, inputs: readonly Buffer[], target: Buffer, site: Site): StepNests {
  const { sizes, allocate, describe, slices, isAlone } = site;
  const whole = { ...contraction, indices: [...contraction.indices, ...slices] };
  const indices = whole.indices.map((index) => nestIndex(index, sizeOfIndex(sizes, index), sizes));
  const empty = indices.some(({ size }) => size === 0);
  const before: LoopNest[] = [];
  const operands = contraction.operands.map((access, position): BufferAccess => {
    const buffer = inputs[position] as Buffer;
    if (empty || !access.axes.some(({ padded }) => padded)) {
      return accessBuffer(layoutOf(access, sizes), buffer, indices, sizes);
    }
    const padding = padInput(whole, access, buffer, sizes, allocate);
    before.push(...describeCopies(padding.nests, describe));
    return accessBuffer(padding.layout, padding.buffer, indices, sizes);
  });
  const cropped = !empty && contraction.output.axes.some(({ padded }) => padded);
  const inside = cropped
    ? padOutput(whole, sizes, allocate)
    : { layout: layoutOf(contraction.output, sizes), buffer: target };
  const written = accessBuffer(inside.layout, inside.buffer, indices, sizes);
  const main: LoopNest = {
    name: inside.buffer.name,
    comment: !isAlone || cropped || before.length > 0 ? (describe?.step(contraction) ?? "") : "",
    indices: indices.slice(0, contraction.indices.length),
    loops: [],
    target: written,
    operands,
    combine: contraction.combine,
    reduce: contraction.reduce === "mean" ? "sum" : contraction.reduce,
    dtype: contraction.dtype,
    covers: coverageOf(written.address, indices, inside.layout, sizes),
    ...(contraction.epilogue && { epilogue: contraction.epilogue }),
    ...(contraction.fill !== undefined && { fill: contraction.fill }),
  };
  return { before, main, after: cropped ? describeCopies([cropNest(whole, inside, target, sizes)], describe) : [] };
}

/** Says what copies do, to who wants to know. */
export function describeCopies(nests: readonly LoopNest[], describe: DescribeNests | undefined): readonly LoopNest[] {
  return describe ? nests.map((nest) => ({ ...nest, comment: describe.copy(nest) })) : nests;
}

/**
 * What of the target the output's indices reach. Where sizes are left to run time, it is reached `once` if it is so at
 * the example, and as many values as elements there are for every size; any other target counts as reached repeatedly.
 */
function coverageOf(
  address: Affine,
  indices: readonly NestIndex[],
  { shape }: SymbolicAccess,
  sizes: Sizes,
): LoopNest["covers"] {
  const kept = indices
    .filter(({ reduced }) => !reduced)
    .map(({ name, size, symbolic }) => ({
      extent: symbolic ?? constantAffine(size),
      stride: derivative(address, name),
    }));
  const axes = kept.map(({ extent, stride }) => ({ size: evaluateSymbolic(extent, sizes.example), stride }));
  if (!areNested(axes)) return "repeatedly";
  if (equalAffine(countElements(kept.map(({ extent }) => extent)), countElements(shape))) return "once";
  return sizes.example.size > 0 ? "repeatedly" : "partly";
}

function bufferOf(access: Access, role: "operand" | "output", sizes: Sizes): Buffer {
  const { name, dtype } = access.tensor;
  return { name, role, dtype, length: affineSize(lengthOf(layoutOf(access, sizes))) };
}

function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let count = 2; taken.has(unique); count++) unique = `${name}${count}`;
  taken.add(unique);
  return unique;
}
