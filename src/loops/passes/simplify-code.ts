/**
 * Says the same with less: two passes, for readers.
 *
 * `foldConstants` computes what is known while compiling: operations on constants, conversions and truths of constants,
 * and a division by 1.
 *
 *     out[0] = convert(1) / 4    -->    out[0] = 0.25
 *
 * Legal where both sides are constants, computed as `arithmetic.ts` defines them. Nothing is simplified because one
 * side is zero: 0 * NaN is NaN. Calls stay: engines differ in the last bit of `exp`, and text must not differ by engine.
 *
 * `removeDeadCode` removes what nothing uses: values, offsets and accumulators without a reader, loops that never run,
 * loops and blocks left without a statement, and the braces of a block that declares nothing.
 *
 *     value a0 = a[0]; out[0] = b[0]   -->   out[0] = b[0]
 *
 * Legal because loading has no effect.
 */
import { sizeAffine } from "../../affine/affine.ts";
import { binaryFunction, comparisonOf, convertFunction, isTrue, truthValue } from "../arithmetic.ts";
import type { ConstantExpression, Expression, LoopStatement, Statement } from "../kernel.ts";
import { addressesOf, mapBodies, mapParts, mapStatement, namesRead, visitStatements } from "../rewrite.ts";

/** Removes dead statements until nothing changes. */
export function removeDeadCode(body: readonly Statement[]): readonly Statement[] {
  let before = body;
  for (;;) {
    const after = sweep(before, usedNames(before));
    if (after.length === before.length && after.every((statement, at) => statement === before[at])) return after;
    before = after;
  }
}

function sweep(body: readonly Statement[], used: ReadonlySet<string>): readonly Statement[] {
  return body.flatMap((statement): readonly Statement[] => {
    switch (statement.kind) {
      case "loop":
      case "block": {
        if (statement.kind === "loop" && isNever(statement)) return [];
        const inner = sweep(statement.body, used);
        if (inner.length === 0) return [];
        if (statement.kind === "block" && !inner.some(declares)) return inner;
        const same = inner.length === statement.body.length && inner.every((kept, at) => kept === statement.body[at]);
        return [same ? statement : { ...statement, body: inner }];
      }
      case "value":
      case "offset":
      case "accumulator":
      case "accumulate":
      case "assign":
        return used.has(statement.name) ? [statement] : [];
      default:
        return [statement];
    }
  });
}

/** Whether a loop is known not to run. */
function isNever({ from, to }: LoopStatement): boolean {
  return typeof from === "number" && typeof to === "number" && to <= from;
}

/** Whether a statement needs a scope: it gives something a name. */
function declares({ kind }: Statement): boolean {
  return kind === "value" || kind === "offset" || kind === "accumulator";
}

/** Names that some statement reads; an accumulator that is only reduced into has no reader. */
function usedNames(body: readonly Statement[]): Set<string> {
  const used = new Set<string>();
  visitStatements(body, (statement) => {
    for (const name of namesRead(statement)) used.add(name);
    const bounds = statement.kind === "loop" ? [statement.from, statement.to].map(sizeAffine) : [];
    for (const { terms } of [...bounds, ...addressesOf(statement)]) {
      for (const { variable } of terms) used.add(variable);
    }
  });
  return used;
}

/** Folds the expressions of every statement. */
export function foldConstants(body: readonly Statement[]): readonly Statement[] {
  return mapBodies(body, foldConstants).map((statement) => mapStatement(statement, foldExpression));
}

/** Folds one expression from its leaves up. */
function foldExpression(expression: Expression): Expression {
  if (expression.kind === "call") return expression;
  const folded = mapParts(expression, foldExpression);
  switch (folded.kind) {
    case "binary": {
      const { left, right, operator, type } = folded;
      if (left.kind === "constant" && right.kind === "constant") {
        return constantOf(folded, binaryFunction(operator, type)(left.value, right.value));
      }
      return operator === "div" && right.kind === "constant" && right.value === 1 ? left : folded;
    }
    case "convert": {
      const { value, dtype } = folded;
      return value.kind === "constant" ? constantOf(folded, convertFunction(value.type, dtype)(value.value)) : folded;
    }
    case "compare": {
      const { left, right, operator, type } = folded;
      if (left.kind !== "constant" || right.kind !== "constant") return folded;
      return constantOf(folded, truthValue(comparisonOf(operator)(left.value, right.value), type));
    }
    case "integer":
      return folded.value.terms.length === 0 ? constantOf(folded, folded.value.constant) : folded;
    case "select": {
      const { condition, yes, no } = folded;
      return condition.kind === "constant" ? (isTrue(condition.value) ? yes : no) : folded;
    }
    default:
      return folded;
  }
}

function constantOf({ type }: Expression, value: number | bigint): ConstantExpression {
  return { kind: "constant", type, value };
}
