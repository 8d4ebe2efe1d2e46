/**
 * Lowers a scheduled loop nest to statements, plainly: one loop a loop, one load an operand, and either an
 * accumulator around the reducing loops or, where an output loop runs inside a reducing one, updates in memory.
 *
 *     nest out[i] sum= a[4*i + j] * b[j]      -->      for i { accumulator acc = 0
 *       for i 8                                          for j { value a = ...; value b = ...
 *       for j 4                                                  acc sum= a * b }
 *                                                        out[i] = acc }
 *
 * Everything else (unrolling, hoisting, sharing loads and addresses) is left to the passes.
 */
import { keptOf } from "../ir/contraction.ts";
import { addAffine, constantAffine, substitute, variableAffine, type Affine, type Size } from "../affine/affine.ts";
import { identityOf, operatorOf } from "../ir/algebra.ts";
import { valueTypeOf } from "../ir/dtype.ts";
import { required } from "../support/errors.ts";
import type { Expression, Routine, Statement } from "./kernel.ts";
import { lowerExpressions, type NestExpressions, type Place } from "./lower-expressions.ts";
import { nameUnread, tilesAround, type RoutineNames } from "./names.ts";
import { isReduced, type Loop, type LoopNest } from "./nest.ts";
import { constant, convertTo, load, reduceValue } from "./values.ts";

/** What a routine calls its values, and how it computes them. */
export type Names = RoutineNames & NestExpressions;

/** Lowers the loops of a nest from its first reducing one on: what is reduced, and where it is stored. */
export type LowerReduction = (nest: LoopNest, names: Names, depth: number, positions: Positions) => Statement[];

/**
 * Lowers one nest to a routine. Every index of more than one value must have a loop. By default names are not for reading;
 * with `lowerRows` for its reductions it may have rows, with `lowerStates` a monoid of several components.
 */
export function lowerNest(
  nest: LoopNest,
  nameValues: (nest: LoopNest) => RoutineNames = nameUnread,
  lowerOthers: LowerReduction = lowerAccumulation,
  nameStatements: NameStatements = nameStatement,
): Routine {
  if (nest.target.buffer.length === 0) return { comment: nest.comment, body: [] };
  const reduction = nest.rows || typeof nest.reduce !== "string" ? lowerOthers : lowerAccumulation;
  return { comment: nest.comment, body: lowerBody(nest, nameStatements(nest, nameValues), reduction) };
}

/** A statement as a nest of its own, and its names. */
export type NamedStatement = readonly [nest: LoopNest, names: Names];

/** Names the values of each statement of a nest. */
export type NameStatements = (
  nest: LoopNest,
  nameValues: (nest: LoopNest) => RoutineNames,
) => readonly [NamedStatement, ...NamedStatement[]];

/** The statement of a nest that has no others. */
const nameStatement: NameStatements = (nest, nameValues) => [nameExpressions(nest, nameValues(nest))];

export function nameExpressions(nest: LoopNest, names: RoutineNames): NamedStatement {
  return [nest, { ...names, ...lowerExpressions(nest, names) }];
}

function lowerBody(
  nest: LoopNest,
  statements: readonly [NamedStatement, ...NamedStatement[]],
  reduction: LowerReduction,
): Statement[] {
  const [[, names]] = statements;
  const { target, reduce, reach, before, term } = nest;
  const { buffer } = target;
  const fill = (value: number | bigint): Statement => ({ kind: "fill", buffer, value });
  const nothing = fill(buffer.initial ?? identityOf(reduce, buffer.dtype));
  const finish = nest.finish.kind === "value" ? [] : applyInPlace(nest, names);
  const isFilled = reach === "once" && before === "nothing" && nest.indices.every((index) => !index.reduced);
  if (term.kind === "constant" && isFilled) return [fill(term.value), ...finish];
  if (nest.indices.some(({ size }) => size === 0)) return [nothing, ...finish];
  if (nest.states) return reduction(nest, names, 0, startOf(nest.indices));
  if (updatesInMemory(nest)) {
    const leaf = (positions: Positions): Statement[] => lowerUpdate(nest, names, positions);
    const updates = lowerLoops(nest, 0, startOf(nest.indices), { names, leaf });
    return [...(before === "nothing" ? [nothing] : []), ...updates, ...finish];
  }
  const first = nest.loops.findIndex(({ index }) => isReduced(nest, index));
  const depth = first < 0 ? nest.loops.length : first;
  const kept = startOf(keptOf(nest.indices));
  const stored = lowerLoops({ ...nest, loops: nest.loops.slice(0, depth) }, 0, kept, {
    names,
    leaf: (around) =>
      statements.flatMap(([own, names]) => {
        const positions = new Map([...startOf(own.indices), ...around]);
        return own.loops.length > depth || typeof reduce !== "string"
          ? reduction(own, names, depth, positions)
          : lowerStore(own, names, positions);
      }),
  });
  return before === "nothing" && reach === "partly" ? [nothing, ...stored] : stored;
}

/**
 * Whether the target is updated in memory: a reducing loop runs around an output loop, so that no accumulator could
 * stay in a register, and no rows of the output are summed apart, or several values of the output's indices meet in one element.
 */
export function updatesInMemory(nest: LoopNest): boolean {
  if (nest.rows) return false;
  if (nest.reach === "repeatedly") return true;
  const reduced = nest.loops.map((loop) => isReduced(nest, loop.index));
  const first = reduced.indexOf(true);
  return first >= 0 && reduced.lastIndexOf(false) > first;
}

/** Where an index stands while loops are lowered: its value so far, and how many values are left to walk through. */
export interface Position {
  readonly value: Affine;
  readonly extent: Size;
}

export type Positions = ReadonlyMap<string, Position>;

/** What stands inside the loops. */
interface Inside {
  readonly names: Names;
  /** The statements under all loops. */
  leaf(positions: Positions): Statement[];
}

/** Loops walk through all values of their indices. */
function startOf(indices: LoopNest["indices"]): Positions {
  return new Map(
    indices.map(({ name, size, symbolic }) => [name, { value: constantAffine(0), extent: symbolic ?? size }]),
  );
}

export function lowerLoops(nest: LoopNest, depth: number, positions: Positions, inside: Inside): Statement[] {
  const loop = nest.loops[depth];
  if (!loop) return inside.leaf(positions);
  const lowerInner = (inner: Positions): Statement[] => lowerLoops(nest, depth + 1, inner, inside);
  return loop.kind === "serial"
    ? [lowerSerial(loop, positions, lowerInner)]
    : lowerTiles(nest, depth, positions, inside.names, lowerInner);
}

function lowerSerial(
  { index, step }: Loop,
  positions: Positions,
  lowerInner: (inner: Positions) => Statement[],
): Statement {
  const { value, extent } = required(positions.get(index), `index ${index}`);
  return {
    kind: "loop",
    variable: index,
    from: 0,
    to: extent,
    step: 1,
    unroll: step,
    body: lowerInner(moved(positions, index, { value: addAffine(value, variableAffine(index)), extent: 1 })),
  };
}

/** Whole tiles in a loop, what is left over in a block behind it; an extent that is not known is not tiled. */
function lowerTiles(
  nest: LoopNest,
  depth: number,
  positions: Positions,
  names: Names,
  lowerInner: (inner: Positions) => Statement[],
): Statement[] {
  const { index, step } = nest.loops[depth] as Loop;
  const { value, extent } = required(positions.get(index), `index ${index}`);
  if (typeof extent !== "number") return lowerInner(positions);
  const whole = extent - (extent % step);
  const blockFrom = (from: number, count: number): Statement => {
    const rest = { value: addAffine(value, constantAffine(from)), extent: count };
    return { kind: "block", body: lowerInner(moved(positions, index, rest)) };
  };
  const rest = whole < extent ? [blockFrom(whole, extent - whole)] : [];
  if (whole <= step) return whole > 0 ? [blockFrom(0, whole), ...rest] : rest;
  const variable = names.tile(index, tilesAround(nest.loops, index, depth));
  const tile = { value: addAffine(value, variableAffine(variable)), extent: step };
  const body = lowerInner(moved(positions, index, tile));
  return [{ kind: "loop", variable, from: 0, to: whole, step, unroll: 1, body }, ...rest];
}

function moved(positions: Positions, index: string, position: Position): Positions {
  return new Map(positions).set(index, position);
}

function lowerAccumulation(nest: LoopNest, names: Names, depth: number, positions: Positions): Statement[] {
  const { target } = nest;
  const reduce = operatorOf(nest.reduce);
  const type = valueTypeOf(target.buffer.dtype);
  const name = names.accumulator;
  const loops = lowerLoops(nest, depth, positions, {
    names,
    leaf: (inner) => {
      const { statements, value } = lowerTerm(names, inner);
      return [...statements, { kind: "accumulate", name, operator: reduce, value }];
    },
  });
  return [
    { kind: "accumulator", name, initial: constant(identityOf(reduce, target.buffer.dtype), type) },
    ...loops,
    ...storeAt(nest, names, positions, { kind: "variable", type, name }),
  ];
}

/** A single value is stored as it is reduced: its truth under `any` and `all`. */
function lowerStore(nest: LoopNest, names: Names, positions: Positions): Statement[] {
  const { statements, value } = lowerTerm(names, positions);
  return [...statements, ...storeAt(nest, names, positions, reduceValue(operatorOf(nest.reduce), value))];
}

function lowerUpdate(nest: LoopNest, names: Names, positions: Positions): Statement[] {
  const { statements, value } = lowerTerm(names, positions);
  const { buffer } = nest.target;
  return [
    ...statements,
    {
      kind: "update",
      buffer,
      address: placeAt(positions).address(nest.target),
      operator: operatorOf(nest.reduce),
      value,
    },
  ];
}

export function storeAt(
  { target, before, reduce }: LoopNest,
  names: Names,
  positions: Positions,
  value: Expression,
): Statement[] {
  const { buffer } = target;
  const place = placeAt(positions);
  const address = place.address(target);
  if (before === "added") return [{ kind: "update", buffer, address, operator: operatorOf(reduce), value }];
  const statements: Statement[] = [];
  const finished = convertTo(names.finish(value, place, statements), buffer.dtype);
  return [...statements, { kind: "store", buffer, address, value: finished }];
}

/** The term, and what has to be computed before it. */
export function lowerTerm(names: Names, positions: Positions): { statements: Statement[]; value: Expression } {
  const statements: Statement[] = [];
  const [value] = names.terms(placeAt(positions), statements);
  return { value: required(value, "a term"), statements };
}

/** A loop over the target's buffer that applies the finish to what was accumulated there. */
function applyInPlace(nest: LoopNest, names: Names): Statement[] {
  const { buffer } = nest.target;
  return storeEach(nest, names, (address) => load(buffer, address));
}

/** A loop over the target's buffer that stores the finish of a value an element. */
export function storeEach(
  nest: LoopNest,
  names: Names,
  valueAt: (address: Affine, statements: Statement[]) => Expression,
): Statement[] {
  const { buffer } = nest.target;
  const { position } = names;
  const address = variableAffine(position);
  const statements: Statement[] = [];
  const value = valueAt(address, statements);
  const body = [...statements, ...storeAt({ ...nest, target: { buffer, address } }, names, new Map(), value)];
  return [{ kind: "loop", variable: position, from: 0, to: buffer.length, step: 1, unroll: 1, body }];
}

/** Addresses and positions where indices have some values. */
export function placeAt(positions: Positions): Place {
  const values = new Map([...positions].map(([index, { value }]) => [index, value]));
  return {
    address: ({ address, symbolic = address }) => substitute(symbolic, values),
    position: (over) => substitute(over, values),
  };
}
