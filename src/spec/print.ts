/**
 * Prints a spec in its canonical form: `ij,jk->ik` and `bi(2*x+k)` in the compact notation, and
 * `b i (2*x + k - 1), o i k -> b o x` in the named one.
 *
 * Invariant: parsing the printed text in the spec's notation gives the same spec but for text and spans.
 */
import { published, unreachable } from "../support/errors.ts";
import { specNotParsed } from "../support/messages/spec.ts";
import { copyOf } from "../support/read.ts";
import type { AffineAxis, AxisExpression, EinsumSpec, Factor, Notation, Term } from "./ast.ts";

/** Returns the canonical text of a spec. */
export const printSpec = /* @__PURE__ */ published(function printSpec(given: EinsumSpec): string {
  const spec = copyOf(given, 8);
  if (!isSpec(spec)) throw specNotParsed(given);
  const { notation, operands, output } = spec;
  const inputs = operands.map((term) => printTerm(term, notation));
  if (notation === "compact") return inputs.join(",") + (output ? `->${printTerm(output, notation)}` : "");
  const pieces = [inputs.join(", ").trim()];
  if (output) pieces.push("->", printTerm(output, notation));
  return pieces.filter((piece) => piece !== "").join(" ");
});

/** Whether a value is a tree, whoever made it; where it stands in a text is no matter. */
function isSpec(value: unknown): value is EinsumSpec {
  const { notation, operands, output } = fieldsOf(value);
  return (
    (notation === "compact" || notation === "named") &&
    isListOf(operands, isTerm) &&
    (output === null || isTerm(output))
  );
}

function isTerm(value: unknown): boolean {
  return isListOf(fieldsOf(value)["axes"], isAxis);
}

function isAxis(value: unknown): boolean {
  const { kind, name, parts, paddingAfter } = fieldsOf(value);
  if (kind === "index") return typeof name === "string";
  if (kind === "composition") return isListOf(parts, isAxis);
  if (kind === "affine") return isListOf(parts, isPart) && (paddingAfter === null || isFactor(paddingAfter));
  return kind === "ellipsis" || kind === "unit";
}

function isPart(value: unknown): boolean {
  const { sign, factors } = fieldsOf(value);
  return (sign === 1 || sign === -1) && isListOf(factors, isFactor);
}

function isFactor(value: unknown): boolean {
  const { kind, name, value: integer } = fieldsOf(value);
  return kind === "integer"
    ? Number.isSafeInteger(integer)
    : (kind === "name" || kind === "size") && typeof name === "string";
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Returns the canonical text of one term. */
export function printTerm(term: Term, notation: Notation): string {
  return term.axes.map((axis) => printAxis(axis, notation)).join(between(notation));
}

/** Returns the canonical text of one axis expression. */
export function printAxis(axis: AxisExpression, notation: Notation): string {
  switch (axis.kind) {
    case "index":
      return axis.name;
    case "ellipsis":
      return "...";
    case "unit":
      // In the compact notation a 1 could be taken for part of a number or of a name.
      return notation === "compact" ? "()" : "1";
    case "composition":
      return `(${axis.parts.map((part) => printAxis(part, notation)).join(between(notation))})`;
    case "affine":
      return `(${printAffine(axis, between(notation))})`;
    default:
      return unreachable(axis);
  }
}

function printAffine(axis: AffineAxis, space: string): string {
  let text = "";
  for (const [position, part] of axis.parts.entries()) {
    const product = part.factors.map(printFactor).join("*");
    if (position > 0) text += `${space}${part.sign < 0 ? "-" : "+"}${space}${product}`;
    else text += (part.sign < 0 ? "-" : "") + product;
  }
  return axis.paddingAfter ? `${text}${space}:${space}${axis.paddingAfter.value}` : text;
}

function printFactor(factor: Factor): string {
  switch (factor.kind) {
    case "name":
      return factor.name;
    case "integer":
      return String(factor.value);
    case "size":
      return `|${factor.name}|`;
    default:
      return unreachable(factor);
  }
}

function between(notation: Notation): string {
  return notation === "named" ? " " : "";
}
