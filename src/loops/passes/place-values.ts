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
  bufferWritten,
  buffersWritten,
  countUses,
  isNested,
  mapStatement,
  namesRead,
  replaceVariables,
  someExpression,
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
  const local = new Set(body.flatMap((statement) => [...namesRead(statement)]));
  const inlined = new Map<string, Expression>();
  const place = (value: Expression): Expression => replaceVariables(value, (name) => inlined.get(name));
  return body.flatMap((statement): Statement[] => {
    if (isNested(statement)) return [{ ...statement, body: inlineIn(statement.body, changing) }];
    const rewritten = inlined.size === 0 ? statement : mapStatement(statement, place);
    if (rewritten.kind !== "value" || uses.get(rewritten.name) !== 1 || !local.has(rewritten.name)) return [rewritten];
    if (readsAny(rewritten.value, changing)) return [rewritten];
    inlined.set(rewritten.name, rewritten.value);
    return [];
  });
}

function readsAny(expression: Expression, { buffers, accumulators }: Changing): boolean {
  return someExpression(
    expression,
    (part) =>
      (part.kind === "load" && buffers.has(part.buffer)) || (part.kind === "variable" && accumulators.has(part.name)),
  );
}

/** Sinks the values of every body. */
export function sinkValues(body: readonly Statement[]): readonly Statement[] {
  const sunk: Statement[] = [];
  let waiting: ValueStatement[] = [];
  /** Places the values that are wanted, and those that they use, in their order. */
  const place = (isWanted: (value: ValueStatement) => boolean): void => {
    const placed = new Set<ValueStatement>();
    for (const value of [...waiting].reverse()) {
      const isUsed = [...placed].some((later) => namesRead(later).has(value.name));
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
    const used = namesRead(statement);
    place((value) => isNested(statement) || used.has(value.name) || disturbs(statement, value));
    sunk.push(isNested(statement) ? { ...statement, body: sinkValues(statement.body) } : statement);
  }
  place(() => true);
  return sunk;
}

/** Whether a statement writes what a value reads: a buffer or an accumulator. */
function disturbs(statement: Statement, value: ValueStatement): boolean {
  const buffer = bufferWritten(statement);
  if (buffer) return someExpression(value.value, (part) => part.kind === "load" && part.buffer === buffer);
  return "name" in statement && namesRead(value).has(statement.name);
}
