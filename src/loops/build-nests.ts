/**
 * Builds the loop nests of a contraction's steps: decides which buffers there are and says every access as a flat
 * address. A padded access never tests its bounds: its operand is first copied into scratch whose border holds what lies
 * outside, and a padded output is accumulated in scratch and its inside copied out.
 *
 *     out[x] = sum over k of a[x + k - 1 padded] * b[k]     -->     aPadded[x + 1] = a[x]
 *                                                                   out[x] sum= aPadded[x + k] * b[k]
 *
 * A finish is applied where an element is stored; or, where elements are not reached once each, by a nest of its own.
 *
 * Invariant: no address of a nest leaves its buffer, whatever the sizes that are left to run time.
 */
import { affineSize, constantAffine, derivative, equalAffine, type Affine } from "../affine/affine.ts";
import { required } from "../support/errors.ts";
import type { Access, CompoundMonoid, Contraction } from "../ir/contraction.ts";
import { evaluateSymbolic, type Integer, type SizeCheck, type SymbolicAccess } from "../ir/symbols.ts";
import { countElements, lengthOf } from "../ir/symbolic-layout.ts";
import { VALUE } from "../ir/elementwise.ts";
import { countReads } from "../ir/product.ts";
import { areNested } from "../ir/tensor.ts";
import type { ContractionStep } from "../path/steps.ts";
import { scratchDtype } from "./values.ts";
import { describeCopy, type DescribeNests } from "./describe-nests.ts";
import type { Buffer, Slices } from "./kernel.ts";
import { accessBuffer, layoutOf, nestIndex, openSizes, sizeOfIndex, type Sizes } from "./layout.ts";
import { accessesIn, finishBy, type BufferAccess, type LoopNest, type NestIndex } from "./nest.ts";
import { cropNest, padOutput, type Allocate, type Site, type Staged } from "./padding.ts";
import { stageReads } from "./stage-reads.ts";

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
 * Builds the nests of a step, whose inputs are the buffers of its reads, in another way; null where there is none. A step
 * has none of its own where those of another one do what it says.
 */
export type BuildStep = (
  contraction: Contraction,
  inputs: readonly Buffer[],
  target: Buffer,
  site: Site,
) => StepNests | readonly [] | null;

/** What nests are built with. By default nothing is described, no index is sliced, each intermediate has its own memory. */
export interface BuildOptions {
  readonly describe?: DescribeNests | undefined;
  /** Asked first for the nests of a step: they may gather where it scatters, or have their borders peeled. */
  readonly rewrite?: BuildStep | undefined;
  /** Whether the kernel will choose among elements without a branch. */
  readonly isBranchless?: boolean | undefined;
  /** The indices that the steps are sliced by, outermost loop first. */
  readonly slices?: Contraction["indices"] | undefined;
  /** Puts the nests of steps that are sliced in order: those that run once a slice, and those around. */
  arrange?(steps: readonly StepNests[], slices: readonly NestIndex[]): Pick<BuiltNests, "nests" | "slices">;
  /** Finds a place for the intermediate of each step in scratch that they share. */
  share?(steps: readonly ContractionStep[], operandCount: number, allocate: Allocate): readonly Pick<Buffer, "part">[];
}

/** Builds the nests of all steps, in the order in which they run; each writes an intermediate or the output. */
export function buildNests(
  contraction: Contraction,
  steps: readonly ContractionStep[],
  { describe, rewrite, isBranchless = false, slices = [], arrange, share }: BuildOptions = {},
): BuiltNests {
  const sizes = openSizes(contraction);
  const operands = contraction.reads.map((access) => bufferOf(access, "operand", sizes));
  const output = bufferOf(contraction.output, "output", sizes);
  const buffers = new Map<number, Buffer>(operands.map((buffer, id) => [id, buffer]));
  const scratch: Buffer[] = [];
  const names = new Set([...operands, output].map(({ name }) => name));
  const allocate = (name: string, like: Omit<Buffer, "name" | "role">): Buffer => {
    const buffer: Buffer = { name: uniqueName(name, names), role: "scratch", ...like };
    scratch.push(buffer);
    return buffer;
  };
  const places = contraction.symbols ? undefined : share?.(steps, contraction.reads.length, allocate);
  const built = steps.flatMap((step, number) => {
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
    const inputs = step.inputs.map((id) => required(buffers.get(id), `the buffer of tensor ${id}`));
    const site = { sizes, allocate, describe, slices, isBranchless };
    return rewrite?.(step.contraction, inputs, target, site) ?? nestsOfStep(step.contraction, inputs, target, site);
  });
  const { integers } = sizes;
  const checks = contraction.symbols?.checks ?? [];
  const inOrder = built.flatMap(({ before, main, after }) => [...before, main, ...after]);
  const arranged = slices.length > 0 && arrange ? arrange(built, slices) : { nests: inOrder };
  dropUnused(scratch, arranged.nests);
  return { ...arranged, integers, checks, operands, output, scratch, allocate };
}

/** Drops scratch that was made for nests which came out in another way. */
function dropUnused(scratch: Buffer[], nests: readonly LoopNest[]): void {
  const used = new Set(
    nests.flatMap((nest) => [...accessesIn(nest).map(({ buffer }) => buffer), ...(nest.states ?? [])]),
  );
  for (const { part } of [...used]) if (part) used.add(part.of);
  scratch.splice(0, scratch.length, ...scratch.filter((buffer) => used.has(buffer)));
}

function nestsOfStep(contraction: Contraction, inputs: readonly Buffer[], target: Buffer, site: Site): StepNests {
  const { sizes, describe, slices } = site;
  const whole = { ...contraction, indices: [...contraction.indices, ...slices] };
  const { nests: before, ...staged } = stageReads(whole, inputs, site);
  const isEmpty = whole.indices.some(({ size }) => size === 0);
  const cropped = !isEmpty && contraction.output.axes.some(({ padded }) => padded);
  const inside = cropped ? padOutput(whole, site) : { layout: layoutOf(contraction.output, sizes), buffer: target };
  const comment = describe?.step(contraction) ?? "";
  const built = nestOf(contraction, staged.sources, inside, site, { comment, term: staged.term });
  const main = typeof built.reduce !== "string" && built.reach === "repeatedly" ? withStates(built, site) : built;
  const crop = cropped ? [describeCopy(cropNest(whole, inside, target, sizes), describe)] : [];
  return { before, ...placeFinish(main, crop, contraction, target, site) };
}

/** A nest whose values meet in elements of its target, with memory for the components of their states. */
function withStates(nest: LoopNest, { allocate }: Pick<Site, "allocate">): LoopNest {
  const { reduce, target } = nest;
  const { components } = reduce as CompoundMonoid;
  const { length } = target.buffer;
  const nameOf = (name: string): string => target.buffer.name + name.replace(/^./, (first) => first.toUpperCase());
  const states = components.map(({ name }) => allocate(nameOf(name), { dtype: "float64", length }));
  return { ...nest, states };
}

/** The nest of a contraction whose reads were staged, or are read as they are, into a target as a whole or a part of it. */
export function nestOf(
  contraction: Contraction,
  sources: readonly (Staged | Buffer)[],
  { layout, buffer }: Staged,
  { sizes, slices }: Pick<Site, "sizes" | "slices">,
  said: Pick<LoopNest, "comment"> & Partial<Pick<LoopNest, "term" | "reach" | "before" | "parts">>,
): LoopNest {
  const { reads, term, reduce, finish, dtype } = contraction;
  const indices = [...contraction.indices, ...slices].map((index) =>
    nestIndex(index, sizeOfIndex(sizes, index), sizes),
  );
  const count = countReads(term);
  const accesses = reads.map((access, read): BufferAccess => {
    const source = required(sources[read], "the buffer of a read");
    const { layout, buffer } = "role" in source ? { layout: layoutOf(access, sizes), buffer: source } : source;
    // What a finish reads is where the output's elements are, whatever else the nest runs over, or does not.
    const own = read < count ? indices : indices.filter(({ name }) => isReadBy(access, name));
    return accessBuffer(layout, buffer, own, sizes);
  });
  const target = accessBuffer(layout, buffer, indices, sizes);
  return {
    name: buffer.name,
    indices: indices.slice(0, contraction.indices.length),
    loops: [],
    target,
    operands: accesses.slice(0, count),
    beside: accesses.slice(count),
    term,
    reduce,
    finish,
    dtype,
    reach: reachOf(target.address, indices, layout, sizes),
    before: "nothing",
    ...said,
  };
}

/**
 * Applies a finish where the main nest stores each element once, where its result is copied out of a border, or by a nest
 * over the whole output behind it. The division of a mean leaves what is not reached as it is: 0.
 */
export function placeFinish(
  main: LoopNest,
  after: readonly LoopNest[],
  contraction: Contraction,
  target: Buffer,
  { sizes, describe }: Pick<Site, "sizes" | "describe">,
): Pick<StepNests, "main" | "after"> {
  const { finish } = main;
  const [crop, ...others] = after;
  const isStored = main.reach === "once" && main.before === "nothing" && main.indices.every(({ size }) => size > 0);
  if (finish.kind === "value" || (!crop && (isStored || dividesSum(main)))) return { main, after };
  return {
    main: { ...main, finish: VALUE, beside: [] },
    after: [crop ? finishBy(crop, main) : finishNest(main, contraction, target, { sizes, describe }), ...others],
  };
}

/** The nest that applies a finish to every element of the output, each where it is. */
export function finishNest(
  reducing: LoopNest,
  contraction: Contraction,
  target: Buffer,
  { sizes, describe }: Pick<Site, "sizes" | "describe">,
): LoopNest {
  const axes = contraction.output.axes.map((axis) => ({ ...axis, padded: false }));
  const output = { tensor: contraction.output.tensor, axes };
  const copy = cropNest({ ...contraction, output }, { layout: layoutOf(output, sizes), buffer: target }, target, sizes);
  return { ...finishBy(copy, reducing), comment: describe?.finish(target) ?? "" };
}

/** Whether a nest sums what its finish divides by a number: what is not reached is 0, and stays so. */
function dividesSum({ reduce, finish }: LoopNest): boolean {
  if (reduce !== "sum" || finish.kind !== "binary" || finish.operator !== "div" || finish.left.kind !== "value") {
    return false;
  }
  const { right } = finish;
  return right.kind === "integer" || (right.kind === "constant" && right.value > 0);
}

function isReadBy({ axes }: Access, index: string): boolean {
  return axes.some(({ expression }) => derivative(expression, index) !== 0);
}

/**
 * What of the target the output's indices reach. Where sizes are left to run time, it is reached `once` if it is so at
 * the example, and as many values as elements there are for every size; any other target counts as reached repeatedly.
 */
function reachOf(
  address: Affine,
  indices: readonly NestIndex[],
  { shape }: SymbolicAccess,
  sizes: Sizes,
): LoopNest["reach"] {
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

/** A name that none of those taken is, and is taken now. */
export function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let count = 2; taken.has(unique); count++) unique = `${name}${count}`;
  taken.add(unique);
  return unique;
}
