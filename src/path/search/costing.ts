/**
 * What a step costs while a search compares trees: a sum over steps, whatever is minimized, since local changes of a
 * tree can be weighed against each other only where costs add up.
 *
 * The largest result is made small through the sum of the squares of all results, which it dominates; flops break ties.
 * Which of two finished trees is better is decided exactly, in `score.ts`.
 *
 * Invariant: costs are told in units of `2 ** shift`, so that trees beyond the largest double can still be compared.
 */
import type { Minimize } from "../path.ts";

export interface Costing {
  readonly flopWeight: number;
  readonly resultWeight: number;
  /** The power of the size of a result that is added up: 1 or 2. */
  readonly resultPower: number;
  /** The logarithm to base 2 of the unit. */
  shift: number;
}

/** The weight of flops where they only break ties. */
const FAINT = 2 ** -20;

export function costingOf(minimize: Minimize): Costing {
  if (typeof minimize === "object") {
    return { flopWeight: minimize.flops ?? 0, resultWeight: minimize.write ?? 0, resultPower: 1, shift: 0 };
  }
  if (minimize === "flops") return { flopWeight: 1, resultWeight: 0, resultPower: 1, shift: 0 };
  return { flopWeight: FAINT, resultWeight: 1, resultPower: minimize === "write" ? 1 : 2, shift: 0 };
}

/** What a step costs that runs over `2 ** stepLog` points and has a result of `2 ** resultLog` elements. */
export function stepCost(costing: Costing, stepLog: number, resultLog: number, reduces: boolean): number {
  const { flopWeight, resultWeight, resultPower, shift } = costing;
  const flops = flopWeight * powerOfTwo(stepLog - shift) * (reduces ? 2 : 1);
  return resultWeight === 0 ? flops : flops + resultWeight * powerOfTwo(resultPower * resultLog - shift);
}

const POWERS = Float64Array.from({ length: 1024 }, (_, exponent) => 2 ** exponent);

/** `2 ** exponent`: where all sizes are powers of two, as they mostly are in large networks, without the function. */
function powerOfTwo(exponent: number): number {
  const whole = exponent | 0;
  return whole === exponent && whole >= 0 && whole < 1024 ? (POWERS[whole] as number) : 2 ** exponent;
}
