/**
 * Solves one equation forward, for the only index of its expression whose size is not known.
 *
 * `(s*y + d*k - p)` over an axis of size n gives `|y| = floor((n + 2p - d*(|k| - 1) - 1) / s) + 1`, and likewise for the
 * window k. An index without values counts as one with a single value there, so that what it makes empty is its own axis
 * alone.
 */
import { required, unreachable } from "../support/errors.ts";
import * as messages from "../support/messages/sizes.ts";
import { derivative, fixVariable } from "./affine.ts";
import {
  type AffineEquation,
  type BalanceEquation,
  type Place,
  type ProductEquation,
  type ResolvedAffine,
  type SizeExpression,
  type SizeOf,
  axisSizeOf,
  integerSize,
  measuredBy,
  productOfSizes,
  resolveAffine,
  sizesIn,
  sumOfSizes,
  valueOfSize,
} from "./equation.ts";
import { type SizeSystem, type Solution, type Solvable, exactly, reachOf, refuseInexact } from "./system.ts";

/** Returns undefined where the equation says nothing of the unknown, and refuses what no size satisfies. */
export function solveEquation(system: SizeSystem, equation: Solvable, unknown: string): Solution | undefined {
  const isForward = equation.kind !== "balance" && unknown !== equation.axis && !measuredBy(equation).includes(unknown);
  if (!isForward) return system.strict?.solve(system, equation, unknown);
  return equation.kind === "product" ? solveProduct(system, equation, unknown) : solveAffine(system, equation, unknown);
}

function solveProduct(system: SizeSystem, equation: ProductEquation, unknown: string): Solution | undefined {
  const { sizeOf, text } = system;
  const axisSize = required(axisSizeOf(equation, sizeOf), "the size of a split axis");
  const times = equation.indices.filter((index) => index === unknown).length;
  let known = 1;
  for (const index of equation.indices) if (index !== unknown) known *= sizeOf(index) ?? 1;
  // Nothing times the unknown is 0: any size would do.
  if (known === 0) return undefined;
  const size = Math.round((axisSize / known) ** (1 / times));
  if (known * size ** times !== axisSize) {
    const sources = system.strict?.sourceMarks(system, equation) ?? [];
    throw messages.indivisibleSplit(text, equation.place, axisSize, known, times, sources);
  }
  return exactly(size, equation);
}

function solveAffine(system: SizeSystem, equation: AffineEquation, unknown: string): Solution | undefined {
  const { sizeOf } = system;
  const resolved = resolveAffine(equation, sizeOf);
  const coefficient = resolved ? derivative(resolved.expression, unknown) : 0;
  if (!resolved || coefficient === 0) return undefined;
  const axisSize = required(axisSizeOf(equation, sizeOf), "the size of an axis");
  const { min, max } = reachOf({ ...resolved, expression: fixVariable(resolved.expression, unknown, 0) }, sizeOf);
  refuseInexact(system, equation.place, min, max);
  const room = coefficient > 0 ? axisSize - 1 + resolved.after - max : min + resolved.before;
  const most = Math.floor(room / Math.abs(coefficient)) + 1;
  if (most <= 0) return solveWithoutRoom(system, equation, unknown, { resolved, min, max, axisSize });
  const unread = room - Math.abs(coefficient) * (most - 1);
  const fitting = { equation, unknown, resolved, coefficient, most, min, unread };
  return system.strict?.narrow(system, fitting) ?? { least: 0, most, take: "most", source: equation };
}

/** An index of which not even one value fits. */
export function solveWithoutRoom(
  { text }: SizeSystem,
  equation: AffineEquation,
  unknown: string,
  found: { readonly resolved: ResolvedAffine; readonly min: number; readonly max: number; readonly axisSize: number },
): Solution {
  const { resolved, min, max, axisSize } = found;
  const padded = axisSize + resolved.before + resolved.after;
  const window = max - min + 1;
  // An axis without elements leaves no value to an index that steps over it.
  if (padded === 0 && window === 1) return exactly(0, equation);
  if (window <= padded) throw outside(text, equation.place, { ...resolved, min, max, axisSize });
  throw messages.windowTooLarge(text, equation.place, unknown, window, padded);
}

/** The message for an expression that leaves its axis. */
export function outside(
  text: SizeSystem["text"],
  place: Place,
  reach: Parameters<typeof messages.readOutside>[2],
): Error {
  return (place.side === "input" ? messages.readOutside : messages.writeOutside)(text, place, reach);
}

//  * Solves an equation between sizes, such as `|d| = |a| + 2*(|k|//2)`, for one of them: the smallest size that makes its
// sides equal, and the largest. A size of 0 is taken only where no other would do.
//
// Where the difference of the sides is linear in the unknown, it is divided; where it only rises or only falls, it is
// searched by halving; else the first few sizes are tried.

/** How many sizes are tried where the difference both rises and falls. */
const MOST_TRIED = 10_000;
const LARGEST = Number.MAX_SAFE_INTEGER;

interface BalanceSolution {
  readonly least: number;
  readonly most: number;
}

/** Returns null where no size would do, and undefined where every size would. */
export function solveBalance(
  equation: BalanceEquation,
  unknown: string,
  sizeOf: SizeOf,
): BalanceSolution | null | undefined {
  const difference = sumOfSizes([equation.left, productOfSizes([integerSize(-1), equation.right])]);
  const valueAt = (size: number): number =>
    valueOfSize(difference, (index) => (index === unknown ? size : sizeOf(index))) ?? NaN;
  const { linear, other } = trendOf(difference, unknown, sizeOf);
  if (linear === 0 && other === "flat") return undefined;
  if (other === "flat") return solveLinear(valueAt(0), linear);
  const trend = joinTrends(other, trendOfLine(linear));
  if (trend === "mixed") return solveByTrying(valueAt);
  return solveByHalving(trend === "rises" ? valueAt : (size) => -valueAt(size));
}

function solveLinear(atZero: number, slope: number): BalanceSolution | null {
  const size = -atZero / slope + 0;
  return Number.isSafeInteger(size) && size >= 0 ? { least: size, most: size } : null;
}

/** Of a function that does not fall. */
function solveByHalving(valueAt: (size: number) => number): BalanceSolution | null {
  const from = firstWhere((size) => valueAt(size) >= 0);
  if (from === undefined || valueAt(from) !== 0) return null;
  const beyond = firstWhere((size) => valueAt(size) > 0);
  const most = beyond === undefined ? Infinity : beyond - 1;
  return { least: from === 0 && most > 0 ? 1 : from, most };
}

function solveByTrying(valueAt: (size: number) => number): BalanceSolution | null {
  for (let size = 1; size <= MOST_TRIED; size++) if (valueAt(size) === 0) return { least: size, most: size };
  return valueAt(0) === 0 ? { least: 0, most: 0 } : null;
}

/** The first size from which on a condition holds; undefined if it never does. */
export function firstWhere(holds: (size: number) => boolean): number | undefined {
  if (holds(0)) return 0;
  let [below, above] = [0, 1];
  while (!holds(above)) {
    if (above >= LARGEST) return undefined;
    [below, above] = [above, Math.min(LARGEST, above * 2)];
  }
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

type Trend = "flat" | "rises" | "falls" | "mixed";

/** An expression as a multiple of the unknown plus something else. */
interface Slope {
  readonly linear: number;
  readonly other: Trend;
}

const FLAT: Slope = { linear: 0, other: "flat" };

function trendOf(expression: SizeExpression, unknown: string, sizeOf: SizeOf): Slope {
  const slopeOf = (part: SizeExpression): Slope => trendOf(part, unknown, sizeOf);
  switch (expression.kind) {
    case "integer":
      return FLAT;
    case "size":
      return expression.index === unknown ? { linear: 1, other: "flat" } : FLAT;
    case "sum":
      return expression.parts.map(slopeOf).reduce(addSlopes, FLAT);
    case "product": {
      const varying = expression.parts.filter((factor) => sizesIn(factor).includes(unknown));
      const fixed = productOfSizes(expression.parts.filter((factor) => !varying.includes(factor)));
      const [first, ...others] = varying;
      if (!first) return FLAT;
      const scale = valueOfSize(fixed, sizeOf) ?? NaN;
      if (others.length === 0) return scaleSlope(slopeOf(first), scale);
      const valuesAtZero = varying.map((factor) =>
        valueOfSize(factor, (index) => (index === unknown ? 0 : sizeOf(index))),
      );
      const rise = varying.every((factor, at) => overall(slopeOf(factor)) === "rises" && Number(valuesAtZero[at]) >= 0);
      return scaleSlope({ linear: 0, other: rise ? "rises" : "mixed" }, scale);
    }
    case "quotient":
      return { linear: 0, other: trendOfQuotient(...expression.parts, unknown, sizeOf) };
    default:
      return unreachable(expression);
  }
}

/** A quotient follows its dividend, turned round where the divisor is negative; a growing divisor turns it round too. */
function trendOfQuotient(dividend: SizeExpression, divisor: SizeExpression, unknown: string, sizeOf: SizeOf): Trend {
  const valueAtOne = (part: SizeExpression): number =>
    valueOfSize(part, (index) => (index === unknown ? 1 : sizeOf(index))) ?? NaN;
  const [over, under] = [dividend, divisor].map((part) => overall(trendOf(part, unknown, sizeOf)));
  if (under === "flat") return scaleSlope({ linear: 0, other: over ?? "mixed" }, valueAtOne(divisor)).other;
  if (over !== "flat" || under !== "rises" || !(valueAtOne(divisor) > 0)) return "mixed";
  return valueAtOne(dividend) < 0 ? "rises" : "falls";
}

function addSlopes(left: Slope, right: Slope): Slope {
  return { linear: left.linear + right.linear, other: joinTrends(left.other, right.other) };
}

function scaleSlope({ linear, other }: Slope, by: number): Slope {
  if (by === 0) return FLAT;
  const turned = other === "rises" ? "falls" : other === "falls" ? "rises" : other;
  return { linear: linear * by, other: by < 0 ? turned : other };
}

function overall({ linear, other }: Slope): Trend {
  return joinTrends(trendOfLine(linear), other);
}

function trendOfLine(slope: number): Trend {
  return slope === 0 ? "flat" : slope > 0 ? "rises" : "falls";
}

function joinTrends(left: Trend, right: Trend): Trend {
  if (left === "flat" || left === right) return right;
  return right === "flat" ? left : "mixed";
}
