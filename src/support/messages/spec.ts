/** Messages about the text of a spec: what the grammar refuses, and what was probably meant. One function a code. */
import { quote, joinSpans, type Span } from "../carets.ts";
import { describe } from "../describe.ts";
import { EinsumError } from "../errors.ts";
import { words } from "../words.ts";

export function adjacentLetters(text: string, word: Span): EinsumError {
  return new EinsumError({
    code: "adjacent-letters",
    summary: `in the compact notation every letter is an index, and no operator stands within ${quoteAt(text, word)}`,
    text,
    marks: [{ span: word }],
    remedy: slipIn(sliceAt(text, word)) ?? `if it is one name, ${spellWords()}; else write the operator`,
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
  const sign = sliceAt(text, span);
  return new EinsumError({
    code: "bare-expression",
    summary: `${quote(sign)} stands outside parentheses`,
    text,
    marks: [{ span }],
    remedy: `put an expression in parentheses, as in (2*x + k - 1); ${BARE[sign] ?? "the arrow is '->'"}`,
  });
}

/** What else a sign may have been meant for that stands outside parentheses. */
const BARE: Readonly<Record<string, string>> = {
  "*": "operands that are multiplied are separated by ','",
  "+": `operands are separated by ',', and added with combine "add"`,
  ":": "sizes are given beside the spec, not in it",
};

export function bareNumber(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "bare-number",
    summary: `the number ${quoteAt(text, span)} is not an axis`,
    text,
    marks: [{ span }],
    remedy:
      "1 is an axis of size 1, and a number in parentheses, as in (3), reads that one element of the axis; an axis of any other size has a name",
  });
}

export function digitAfterLetter(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "digit-after-letter",
    summary: `in the compact notation a name is one letter, and ${quoteAt(text, span)} has a digit`,
    text,
    marks: [{ span }],
    remedy: spellWords(),
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
    remedy: text.startsWith("**", found.start - 1)
      ? NO_POWERS
      : "write sums of products with one index each, as in (2*x + k - 1)",
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
  const [first, second] = [sliceAt(text, left), sliceAt(text, right)];
  const both = joinSpans(left, right);
  const sizes = /^[0-9]/.test(second) ? ", whose sizes are given beside the spec" : "";
  const remedy =
    /^[0-9]+$/.test(first) && second !== "|"
      ? `write ${quote(`${first}*${second}`)}`
      : `write +, - or * between them; a composition such as (h w) holds names alone${sizes}`;
  return new EinsumError({
    code: "missing-operator",
    summary: `there is no operator between ${quote(first)} and ${quote(second)}`,
    text,
    marks: [{ span: both }],
    remedy: slipIn(sliceAt(text, both)) ?? remedy,
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

export function specNotParsed(found: unknown): EinsumError {
  return new EinsumError({
    code: "spec-not-parsed",
    summary: `a spec to print must be one that parseSpec returns, found ${describe(found)}`,
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
  const found = ["=>", "//"].find((slip) => text.startsWith(slip, at)) ?? character;
  const isBlank = notation === "compact" && found === "_";
  // In a word of the named notation, or for an axis that needs no name of its own.
  const isWord = /^[\p{L}\p{N}]_|_[\p{L}\p{N}_]/u.test(text.slice(Math.max(0, at - 1), at + 2));
  const summary = isBlank
    ? `in the compact notation a name is one letter, without ${quote(found)}`
    : `unexpected ${nameOf(found)}`;
  const marks = [{ span: { start: at, end: at + found.length } }];
  const remedy = !isBlank
    ? slipRemedy(found)
    : isWord
      ? spellWords()
      : "name every axis by a letter; the output leaves out what is reduced over";
  return new EinsumError({ code: "unexpected-character", summary, text, marks, remedy });
}

export function unknownNotation(found: unknown): EinsumError {
  return new EinsumError({
    code: "unknown-notation",
    summary: `there is no notation ${describe(found)}`,
    remedy: `${words.set("notation", "compact")} or "named", or leave it out`,
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

/** The remedy for a spec whose letters, such as those of `word`, are one name because of a longer name in an expression. */
export function namedHint(word: string): string {
  return `a name of several letters in an expression makes this the named notation, where ${quote(word)} is one name; separate names by spaces`;
}

function spellWords(): string {
  return `separate names by spaces, as in 'b ic (2*ow + kw)', or ${words.set("notation", "named")}`;
}

/** The remedy for a compact spec whose letters, such as those of `word`, may have been meant as one name. */
export function notationHint(word: string): string {
  return `${quote(word)} is read letter by letter, each an index; if it is one name, ${spellWords()}`;
}

/** The same for an index that is a sign people type for another one; null for all others. */
export function slipHint(index: string): string | null {
  const remedy = slipIn(index);
  return remedy && `${quote(index)} is an index in the compact notation; if it is not meant as one, ${remedy}`;
}

const NO_POWERS = "write a power as a product; for the square of an operand, give it twice, as in 'i,i->i'";

/** What was meant by characters that people, keyboards and other notations put where the grammar has others. */
const SLIPS: readonly (readonly [characters: string, remedy: string])[] = [
  ["=> → ⇒ ⟶ > ＞", "write the arrow as '->'"],
  ["=", "write the arrow as '->', and give sizes beside the spec"],
  ["; @ ， 、 ；", "separate operands by ','"],
  ["{ } [ ] （ ） < ［ ］", "group with parentheses, as in (h w); an index that the output leaves out is reduced over"],
  ["× ∗ ⋅ ∙ ·", "write a product with '*', as in 2*k"],
  ["− – — －", "write '-', the plain minus sign"],
  ["…", "write an ellipsis as three dots"],
  [
    "/ // % ÷",
    "there is no division: split the axis, as in (x k), where k has the size of the divisor: x is then the quotient and k the remainder; a quotient of integers can be a parameter",
  ],
  ["^", NO_POWERS],
  ["' \" `", "leave out the quotes"],
];

/** The remedy for a text that holds one of those that the compact notation takes for an index; null where there is none. */
function slipIn(text: string): string | null {
  const characters = [...text].filter((character) => character >= "\u00c0");
  return SLIPS.find(([slips]) => characters.some((character) => slips.includes(character)))?.[1] ?? null;
}

function slipRemedy(found: string): string {
  for (const [characters, remedy] of SLIPS) if (characters.split(" ").includes(found)) return remedy;
  if (/^[\u2190-\u21ff\u27f0-\u27ff\u2900-\u297f\u{1f800}-\u{1f8ff}]$/u.test(found)) return "write the arrow as '->'";
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
