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
import { addAffine, constantAffine, substitute, variableAffine, type Affine, type Size } from "../affine/affine.ts";
import { identityOf } from "../ir/algebra.ts";
import { valueTypeOf } from "../ir/dtype.ts";
import { required } from "../support/errors.ts";
import type { Expression, Routine, Statement } from "./kernel.ts";
import { nameUnread, tilesAround, type RoutineNames } from "./names.ts";
import type { BufferAccess, Loop, LoopNest } from "./nest.ts";
import { applyToConstant, combineOperands, constant, convertTo, load, reduceValue } from "./values.ts";

/** Lowers the prologues and the epilogue of a nest: what it returns applies them, and names the values of the routine. */
export type LowerElementwise = (nest: LoopNest) => Names;

export interface ElementwiseOfNest {
  /** Applies the prologue of an operand. Appends what has to come first to `statements`. */
  read?(operand: number, element: Expression, at: Placing, statements: Statement[]): Expression;
  /** Combines the operands' values; null, or absent, where they are combined as any are. */
  combine?(values: readonly Expression[]): Expression | null;
  /** Applies the epilogue, as `read` does. */
  finish(value: Expression, at: Placing, statements: Statement[]): Expression;
}

/** The address of an access as it is where a value is computed. */
export type Placing = (access: BufferAccess) => Affine;

/** What a routine calls its values, and how it computes them elementwise. */
export type Names = RoutineNames & ElementwiseOfNest;

/** Lowers the loops of a nest from its first reducing one on: what is reduced, and where it is stored. */
export type LowerReduction = (nest: LoopNest, names: Names, depth: number, positions: Positions) => Statement[];

/**
 * Lowers one nest to a routine. Every index of more than one value must have a loop. Without `lowerElementwise` it has
 * no prologue, no epilogue but the division of a mean, and names that are not for reading; with `lowerRows` for its
 * reductions it may have rows.
 */
export function lowerNest(
  nest: LoopNest,
  lowerElementwise: LowerElementwise = lowerMean,
  lowerRows: LowerReduction = lowerAccumulation,
): Routine {
  const reduction = nest.rows ? lowerRows : lowerAccumulation;
  const body = nest.target.buffer.length === 0 ? [] : lowerBody(nest, lowerElementwise(nest), reduction);
  return { comment: nest.comment, body };
}

function lowerMean(nest: LoopNest): Names {
  const { epilogue } = nest;
  return { ...nameUnread(nest), finish: (value) => (epilogue ? applyToConstant(epilogue, value) : value) };
}

function lowerBody(nest: LoopNest, names: Names, reduction: LowerReduction): Statement[] {
  const { target, reduce, covers } = nest;
  const initial = target.buffer.initial === "position" ? undefined : target.buffer.initial;
  const nothing = nest.fill ?? initial ?? identityOf(reduce, target.buffer.dtype);
  const fill: Statement = { kind: "fill", buffer: target.buffer, value: nothing };
  const epilogue = nest.epilogue ? applyInPlace(nest, names) : [];
  if (nest.operands.length === 0 || nest.indices.some(({ size }) => size === 0)) return [fill, ...epilogue];
  const start = new Map(
    nest.indices.map(({ name, size, symbolic }) => [name, { value: constantAffine(0), extent: symbolic ?? size }]),
  );
  if (updatesInMemory(nest)) {
    const updates = lowerLoops(nest, 0, start, { names, leaf: (positions) => lowerUpdate(nest, names, positions) });
    if (covers === "onto") return updates;
    return [...(covers === "inside" ? [] : [fill]), ...updates, ...epilogue];
  }
  const stored = lowerLoops(nest, 0, start, {
    names,
    leaf: (positions) => lowerStore(nest, names, positions),
    reduction: (depth, positions) => reduction(nest, names, depth, positions),
  });
  return covers === "partly" ? [fill, ...stored] : stored;
}

/**
 * Whether the target is updated in memory: a reducing loop runs around an output loop, so that no accumulator could
 * stay in a register, and no rows of the output are summed apart, or several values of the output's indices meet in one element.
 */
export function updatesInMemory(nest: LoopNest): boolean {
  if (nest.rows) return false;
  if (nest.covers === "repeatedly") return true;
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
  /** In the place of the first reducing loop, and all inside it. */
  reduction?(depth: number, positions: Positions): Statement[];
}

export function lowerLoops(nest: LoopNest, depth: number, positions: Positions, inside: Inside): Statement[] {
  const loop = nest.loops[depth];
  if (!loop) return inside.leaf(positions);
  if (inside.reduction && isReduced(nest, loop.index)) return inside.reduction(depth, positions);
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
  const { reduce, target } = nest;
  const type = valueTypeOf(target.buffer.dtype);
  const name = names.accumulator;
  const loops = lowerLoops(nest, depth, positions, {
    names,
    leaf: (inner) => {
      const { statements, value } = lowerOperands(nest, names, inner);
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
  const { statements, value } = lowerOperands(nest, names, positions);
  return [...statements, ...storeAt(nest, names, positions, reduceValue(nest.reduce, value))];
}

function lowerUpdate(nest: LoopNest, names: Names, positions: Positions): Statement[] {
  const { statements, value } = lowerOperands(nest, names, positions);
  const { buffer } = nest.target;
  return [
    ...statements,
    { kind: "update", buffer, address: addressAt(nest.target, positions), operator: nest.reduce, value },
  ];
}

export function storeAt(
  { target, covers, reduce }: LoopNest,
  names: Names,
  positions: Positions,
  value: Expression,
): Statement[] {
  const { buffer } = target;
  const at: Placing = (access) => addressAt(access, positions);
  const address = at(target);
  if (covers === "onto") return [{ kind: "update", buffer, address, operator: reduce, value }];
  const statements: Statement[] = [];
  const finished = convertTo(names.finish(value, at, statements), buffer.dtype);
  return [...statements, { kind: "store", buffer, address, value: finished }];
}

export function lowerOperands(
  nest: LoopNest,
  names: Names,
  positions: Positions,
): { statements: Statement[]; value: Expression } {
  const statements: Statement[] = [];
  const values = nest.operands.map((access, operand): Expression => {
    const name = names.operands[operand] as string;
    const value = load(access.buffer, addressAt(access, positions));
    statements.push({ kind: "value", name, value });
    const element: Expression = { kind: "variable", type: value.type, name };
    return names.read?.(operand, element, (place) => addressAt(place, positions), statements) ?? element;
  });
  return { statements, value: names.combine?.(values) ?? combineOperands(nest, values) };
}

/** A loop over the target's buffer that applies the epilogue to what was accumulated there. */
function applyInPlace(nest: LoopNest, names: Names): Statement[] {
  const { buffer } = nest.target;
  const { position } = names;
  const address = variableAffine(position);
  const body = storeAt({ ...nest, target: { buffer, address } }, names, new Map(), load(buffer, address));
  return [{ kind: "loop", variable: position, from: 0, to: buffer.length, step: 1, unroll: 1, body }];
}

function addressAt({ address, symbolic = address }: BufferAccess, positions: Positions): Affine {
  return substitute(symbolic, new Map([...positions].map(([index, { value }]) => [index, value])));
}

export function isReduced(nest: LoopNest, index: string): boolean {
  return nest.indices.some(({ name, reduced }) => name === index && reduced);
}
