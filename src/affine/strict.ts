/**
 * What solving sizes in every direction does beyond binding: axes become unknowns as well, and a solution has to use
 * them up. `inferSizes` and `solveSizes` are given this; `einsum` is not, and does not carry it.
 *
 * Backward, an axis becomes `s*(|y| - 1) + d*(|k| - 1) + 1 - 2p`, or less than s more: the stride s, which may leave that
 * much unread, is the coefficient of what is written first, or of an index that the result keeps.
 */
import { quote, type Mark } from "../support/carets.ts";
import { required, unreachable } from "../support/errors.ts";
import * as messages from "../support/messages/constraints.ts";
import { emptyOutputAxis, indivisibleSplit } from "../support/messages/sizes.ts";
import { derivative } from "./affine.ts";
import {
  type AffineEquation,
  type BalanceEquation,
  type ProductEquation,
  type ResolvedAffine,
  type SizeEquation,
  axisSizeOf,
  indicesOf,
  iteratedBy,
  resolveAffine,
  unknownsOf,
  valueOfSize,
} from "./equation.ts";
import { solveWithoutRoom, firstWhere, solveBalance } from "./solve-equation.ts";
import {
  type AxisUse,
  type Fitting,
  type SizeSystem,
  type Solution,
  type Solvable,
  type Strictness,
  type Taken,
  exactly,
  reachOf,
  refuseInexact,
} from "./system.ts";
import { listFew } from "../support/describe.ts";
/** The most elements that may be left unread behind the last one that is read. */
type SlackOf = (equation: AffineEquation, resolved: ResolvedAffine) => number;

/** Strict solutions; `kept` are the indices of the result. */
export function strictness(kept: ReadonlySet<string>): Strictness {
  const slackOf: SlackOf = (equation, { expression }) => {
    if (equation.fit === "placed" || equation.fit === "inside") return Infinity;
    if (equation.fit === "exact") return 0;
    let stride = 1;
    for (const [at, { index }] of equation.parts.entries()) {
      if (at === 0 || kept.has(index)) stride = Math.max(stride, Math.abs(derivative(expression, index)));
    }
    return stride - 1;
  };
  return {
    solve: (system, equation, unknown) => solveOther(system, equation, unknown, slackOf),
    narrow: (system, fitting) => narrow(system, fitting, slackOf),
    take: takeOne,
    leastAxis: (equation, resolved, needed) => leastAxis(needed, slackOf(equation, resolved)),
    checkUse: (system, equation, use) => checkUse(system, equation, use, slackOf),
    checkBalance,
    sourceMarks,
    divisionByZero: ({ text }, { span }) => messages.divisionByZero(text, span),
  };
}

function solveOther(system: SizeSystem, equation: Solvable, unknown: string, slackOf: SlackOf): Solution | undefined {
  switch (equation.kind) {
    case "balance":
      return solveSides(system, equation, unknown);
    case "product":
      return multiply(system, equation);
    case "affine":
      return unknown === equation.axis
        ? solveAxis(system, equation, slackOf)
        : solveMeasured(system, equation, unknown, slackOf);
    default:
      return unreachable(equation);
  }
}

function solveSides(system: SizeSystem, equation: BalanceEquation, unknown: string): Solution | undefined {
  const { text, sizeOf } = system;
  const { place } = equation;
  const trial = (index: string): number | undefined => (index === unknown ? 1 : sizeOf(index));
  for (const side of [equation.left, equation.right]) refuseInexact(system, place, valueOfSize(side, trial) ?? NaN);
  const solution = solveBalance(equation, unknown, sizeOf);
  if (solution === null) {
    const marks = [{ span: place.span, label: valuesIn(system, equation) }, ...sourceMarks(system, equation)];
    throw messages.noWholeSize(text, unknown, marks);
  }
  return solution && { ...solution, take: "least", source: equation };
}

/** The size of an axis that is a composition. */
function multiply({ sizeOf }: SizeSystem, equation: ProductEquation): Solution | undefined {
  const { axis, indices } = equation;
  if (axis !== undefined && indices.includes(axis)) return undefined;
  return exactly(
    indices.reduce((product, index) => product * required(sizeOf(index), `the size of ${index}`), 1),
    equation,
  );
}

/** The size of the axis itself: the smallest that holds every value, or up to a stride more. */
function solveAxis(system: SizeSystem, equation: AffineEquation, slackOf: SlackOf): Solution | undefined {
  const { sizeOf, text } = system;
  const { axis, place } = equation;
  const iterated = iteratedBy(equation);
  if (axis !== undefined && iterated.includes(axis)) return undefined;
  const resolved = resolveAffine(equation, sizeOf);
  if (!resolved) return undefined;
  if (iterated.some((index) => sizeOf(index) === 0)) return exactly(0, equation);
  const { min, max } = reachOf(resolved, sizeOf);
  refuseInexact(system, place, min, max);
  const needed = max + 1 - resolved.after;
  const slack = slackOf(equation, resolved);
  const least = leastAxis(needed, slack);
  if (least <= 0) throw emptyOutputAxis(text, place, least);
  return { least, most: needed + slack, take: "least", source: equation };
}

/** The smallest axis of those that a stride allows: where padding takes all of the first ones away, one of them has 1. */
function leastAxis(needed: number, slack: number): number {
  return needed <= 0 && slack !== Infinity && needed + slack > 0 ? 1 : needed;
}

/** An index whose size is a coefficient, or part of a constant: the largest size with which all reads stay inside. */
function solveMeasured(
  system: SizeSystem,
  equation: AffineEquation,
  unknown: string,
  slackOf: SlackOf,
): Solution | undefined {
  const { text, sizeOf } = system;
  const axisSize = axisSizeOf(equation, sizeOf);
  if (axisSize === undefined || unknown === equation.axis) return undefined;
  const at = (size: number): { resolved: ResolvedAffine; min: number; max: number } => {
    const trial = (index: string): number | undefined => (index === unknown ? size : sizeOf(index));
    const resolved = required(resolveAffine(equation, trial), "a coefficient");
    return { resolved, ...reachOf(resolved, trial) };
  };
  const fits = (size: number): boolean => {
    const { resolved, min, max } = at(size);
    return min >= -resolved.before && max <= axisSize - 1 + resolved.after;
  };
  const first = at(1);
  refuseInexact(system, equation.place, first.min, first.max);
  if (!fits(1)) {
    return solveWithoutRoom(system, equation, unknown, { ...first, axisSize });
  }
  const beyond = firstWhere((size) => size > 0 && !fits(size));
  if (beyond === undefined) return undefined;
  const most = beyond - 1;
  const { resolved, min, max } = at(most);
  const slack = slackOf(equation, resolved);
  const unread = axisSize - 1 + resolved.after - max;
  if (min === -resolved.before && unread > slack) {
    throw messages.noWindow(text, unknown, [
      { span: equation.place.span, label: equation.place.axisSpan ? valuesIn(system, equation) : equation.place.what },
      ...sourceMarks(system, equation),
    ]);
  }
  return { ...exactly(most, equation), take: "most" };
}

/** What begins behind the start of its axis, or runs towards it, is placed there: it need not use the axis up. */
function narrow(system: SizeSystem, fitting: Fitting, slackOf: SlackOf): Solution {
  const { equation, resolved, coefficient, most, min, unread } = fitting;
  const slack = slackOf(equation, resolved);
  const isPlaced = slack === Infinity || coefficient < 0 || min > -resolved.before;
  if (!isPlaced && unread > slack) throw indivisible(system, fitting);
  const least = isPlaced ? 0 : Math.max(1, most - Math.floor((slack - unread) / coefficient));
  return { least, most, take: "most", source: equation };
}

function indivisible(system: SizeSystem, { equation, unknown, coefficient, most, unread }: Fitting): Error {
  const { text, sizeOf } = system;
  const { place } = equation;
  const axisSize = required(axisSizeOf(equation, sizeOf), "the size of an axis");
  const marks = sourceMarks(system, equation);
  const needs = axisSize - unread;
  const isSplit = equation.fit === "exact" && needs === coefficient * most;
  if (isSplit) return indivisibleSplit(text, place, axisSize, coefficient, 1, marks);
  const label = `${needs} with ${most} for ${quote(unknown)}, ${needs + coefficient} with ${most + 1}`;
  const fits = { span: place.span, label: place.axisSpan ? label : `${label}, ${place.what}` };
  return messages.noWindow(text, unknown, [fits, ...marks]);
}

/**
 * One size out of those that satisfy several equations. Where no size satisfies them all, the smallest that one of them
 * allows at most is taken, and the check of the others reports the conflict.
 */
function takeOne(system: SizeSystem, index: string, solutions: readonly Solution[]): Taken {
  const [first, ...others] = solutions as readonly [Solution, ...Solution[]];
  const least = others.reduce((best, next) => (next.least > best.least ? next : best), first);
  const most = others.reduce((best, next) => (next.most < best.most ? next : best), first);
  const takesLeast = solutions.some(({ take }) => take === "least") && least.least <= most.most;
  const size = takesLeast ? least.least : most.most;
  const several = least.least < most.most && (most.most < Infinity || least.source.kind === "balance");
  if (least.least > 0 && several) {
    system.choices.push({ name: index, size, least: least.least, most: most.most });
  }
  return { size, source: takesLeast ? least.source : most.source };
}

/** Refuses an axis that is too short for its expression, or longer than it uses by a stride and more. */
function checkUse(system: SizeSystem, equation: AffineEquation, use: AxisUse, slackOf: SlackOf): void {
  const { resolved, min, needed, known } = use;
  const slack = slackOf(equation, resolved);
  if (slack === Infinity || min !== -resolved.before) return;
  const { place } = equation;
  const [least, most] = [leastAxis(needed, slack), needed + slack];
  if (known === undefined && most > least) system.choices.push({ name: place.what, size: least, least, most });
  if (known === undefined || (known >= needed && known <= most)) return;
  const needs = least === most ? String(least) : `${least} ${most - least === 1 ? "or" : "to"} ${most}`;
  const label = place.axisSpan ? `${needs}, ${valuesIn(system, equation)}` : `${known}, ${place.what}`;
  const marks = [{ span: place.span, label }, ...sourceMarks(system, equation)];
  throw messages.axisMisfit(system.text, place.what, known, needs, marks);
}

function checkBalance(system: SizeSystem, equation: BalanceEquation): void {
  const { text, sizeOf } = system;
  const { place } = equation;
  const left = required(valueOfSize(equation.left, sizeOf), "the left side of an equation");
  const right = required(valueOfSize(equation.right, sizeOf), "the right side of an equation");
  refuseInexact(system, place, left);
  refuseInexact(system, place, right);
  if (left !== right) {
    const marks = [
      { span: place.span, label: `${left} and ${right}, ${valuesIn(system, equation)}` },
      ...sourceMarks(system, equation),
    ];
    throw messages.unequalSides(text, left, right, marks);
  }
}

//  * Where the sizes of a conflict come from, as marks under the text: both sides of it are shown, whichever equation it
// was that noticed.

/** Marks the axis of a constraint, and every other equation that gave a size which this one takes. */
function sourceMarks(system: SizeSystem, equation: SizeEquation): readonly Mark[] {
  const { sizes, sources } = system;
  const found = new Map<SizeEquation, string[]>();
  for (const index of unknownsOf(equation)) {
    const source = sources.get(index);
    if (!source || source === equation) continue;
    const label = source.kind === "plain" ? String(sizes.get(index)) : `${sizes.get(index)} for ${quote(index)}`;
    found.set(source, [...(found.get(source) ?? []), label]);
  }
  const elsewhere = [...found].map(([{ place }, labels]) => ({
    span: place.span,
    label: labels.join(", ") + (typeof system.text === "string" ? `, ${place.what}` : ""),
  }));
  return [...axisMarks(system, equation), ...elsewhere];
}

/** `with 17 for 'x' and 3 for 'k'`: the sizes that an expression takes, as far as they are known. */
function valuesIn({ sizes }: SizeSystem, equation: SizeEquation): string {
  const known = indicesOf(equation).filter((index) => sizes.has(index));
  const values = known.map((index) => `${sizes.get(index)} for ${quote(index)}`);
  return values.length > 0 ? `with ${listFew(values, ", ", " and ")}` : "";
}

/** `20, given`: the side of a constraint that names the axis. */
function axisMarks({ sizes, sources }: SizeSystem, { axis, place }: SizeEquation): readonly Mark[] {
  if (axis === undefined || !place.axisSpan || !sizes.has(axis)) return [];
  const given = sources.get(axis) === null ? ", given" : "";
  return [{ span: place.axisSpan, label: `${sizes.get(axis)}${given}` }];
}
