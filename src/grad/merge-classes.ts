/**
 * Residue classes of a gather that are alike: contractions that differ only in where they begin, by the same steps from each
 * to the next. They are one contraction over a further index, the phase, so that a stride of 8 takes no eight routines.
 *
 *     dx[4*y]     = sum over k of dout[y - k padded] * w[4*k]
 *     dx[4*y + 1] = sum over k of dout[y - k padded] * w[4*k + 1]     -->     dx[4*y + yPhase] = sum over k of
 *     dx[4*y + 2] = sum over k of dout[y - k padded] * w[4*k + 2]                 dout[y - k padded] * w[4*k + yPhase]
 *     dx[4*y + 3] = sum over k of dout[y - k padded] * w[4*k + 3]
 *
 * Where what lies outside of an operand is ignored, its windows must not move with the phase: their borders are peeled.
 *
 * Invariant: each element is written by as many terms as before, and reads what it read.
 */
import { sumAffines, variableAffine } from "../affine/affine.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { elementwiseKey } from "../ir/elementwise.ts";
import { required } from "../support/errors.ts";
import { freeName, orderIndices } from "./transpose.ts";

/** Merges runs of neighbours in a list; `name` is what the further index is called, if no other has the name. */
export function mergeClasses(classes: readonly Contraction[], name: string): Contraction[] {
  const merged: Contraction[] = [];
  for (let at = 0; at < classes.length;) {
    const count = countAlike(classes.slice(at));
    const first = required(classes[at], "a class");
    const second = classes[at + 1];
    merged.push(count > 1 && second ? overPhase(first, stepsBetween(first, second), count, name) : first);
    at += count;
  }
  return merged;
}

/** How many classes from the first on are alike. */
function countAlike([first, ...others]: readonly Contraction[]): number {
  if (!first) return 0;
  const shape = shapeOf(first);
  let count = 1;
  let wanted: string | undefined;
  let last = first;
  for (const next of others) {
    const steps = stepsBetween(last, next);
    const text = JSON.stringify(steps);
    if (shapeOf(next) !== shape || movesPadding(first, steps) || (wanted ?? text) !== text) break;
    [wanted, last] = [text, next];
    count++;
  }
  return count;
}

/** All of a contraction but where its axes begin. */
function shapeOf({ indices, reads, output, term }: Contraction): string {
  const axes = [...reads, output].map((access) =>
    access.axes.map(({ expression, padded }) => [expression.terms, padded]),
  );
  return JSON.stringify([indices, axes, elementwiseKey(term)]);
}

/** How much later each axis begins, access by access; the output is the last. */
type Steps = readonly (readonly number[])[];

function stepsBetween(one: Contraction, other: Contraction): Steps {
  const begins = ({ reads, output }: Contraction): number[][] =>
    [...reads, output].map(({ axes }) => axes.map(({ expression }) => expression.constant));
  const before = begins(one);
  return begins(other).map((axes, access) => axes.map((begin, axis) => begin - (before[access]?.[axis] ?? 0)));
}

function movesPadding({ reads, term }: Contraction, steps: Steps): boolean {
  return (
    term.kind === "inside" &&
    reads.some(({ axes }, access) => axes.some(({ padded }, axis) => padded && steps[access]?.[axis] !== 0))
  );
}

function overPhase(first: Contraction, steps: Steps, count: number, wanted: string): Contraction {
  const accesses = [...first.reads, first.output];
  const name = freeName(wanted, [
    ...first.indices.map((index) => index.name),
    ...accesses.map(({ tensor }) => tensor.name),
  ]);
  const [output, ...reads] = accesses
    .map((access, number): Access => {
      const axes = access.axes.map((axis, at) => ({
        ...axis,
        expression: sumAffines([axis.expression, variableAffine(name, steps[number]?.[at] ?? 0)]),
      }));
      return { ...access, axes };
    })
    .reverse() as [Access, ...Access[]];
  reads.reverse();
  const indices = [...first.indices, { name, size: count, reduced: false, outermost: true as const }];
  return { ...first, indices: orderIndices(indices, reads, output), reads, output };
}
