/** Messages about the text of a spec: what the grammar refuses, and what was probably meant. One function a code. */
import { quote } from "../carets.ts";
import { describe } from "../describe.ts";
import { EinsumError } from "../errors.ts";
import { joinSpans, type Span } from "../span.ts";

const SPELL_WORDS = `separate names by spaces, as in 'b ic (2*ow + kw)', or set notation to "named"`;

export function adjacentLetters(text: string, word: Span): EinsumError {
  return new EinsumError({
    code: "adjacent-letters",
    summary: `in the compact notation every letter is an index, and no operator stands within ${quoteAt(text, word)}`,
    text,
    marks: [{ span: word }],
    remedy: `if it is one name, ${SPELL_WORDS}; else write the operator`,
  });
}

export function arrowRequired(text: string, span: Span, obstacle: string): EinsumError {
  return new EinsumError({
    code: "arrow-required",
    summary: `a spec with ${obstacle} has no implied output`,
    text,
    marks: [{ span }],
    remedy: "add '->' and the axes of the result; '->' alone reduces over every index",
  });
}

export function bareExpression(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "bare-expression",
    summary: `${quoteAt(text, span)} stands outside parentheses`,
    text,
    marks: [{ span }],
    remedy: "put an expression in parentheses, as in (2*x + k - 1); the arrow is '->'",
  });
}

export function bareNumber(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "bare-number",
    summary: `the number ${quoteAt(text, span)} is not an axis`,
    text,
    marks: [{ span }],
    remedy: "1 is an axis of size 1; in parentheses, as in (3), a number reads that one element of the axis",
  });
}

export function digitAfterLetter(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "digit-after-letter",
    summary: `in the compact notation a name is one letter, and ${quoteAt(text, span)} has a digit`,
    text,
    marks: [{ span }],
    remedy: SPELL_WORDS,
  });
}

export function digitBeforeName(text: string, number: Span, name: Span): EinsumError {
  const product = `(${sliceAt(text, number)}*${sliceAt(text, name)})`;
  return new EinsumError({
    code: "digit-before-name",
    summary: `the number ${quoteAt(text, number)} runs into the name ${quoteAt(text, name)}`,
    text,
    marks: [{ span: joinSpans(number, name) }],
    remedy: `begin a name with a letter; write a product as ${quote(product)}`,
  });
}

export function ellipsisInParentheses(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "ellipsis-in-parentheses",
    summary: "an operand cannot have an ellipsis inside parentheses",
    text,
    marks: [{ span }],
    remedy: "write the ellipsis outside of them; only the output may merge it, as in (...) or (h ...)",
  });
}

export function integerTooLarge(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "integer-too-large",
    summary: `the integer ${quoteAt(text, span)} is too large to be exact`,
    text,
    marks: [{ span }],
    remedy: `use integers up to ${Number.MAX_SAFE_INTEGER}`,
  });
}

export function malformedEllipsis(text: string, span: Span): EinsumError {
  const count = span.end - span.start;
  return new EinsumError({
    code: "malformed-ellipsis",
    summary: `an ellipsis is three dots, found ${count}`,
    text,
    marks: [{ span }],
    remedy: "write '...', once in a term",
  });
}

export function malformedExpression(text: string, found: Span): EinsumError {
  return new EinsumError({
    code: "malformed-expression",
    summary: `an index or an integer is missing before ${quoteAt(text, found)}`,
    text,
    marks: [{ span: found }],
    remedy: "write sums of products with one index each, as in (2*x + k - 1)",
  });
}

export function malformedPadding(text: string, found: Span): EinsumError {
  return new EinsumError({
    code: "malformed-padding",
    summary: `the padding after ':' is a single integer, found ${quoteAt(text, found)}`,
    text,
    marks: [{ span: found }],
    remedy: "write the padding before and after the axis as in (x + k - 1 : 2)",
  });
}

export function malformedSize(text: string, open: Span, found: Span): EinsumError {
  return new EinsumError({
    code: "malformed-size",
    summary: `the size of an index is its name between bars, found ${quoteAt(text, found)}`,
    text,
    marks: [{ span: open, label: "opened here" }, { span: found }],
    remedy: "write |k| for the size of k",
  });
}

export function missingOperator(text: string, left: Span, right: Span): EinsumError {
  const isProduct = /^[0-9]+$/.test(sliceAt(text, left)) && sliceAt(text, right) !== "|";
  return new EinsumError({
    code: "missing-operator",
    summary: `there is no operator between ${quoteAt(text, left)} and ${quoteAt(text, right)}`,
    text,
    marks: [{ span: joinSpans(left, right) }],
    remedy: isProduct
      ? `write ${quote(`${sliceAt(text, left)}*${sliceAt(text, right)}`)}`
      : "write +, - or * between them; a composition such as (h w) holds names alone",
  });
}

export function nestedParentheses(text: string, outer: Span, inner: Span): EinsumError {
  return new EinsumError({
    code: "nested-parentheses",
    summary: "parentheses do not nest",
    text,
    marks: [{ span: outer, label: "still open" }, { span: inner }],
    remedy: "write one pair around each axis, with the products multiplied out",
  });
}

export function notAnInteger(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "not-an-integer",
    summary: `${quoteAt(text, span)} is not an integer`,
    text,
    marks: [{ span }],
    remedy: "write integers: an expression names whole elements",
  });
}

export function repeatedArrow(text: string, first: Span, second: Span): EinsumError {
  return new EinsumError({
    code: "repeated-arrow",
    summary: "a spec has one arrow",
    text,
    marks: [{ span: first }, { span: second, label: "the second" }],
    remedy: "write the operands before the arrow and the output after it",
  });
}

export function repeatedEllipsis(text: string, first: Span, second: Span): EinsumError {
  return new EinsumError({
    code: "repeated-ellipsis",
    summary: "a term has at most one ellipsis",
    text,
    marks: [{ span: first }, { span: second, label: "the second" }],
    remedy: "leave one out",
  });
}

export function severalOutputs(text: string, comma: Span): EinsumError {
  return new EinsumError({
    code: "several-outputs",
    summary: "a spec has one output",
    text,
    marks: [{ span: comma, label: "another term begins" }],
    remedy: "write all operands before the arrow",
  });
}

export function specNotText(found: unknown): EinsumError {
  return new EinsumError({
    code: "spec-not-text",
    summary: `a spec is a string, found ${describe(found)}`,
    remedy: "pass a text such as 'ij,jk->ik'",
  });
}

export function unclosedParenthesis(text: string, open: Span): EinsumError {
  return new EinsumError({
    code: "unclosed-parenthesis",
    summary: "a parenthesis is never closed",
    text,
    marks: [{ span: open }],
    remedy: "close it before the term ends",
  });
}

/** Names the character at a place, or the few that a known slip such as `=>` is made of. */
export function unexpectedCharacter(text: string, at: number, notation: "compact" | "named"): EinsumError {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const found = text.startsWith("=>", at) ? "=>" : character;
  const [summary, remedy] =
    notation === "compact" && found === "_"
      ? [`in the compact notation a name is one letter, without ${quote(found)}`, SPELL_WORDS]
      : [`unexpected ${nameOf(found)}`, slipRemedy(found)];
  const marks = [{ span: { start: at, end: at + found.length } }];
  return new EinsumError({ code: "unexpected-character", summary, text, marks, remedy });
}

export function unknownNotation(found: unknown): EinsumError {
  return new EinsumError({
    code: "unknown-notation",
    summary: `there is no notation ${describe(found)}`,
    remedy: `set notation to "compact" or "named", or leave it out`,
  });
}

export function unopenedParenthesis(text: string, close: Span): EinsumError {
  return new EinsumError({
    code: "unopened-parenthesis",
    summary: "a parenthesis is closed that was never opened",
    text,
    marks: [{ span: close }],
    remedy: "write '(' before the expression, or leave this one out",
  });
}

/** The remedy for a compact spec whose letters, such as those of `word`, may have been meant as one name. */
export function notationHint(word: string): string {
  return `${quote(word)} is read letter by letter, each an index; if it is one name, ${SPELL_WORDS}`;
}

/** What was meant by characters that people, keyboards and other notations put where the grammar has others. */
const SLIPS: readonly (readonly [characters: string, remedy: string])[] = [
  ["=> → ⇒ ⟶ > ＞", "write the arrow as '->'"],
  ["; ， 、 ；", "separate operands by ','"],
  ["{ } [ ] （ ） < ［ ］", "group with parentheses, as in (h w)"],
  ["× ∗ ⋅ ∙ ·", "write a product with '*', as in 2*k"],
  ["− – — －", "write '-', the plain minus sign"],
  ["…", "write an ellipsis as three dots"],
  ["/ %", "an expression has no division; give the quotient as a parameter"],
  ["' \" `", "leave out the quotes"],
];

function slipRemedy(found: string): string {
  for (const [characters, remedy] of SLIPS) if (characters.split(" ").includes(found)) return remedy;
  if (/^\p{Z}$/u.test(found)) return "separate names by ordinary spaces";
  return isVisible(found)
    ? "a spec holds names, integers, ',' '->' '...' and parentheses, with + - * : | inside them"
    : "remove it";
}

/** A character as a message shows it: itself where it can be seen, else its number. */
function nameOf(found: string): string {
  if (isVisible(found)) return quote(found);
  const hex = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `character U+${hex}`;
}

function isVisible(found: string): boolean {
  return /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(found) && !/\p{Default_Ignorable_Code_Point}/u.test(found);
}

function quoteAt(text: string, span: Span): string {
  return quote(sliceAt(text, span));
}

function sliceAt(text: string, span: Span): string {
  return text.slice(span.start, span.end);
}
