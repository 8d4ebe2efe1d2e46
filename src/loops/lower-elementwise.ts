/**
 * Lowers prologues and epilogues: typed expressions over a value, what they read beside it, and names for what occurs
 * more than once. `einsum` has none but a mean's division, and does not carry this file: it is handed in.
 *
 *     then relu(out + bias[i])   -->   value bias = bias[i]; out[4*i + j] = max(acc + bias, 0)
 *
 * Invariant: each further element, and each shared part, is declared once before the value that uses it.
 */
import { valueTypeOf } from "../ir/dtype.ts";
import type { FunctionDefinition } from "../ir/element-function.ts";
import type { Elementwise } from "../ir/elementwise.ts";
import { InternalError, required } from "../support/errors.ts";
import type { Expression, Kernel, Statement } from "./kernel.ts";
import type { ElementwiseOfNest, Placing } from "./lower.ts";
import { nameRoutine, type RoutineNames } from "./names.ts";
import type { LoopNest } from "./nest.ts";
import { expressionOf, visitExpression, visitStatements } from "./rewrite.ts";
import { constant, convertTo, load } from "./values.ts";

/** Lowers the elementwise expressions of one nest, under names that stay the same wherever its body is repeated. */
export function lowerElementwise(nest: LoopNest): RoutineNames & ElementwiseOfNest {
  const names = nameRoutine(nest);
  const { dtype, operands, further = [], epilogue } = nest;
  const type = valueTypeOf(dtype);
  const furtherNames = further.map(({ buffer }) => names.choose(buffer.name));
  const appliedNames = operands.map(({ buffer, prologue }) => (prologue ? names.choose(`${buffer.name}In`) : ""));
  const partNames = new Map<Elementwise, string>();

  function apply(expression: Elementwise, value: Expression, at: Placing, statements: Statement[]): Expression {
    const declared = new Map<unknown, Expression>();
    const once = (key: unknown, name: string, make: () => Expression): Expression => {
      const known = declared.get(key) ?? declare(name, make(), statements);
      declared.set(key, known);
      return known;
    };
    const lower = (part: Elementwise): Expression => {
      switch (part.kind) {
        case "value":
          return convertTo(value, dtype);
        case "constant":
          return constant(part.value, type);
        case "integer":
          return { kind: "integer", type: "f64", value: part.value };
        case "element": {
          const access = required(further[part.access], `access ${part.access}`);
          const name = required(furtherNames[part.access], "the name of an access");
          return convertTo(
            once(part.access, name, () => load(access.buffer, at(access))),
            dtype,
          );
        }
        case "binary":
          return { ...part, type, left: lower(part.left), right: lower(part.right) };
        case "call":
          return { ...part, type, value: lower(part.value) };
        case "shared":
          return once(part, nameOfPart(part), () => lower(part.value));
        case "wrap":
          return { kind: "convert", type, dtype, value: lower(part.value) };
      }
    };
    return lower(expression);
  }

  function nameOfPart(part: Elementwise): string {
    const name = partNames.get(part) ?? names.choose("value");
    partNames.set(part, name);
    return name;
  }

  return {
    ...names,
    read(operand, element, at, statements) {
      const { prologue } = required(operands[operand], "an operand");
      if (!prologue) return element;
      const name = required(appliedNames[operand], "the name of a value");
      return declare(name, apply(prologue, convertTo(element, dtype), at, statements), statements);
    },
    combine: (values) =>
      nest.combine === "match" || nest.combine === "differ"
        ? compareValues(
            nest.combine,
            values.map((value) => convertTo(value, dtype)),
          )
        : null,
    finish: (value, at, statements) => (epilogue ? apply(epilogue, value, at, statements) : value),
  };
}

function declare(name: string, value: Expression, statements: Statement[]): Expression {
  statements.push({ kind: "value", name, value });
  return { kind: "variable", type: value.type, name };
}

/** Adds the definitions of the functions that a kernel calls. */
export function withDefinitions(kernel: Kernel): Kernel {
  const definitions = new Set<FunctionDefinition>();
  for (const { body } of kernel.routines) {
    visitStatements(body, (statement) => {
      const expression = expressionOf(statement);
      if (!expression) return;
      visitExpression(expression, (part) => {
        if (part.kind === "call" && part.function.definition) definitions.add(part.function.definition);
      });
    });
  }
  return definitions.size > 0 ? { ...kernel, definitions: [...definitions] } : kernel;
}

/** A value where an element differs from another one, by their difference; or where it does not. */
function compareValues(combine: "match" | "differ", [value, element, other]: readonly Expression[]): Expression {
  if (!value || !element || !other) throw new InternalError("what compares has three operands");
  const { type } = value;
  const difference: Expression = { kind: "binary", type, operator: "sub", left: other, right: element };
  const differs: Expression = { kind: "truth", type, value: difference };
  const matches: Expression = { kind: "binary", type, operator: "sub", left: constant(1, type), right: differs };
  return { kind: "binary", type, operator: "mul", left: value, right: combine === "match" ? matches : differs };
}
