/**
 * The nests of a step that reads outside of an operand, without a copy that has a border: the output's indices fall into
 * boxes, in each of which the window is clipped to what lies inside. `einsum` does not carry this file: it is handed in.
 *
 *     out[y] max= over k of a[2*y + k - 1 padded]     -->     out[y + 1] = max over k of a[2*y + k + 1]
 *                                                             out[0]     = max over k of a[k], k from 1
 *
 * Legal where what lies outside contributes nothing: a single operand of which no truth is taken; sums of products
 * of integers, and what says so of itself. Products of floats keep the copy, for 0 times Infinity is NaN.
 *
 * Invariant: the boxes cover each element of the output once, and read no element that there is not.
 */
import { shiftAffine, substitute, variableAffine } from "../affine/affine.ts";
import { strideOf } from "../ir/address.ts";
import {
  countValues,
  keptOf,
  reducedOf,
  type Access,
  type Contraction,
  type ContractionIndex,
} from "../ir/contraction.ts";
import { mapPositions } from "../ir/elementwise.ts";
import { readsOfTerm, skipOutside, withoutInsides } from "../ir/product.ts";
import { areNested, elementCount } from "../ir/tensor.ts";
import { nestOf, type BuildStep, type StepNests } from "./build-nests.ts";
import type { Buffer } from "./kernel.ts";
import type { Span } from "./describe-nests.ts";
import { layoutOf } from "./layout.ts";
import type { LoopNest } from "./nest.ts";
import type { Site } from "./padding.ts";
import { separateWindows } from "./separate-windows.ts";
import { stagedParts } from "./stage-reads.ts";

/** Most boxes of one nest: each is a routine. */
const MOST_BOXES = 9;

/** Least work for each box, in values of all indices: a copy of few elements is done before a routine is compiled. */
const LEAST_WORK = 512;

/** Uses in products of each element from which on its copy costs little: 3 x 3 taps make 9 for each channel of the output. */
const MANY_USES = 64;

/** Builds the nests of a step whose windows are clipped, or reduced one axis after the other; null where neither pays. */
export const peelBorders: BuildStep = (contraction, inputs, target, site) => {
  const { indices, output } = contraction;
  const operands = readsOfTerm(contraction);
  const work = countValues(indices);
  const term = skipOutside(contraction);
  const isPlain = stagedParts(contraction).size === 0;
  if (!term || !isPlain || work < LEAST_WORK || contraction.symbols || site.slices.length > 0) return null;
  if (output.axes.some(({ padded }) => padded) || !reachesOnce(contraction)) return null;
  const parts = separateWindows(contraction, site.isBranchless);
  const outside = operands.filter(({ axes }) => axes.some(({ padded }) => padded));
  if (parts.length === 1 && outside.length === 0) return null;
  const isUsedOften = outside.some(({ tensor }) => work >= MANY_USES * elementCount(tensor.shape));
  // A product that has to skip what lies outside has no copy to fall back on that does.
  const mayCopy = operands.length > 1 && contraction.term.kind !== "inside";
  if (mayCopy && isUsedOften) return null;
  const boxes = parts.map(boxesOf);
  if (boxes.some((found) => !found) || work < LEAST_WORK * boxes.flat().length) return null;
  let [source, ...others] = inputs as [Buffer, ...Buffer[]];
  const nests = parts.flatMap((part, at) => {
    const { name, dtype, shape } = part.output.tensor;
    const isLast = at === parts.length - 1;
    const buffer = isLast ? target : site.allocate(name, { dtype, length: elementCount(shape) });
    const made = nestsOf(part, boxes[at] as Box[], [source, ...others], buffer, site);
    source = buffer;
    return made;
  });
  const [main, ...after] = nests as [LoopNest, ...LoopNest[]];
  return { before: [], main, after } satisfies StepNests;
};

/** Whether the output's indices reach every element of it once. */
function reachesOnce({ indices, output }: Contraction): boolean {
  const kept = keptOf(indices);
  const axes = kept.map(({ name, size }) => ({ size, stride: strideOf(output, name) }));
  return areNested(axes) && countValues(kept) === elementCount(output.tensor.shape);
}

/** The spans of indices that are not as long as the index; the others run over all of their values. */
type Box = readonly Span[];

/** The boxes of a step, the one of most elements first; null where they are too many, none is most of the work, or a window lies outside. */
function boxesOf(part: Contraction): Box[] | null {
  const { indices } = part;
  let boxes: Box[] = [[]];
  const taken = new Set<string>();
  for (const access of readsOfTerm(part)) {
    for (const [axis, { padded }] of access.axes.entries()) {
      if (!padded) continue;
      const spans = spansOf(access, axis, indices);
      if (!spans) return null;
      boxes = boxes.flatMap((box) => spans.map((span) => [...box, ...span]));
      const names = new Set(spans.flat().map(({ index }) => index.name));
      // An index that two axes clip would have to be clipped by both.
      if ([...names].some((name) => taken.has(name)) || boxes.length > MOST_BOXES) return null;
      names.forEach((name) => taken.add(name));
    }
  }
  const sorted = [...boxes].sort((one, other) => elementsOf(other) - elementsOf(one));
  const total = boxes.reduce((sum, box) => sum + elementsOf(box), 0);
  return elementsOf(sorted[0] as Box) * 2 > total ? sorted : null;
}

/** How many elements of the output a box has, of those along the indices it clips. */
function elementsOf(box: Box): number {
  return box.reduce((product, { index, count }) => (index.reduced ? product : product * count), 1);
}

/**
 * Cuts the index that moves windows along an axis where the part of the window changes that lies inside; null where the
 * axis has no such form, or a window lies wholly outside.
 */
function spansOf({ axes, tensor }: Access, axis: number, indices: Contraction["indices"]): Box[] | null {
  const { terms, constant } = (axes[axis] as Access["axes"][number]).expression;
  const own = indices.filter(({ name, size }) => size > 1 && terms.some(({ variable }) => variable === name));
  const [moved, window] = [keptOf(own), reducedOf(own)];
  const [tap] = window;
  if (!tap || window.length > 1 || moved.length > 1) return null;
  const extent = tensor.shape[axis] as number;
  const stepOf = (index: ContractionIndex | undefined): number =>
    terms.find(({ variable }) => variable === index?.name)?.coefficient ?? 0;
  const [place] = moved;
  const spans: { from: number; count: number; first: number; taps: number }[] = [];
  for (let at = 0; at < (place?.size ?? 1); at++) {
    const [first, taps] = insideOf(constant + at * stepOf(place), stepOf(tap), tap.size, extent);
    if (taps <= 0) return null;
    const last = spans.at(-1);
    if (last?.first === first && last.taps === taps) last.count++;
    else spans.push({ from: at, count: 1, first, taps });
  }
  return spans.map(({ from, count, first, taps }) => [
    ...(place ? [{ index: place, first: from, count }] : []),
    { index: tap, first, count: taps },
  ]);
}

/** Of so many elements `start`, `start + step`, ..., the first one that lies in an axis, and how many do: they are neighbours. */
function insideOf(start: number, step: number, count: number, extent: number): [number, number] {
  // Walked from the other end, the elements rise.
  const [low, stride] = step > 0 ? [start, step] : [start + (count - 1) * step, -step];
  const first = Math.max(0, Math.ceil(-low / stride));
  const taps = Math.min(count, Math.ceil((extent - low) / stride)) - first;
  return [step > 0 ? first : count - first - taps, taps];
}

/** One nest a box: all write their own elements of the target. */
function nestsOf(
  part: Contraction,
  boxes: readonly Box[],
  inputs: readonly Buffer[],
  target: Buffer,
  site: Site,
): LoopNest[] {
  const { describe, sizes } = site;
  return boxes.map((box, at) => {
    const clipped = clip(part, box);
    const written = { layout: layoutOf(clipped.output, sizes), buffer: target };
    return nestOf(clipped, inputs, written, site, {
      comment: describe?.box(box.length > 0 ? clippedNowhere(part) : part, box, at === 0) ?? "",
      ...(boxes.length === 1 ? { reach: "once" } : { reach: "partly", before: "kept" }),
    });
  });
}

/** A contraction as one reads it where nothing lies outside. */
function clippedNowhere(part: Contraction): Contraction {
  return { ...part, reads: part.reads.map(inside), term: withoutInsides(part.term) };
}

function inside(access: Access): Access {
  return { ...access, axes: access.axes.map((axis) => ({ ...axis, padded: false })) };
}

/** The part of a contraction that computes a box: its indices count from where the box begins. */
function clip(part: Contraction, box: Box): Contraction {
  const spans = new Map(box.map((span) => [span.index.name, span]));
  const begins = new Map(
    box.map(({ index, first }) => [index.name, shiftAffine(variableAffine(index.name), first)] as const),
  );
  const move = (access: Access): Access => ({
    ...access,
    axes: access.axes.map(({ expression }) => ({ expression: substitute(expression, begins), padded: false })),
  });
  return {
    ...part,
    indices: part.indices.map((index) => ({ ...index, size: spans.get(index.name)?.count ?? index.size })),
    reads: part.reads.map(move),
    output: move(part.output),
    term: mapPositions(withoutInsides(part.term), (position) => substitute(position, begins)),
  };
}
