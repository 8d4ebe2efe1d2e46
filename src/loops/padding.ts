/**
 * Padding as staging: the nests that copy an operand into a scratch buffer with a border, and the inside of a
 * scratch output to where it belongs. The border is written once, when the scratch is allocated.
 */
import {
  addAffine,
  affineSize,
  constantAffine,
  isVariable,
  scaleAffine,
  shiftAffine,
  variableAffine,
  type Affine,
} from "../affine/affine.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { renumber, type Elementwise } from "../ir/elementwise.ts";
import { computeInteger, countElements, denseLayout, isInteger, rangeOf } from "../ir/symbolic-layout.ts";
import type { SymbolicAccess } from "../ir/symbols.ts";
import { required } from "../support/errors.ts";
import { describeCopy, type DescribeNests } from "./describe-nests.ts";
import { scratchDtype } from "./values.ts";
import type { Buffer } from "./kernel.ts";
import { accessBuffer, layoutOf, nestIndex, sizeOfIndex, type Sizes } from "./layout.ts";
import { copyNest, type LoopNest } from "./nest.ts";

/** What nests are built with. */
export interface Site {
  readonly sizes: Sizes;
  readonly allocate: Allocate;
  readonly describe: DescribeNests | undefined;
  /** Indices of which a step sees one value at a time; what is staged is staged for all. */
  readonly slices: Contraction["indices"];
  /** Whether the kernel will choose among elements without a branch. */
  readonly isBranchless: boolean;
}

/** Makes a scratch buffer; its name may come out with a number behind it. */
export type Allocate = (name: string, like: Omit<Buffer, "name" | "role">) => Buffer;

/** A tensor in scratch that stands in for one that is read or written outside its axes. */
export interface Staged {
  readonly layout: SymbolicAccess;
  readonly buffer: Buffer;
}

/** Which elements of an axis a staged tensor holds: from `low`, so many. */
interface Window {
  readonly low: Affine;
  readonly extent: Affine;
}

const ZERO = constantAffine(0);

/** What a copy of an operand holds: an expression over each of its elements, and around them a border. */
export interface Held {
  readonly value: Elementwise;
  readonly outside: number | bigint;
}

/** Copies an operand into scratch that holds all an access reads. */
export function padInput(
  contraction: Contraction,
  access: Access,
  source: Buffer,
  { value, outside }: Held,
  { sizes, allocate, describe }: Pick<Site, "sizes" | "allocate" | "describe">,
): Staged & { readonly nests: LoopNest[] } {
  const { name } = access.tensor;
  const layout = layoutOf(access, sizes);
  const windows = access.axes.map(({ padded }, axis): Window => {
    if (!padded) return { low: ZERO, extent: layout.shape[axis] as Affine };
    const { min, max } = reachOfAxis(contraction, layout, axis, sizes);
    return { low: min, extent: extentOf(`${name}Padded${axis}`, min, max, sizes) };
  });
  const dtype = scratchDtype(contraction.dtype);
  const length = affineSize(countElements(windows.map(({ extent }) => extent)));
  const border = Number(outside) === 0 ? {} : { initial: outside };
  const buffer = allocate(`${name}Padded`, { dtype, length, ...border });
  const staged = stage(layout, windows);
  const inside = windows.map((window, axis) => overlap(name, axis, layout.shape[axis] as Affine, window, sizes));
  const copy = copyWindows(
    {
      names: axisNames(access),
      inside,
      target: { buffer, layout: staged, windows },
      source: { buffer: source, layout },
      dtype,
      // The border of scratch that grows has to be written each time.
      before: sizes.symbols ? "nothing" : "kept",
    },
    sizes,
  );
  const nothing = inside.some(({ extent }) => extent.terms.length === 0 && extent.constant <= 0);
  const isBordered = access.axes.some(({ padded }) => padded);
  const reach = isBordered ? {} : ({ reach: "once", before: "nothing" } as const);
  const nest = describeCopy({ ...copy, ...reach, term: renumber(value, () => 0) }, describe);
  return { layout: staged, buffer, nests: nothing && !sizes.symbols ? [] : [nest] };
}

/** Scratch for an output whose accesses leave it: large enough for every write. */
export function padOutput(contraction: Contraction, { sizes, allocate }: Pick<Site, "sizes" | "allocate">): Staged {
  const { tensor } = contraction.output;
  const windows = outputWindows(contraction, sizes);
  const length = affineSize(countElements(windows.map(({ extent }) => extent)));
  const buffer = allocate(`${tensor.name}Padded`, { dtype: scratchDtype(tensor.dtype), length });
  return { layout: stage(layoutOf(contraction.output, sizes), windows), buffer };
}

/** Copies each element of an output from where it was reduced: out of a border, or to where it is. */
export function cropNest(contraction: Contraction, reduced: Staged, target: Buffer, sizes: Sizes): LoopNest {
  const layout = layoutOf(contraction.output, sizes);
  const copy = copyWindows(
    {
      names: axisNames(contraction.output),
      inside: layout.shape.map((extent) => ({ low: ZERO, extent })),
      target: { buffer: target, layout },
      source: reduced.buffer === target ? reduced : { ...reduced, windows: outputWindows(contraction, sizes) },
      dtype: contraction.output.tensor.dtype,
      before: "nothing",
    },
    sizes,
  );
  return { ...copy, reach: "once" };
}

function outputWindows(contraction: Contraction, sizes: Sizes): Window[] {
  const { tensor, axes } = contraction.output;
  const layout = layoutOf(contraction.output, sizes);
  return axes.map(({ padded }, axis) => {
    const size = layout.shape[axis] as Affine;
    if (!padded) return { low: ZERO, extent: size };
    const { min, max } = reachOfAxis(contraction, layout, axis, sizes);
    const low = computeInteger(sizes, "min", `${tensor.name}Low${axis}`, ZERO, min);
    const high = computeInteger(sizes, "max", `${tensor.name}High${axis}`, shiftAffine(size, -1), max);
    return { low, extent: extentOf(`${tensor.name}Padded${axis}`, low, high, sizes) };
  });
}

/** The elements of an axis that an access names: smallest and largest. */
function reachOfAxis({ indices }: Contraction, { axes }: SymbolicAccess, axis: number, sizes: Sizes) {
  const known = new Map(indices.map((index) => [index.name, sizeOfIndex(sizes, index)]));
  return rangeOf(axes[axis] as Affine, (index) => required(known.get(index), `the size of ${index}`));
}

/** A tensor of its own, row-major, that holds the windows. */
function stage({ axes }: SymbolicAccess, windows: readonly Window[]): SymbolicAccess {
  return {
    ...denseLayout(windows.map(({ extent }) => extent)),
    axes: axes.map((expression, axis) => difference(expression, (windows[axis] as Window).low)),
  };
}

/** The elements of an axis that lie in the tensor and in the window. */
function overlap(tensor: string, axis: number, size: Affine, { low, extent }: Window, sizes: Sizes): Window {
  if (isInteger(low, 0) && affineSize(difference(extent, size)) === 0) return { low, extent };
  const from = computeInteger(sizes, "max", `${tensor}Low${axis}`, ZERO, low);
  const end = computeInteger(sizes, "min", `${tensor}End${axis}`, size, addAffine(low, extent));
  return { low: from, extent: difference(end, from) };
}

/** From the lowest to the highest; a name where it is a longer expression, as strides are products of extents. */
function extentOf(name: string, low: Affine, high: Affine, sizes: Sizes): Affine {
  const extent = difference(shiftAffine(high, 1), low);
  return extent.terms.length === 0 || (isVariable(extent.terms) && extent.constant === 0)
    ? extent
    : computeInteger(sizes, "size", name, extent, ZERO);
}

function difference(left: Affine, right: Affine): Affine {
  return addAffine(left, scaleAffine(right, -1));
}

interface Side extends Staged {
  /** The elements of each axis that it holds; absent: all that there are. */
  readonly windows?: readonly Window[];
}

interface Copy {
  readonly names: readonly string[];
  readonly inside: readonly Window[];
  readonly target: Side;
  readonly source: Side;
  readonly dtype: Buffer["dtype"];
  readonly before: LoopNest["before"];
}

function copyWindows({ names, inside, target, source, dtype, before }: Copy, sizes: Sizes): LoopNest {
  const indices = inside.map(({ extent }, axis) => {
    const name = names[axis] as string;
    return nestIndex({ name, reduced: false }, extent, sizes);
  });
  const accessTo = ({ buffer, layout, windows }: Side) => {
    const axes = inside.map(({ low }, axis) =>
      addAffine(variableAffine(names[axis] as string), difference(low, windows?.[axis]?.low ?? ZERO)),
    );
    return accessBuffer({ ...layout, axes }, buffer, indices, sizes);
  };
  const copy = { comment: "", indices, target: accessTo(target), source: accessTo(source), dtype };
  return copyNest(copy, { reach: "partly", before });
}

/** A name for each axis: the first index its expression runs over that no other axis took. */
function axisNames({ axes }: Access): string[] {
  const taken = new Set<string>();
  return axes.map(({ expression }, axis) => {
    const free = expression.terms.find(({ variable }) => !taken.has(variable))?.variable;
    let name = free ?? `axis${axis}`;
    while (taken.has(name)) name += "_";
    taken.add(name);
    return name;
  });
}
