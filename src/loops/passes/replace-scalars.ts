/**
 * Scalar replacement: reductions into one place are gathered, so that memory is read and written once where it was
 * once a step, and an accumulator that no loop runs around disappears into its expression.
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
 * lie only values that read nothing the run writes, and reductions into other places: see `mayGather`. Sums are
 * reassociated, as every order of a reduction may be; on doubles that may turn a sum of -0 into one of 0, or back.
 */
import { affineKey } from "../../affine/affine.ts";
import { reduceAsBinary } from "../arithmetic.ts";
import type { ReduceOperator } from "../../ir/contraction.ts";
import type { AccumulateStatement, Expression, Statement, UpdateStatement } from "../kernel.ts";
import {
  buffersWritten,
  countUses,
  expressionOf,
  mapExpression,
  mapStatement,
  visitExpression,
  visitStatements,
} from "../rewrite.ts";
import { reduceValue } from "../values.ts";

/** Gathers reductions block by block. */
export function replaceScalars(body: readonly Statement[]): readonly Statement[] {
  const nested = body.map((statement) =>
    statement.kind === "loop" || statement.kind === "block"
      ? { ...statement, body: replaceScalars(statement.body) }
      : statement,
  );
  return dissolveAccumulators(gather(nested));
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
    let reads = false;
    if (expression) {
      visitExpression(expression, (part) => {
        if (part.kind === "load") reads ||= written.has(part.buffer);
        // Behind everything that is gathered into it, an accumulator may be read.
        if (part.kind === "variable") reads ||= at <= (lastInto.get(part.name) ?? -1);
      });
    }
    return !reads;
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
    const read = (value: Expression): Expression =>
      value.kind === "variable" ? (dissolved.get(value.name) ?? value) : value;
    return [mapStatement(statement, (expression) => mapExpression(expression, { variable: read }))];
  });
}

/** Names used inside nested bodies: what a loop reduces into has to stay. */
function usedInside(body: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  for (const statement of body) {
    if (statement.kind !== "loop" && statement.kind !== "block") continue;
    visitStatements(statement.body, (inner) => {
      if (inner.kind === "accumulate") names.add(inner.name);
      const expression = expressionOf(inner);
      if (expression) visitExpression(expression, (part) => part.kind === "variable" && names.add(part.name));
    });
  }
  return names;
}

/** Reduces two values as an expression. */
function reduceTwo(operator: ReduceOperator, left: Expression, right: Expression): Expression {
  return { kind: "binary", type: left.type, operator: reduceAsBinary(operator), left, right };
}
