/**
 * Computes what is known while compiling: operations on constants, conversions and truths of constants, and a
 * division by 1.
 *
 *     out[0] = convert(1) / 4    -->    out[0] = 0.25
 *
 * Legal where both sides are constants, computed as `arithmetic.ts` defines them. Nothing is simplified because one
 * side is zero: 0 * NaN is NaN. Calls stay: engines differ in the last bit of `exp`, and text must not differ by engine.
 */
import type { ConstantExpression, Expression, Statement } from "../kernel.ts";
import { binaryFunction, comparisonOf, convertFunction, isTrue, truthValue } from "../arithmetic.ts";
import { mapStatement } from "../rewrite.ts";

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
