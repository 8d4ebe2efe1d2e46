/**
 * The residue classes of gathers, and those that are alike as one. An expression `s*v + c*k + ... + constant` is to have the value X: which X, and
 * which k, leave a whole number for v? They fall into classes by the remainder of X modulo s: within a class, X and k
 * run through arithmetic progressions, and v is affine in both.
 *
 *     2*v + k - 1 = X     -->     X = 2*q:      k = 2*j + 1,  v = q - j
 *                                 X = 2*q + 1:  k = 2*j,      v = q - j + 1
 *
 * Invariant: the classes share no X; every solution is in one of them.
 */
import {
  type Affine,
  commonDivisor,
  constantAffine,
  derivative,
  sumAffines,
  variableAffine,
} from "../affine/affine.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { elementwiseKey } from "../ir/elementwise.ts";
import { required } from "../support/errors.ts";
import { freeName, orderIndices } from "./transpose.ts";

/** What an axis expression is solved for. */
export interface AxisProblem {
  /** The expression: `solved` times a coefficient, and the rest. */
  readonly expression: Affine;
  readonly solved: string;
  /** Variables that other axes fix: they may not be split into classes. */
  readonly fixed: ReadonlySet<string>;
  /** The first value of X that may occur, and the last. */
  readonly first: number;
  readonly last: number;
}

/** `step*n + start` for n below `count`. */
export interface Progression {
  readonly step: number;
  readonly start: number;
  readonly count: number;
}

/** One remainder of X: how X and, where there is one, a split variable run, and what the solved variable is then. */
export interface ResidueClass {
  /** X, over a new variable with the name of the solved one. */
  readonly element: Progression;
  /** The variable that is walked through in steps; absent: every one is walked through whole. */
  readonly split?: { readonly variable: string; readonly values: Progression };
  /** The solved variable, over the new one, the split one, and the others. */
  readonly solution: Affine;
}

/** The classes, without those in which nothing lies; null where the remainder depends on several variables. */
export function residueClasses(problem: AxisProblem, sizeOf: (variable: string) => number): ResidueClass[] | null {
  const { expression, solved, fixed } = problem;
  const stride = derivative(expression, solved);
  const modulus = Math.abs(stride);
  const others = expression.terms.filter(({ variable }) => variable !== solved);
  const uneven = others.filter(({ coefficient }) => coefficient % modulus !== 0);
  const [split, second] = uneven;
  if (second || (split && fixed.has(split.variable))) return null;
  const step = split ? modulus / commonDivisor(split.coefficient, modulus) : 1;
  // Each start of the split variable has a remainder of its own: there are no more classes than it has values.
  const starts = split ? Math.min(step, sizeOf(split.variable)) : 1;
  const classes = Array.from({ length: starts }, (_, start): ResidueClass => {
    const reached = expression.constant + (split ? split.coefficient * start : 0);
    const element = progressionFrom(remainderOf(reached, modulus), modulus, problem.first, problem.last);
    // X - constant - c*k - ..., with the progressions in place of X and k: every coefficient is a multiple of the stride.
    const multiple = sumAffines([
      constantAffine(element.start - reached),
      variableAffine(solved, element.step),
      ...others.map((term) => variableAffine(term.variable, -term.coefficient * (term === split ? step : 1))),
    ]);
    const count = split ? Math.ceil((sizeOf(split.variable) - start) / step) : 1;
    return {
      element,
      ...(split && { split: { variable: split.variable, values: { step, start, count } } }),
      solution: divideAffine(multiple, stride),
    };
  });
  const order = ({ element: { start } }: ResidueClass): number => remainderOf(start, modulus);
  return classes.filter(({ element }) => element.count > 0).sort((one, other) => order(one) - order(other));
}

/** A progression as an expression over its position; a single value is a constant. */
export function progressionAffine({ step, start, count }: Progression, variable: string): Affine {
  return count === 1 ? constantAffine(start) : sumAffines([variableAffine(variable, step), constantAffine(start)]);
}

/** The values congruent to a remainder from `first` to `last`. */
function progressionFrom(remainder: number, step: number, first: number, last: number): Progression {
  const start = remainder + step * Math.ceil((first - remainder) / step);
  return { step, start, count: Math.floor((last - start) / step) + 1 };
}

function remainderOf(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}

/** Divides by an integer that divides every coefficient and the constant. */
function divideAffine(expression: Affine, divisor: number): Affine {
  const terms = expression.terms.map(({ variable, coefficient }) => ({ variable, coefficient: coefficient / divisor }));
  // 0 divided by a negative stride would be -0.
  return { terms, constant: expression.constant / divisor + 0 };
}

/**
 * Merges runs of neighbours that are alike: contractions that differ only in where they begin, by the same steps from each to
 * the next. They are one contraction over a further index, the phase, so that a stride of 8 takes no eight routines; `name`
 * is what it is called, if no other has the name.
 *
 *     dx[4*y]     = sum over k of dout[y - k padded] * w[4*k]
 *     dx[4*y + 1] = sum over k of dout[y - k padded] * w[4*k + 1]     -->     dx[4*y + yPhase] = sum over k of
 *     dx[4*y + 2] = sum over k of dout[y - k padded] * w[4*k + 2]                 dout[y - k padded] * w[4*k + yPhase]
 *     dx[4*y + 3] = sum over k of dout[y - k padded] * w[4*k + 3]
 *
 * Where what lies outside of an operand is ignored, its windows must not move with the phase: their borders are peeled.
 * Each element is written by as many terms as before, and reads what it read.
 */
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
  const moved = (access: Access, number: number): Access => {
    const axes = access.axes.map((axis, at) => ({
      ...axis,
      expression: sumAffines([axis.expression, variableAffine(name, steps[number]?.[at] ?? 0)]),
    }));
    return { ...access, axes };
  };
  const reads = first.reads.map(moved);
  const output = moved(first.output, reads.length);
  const indices = [...first.indices, { name, size: count, reduced: false, outermost: true as const }];
  return { ...first, indices: orderIndices(indices, reads, output), reads, output };
}
