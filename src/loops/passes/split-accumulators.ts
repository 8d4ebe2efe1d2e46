/**
 * Gives a long chain of additions several accumulators, so that they do not wait for each other.
 *
 *     accumulator acc = 0                                accumulator acc0 = 0; accumulator acc1 = 0
 *     for j { acc sum= x0 + x1 }      -->     for j { acc0 sum= x0; acc1 sum= x1 }
 *     out[i] = acc                                 out[i] = acc0 + acc1
 *
 * Legal for every reduction: its order is free. It is done where a body keeps a single accumulator, reduced into by
 * one statement of at least four values; several accumulators are independent already.
 */
import { reduceAsBinary } from "../arithmetic.ts";
import type { AccumulatorStatement, AccumulateStatement, Expression, Statement } from "../kernel.ts";
import { mapExpression, mapStatement, visitStatements } from "../rewrite.ts";

/** As many chains as an adder needs to stay busy. */
const CHAINS = 4;

/** Splits accumulators in every body. */
export function splitAccumulators(body: readonly Statement[]): readonly Statement[] {
  const nested = body.map((statement) =>
    statement.kind === "loop" || statement.kind === "block"
      ? { ...statement, body: splitAccumulators(statement.body) }
      : statement,
  );
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
  if (statement.kind === "loop" || statement.kind === "block") {
    return [{ ...statement, body: statement.body.flatMap((inner) => splitStatement(inner, name, names, gathered)) }];
  }
  if (statement.kind === "accumulate" && statement.name === name) {
    return termsOf(statement).map((value, position) => ({
      ...statement,
      name: names[position % names.length] as string,
      value,
    }));
  }
  const read = (value: Expression): Expression => (value.kind === "variable" && value.name === name ? gathered : value);
  return [mapStatement(statement, (expression) => mapExpression(expression, { variable: read }))];
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
