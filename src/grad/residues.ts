/**
 * The integer arithmetic of gathers. An expression `s*v + c*k + ... + constant` is to have the value X: which X, and
 * which k, leave a whole number for v? They fall into classes by the remainder of X modulo s: within a class, X and k
 * run through arithmetic progressions, and v is affine in both.
 *
 *     2*v + k - 1 = X     -->     X = 2*q:      k = 2*j + 1,  v = q - j
 *                                 X = 2*q + 1:  k = 2*j,      v = q - j + 1
 *
 * Invariant: the classes share no X; every solution is in one of them.
 */
import { constantAffine, derivative, sumAffines, variableAffine, type Affine } from "../affine/affine.ts";

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
  const step = split ? modulus / greatestDivisor(split.coefficient, modulus) : 1;
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

function greatestDivisor(left: number, right: number): number {
  return right === 0 ? Math.abs(left) : greatestDivisor(right, left % right);
}

/** Divides by an integer that divides every coefficient and the constant. */
function divideAffine(expression: Affine, divisor: number): Affine {
  const terms = expression.terms.map(({ variable, coefficient }) => ({ variable, coefficient: coefficient / divisor }));
  // 0 divided by a negative stride would be -0.
  return { terms, constant: expression.constant / divisor + 0 };
}
