/**
 * Infers the sizes of indices from size equations: given sizes first, then plain axes, then every equation that is
 * left with one unknown, round by round, until nothing changes; at last every equation is checked, and axes of unknown
 * size get theirs.
 *
 * Invariant: the order of the equations decides neither a size nor the round in which it was found.
 */
import type { SourceText } from "../support/carets.ts";
import * as messages from "../support/messages/sizes.ts";
import {
  type AffineEquation,
  type PlainEquation,
  type ProductEquation,
  type SizeEquation,
  axisSizeOf,
  indicesOf,
  iteratedBy,
  resolveAffine,
  unknownsOf,
} from "./equation.ts";
import { outside, solveEquation } from "./solve-equation.ts";
import {
  type SizeChoice,
  type SizeSystem,
  type Solution,
  type Solvable,
  type Strictness,
  type Taken,
  reachOf,
  refuseInexact,
} from "./system.ts";
import { required, unreachable } from "../support/errors.ts";

export interface InferredSizes {
  readonly sizes: ReadonlyMap<string, number>;
  /** The size of each equation's axis, in the order of the equations. */
  readonly axisSizes: readonly number[];
  /** For each equation, whether its reads or writes leave the axis. */
  readonly padded: readonly boolean[];
  /** Where each index got its size: an equation, or null where it was given. */
  readonly sources: ReadonlyMap<string, SizeEquation | null>;
  /** In which round: 0 given, 1 by a plain axis; then those of expressions. */
  readonly rounds: ReadonlyMap<string, number>;
  /** Where other sizes would have done as well. */
  readonly choices: readonly SizeChoice[];
}

/**
 * Solves the equations of a spec, or of constraints, whose text is `text`; `given` are sizes the caller fixed.
 * Refuses conflicts, sizes that nothing determines, and reads and writes outside an axis without declared padding; a
 * strict solution also refuses axes that are longer than what is read of them, but for less than a stride.
 */
export function inferSizesOf(
  text: SourceText,
  equations: readonly SizeEquation[],
  given: ReadonlyMap<string, number>,
  strict: Strictness | null = null,
): InferredSizes {
  const sizes = new Map(given);
  const system: SizeSystem = {
    text,
    given,
    strict,
    sizes,
    sizeOf: (index) => sizes.get(index),
    sources: new Map(),
    rounds: new Map(),
    choices: [],
  };
  for (const index of given.keys()) system.sources.set(index, null);
  solvePlain(system, equations);
  solveExpressions(system, equations);
  for (const equation of equations) {
    const unknown = unknownsOf(equation).find((index) => !sizes.has(index));
    if (unknown !== undefined) throw undetermined(system, equations, unknown);
  }
  const checked = equations.map((equation) => checkEquation(system, equation));
  return {
    sizes,
    sources: system.sources,
    rounds: system.rounds,
    choices: system.choices,
    axisSizes: checked.map(({ axisSize }) => axisSize),
    padded: checked.map(({ padded }) => padded),
  };
}

/** An index takes the size of its plain axes; a size of 1 gives way to a larger one of another operand. */
function solvePlain(system: SizeSystem, equations: readonly SizeEquation[]): void {
  const { text, sizes, sources } = system;
  const inOperand = new Map<string, PlainEquation>();
  for (const equation of equations) {
    if (equation.kind !== "plain" || equation.axisSize === null) continue;
    const { index, axisSize, place } = equation;
    const key = `${place.operand} ${index}`;
    const twin = inOperand.get(key);
    if (twin && twin.axisSize !== axisSize) throw messages.sizeConflict(text, index, [twin, equation]);
    inOperand.set(key, equation);
    const known = sizes.get(index);
    const isOutput = place.side === "output";
    const source = sources.get(index);
    if (known === undefined || (known === 1 && source && !isOutput)) {
      sizes.set(index, axisSize);
      sources.set(index, equation);
    } else if (known !== axisSize && (axisSize !== 1 || isOutput)) {
      throw plainConflict(system, equation, known, axisSize);
    }
  }
}

function plainConflict(system: SizeSystem, equation: PlainEquation, known: number, axisSize: number): Error {
  const { text, sources } = system;
  const { index, place } = equation;
  const source = sources.get(index);
  if (place.side === "output") {
    return messages.outputSizeConflict(text, index, { size: known, place: source?.place }, { size: axisSize, place });
  }
  if (!source) return messages.givenSizeConflict(text, index, known, place, axisSize);
  return messages.sizeConflict(text, index, [source, equation]);
}

/**
 * What is solved before what, where both could be: equations that hold exactly, then windows, which may leave elements
 * unread, then what is only placed somewhere in an axis.
 */
const RANKS = 3;

function rankOf(equation: Solvable): number {
  if (equation.kind !== "affine" || equation.fit === "exact") return 0;
  return equation.fit === "placed" ? 2 : 1;
}

/**
 * Solves, round by round, for every index that is the only unknown of an equation; each solution may leave other
 * equations with one unknown. Every equation is visited when it gets there, so the time is linear in their length.
 */
function solveExpressions(system: SizeSystem, equations: readonly SizeEquation[]): void {
  const { sizes } = system;
  const left = new Map<Solvable, number>();
  const holders = new Map<string, Solvable[]>();
  const ready: Solvable[][] = Array.from({ length: RANKS }, () => []);
  for (const equation of equations) {
    if (equation.kind === "plain" || equation.kind === "unit" || !determines(equation)) continue;
    const unknown = unknownsOf(equation).filter((index) => !sizes.has(index));
    left.set(equation, unknown.length);
    if (unknown.length === 1) ready[rankOf(equation)]?.push(equation);
    for (const index of unknown) {
      const holding = holders.get(index);
      if (holding) holding.push(equation);
      else holders.set(index, [equation]);
    }
  }
  if (left.size === 0) return;
  for (let round = system.sources.size > system.given.size ? 2 : 1; ; round++) {
    const rank = ready.findIndex((list) => list.length > 0);
    if (rank < 0) return;
    const solved = solveRound(system, ready[rank] as Solvable[]);
    ready[rank] = [];
    for (const [index, { size, source }] of solved) {
      sizes.set(index, size);
      system.sources.set(index, source);
      system.rounds.set(index, round);
      for (const equation of holders.get(index) ?? []) {
        const count = (left.get(equation) ?? 0) - 1;
        left.set(equation, count);
        if (count === 1) ready[rankOf(equation)]?.push(equation);
      }
    }
  }
}

/** Whether an equation determines sizes: an axis of unknown size that only it speaks of says nothing. */
function determines(equation: SizeEquation): boolean {
  if (equation.kind === "balance") return true;
  if (equation.kind === "affine" && equation.fit === "inside") return false;
  return equation.axis !== undefined || equation.axisSize !== null;
}

/** The sizes that some equations with one unknown each give, by index; what is known by now is left out. */
function solveRound(system: SizeSystem, equations: readonly Solvable[]): Map<string, Taken> {
  const solutions = new Map<string, Solution[]>();
  for (const equation of equations) {
    const unknown = unknownsOf(equation).find((index) => !system.sizes.has(index));
    const solution = unknown === undefined ? undefined : solveEquation(system, equation, unknown);
    if (unknown === undefined || !solution) continue;
    refuseInexact(system, equation.place, solution.least);
    const others = solutions.get(unknown);
    if (others) others.push(solution);
    else solutions.set(unknown, [solution]);
  }
  return new Map([...solutions].map(([index, found]) => [index, takeOne(system, index, found)]));
}

/** One size out of those that satisfy several equations: the largest with which all of them are read inside. */
function takeOne(system: SizeSystem, index: string, solutions: readonly Solution[]): Taken {
  if (system.strict) return system.strict.take(system, index, solutions);
  const { most, source } = solutions.reduce((best, next) => (next.most < best.most ? next : best));
  return { size: most, source };
}

function undetermined(system: SizeSystem, equations: readonly SizeEquation[], index: string): Error {
  const holding = equations.filter((equation) => unknownsOf(equation).includes(index));
  const indices = new Set<string>();
  const axes = new Set<string>();
  for (const equation of holding) {
    if (!determines(equation) && equation.axis === undefined && equation.place.side === "input") {
      axes.add(equation.place.what);
    }
    if (!determines(equation)) continue;
    for (const other of unknownsOf(equation)) {
      const hasName = other !== equation.axis || equation.place.axisSpan;
      if (hasName && other !== index && !system.sizes.has(other)) indices.add(other);
    }
  }
  return messages.undeterminedIndex(
    system.text,
    index,
    holding.map(({ place }) => place),
    { indices: [...indices], axes: [...axes] },
  );
}

//  * Checks one equation against sizes that are all known, and tells what that makes of its axis. What is read or written
// stays inside the axis and the padding declared around it; a strict solution also uses the axis up, but for less than
// a stride.

interface Checked {
  /** 0 for an equation that has no axis. */
  readonly axisSize: number;
  /** Whether reads or writes leave the axis. */
  readonly padded: boolean;
}

/** Refuses sizes that do not satisfy the equation. */
function checkEquation(system: SizeSystem, equation: SizeEquation): Checked {
  switch (equation.kind) {
    case "plain":
      return {
        axisSize: equation.axisSize ?? required(system.sizes.get(equation.index), `the size of ${equation.index}`),
        padded: false,
      };
    case "unit":
      if (equation.axisSize !== null && equation.axisSize !== 1) {
        throw messages.unitAxis(system.text, equation.place, equation.axisSize);
      }
      return { axisSize: 1, padded: false };
    case "product":
      return checkProduct(system, equation);
    case "affine":
      return checkAffine(system, equation);
    case "balance":
      system.strict?.checkBalance(system, equation);
      return { axisSize: 0, padded: false };
    default:
      return unreachable(equation);
  }
}

function checkProduct(system: SizeSystem, equation: ProductEquation): Checked {
  const { text, sizes, sizeOf, strict } = system;
  const { indices, place } = equation;
  const product = indices.reduce((count, index) => count * required(sizes.get(index), `the size of ${index}`), 1);
  const axisSize = axisSizeOf(equation, sizeOf);
  if (axisSize !== undefined && axisSize !== product) {
    throw messages.productConflict(text, place, axisSize, indices, sizes, strict?.sourceMarks(system, equation) ?? []);
  }
  return { axisSize: product, padded: false };
}

function checkAffine(system: SizeSystem, equation: AffineEquation): Checked {
  const { text, sizes, given, sizeOf, strict } = system;
  const { place } = equation;
  const resolved = required(resolveAffine(equation, sizeOf), "a coefficient");
  const { min, max } = reachOf(resolved, sizeOf);
  refuseInexact(system, place, min, max);
  const empty = iteratedBy(equation).some((index) => sizes.get(index) === 0);
  const known = axisSizeOf(equation, sizeOf);
  const needed = max + 1 - resolved.after;
  const axisSize = known ?? (empty ? 0 : (strict?.leastAxis(equation, resolved, needed) ?? needed));
  if (empty) return { axisSize, padded: false };
  if (known === undefined && axisSize <= 0) throw messages.emptyOutputAxis(text, place, axisSize);
  const leaves = min < -resolved.before || max > axisSize - 1 + resolved.after;
  const isSpec = place.side === "input" && equation.axis === undefined;
  const isDeclared = leaves && isSpec && indicesOf(equation).some((index) => given.has(index));
  if (!isDeclared) strict?.checkUse(system, equation, { resolved, min, needed, known });
  if (leaves && !isDeclared) throw outside(text, place, { ...resolved, min, max, axisSize });
  return { axisSize, padded: min < 0 || max > axisSize - 1 };
}
