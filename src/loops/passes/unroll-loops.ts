/**
 * Writes several passes of a loop out side by side, statement by statement (unroll and jam), so that what differs
 * between them lies next to each other and what does not is computed once.
 *
 *     for i = 0 to 5 unroll 2 {            -->   for i = 0 to 4 step 2 {
 *       for j = 0 to 8 {                           for j = 0 to 8 {
 *         value a = a[8*i + j]                       value a0 = a[8*i + j]; value a1 = a[8*i + j + 8]
 *         value b = b[j]                             value b = b[j]
 *         out[i] sum= a * b                   out[i] sum= a0 * b; out[i + 1] sum= a1 * b
 *       }                                          }
 *     }                                          }
 *                                                { the same for i = 4 }
 *
 * Legal because lowering makes only bodies whose passes commute: elements are stored once, or reduced into by one
 * operator, whose order is free. What a rewrite could break, `mayJam` checks: that nothing reads what the body writes,
 * and that no offset or fill is shared.
 */
import {
  addAffine,
  dependsOn,
  fixVariable,
  scaleAffine,
  shiftVariable,
  sizeAffine,
  symbolicDerivative,
  variableAffine,
  type Affine,
} from "../../affine/affine.ts";
import { required } from "../../support/errors.ts";
import { nameCopies, type ValueNames } from "../names.ts";
import type { Expression, LoopStatement, OffsetStatement, Statement } from "../kernel.ts";
import { CODE_BUDGET, estimateBytecode } from "../bytecode.ts";
import {
  addressIn,
  buffersWritten,
  expressionOf,
  isNested,
  mapExpression,
  mapStatement,
  someExpression,
  visitStatements,
} from "../rewrite.ts";

/**
 * Unrolls every loop that asks for it, from the innermost out; less than asked, where the routine would outgrow the
 * budget for code: V8 takes milliseconds a kilobyte to optimise a function, and never optimises one too large. By default
 * the names of copies are not for reading.
 */
export function unrollLoops(
  body: readonly Statement[],
  startNaming: () => ValueNames = nameCopies,
): readonly Statement[] {
  let wanted = body;
  // What a schedule asks for shares loads, so its code is smaller than this guess, but never by so much.
  while (guessBytecode(wanted) > 8 * CODE_BUDGET) wanted = halveUnrolling(wanted);
  for (; ; wanted = halveUnrolling(wanted)) {
    const names = startNaming();
    const ends: Ends = new Map();
    const unrolled = unrollBody(wanted, names, ends);
    if (estimateBytecode(unrolled) <= CODE_BUDGET || !asksForUnrolling(wanted))
      return [...ends.values(), ...orderLoads(names.finish(unrolled))];
  }
}

/** Bytecode once every loop is unrolled as it asks, nothing being shared. */
function guessBytecode(body: readonly Statement[]): number {
  return body.reduce((bytes, statement) => {
    if (statement.kind === "block") return bytes + guessBytecode(statement.body);
    if (statement.kind !== "loop") return bytes + estimateBytecode([statement]);
    return bytes + Math.min(statement.unroll, passesOf(statement)) * guessBytecode(statement.body);
  }, 0);
}

function asksForUnrolling(body: readonly Statement[]): boolean {
  let asks = false;
  visitStatements(body, (statement) => {
    if (statement.kind === "loop") asks ||= statement.unroll > 1;
  });
  return asks;
}

function halveUnrolling(body: readonly Statement[]): Statement[] {
  return body.map((statement): Statement => {
    if (statement.kind === "block") return { ...statement, body: halveUnrolling(statement.body) };
    if (statement.kind !== "loop") return statement;
    const unroll = Math.ceil(Math.min(statement.unroll, passesOf(statement)) / 2);
    return { ...statement, unroll, body: halveUnrolling(statement.body) };
  });
}

/** How many passes a loop does; no number bounds those of one whose bounds are symbolic. */
function passesOf({ from, to, step }: LoopStatement): number {
  return typeof from === "number" && typeof to === "number" ? Math.ceil((to - from) / step) : Infinity;
}

/** Where the whole passes of loops with symbolic bounds end, by the name of the integer. */
type Ends = Map<string, OffsetStatement>;

function unrollBody(body: readonly Statement[], names: ValueNames, ends: Ends): Statement[] {
  return body.flatMap((statement): Statement[] => {
    if (statement.kind === "block") return [{ ...statement, body: unrollBody(statement.body, names, ends) }];
    if (statement.kind !== "loop") return [statement];
    const loop = { ...statement, body: unrollBody(statement.body, names, ends) };
    const count = passesOf(loop);
    if (count === 0) return [];
    const unroll =
      mayJam(loop.body) && (!loop.body.some(isNested) || carriedBy(loop.body).size === 0) ? loop.unroll : 1;
    if (count <= unroll || count === 1) return jamFrom(loop, Number(loop.from), count, names);
    if (unroll === 1) return [loop.unroll === 1 ? loop : rollUp(loop, names)];
    if (count === Infinity) return splitAtEnd(loop, unroll, names, ends);
    return splitLoop(loop, count, unroll, names);
  });
}

/** The whole passes of a loop whose end is symbolic, and those left over, one by one. All loops of an index end alike. */
function splitAtEnd(loop: LoopStatement, unroll: number, names: ValueNames, ends: Ends): Statement[] {
  const { variable } = loop;
  const value = sizeAffine(loop.to);
  let name = `$${variable}End`;
  while ((ends.get(name)?.whole ?? unroll) !== unroll) name += "_";
  ends.set(name, { kind: "offset", name, value, whole: unroll });
  const end = variableAffine(name);
  const place: Place = (address, pass) => shiftVariable(address, variable, pass);
  return [
    { ...loop, to: end, step: unroll, unroll: 1, body: jam(loop, unroll, place, names) },
    rollUp({ ...loop, from: end }, names),
  ];
}

/** The whole passes in a loop of wider steps; those left over in a block behind it. */
function splitLoop(loop: LoopStatement, count: number, unroll: number, names: ValueNames): Statement[] {
  const { variable, step } = loop;
  const from = Number(loop.from);
  const rest = count % unroll;
  const to = from + (count - rest) * step;
  const distances = Array.from({ length: unroll }, (_, pass) => pass * step);
  const place: Place = (address, pass) => shiftVariable(address, variable, distances[pass] as number);
  const main: Statement =
    to - from === step * unroll
      ? { kind: "block", body: jamFrom(loop, from, unroll, names) }
      : { ...loop, to, step: step * unroll, unroll: 1, body: jam(loop, unroll, place, names) };
  if (rest === 0) return [main];
  // What is left of an innermost loop is little work: rolled up, it is little code, too.
  if (!loop.body.some(isNested) && rest > 1) return [main, rollUp({ ...loop, from: to }, names)];
  return [main, { kind: "block", body: jamFrom(loop, to, rest, names) }];
}

/** So many passes from a fixed value of the variable, without a loop. */
function jamFrom(loop: LoopStatement, from: number, count: number, names: ValueNames): Statement[] {
  const place: Place = (address, pass) => fixVariable(address, loop.variable, from + pass * loop.step);
  return jam(loop, count, place, names);
}

/** A loop as it is, but for the names inside, which have a digit for it as they have where it is unrolled. */
function rollUp(loop: LoopStatement, names: ValueNames): Statement {
  return { ...loop, unroll: 1, body: jam(loop, 1, (address) => address, names) };
}

/** An address as it is in one pass. */
type Place = (address: Affine, pass: number) => Affine;

/** Runs of statements that do the same: loads of one buffer, reductions, stores. A loop, or a value computed, is alone. */
function groups(statements: readonly Statement[]): Statement[][] {
  const result: Statement[][] = [];
  let last = "";
  for (const statement of statements) {
    const value = statement.kind === "value" ? statement : null;
    const key = `${statement.kind} ${value?.value.kind === "load" ? value.value.buffer.name : (value?.name ?? "")}`;
    if (key !== last || isNested(statement)) result.push([statement]);
    else result.at(-1)?.push(statement);
    last = key;
  }
  return result;
}

/**
 * Writes the body of a loop once for each of some passes, statement by statement; pass by pass where each goes on from what
 * the one before it assigned.
 */
function jam({ body, variable, unroll }: LoopStatement, count: number, place: Place, names: ValueNames): Statement[] {
  const varying = new Set<string>();
  const carried = carriedBy(body);
  return jamBody(body);

  function jamBody(statements: readonly Statement[]): Statement[] {
    return (carried.size > 0 && count > 1 ? [statements] : groups(statements)).flatMap(jamGroup);
  }

  /** Pass by pass, so that the copies of a group come out row by row. */
  function jamGroup(group: readonly Statement[]): Statement[] {
    const once: Statement[] = [];
    const each: Statement[] = [];
    for (const statement of group) {
      if (happensOnce(statement)) {
        once.push(isNested(statement) ? { ...statement, body: jamBody(statement.body) } : statement);
        continue;
      }
      each.push(statement);
      if (statement.kind === "value" || statement.kind === "accumulator") varying.add(statement.name);
    }
    for (let pass = 0; pass < count; pass++) for (const statement of each) once.push(inPass(statement, pass));
    return once;
  }

  /** Whether one copy of a statement serves all passes. An accumulator inside the loop belongs to one, whatever it starts as. */
  function happensOnce(statement: Statement): boolean {
    if (statement.kind === "value") return !varies(statement.value);
    return isNested(statement) || statement.kind === "offset" || statement.kind === "fill";
  }

  function inPass(statement: Statement, pass: number): Statement {
    const copied = mapStatement(
      statement,
      (expression) => expressionIn(expression, pass),
      (address) => place(address, pass),
    );
    if (!("name" in copied)) return copied;
    const loaded = statement.kind === "value" && statement.value.kind === "load" ? statement.value : null;
    const name = nameIn(copied.name, pass, loaded ? strideOf(loaded.address, variable) : 0);
    return name === copied.name ? copied : { ...copied, name };
  }

  function expressionIn(expression: Expression, pass: number): Expression {
    return mapExpression(expression, {
      load: ({ kind, type, buffer, address }) => ({ kind, type, buffer, address: place(address, pass) }),
      integer: ({ kind, type, value }) => ({ kind, type, value: place(value, pass) }),
      variable: (value) => {
        const name = nameIn(value.name, pass);
        return name === value.name ? value : { ...value, name };
      },
    });
  }

  function nameIn(name: string, pass: number, stride = 0): string {
    // A loop that asks for unrolling has its digit everywhere, in remainders of one pass too: so digits keep their meaning.
    return unroll > 1 && varying.has(name) ? names.inPass(name, pass, stride) : name;
  }

  function varies(expression: Expression): boolean {
    return someExpression(expression, (part) => {
      if (part.kind === "variable") return varying.has(part.name) || carried.has(part.name);
      const address = addressIn(part);
      return address !== undefined && dependsOn(address, variable);
    });
  }
}

/** How far a variable moves an address; a stride that is left to run time counts as longer than any that is known. */
function strideOf(address: Affine, variable: string): number {
  const { terms, constant } = symbolicDerivative(address, variable);
  return terms.length > 0 ? Infinity : Math.abs(constant);
}

/** Puts loads next to each other in the order of memory, where they differ by a literal alone. */
function orderLoads(body: readonly Statement[]): Statement[] {
  return groups(body).flatMap((group): Statement[] => {
    const [first] = group;
    if (first && isNested(first)) return [{ ...first, body: orderLoads(first.body) }];
    if (first?.kind !== "value") return group;
    const placed = group.map((statement) => ({ statement, at: distance(first, statement) }));
    if (placed.some(({ at }) => Number.isNaN(at))) return group;
    return placed.sort((one, other) => one.at - other.at).map(({ statement }) => statement);
  });
}

/** How far one load lies behind another; NaN where a loop's variable tells, or either is no load. */
function distance(from: Statement, to: Statement): number {
  if (from.kind !== "value" || to.kind !== "value") return NaN;
  if (from.value.kind !== "load" || to.value.kind !== "load") return NaN;
  const apart = addAffine(to.value.address, scaleAffine(from.value.address, -1));
  return apart.terms.length === 0 ? apart.constant : NaN;
}

/** The accumulators that a body assigns to and does not declare: each pass goes on from what the one before it left. */
function carriedBy(body: readonly Statement[]): ReadonlySet<string> {
  const carried = new Set<string>();
  visitStatements(body, (statement) => statement.kind === "assign" && carried.add(statement.name));
  visitStatements(body, (statement) => statement.kind === "accumulator" && carried.delete(statement.name));
  return carried;
}

/** Whether passes of a body may be mixed: it reads none of the buffers it writes, and shares no offsets or fills. */
function mayJam(body: readonly Statement[]): boolean {
  const written = buffersWritten(body);
  return body.every(function check(statement): boolean {
    if (statement.kind === "offset" || statement.kind === "fill") return false;
    if (isNested(statement)) return statement.body.every(check);
    const expression = required(expressionOf(statement), "an expression");
    return !someExpression(expression, (part) => part.kind === "load" && written.has(part.buffer));
  });
}
