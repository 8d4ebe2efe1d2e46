/**
 * The names of a spec: where each stands and how it is used, and whether its author may have meant something else where
 * the compact notation reads letters.
 */
import { unreachable } from "../support/errors.ts";
import * as messages from "../support/messages/spec.ts";
import { namedHint, notationHint, slipHint } from "../support/messages/spec.ts";
import type { Span } from "../support/carets.ts";
import { detectNotation, isOneLetter } from "./lexer.ts";
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

/** Every occurrence of a name in a term, left to right. */
export function namesOf(term: Term): NameUse[] {
  return term.axes.flatMap((axis, position) =>
    usesOf(axis).map(([{ name, span }, use]) => ({ name, span, use, axis: position })),
  );
}

type Named = Pick<NameUse, "name" | "span">;

function usesOf(expression: AxisExpression): (readonly [Named, NameUse["use"]])[] {
  switch (expression.kind) {
    case "index":
      return [[expression, "index"]];
    case "composition":
      return expression.parts.flatMap((part) => (part.kind === "index" ? [[part, "part"]] : []));
    case "affine":
      return expression.parts
        .flatMap(({ factors }) => factors)
        .flatMap((factor) => (factor.kind === "integer" ? [] : [[factor, factor.kind === "name" ? "factor" : "size"]]));
    case "ellipsis":
    case "unit":
      return [];
    default:
      return unreachable(expression);
  }
}

/** The names that terms use, each once. */
export function namesIn(terms: readonly Term[]): Set<string> {
  return new Set(terms.flatMap(namesOf).map(({ name }) => name));
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
  for (const { name } of spec.operands.flatMap(namesOf)) {
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

//  * The output of a spec: as written, or as NumPy implies it where there is no arrow.
//
// Invariant: an implied output holds an ellipsis if an operand has one, then the indices that occur once over all
// operands, in code point order.

/**
 * Returns the output term. An implied one carries an empty span at the end of the text.
 *
 * @throws EinsumError where there is no arrow and a name has several letters, or an axis is an expression, a
 * composition or an axis of size 1: what the result should be is then no longer obvious.
 */
export function outputTerm(spec: EinsumSpec): Term {
  return spec.output ?? impliedOutput(spec);
}

function impliedOutput(spec: EinsumSpec): Term {
  const counts = new Map<string, number>();
  const span: Span = { start: spec.text.length, end: spec.text.length };
  let hasEllipsis = false;
  for (const axis of spec.operands.flatMap((term) => term.axes)) {
    const obstacle = whatNeedsAnArrow(axis);
    if (obstacle) throw messages.arrowRequired(spec.text, axis.span, obstacle);
    if (axis.kind === "ellipsis") hasEllipsis = true;
    if (axis.kind === "index") counts.set(axis.name, (counts.get(axis.name) ?? 0) + 1);
  }
  const once = [...counts.keys()].filter((name) => counts.get(name) === 1).sort(compareCodePoints);
  const axes: AxisExpression[] = once.map((name) => ({ kind: "index", name, span }));
  return { axes: hasEllipsis ? [{ kind: "ellipsis", span }, ...axes] : axes, span };
}

function whatNeedsAnArrow(axis: AxisExpression): string | null {
  switch (axis.kind) {
    case "index":
      return isOneLetter(axis.name) ? null : "a name of several letters";
    case "ellipsis":
      return null;
    case "unit":
      return "an axis of size 1";
    case "composition":
      return "a composition";
    case "affine":
      return "an expression";
    default:
      return unreachable(axis);
  }
}

/** Orders by code points; the default order, by UTF-16 units, puts U+1D49C before U+FB01. */
function compareCodePoints(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  const at = a.findIndex((character, position) => character !== b[position]);
  if (at < 0) return a.length - b.length;
  return (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0);
}
