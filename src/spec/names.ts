/**
 * The names of a spec: where each stands and how it is used, and whether its author may have meant something else where
 * the compact notation reads letters.
 */
import { unreachable } from "../support/errors.ts";
import { namedHint, notationHint, slipHint } from "../support/messages/spec.ts";
import type { Span } from "../support/span.ts";
import { detectNotation } from "./lexer.ts";
import type { AxisExpression, EinsumSpec, Term } from "./ast.ts";

/**
 * One occurrence of a name: an axis of its own (`index`), a member of a composition (`part`), a factor of an
 * expression (`factor`: an index or a parameter), or in `|k|` (`size`).
 */
export interface NameUse {
  readonly name: string;
  readonly span: Span;
  readonly use: "index" | "part" | "factor" | "size";
  /** Which axis of the term it stands in. */
  readonly axis: number;
}

/** Yields every occurrence of a name in a term, left to right. */
export function* namesOf(term: Term): Generator<NameUse> {
  for (const [position, axis] of term.axes.entries()) yield* namesOfAxis(axis, position);
}

function* namesOfAxis(expression: AxisExpression, axis: number): Generator<NameUse> {
  switch (expression.kind) {
    case "index":
      yield { name: expression.name, span: expression.span, use: "index", axis };
      return;
    case "composition":
      for (const part of expression.parts) {
        if (part.kind === "index") yield { name: part.name, span: part.span, use: "part", axis };
      }
      return;
    case "affine":
      for (const factor of expression.parts.flatMap((part) => part.factors)) {
        if (factor.kind === "name") yield { name: factor.name, span: factor.span, use: "factor", axis };
        if (factor.kind === "size") yield { name: factor.name, span: factor.span, use: "size", axis };
      }
      return;
    case "ellipsis":
    case "unit":
      return;
    default:
      unreachable(expression);
  }
}

/** From how many letters on, side by side, a term of the compact notation looks like a word. */
const WORD_LENGTH = 3;

/**
 * For a spec that was perhaps meant otherwise, returns the sentence that says how; else null: where a sign that is typed
 * for one of the grammar's, such as `，`, is an index, where letters read like words, or where an expression alone made
 * the notation named. It is a guess, meant as
 * the remedy of an error that happened anyway: `index -> ` given a matrix. What touches outside parentheses is a word if
 * it begins with a letter and has three of them, or a digit.
 */
export function misreading(spec: EinsumSpec): string | null {
  if (spec.notation === "named") return namedByExpression(spec);
  for (const { name } of spec.operands.flatMap((term) => [...namesOf(term)])) {
    const hint = slipHint(name);
    if (hint !== null) return hint;
  }
  for (const [run] of spec.text.replace(/\(.*?\)/gsu, " ").matchAll(/[\p{L}\p{M}1]+/gu)) {
    if (!run.startsWith("1") && (run.length >= WORD_LENGTH || run.includes("1"))) return notationHint(run);
  }
  return null;
}

function namedByExpression({ text, operands }: EinsumSpec): string | null {
  if (detectNotation(text.replace(/\(.*?\)/gsu, "()")) === "named") return null;
  const index = operands.flatMap(({ axes }) => axes).find((axis) => axis.kind === "index" && axis.name.length > 1);
  return index?.kind === "index" ? namedHint(index.name) : null;
}
