/**
 * Moves values to where they are used: two passes, for readers and for registers.
 *
 * `inlineValues` puts a value that is used once in the place of its use.
 *
 *     value a0 = a[i]; acc sum= a0 * b0   -->   acc sum= a[i] * b0
 *
 * Legal where the use lies in the same body, not in a loop inside it, and the value reads nothing that changes, no
 * accumulator and no buffer that the routine writes: the load moves past other statements.
 *
 * `sinkValues` moves values down to where they are first used, so that few of them wait in registers at a time: V8 loads in
 * the order of the code, and what it loaded too early it puts aside.
 *
 *     value a0 = a[i]                        value a0 = a[i]
 *     value a1 = a[i + 1]             -->    value a1 = a[i + 1]
 *     value a2 = a[i + 2]                    out[i] = a0 + a1
 *     out[i] = a0 + a1                       value a2 = a[i + 2]
 *     out[i + 1] = a1 + a2                   out[i + 1] = a1 + a2
 *
 * Legal where nothing in between writes what the value reads: a buffer that it loads from, or an accumulator. A loop or a
 * block is not passed by: what stands before it stays there.
 */
import type { Buffer, Expression, Statement, ValueStatement } from "../kernel.ts";
import {
  buffersWritten,
  countUses,
  expressionOf,
  mapExpression,
  mapStatement,
  visitExpression,
  visitStatements,
} from "../rewrite.ts";

/** Inlines values in every body. */
export function inlineValues(body: readonly Statement[]): readonly Statement[] {
  const accumulators = new Set<string>();
  visitStatements(body, (statement) => {
    if (statement.kind === "accumulator") accumulators.add(statement.name);
  });
  return inlineIn(body, { buffers: buffersWritten(body), accumulators });
}

/** What changes while a routine runs. */
interface Changing {
  readonly buffers: ReadonlySet<Buffer>;
  readonly accumulators: ReadonlySet<string>;
}

function inlineIn(body: readonly Statement[], changing: Changing): Statement[] {
  const uses = countUses(body);
  const local = localUses(body);
  const inlined = new Map<string, Expression>();
  const result: Statement[] = [];
  for (const statement of body) {
    if (statement.kind === "loop" || statement.kind === "block") {
      result.push({ ...statement, body: inlineIn(statement.body, changing) });
      continue;
    }
    const rewritten = inlined.size === 0 ? statement : mapStatement(statement, (value) => place(value, inlined));
    if (rewritten.kind === "value" && uses.get(rewritten.name) === 1 && local.has(rewritten.name)) {
      if (!readsAny(rewritten.value, changing)) {
        inlined.set(rewritten.name, rewritten.value);
        continue;
      }
    }
    result.push(rewritten);
  }
  return result;
}

function place(expression: Expression, inlined: ReadonlyMap<string, Expression>): Expression {
  return mapExpression(expression, { variable: (value) => inlined.get(value.name) ?? value });
}

/** Names used directly in the body. */
function localUses(body: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  for (const statement of body) {
    const expression = expressionOf(statement);
    if (expression) visitExpression(expression, (part) => part.kind === "variable" && names.add(part.name));
  }
  return names;
}

function readsAny(expression: Expression, { buffers, accumulators }: Changing): boolean {
  let reads = false;
  visitExpression(expression, (part) => {
    if (part.kind === "load") reads ||= buffers.has(part.buffer);
    if (part.kind === "variable") reads ||= accumulators.has(part.name);
  });
  return reads;
}

/** Sinks the values of every body. */
export function sinkValues(body: readonly Statement[]): readonly Statement[] {
  const sunk: Statement[] = [];
  let waiting: ValueStatement[] = [];
  /** Places the values that are wanted, and those that they use, in their order. */
  const place = (isWanted: (value: ValueStatement) => boolean): void => {
    const placed = new Set<ValueStatement>();
    for (const value of [...waiting].reverse()) {
      const isUsed = [...placed].some((later) => namesIn(later.value).has(value.name));
      if (isUsed || isWanted(value)) placed.add(value);
    }
    sunk.push(...waiting.filter((value) => placed.has(value)));
    waiting = waiting.filter((value) => !placed.has(value));
  };
  for (const statement of body) {
    if (statement.kind === "value") {
      waiting.push(statement);
      continue;
    }
    const nested = statement.kind === "loop" || statement.kind === "block";
    const expression = expressionOf(statement);
    const used = expression ? namesIn(expression) : new Set<string>();
    place((value) => nested || used.has(value.name) || disturbs(statement, value));
    sunk.push(nested ? { ...statement, body: sinkValues(statement.body) } : statement);
  }
  place(() => true);
  return sunk;
}

/** Whether a statement writes what a value reads. */
function disturbs(statement: Statement, { value }: ValueStatement): boolean {
  switch (statement.kind) {
    case "store":
    case "update":
    case "fill":
      return buffersIn(value).has(statement.buffer);
    case "assign":
    case "accumulate":
    case "accumulator":
      return namesIn(value).has(statement.name);
    default:
      return false;
  }
}

function namesIn(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  visitExpression(expression, (part) => {
    if (part.kind === "variable") names.add(part.name);
  });
  return names;
}

function buffersIn(expression: Expression): ReadonlySet<Buffer> {
  const buffers = new Set<Buffer>();
  visitExpression(expression, (part) => {
    if (part.kind === "load") buffers.add(part.buffer);
  });
  return buffers;
}
