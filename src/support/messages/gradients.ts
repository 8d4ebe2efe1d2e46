/** Messages about gradients. One function a code. */
import { EinsumError } from "../errors.ts";
import { quote } from "../carets.ts";
import { describe, suggest } from "../describe.ts";

import { words } from "../words.ts";

export function cotangentShape(wanted: readonly number[], found: readonly number[]): EinsumError {
  return new EinsumError({
    code: "cotangent-shape",
    summary: `the cotangent has shape [${found.join(", ")}], but the result has shape [${wanted.join(", ")}]`,
    remedy: "the cotangent is the gradient by the result, and has one element for each of its elements",
  });
}

export function gradientOfIntegers(operand: number, dtype: string): EinsumError {
  return new EinsumError({
    code: "gradient-of-integers",
    summary: `operand ${operand} has dtype ${dtype}: there is no gradient by integers`,
    remedy: `convert it to floats, or list the other operands ${words.within("by")}`,
  });
}

export function gradientOperand(found: unknown, operandCount: number): EinsumError {
  const last = operandCount - 1;
  return new EinsumError({
    code: "gradient-operand",
    summary: `${words.option("by")} lists ${describe(found)}, which is no operand`,
    remedy: `list positions of operands, ${last === 0 ? "of which there is 0 alone" : `from 0 to ${last}`}, each once`,
  });
}

export function notDifferentiable(option: "reduce" | "combine", name: string): EinsumError {
  return new EinsumError({
    code: "not-differentiable",
    summary: `${words.option(option)} is '${name}', which has no derivative`,
    remedy: "gradients are there for sums, means, products and extremes",
  });
}

export function unknownOperand(found: unknown, names: readonly string[]): EinsumError {
  const near = typeof found === "string" ? suggest(found, names) : undefined;
  return new EinsumError({
    code: "unknown-operand",
    summary: `there is no operand ${describe(found)} to take the gradient by`,
    remedy: `${near ? `did you mean ${quote(near)}? ` : ""}the operands are ${names.join(", ")}`,
  });
}
