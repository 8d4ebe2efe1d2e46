/**
 * Moves values down to where they are first used, so that few of them wait in registers at a time: V8 loads in the order
 * of the code, and what it loaded too early it puts aside.
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
import { expressionOf, visitExpression } from "../rewrite.ts";

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
