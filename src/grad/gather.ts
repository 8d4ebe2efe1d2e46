/**
 * Gathers: a sum that accumulates through expressions in its output, rewritten so that each element is written once.
 * The expression is solved for one of its indices, and the output's axis takes that index' name:
 *
 *     dx[y + k - 1] sum= dout[y] * w[k]         -->     dx[y] = sum over k of dout[y - k + 1 padded] * w[k]
 *
 *     dx[2*y + k] sum= dout[y] * w[k], |k| = 3  -->     dx[2*y] = sum over k of dout[y - k padded] * w[2*k]
 *                                                       dx[2*y + 1] = dout[y] * w[1]
 *
 * A stride gives one contraction a residue class, so that none multiplies the zeros between the strides; classes that are
 * alike share one, see `residues.ts`. Elements that no part writes are 0.
 *
 * Legal where the solved index, outside of its range, reads outside of some operand's axis: that read is 0, and so is the
 * product. An element of the output has then the same terms as before.
 */
import { affineRange, derivative, substitute, ZERO, type Affine } from "../affine/affine.ts";
import {
  countValues,
  plainAxis,
  sizesOf,
  type Access,
  type AxisAccess,
  type Contraction,
  type ContractionIndex,
} from "../ir/contraction.ts";
import { identityOf } from "../ir/algebra.ts";
import { mapPositions, type Elementwise } from "../ir/elementwise.ts";
import { isPadded, isZeroOutside, settle, skippedReads } from "../ir/product.ts";
import { areNested } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { progressionAffine, residueClasses, type Progression, type ResidueClass, mergeClasses } from "./residues.ts";
import { orderIndices } from "./transpose.ts";

/** Contractions that write disjoint parts of one output, or why there are none: the sum has to be accumulated. */
export type Gathered =
  { readonly kind: "parts"; readonly parts: readonly Contraction[] } | { readonly kind: "none"; readonly why: string };

/** Parts multiply from axis to axis; beyond this many, the code would be longer than the work is worth. */
const MOST_PARTS = 64;

/**
 * Rewrites a sum of products so that each element of its output is written once, if it can. There may be no part at all:
 * then everything is written outside of the output.
 */
export function gather(contraction: Contraction): Gathered {
  if (contraction.indices.some(({ size }) => size === 0)) return { kind: "parts", parts: [contraction] };
  const parts: Contraction[] = [];
  const why = gatherInto(parts, contraction);
  if (why) return { kind: "none", why };
  const leaves = parts.length > 1 && parts.some(({ output }) => output.axes.some(({ padded }) => padded));
  return leaves ? { kind: "none", why: "its parts write outside of it" } : { kind: "parts", parts };
}

/** Adds the parts of a contraction; returns why there are none. */
function gatherInto(parts: Contraction[], whole: Contraction): string | null {
  const contraction = clipOutput(fixSingles(whole));
  if (!contraction) return null;
  const { name } = contraction.output.tensor;
  const determined = determinedIndices(contraction);
  for (const [axis, { expression, padded }] of contraction.output.axes.entries()) {
    const isOpen = expression.terms.some(({ variable }) => !determined.has(variable));
    // An axis whose writes are kept apart is solved only where some of them leave it.
    if (!isOpen && !padded) continue;
    const solved = solveAxis(contraction, axis);
    if (!solved && !isOpen) continue;
    if (!solved) return `no index of axis ${axis} of ${name} can be solved for`;
    for (const part of solved) {
      const why = gatherInto(parts, part);
      if (why) return why;
    }
    return null;
  }
  parts.push(contraction);
  return parts.length > MOST_PARTS ? `${name} would take more than ${MOST_PARTS} parts` : null;
}

/** Puts 0 in the place of indices with no other value. */
function fixSingles(contraction: Contraction): Contraction {
  const singles = contraction.indices.filter(({ size }) => size === 1);
  if (singles.length === 0) return contraction;
  return restrict(contraction, new Map(singles.map(({ name }) => [name, { step: 1, start: 0, count: 1 }])));
}

/**
 * Where an index alone leaves an axis of the output, takes the values from it that do; null where none is left.
 *
 *     dx[k - 1 padded] = dout[k]  for k 5     -->     dx[k] = dout[k + 1]  for k 4
 */
function clipOutput(contraction: Contraction): Contraction | null {
  const axis = contraction.output.axes.findIndex(({ expression, padded }) => padded && expression.terms.length <= 1);
  if (axis < 0) return contraction;
  const { expression } = required(contraction.output.axes[axis], "an axis of the output");
  const length = required(contraction.output.tensor.shape[axis], "the size of an axis");
  const [term] = expression.terms;
  if (!term || length === 0) return null;
  const { variable, coefficient } = term;
  const ends = [-expression.constant, length - 1 - expression.constant].map((end) => end / coefficient);
  const size = required(sizesOf(contraction).get(variable), `the size of ${variable}`);
  const first = Math.max(0, Math.ceil(Math.min(...ends)));
  const count = Math.min(size - 1, Math.floor(Math.max(...ends))) - first + 1;
  if (count <= 0) return null;
  return clipOutput(restrict(contraction, new Map([[variable, { step: 1, start: first, count }]])));
}

/** The indices whose values follow from the element that is written, by the other axes than one, where one is given. */
function determinedIndices(contraction: Contraction, but = -1): ReadonlySet<string> {
  const sizes = sizesOf(contraction);
  const axes = contraction.output.axes.filter((_, axis) => axis !== but);
  const determined = new Set<string>();
  for (let before = -1; before < determined.size;) {
    before = determined.size;
    for (const { expression } of axes) {
      const open = expression.terms.filter(({ variable }) => !determined.has(variable));
      const strides = open.map(({ variable, coefficient }) => ({
        size: sizes.get(variable) ?? 1,
        stride: coefficient,
      }));
      if (areNested(strides)) for (const { variable } of open) determined.add(variable);
    }
  }
  return determined;
}

/** The indices of which several values meet in one element: the reduced ones, and those of expressions in the output. */
export function meetingIndices(contraction: Contraction): readonly ContractionIndex[] {
  const determined = determinedIndices(contraction);
  return contraction.indices.filter(({ name, reduced, size }) => size !== 1 && (reduced || !determined.has(name)));
}

/** The parts of the axis, for the index that makes the least work; null where none can be solved. */
function solveAxis(contraction: Contraction, axis: number): Contraction[] | null {
  const { expression } = required(contraction.output.axes[axis], "an axis of the output");
  const determined = determinedIndices(contraction, axis);
  const open = expression.terms.map(({ variable }) => variable).filter((variable) => !determined.has(variable));
  let best: Contraction[] | null = null;
  for (const index of open) {
    if (!mayBeSolved(contraction, axis, index)) continue;
    const parts = solveFor(contraction, axis, index, determined);
    if (parts && (!best || countWork(parts) < countWork(best))) best = parts;
  }
  return best;
}

/** Whether an index occurs in no other axis of the output, and is bounded by an operand. */
function mayBeSolved({ indices, reads, term, output }: Contraction, axis: number, index: string): boolean {
  const elsewhere = output.axes.some((other, at) => at !== axis && derivative(other.expression, index) !== 0);
  const size = indices.find(({ name }) => name === index)?.size ?? 0;
  // Where the term says what it reads outside, that may take part: what is read outside for the first time does not.
  const isProduct = isZeroOutside(term);
  const skipped = skippedReads(term);
  const isOpen = (access: Access, read: number): boolean => isProduct || skipped.includes(read) || !isPadded(access);
  return !elsewhere && reads.some((access, read) => isOpen(access, read) && boundsIndex(access, index, size));
}

/** Whether some axis of an access is left by the index alone, as soon as it leaves its range. */
function boundsIndex({ tensor, axes }: Access, index: string, size: number): boolean {
  return axes.some(({ expression: { terms, constant } }, axis) => {
    const [term] = terms;
    if (terms.length !== 1 || term?.variable !== index) return false;
    const ends = [constant - term.coefficient, constant + term.coefficient * size];
    const length = required(tensor.shape[axis], "the size of an axis");
    return Math.min(...ends) < 0 && Math.max(...ends) >= length;
  });
}

function countWork(parts: readonly Contraction[]): number {
  return parts.reduce((sum, { indices }) => sum + countValues(indices), 0);
}

function solveFor(
  contraction: Contraction,
  axis: number,
  index: string,
  fixed: ReadonlySet<string>,
): Contraction[] | null {
  const sizes = sizesOf(contraction);
  const sizeOf = (variable: string): number => required(sizes.get(variable), `the size of ${variable}`);
  const { expression } = required(contraction.output.axes[axis], "an axis of the output");
  const length = required(contraction.output.tensor.shape[axis], "the size of an axis");
  const { min, max } = affineRange(expression, sizeOf);
  const [first, last] = [Math.max(0, min), Math.min(length - 1, max)];
  const classes = residueClasses({ expression, solved: index, fixed, first, last }, sizeOf);
  if (!classes) return null;
  // Classes whose windows begin one behind the other are alike, whatever their remainders are.
  const startOf = ({ split }: ResidueClass): number => split?.values.start ?? 0;
  const sorted = [...classes].sort((one, other) => startOf(one) - startOf(other));
  // The solution of a class takes the place of the index; the output's axis becomes the class' elements.
  const parts = sorted.map(({ element, split, solution }) => {
    const progressions = new Map([[index, element], ...(split ? [[split.variable, split.values] as const] : [])]);
    return restrict(contraction, progressions, { index, solution, axis });
  });
  const firstWritten = ({ output }: Contraction): number => output.axes[axis]?.expression.constant ?? 0;
  return mergeClasses(parts, `${index}Phase`).sort((one, other) => firstWritten(one) - firstWritten(other));
}

/**
 * Lets indices run through progressions. One index may be solved for: then its progression is that of an axis of the
 * output, and the solution takes its place everywhere else.
 */
function restrict(
  contraction: Contraction,
  progressions: ReadonlyMap<string, Progression>,
  solved?: { readonly index: string; readonly solution: Affine; readonly axis: number },
): Contraction {
  const walked = new Map([...progressions].map(([name, values]) => [name, progressionAffine(values, name)]));
  const replacements = new Map(walked);
  // The solution speaks of positions in the progressions; the only one of a single value is 0.
  const single = new Map([...progressions].filter(([, { count }]) => count === 1).map(([name]) => [name, ZERO]));
  if (solved) replacements.set(solved.index, substitute(solved.solution, single));
  const indices = contraction.indices.map((index) => ({
    ...index,
    size: progressions.get(index.name)?.count ?? index.size,
  }));
  const sizes = new Map(indices.map(({ name, size }) => [name, size]));
  const rewrite = (access: Access): Access => ({
    ...access,
    axes: access.axes.map(({ expression }, axis) => {
      const length = required(access.tensor.shape[axis], "the size of an axis");
      return axisAccess(substitute(expression, replacements), length, sizes);
    }),
  });
  const reads = contraction.reads.map(rewrite);
  const output = rewrite(contraction.output);
  const moved = mapPositions(contraction.term, (position) => substitute(position, replacements));
  const axes = output.axes.map((axis, at) =>
    at === solved?.axis ? plainAxis(required(walked.get(solved.index), "the elements of a class")) : axis,
  );
  const written = { tensor: output.tensor, axes };
  const term = skipNewly(moved, contraction, reads);
  return { ...contraction, indices: orderIndices(indices, reads, written), reads, output: written, term };
}

/** What is read outside for the first time contributes nothing there; what is not any more has no outside. */
function skipNewly(
  term: Elementwise,
  { reads: before, reduce, dtype }: Contraction,
  reads: readonly Access[],
): Elementwise {
  const outside = identityOf(reduce, dtype);
  return reads.reduceRight<Elementwise>(
    (value, read, access) =>
      isPadded(read) && !isPadded(before[access]) ? { kind: "inside", access, value, outside } : value,
    settle(term, reads),
  );
}

/** An axis is padded exactly where its expression leaves it. */
function axisAccess(expression: Affine, length: number, sizes: ReadonlyMap<string, number>): AxisAccess {
  const { min, max } = affineRange(expression, (index) => sizes.get(index) ?? 1);
  return { expression, padded: min < 0 || max >= length };
}
