/**
 * A system of size equations while it is solved: what is known so far, and how it came to be known.
 *
 * Invariant: a size that is known never changes, but for a 1 that broadcasts along a larger plain axis.
 */
import { required } from "../support/errors.ts";
import type { SourceText, Mark } from "../support/carets.ts";
import { reachTooLarge } from "../support/messages/sizes.ts";
import { affineRange } from "./affine.ts";
import type {
  AffineEquation,
  BalanceEquation,
  Place,
  ProductEquation,
  ResolvedAffine,
  SizeEquation,
  SizeOf,
} from "./equation.ts";

export interface SizeSystem {
  readonly text: SourceText;
  /** Sizes that the caller fixed. */
  readonly given: ReadonlyMap<string, number>;
  /** Null: an axis may be longer than what is read of it. */
  readonly strict: Strictness | null;
  readonly sizes: Map<string, number>;
  readonly sizeOf: SizeOf;
  /** Where each index got its size: an equation, or null where it was given. */
  readonly sources: Map<string, SizeEquation | null>;
  /** In which round an expression gave an index its size. */
  readonly rounds: Map<string, number>;
  readonly choices: SizeChoice[];
}

/** Several sizes would have done; the one taken is among them. */
export interface SizeChoice {
  /** An index, or an axis in words. */
  readonly name: string;
  readonly size: number;
  readonly least: number;
  /** Infinity where there is no largest. */
  readonly most: number;
}

/** An equation that can be solved for one size when all others are known. */
export type Solvable = ProductEquation | AffineEquation | BalanceEquation;

/** The sizes that satisfy an equation: all from the least to the most. */
export interface Solution {
  readonly least: number;
  readonly most: number;
  /** Which of them to take: an axis should be as short as it can be, an index read all it can. */
  readonly take: "least" | "most";
  readonly source: Solvable;
}

/** A size, and the equation that it is taken from. */
export interface Taken {
  readonly size: number;
  readonly source: Solvable;
}

/** The most values that an index can have, all others being known. */
export interface Fitting {
  readonly equation: AffineEquation;
  readonly unknown: string;
  readonly resolved: ResolvedAffine;
  readonly coefficient: number;
  readonly most: number;
  /** Where the expression begins. */
  readonly min: number;
  /** How many elements behind the last one are not read then. */
  readonly unread: number;
}

/** What an expression reaches of its axis, all sizes being known. */
export interface AxisUse {
  readonly resolved: ResolvedAffine;
  readonly min: number;
  /** The shortest axis that holds it. */
  readonly needed: number;
  /** Undefined where the axis is as long as it needs to be. */
  readonly known: number | undefined;
}

/**
 * What solving sizes does beyond binding, which imports none of it: equations in other directions, axes that have to be
 * used up, and reports. `strict.ts` makes one.
 */
export interface Strictness {
  /** Solves for an axis, for a size in a coefficient, or an equation between sizes. */
  readonly solve: (system: SizeSystem, equation: Solvable, unknown: string) => Solution | undefined;
  /** Leaves of the sizes that fit those that leave no more unread than they may. */
  readonly narrow: (system: SizeSystem, fitting: Fitting) => Solution;
  /** One size out of those that satisfy several equations. */
  readonly take: (system: SizeSystem, index: string, solutions: readonly Solution[]) => Taken;
  /** The smallest axis of several that would do. */
  readonly leastAxis: (equation: AffineEquation, resolved: ResolvedAffine, needed: number) => number;
  readonly checkUse: (system: SizeSystem, equation: AffineEquation, use: AxisUse) => void;
  readonly checkBalance: (system: SizeSystem, equation: BalanceEquation) => void;
  /** Marks where the sizes of a conflict come from. */
  readonly sourceMarks: (system: SizeSystem, equation: SizeEquation) => readonly Mark[];
  readonly divisionByZero: (system: SizeSystem, place: Place) => Error;
}

/** A solution of one size. */
export function exactly(size: number, source: Solvable): Solution {
  return { least: size, most: size, take: "least", source };
}

/** Smallest and largest value of an expression; an index without values counts as one with a single value. */
export function reachOf({ expression }: ResolvedAffine, sizeOf: SizeOf): { min: number; max: number } {
  return affineRange(expression, (index) => Math.max(1, required(sizeOf(index), `the size of ${index}`)));
}

/** Refuses what no double holds exactly, and what is no number because it divides by 0. */
export function refuseInexact(system: SizeSystem, place: Place, min: number, max = min): void {
  if (Number.isSafeInteger(min) && Number.isSafeInteger(max)) return;
  if (system.strict && Number.isNaN(min + max)) throw system.strict.divisionByZero(system, place);
  throw reachTooLarge(system.text, place, min, max);
}
