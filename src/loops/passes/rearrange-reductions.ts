/**
 * Rearranges what reductions add up, whose order is free: two passes. Both reassociate sums, which on doubles may turn a sum
 * of -0 into one of 0, or back.
 *
 * `replaceScalars` gathers reductions into one place, so that memory is read and written once where it was once a step, and
 * an accumulator that no loop runs around disappears into its expression.
 *
 *     out[i] sum= a0 * b0                  -->   out[i] sum= a0 * b0 + a1 * b1
 *     out[i] sum= a1 * b1
 *
 *     accumulator acc = 0                  -->   out[i] = a0 * b0 + a1 * b1
 *     acc sum= a0 * b0
 *     acc sum= a1 * b1
 *     out[i] = acc
 *
 * Legal because an accumulator starts as the identity of its operator, and because between the gathered statements
 * lie only values that read nothing the run writes, and reductions into other places: see `mayGather`.
 *
 * `splitAccumulators` gives a long chain of additions several accumulators, so that they do not wait for each other.
 *
 *     accumulator acc = 0                                accumulator acc0 = 0; accumulator acc1 = 0
 *     for j { acc sum= x0 + x1 }      -->     for j { acc0 sum= x0; acc1 sum= x1 }
 *     out[i] = acc                                 out[i] = acc0 + acc1
 *
 * Legal for every reduction. It is done where a body keeps a single accumulator, reduced into by one statement of at least
 * four values; several accumulators are independent already.
 */
import { affineKey } from "../../affine/affine.ts";
import { reduceAsBinary } from "../arithmetic.ts";
import type { ReduceOperator } from "../../ir/contraction.ts";
import type { AccumulateStatement, AccumulatorStatement, Expression, Statement, UpdateStatement } from "../kernel.ts";
import {
  buffersWritten,
  countUses,
  expressionOf,
  isNested,
  mapBodies,
  mapStatement,
  namesRead,
  replaceVariables,
  someExpression,
  visitStatements,
} from "../rewrite.ts";
import { reduceValue } from "../values.ts";

/** Gathers reductions block by block. */
export function replaceScalars(body: readonly Statement[]): readonly Statement[] {
  return dissolveAccumulators(gather(mapBodies(body, replaceScalars)));
}

/** Merges reductions into the same place between two loops or blocks. */
function gather(body: readonly Statement[]): Statement[] {
  const result: Statement[] = [];
  let run: Statement[] = [];
  const flush = (): void => {
    result.push(...gatherRun(run));
    run = [];
  };
  for (const statement of body) {
    if (["loop", "block", "fill", "assign"].includes(statement.kind)) {
      flush();
      result.push(statement);
    } else {
      run.push(statement);
    }
  }
  flush();
  return result;
}

type Reducing = AccumulateStatement | UpdateStatement;

/** In straight-line code: each place is reduced into once, where its last reduction stood. */
function gatherRun(run: readonly Statement[]): Statement[] {
  const places = new Map<string, Reducing[]>();
  for (const statement of run) {
    if (!isReducing(statement)) continue;
    const place = placeOf(statement);
    const found = places.get(place);
    if (found) found.push(statement);
    else places.set(place, [statement]);
  }
  if ([...places.values()].every(({ length }) => length === 1) || !mayGather(run, places)) return [...run];
  // Passes of an unrolled loop that do the same share one statement, so the last is told by counting.
  const left = new Map([...places].map(([place, { length }]) => [place, length]));
  return run.flatMap((statement): Statement[] => {
    if (!isReducing(statement)) return [statement];
    const place = placeOf(statement);
    const remaining = (left.get(place) ?? 0) - 1;
    left.set(place, remaining);
    if (remaining > 0) return [];
    const values = (places.get(place) ?? []).map((member) => member.value);
    return [{ ...statement, value: values.reduce((sum, value) => reduceTwo(statement.operator, sum, value)) }];
  });
}

/** Whether reductions may move within a run: each place has one operator, and nothing reads what the run writes. */
function mayGather(run: readonly Statement[], places: ReadonlyMap<string, readonly Reducing[]>): boolean {
  for (const group of places.values()) {
    if (group.some(({ operator }) => operator !== group[0]?.operator)) return false;
  }
  const written = buffersWritten(run);
  const lastInto = new Map(
    run.flatMap((statement, at) => (statement.kind === "accumulate" ? [[statement.name, at]] : [])),
  );
  return run.every((statement, at) => {
    const expression = expressionOf(statement);
    const reads = (part: Expression): boolean => {
      if (part.kind === "load") return written.has(part.buffer);
      // Behind everything that is gathered into it, an accumulator may be read.
      return part.kind === "variable" && at <= (lastInto.get(part.name) ?? -1);
    };
    return !expression || !someExpression(expression, reads);
  });
}

function isReducing(statement: Statement): statement is Reducing {
  return statement.kind === "accumulate" || statement.kind === "update";
}

function placeOf(statement: Reducing): string {
  if (statement.kind === "accumulate") return statement.name;
  return `${statement.buffer.name}[${affineKey(statement.address)}]`;
}

/** Puts an accumulator's value in the place of its only use, where nothing but straight-line code reduces into it. */
function dissolveAccumulators(body: readonly Statement[]): Statement[] {
  if (!body.some(({ kind }) => kind === "accumulator")) return [...body];
  const values = new Map<string, Expression[]>();
  const uses = countUses(body);
  for (const statement of body) {
    if (statement.kind === "accumulator") values.set(statement.name, []);
    if (statement.kind === "accumulate") {
      values.get(statement.name)?.push(reduceValue(statement.operator, statement.value));
    }
  }
  for (const name of usedInside(body)) values.delete(name);
  const dissolved = new Map<string, Expression>();
  for (const [name, [value, ...more]] of values) {
    if (value && more.length === 0 && uses.get(name) === 1) dissolved.set(name, value);
  }
  if (dissolved.size === 0) return [...body];
  return body.flatMap((statement): Statement[] => {
    if ((statement.kind === "accumulator" || statement.kind === "accumulate") && dissolved.has(statement.name)) {
      return [];
    }
    return [mapStatement(statement, (value) => replaceVariables(value, (name) => dissolved.get(name)))];
  });
}

/** Names used inside nested bodies: what a loop reduces into has to stay. */
function usedInside(body: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  visitStatements(body.filter(isNested), (inner) => {
    if (inner.kind === "accumulate") names.add(inner.name);
    for (const name of namesRead(inner)) names.add(name);
  });
  return names;
}

/** Reduces two values as an expression. */
function reduceTwo(operator: ReduceOperator, left: Expression, right: Expression): Expression {
  return { kind: "binary", type: left.type, operator: reduceAsBinary(operator), left, right };
}

/** As many chains as an adder needs to stay busy. */
const CHAINS = 4;

/** Splits accumulators in every body. */
export function splitAccumulators(body: readonly Statement[]): readonly Statement[] {
  const nested = mapBodies(body, splitAccumulators);
  const accumulators = nested.filter((statement) => statement.kind === "accumulator");
  const only = accumulators[0];
  return only && accumulators.length === 1 ? splitOne(nested, only) : nested;
}

function splitOne(body: readonly Statement[], accumulator: AccumulatorStatement): readonly Statement[] {
  const { name, initial } = accumulator;
  const reducing: AccumulateStatement[] = [];
  visitStatements(body, (statement) => {
    if (statement.kind === "accumulate" && statement.name === name) reducing.push(statement);
  });
  const longest = Math.max(0, ...reducing.map((statement) => termsOf(statement).length));
  const loops = body.filter((statement) => statement.kind === "loop").length;
  if (longest < CHAINS || loops === 0 || initial.kind !== "constant") return body;
  const names = Array.from({ length: CHAINS }, (_, chain) => `${name}${chain}`);
  const operator = reduceAsBinary((reducing[0] as (typeof reducing)[number]).operator);
  const gathered = names
    .map((chain): Expression => ({ kind: "variable", type: initial.type, name: chain }))
    .reduce((left, right) => ({ kind: "binary", type: initial.type, operator, left, right }));
  return body.flatMap((statement): Statement[] =>
    statement === accumulator
      ? names.map((chain) => ({ ...accumulator, name: chain }))
      : splitStatement(statement, name, names, gathered),
  );
}

/** Deals the terms of each reduction out to the chains; where the accumulator is read, they are put together. */
function splitStatement(
  statement: Statement,
  name: string,
  names: readonly string[],
  gathered: Expression,
): Statement[] {
  if (isNested(statement)) {
    return [{ ...statement, body: statement.body.flatMap((inner) => splitStatement(inner, name, names, gathered)) }];
  }
  if (statement.kind === "accumulate" && statement.name === name) {
    return termsOf(statement).map((value, position) => ({
      ...statement,
      name: names[position % names.length] as string,
      value,
    }));
  }
  const read = (value: Expression): Expression =>
    replaceVariables(value, (other) => (other === name ? gathered : undefined));
  return [mapStatement(statement, read)];
}

/** The values that one statement reduces, taken apart where scalar replacement put them together. */
function termsOf({ operator, value }: AccumulateStatement): Expression[] {
  const terms: Expression[] = [];
  let rest = value;
  while (rest.kind === "binary" && rest.operator === reduceAsBinary(operator)) {
    terms.unshift(rest.right);
    rest = rest.left;
  }
  terms.unshift(rest);
  return terms;
}
