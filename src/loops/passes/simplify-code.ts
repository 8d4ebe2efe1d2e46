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
import { type Affine, sizeAffine } from "../../affine/affine.ts";
import type { ConstantExpression, Expression, LoopStatement, Statement } from "../kernel.ts";
import { expressionOf, mapStatement, visitExpression, visitStatements } from "../rewrite.ts";
import { binaryFunction, comparisonOf, convertFunction, isTrue, truthValue } from "../arithmetic.ts";

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
  const useAddress = ({ terms }: Affine): void => {
    for (const { variable } of terms) used.add(variable);
  };
  visitStatements(body, (statement) => {
    const expression = expressionOf(statement);
    if (expression) {
      visitExpression(expression, (part) => {
        if (part.kind === "variable") used.add(part.name);
        if (part.kind === "load") useAddress(part.address);
        if (part.kind === "integer") useAddress(part.value);
      });
    }
    if (statement.kind === "store" || statement.kind === "update") useAddress(statement.address);
    if (statement.kind === "offset") useAddress(statement.value);
    if (statement.kind === "loop") [statement.from, statement.to].map(sizeAffine).forEach(useAddress);
  });
  return used;
}

/** Folds the expressions of every statement. */
export function foldConstants(body: readonly Statement[]): readonly Statement[] {
  return body.map((statement) =>
    statement.kind === "loop" || statement.kind === "block"
      ? { ...statement, body: foldConstants(statement.body) }
      : mapStatement(statement, foldExpression),
  );
}

/** Folds one expression from its leaves up. */
function foldExpression(expression: Expression): Expression {
  switch (expression.kind) {
    case "binary": {
      const left = foldExpression(expression.left);
      const right = foldExpression(expression.right);
      if (left.kind === "constant" && right.kind === "constant") {
        return constantOf(expression, binaryFunction(expression.operator, expression.type)(left.value, right.value));
      }
      if (expression.operator === "div" && right.kind === "constant" && right.value === 1) return left;
      return left === expression.left && right === expression.right ? expression : { ...expression, left, right };
    }
    case "convert": {
      const value = foldExpression(expression.value);
      if (value.kind === "constant") {
        return constantOf(expression, convertFunction(value.type, expression.dtype)(value.value));
      }
      return value === expression.value ? expression : { ...expression, value };
    }
    case "compare": {
      const left = foldExpression(expression.left);
      const right = foldExpression(expression.right);
      if (left.kind === "constant" && right.kind === "constant") {
        const truth = comparisonOf(expression.operator)(left.value, right.value);
        return constantOf(expression, truthValue(truth, expression.type));
      }
      return left === expression.left && right === expression.right ? expression : { ...expression, left, right };
    }
    case "integer":
      return expression.value.terms.length === 0 ? constantOf(expression, expression.value.constant) : expression;
    case "select": {
      const [condition, yes, no] = [expression.condition, expression.yes, expression.no].map(foldExpression) as Three;
      if (condition.kind === "constant") return isTrue(condition.value) ? yes : no;
      return { ...expression, condition, yes, no };
    }
    default:
      return expression;
  }
}

type Three = [Expression, Expression, Expression];

function constantOf({ type }: Expression, value: number | bigint): ConstantExpression {
  return { kind: "constant", type, value };
}
