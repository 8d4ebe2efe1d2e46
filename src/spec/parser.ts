/**
 * Reads a spec into its syntax tree, by the grammar
 *
 *     spec        := term { "," term } [ "->" term ]
 *     term        := { axis }
 *     axis        := index | "..." | "1" | "(" expression ")"
 *     expression  := affine | composition | ""
 *     composition := index index { index }                an output may have "..." among them
 *     affine      := [sign] part { sign part } [ ":" integer ]
 *     part        := factor { "*" factor }
 *     factor      := name | integer | "|" index "|"
 *
 * Invariant: all of the text is read, or an `EinsumError` points at the first place that does not fit. Parentheses do
 * not nest, so nothing here recurses.
 */
import { published, type EinsumError } from "../support/errors.ts";
import * as messages from "../support/messages/spec.ts";
import { readOptions } from "../support/read.ts";
import { joinSpans, type Span } from "../support/carets.ts";
import type {
  AffineAxis,
  AffinePart,
  AxisExpression,
  EinsumSpec,
  EllipsisAxis,
  Factor,
  IndexAxis,
  IntegerFactor,
  Notation,
  Term,
} from "./ast.ts";
import { detectNotation, tokenize, type Token } from "./lexer.ts";

export interface ParseOptions {
  /** Forces a notation; without it, the text's shape decides. */
  readonly notation?: Notation;
}

/**
 * Parses a spec. Which names are parameters, and whether an expression stays affine in the indices, is not known here.
 *
 * @throws EinsumError for anything the grammar does not know, with a caret under it.
 */
export const parseSpec = /* @__PURE__ */ published(function parseSpec(
  text: string,
  given: ParseOptions = {},
): EinsumSpec {
  const options = readOptions(given, ["notation"]);
  if (typeof text !== "string") throw messages.specNotText(text);
  const notation = options.notation ?? detectNotation(text);
  if (notation !== "compact" && notation !== "named") throw messages.unknownNotation(notation);
  const cursor: Cursor = { text, notation, tokens: tokenize(text, notation), at: 0 };
  const operands = [parseTerm(cursor, "operand")];
  while (accept(cursor, ",")) operands.push(parseTerm(cursor, "operand"));
  const arrow = accept(cursor, "->");
  const output = arrow ? parseTerm(cursor, "output") : null;
  if (arrow) expectEnd(cursor, arrow);
  return { text, notation, operands, output };
});

interface Cursor {
  readonly text: string;
  readonly notation: Notation;
  readonly tokens: readonly Token[];
  at: number;
}

/** Where a term stands: only an output may merge its ellipsis, and only there does `(i)` differ from `i`. */
type Place = "operand" | "output";

function parseTerm(cursor: Cursor, place: Place): Term {
  const axes: AxisExpression[] = [];
  while (!endsTerm(peek(cursor))) axes.push(parseAxis(cursor, place));
  const [first, last] = [axes[0], axes.at(-1)];
  const here = peek(cursor).span.start;
  const term = { axes, span: first && last ? joinSpans(first.span, last.span) : { start: here, end: here } };
  refuseSecondEllipsis(cursor, term);
  return term;
}

function parseAxis(cursor: Cursor, place: Place): AxisExpression {
  const token = take(cursor);
  switch (token.kind) {
    case "name":
      return { kind: "index", name: token.name, span: token.span };
    case "...":
      return { kind: "ellipsis", span: token.span };
    case "integer":
      return parseBareInteger(cursor, token);
    case "(":
      return parseGroup(cursor, place, token.span);
    case ")":
      throw messages.unopenedParenthesis(cursor.text, token.span);
    default:
      throw messages.bareExpression(cursor.text, token.span);
  }
}

/** Outside parentheses the literal 1 is an axis of size 1; in the compact notation the next axis may touch it. */
function parseBareInteger(cursor: Cursor, token: IntegerToken): AxisExpression {
  const [before, next] = [cursor.tokens[cursor.at - 2], peek(cursor)];
  if (token.value === 1 && (cursor.notation === "compact" || !isNameTouching(token, next))) {
    return { kind: "unit", span: token.span };
  }
  if (isOperator(next)) throw messages.bareExpression(cursor.text, next.span);
  if (before?.kind === "name" && before.span.end === token.span.start) {
    throw messages.digitAfterLetter(cursor.text, joinSpans(before.span, token.span));
  }
  if (isNameTouching(token, next)) throw messages.digitBeforeName(cursor.text, token.span, next.span);
  throw messages.bareNumber(cursor.text, token.span);
}

function parseGroup(cursor: Cursor, place: Place, open: Span): AxisExpression {
  const inside = cursor.tokens.slice(cursor.at, findClose(cursor, open));
  const axis = inside.every(isMember) ? parseComposition(cursor, inside, open, place) : parseAffine(cursor, open);
  return simplify(axis, place);
}

/** Finds the parenthesis that closes the one just taken; it has to stand in the same term. */
function findClose(cursor: Cursor, open: Span): number {
  for (let at = cursor.at; ; at++) {
    const token = cursor.tokens[at] as Token;
    if (token.kind === ")") return at;
    if (token.kind === "(") throw messages.nestedParentheses(cursor.text, open, token.span);
    if (endsTerm(token)) throw messages.unclosedParenthesis(cursor.text, open);
  }
}

function parseComposition(cursor: Cursor, members: readonly Member[], open: Span, place: Place): AxisExpression {
  cursor.at += members.length;
  const span = joinSpans(open, take(cursor).span);
  if (members.length === 0) return { kind: "unit", span };
  const [first] = members;
  if (members.length === 1 && first?.kind === "name") {
    const part: AffinePart = { sign: 1, factors: [first], span: first.span };
    return { kind: "affine", parts: [part], paddingAfter: null, span };
  }
  const ellipsis = members.find(({ kind }) => kind === "...");
  if (ellipsis && place === "operand") throw messages.ellipsisInParentheses(cursor.text, ellipsis.span);
  return { kind: "composition", parts: members.map(memberAxis), span };
}

function memberAxis(token: Member): IndexAxis | EllipsisAxis {
  if (token.kind === "name") return { kind: "index", name: token.name, span: token.span };
  return { kind: "ellipsis", span: token.span };
}

function parseAffine(cursor: Cursor, open: Span): AffineAxis {
  const parts = [parsePart(cursor, takeSign(cursor))];
  for (let next = takeSign(cursor); next; next = takeSign(cursor)) parts.push(parsePart(cursor, next));
  const paddingAfter = accept(cursor, ":") ? parsePadding(cursor) : null;
  const close = take(cursor);
  if (close.kind !== ")") throw misspelled(cursor) ?? misplaced(cursor, close);
  return { kind: "affine", parts, paddingAfter, span: joinSpans(open, close.span) };
}

function parsePart(cursor: Cursor, sign: Token | null): AffinePart {
  const first = parseFactor(cursor);
  const factors = [first];
  while (accept(cursor, "*")) factors.push(parseFactor(cursor));
  const last = factors.at(-1) ?? first;
  return { sign: sign?.kind === "-" ? -1 : 1, factors, span: joinSpans(sign?.span ?? first.span, last.span) };
}

function parseFactor(cursor: Cursor): Factor {
  const token = take(cursor);
  if (token.kind === "name" || token.kind === "integer") return token;
  if (token.kind === "|") return parseSize(cursor, token.span);
  throw messages.malformedExpression(cursor.text, token.span);
}

function parseSize(cursor: Cursor, open: Span): Factor {
  const name = take(cursor);
  if (name.kind !== "name") throw messages.malformedSize(cursor.text, open, name.span);
  const close = take(cursor);
  if (close.kind !== "|") throw misspelled(cursor) ?? messages.malformedSize(cursor.text, open, close.span);
  return { kind: "size", name: name.name, span: joinSpans(open, close.span) };
}

function parsePadding(cursor: Cursor): IntegerFactor {
  const token = take(cursor);
  if (token.kind !== "integer") throw messages.malformedPadding(cursor.text, token.span);
  if (peek(cursor).kind !== ")") throw messages.malformedPadding(cursor.text, peek(cursor).span);
  return token;
}

/**
 * `(1)` means what `1` means bare, and in an operand `(i)` means `i`. In an output `(i)` stays an expression, because
 * an expression scatters: that is what embeds a diagonal in `i -> i (i)`, where `i -> i i` is refused.
 */
function simplify(axis: AxisExpression, place: Place): AxisExpression {
  if (axis.kind !== "affine" || axis.parts.length > 1 || axis.paddingAfter) return axis;
  const part = axis.parts[0];
  const factor = part?.factors[0];
  if (!part || !factor || part.factors.length > 1 || part.sign < 0) return axis;
  if (factor.kind === "integer" && factor.value === 1) return { kind: "unit", span: axis.span };
  if (factor.kind === "name" && place === "operand") return { kind: "index", name: factor.name, span: factor.span };
  return axis;
}

/** The error for a token that follows a whole part of an expression but does not go on with it. */
function misplaced(cursor: Cursor, token: Token): EinsumError {
  const before = cursor.tokens[cursor.at - 2] as Token;
  const beginsFactor = token.kind === "name" || token.kind === "integer" || token.kind === "|";
  if (beginsFactor) return messages.missingOperator(cursor.text, before.span, token.span);
  return messages.malformedExpression(cursor.text, token.span);
}

/** The error for a word inside parentheses of the compact notation; null where the two last tokens are none. */
function misspelled(cursor: Cursor): EinsumError | null {
  const [first, second] = [cursor.tokens[cursor.at - 2] as Token, cursor.tokens[cursor.at - 1] as Token];
  if (cursor.notation !== "compact" || first.kind !== "name" || !continuesWord(first, second)) return null;
  let last = second;
  for (let at = cursor.at; continuesWord(last, cursor.tokens[at] as Token); at++) last = cursor.tokens[at] as Token;
  return messages.adjacentLetters(cursor.text, joinSpans(first.span, last.span));
}

function refuseSecondEllipsis(cursor: Cursor, term: Term): void {
  const ellipses = term.axes
    .flatMap((axis): readonly AxisExpression[] => (axis.kind === "composition" ? axis.parts : [axis]))
    .filter(({ kind }) => kind === "ellipsis");
  const [first, second] = ellipses;
  if (first && second) throw messages.repeatedEllipsis(cursor.text, first.span, second.span);
}

function expectEnd(cursor: Cursor, arrow: Token): void {
  const token = peek(cursor);
  if (token.kind === "->") throw messages.repeatedArrow(cursor.text, arrow.span, token.span);
  if (token.kind === ",") throw messages.severalOutputs(cursor.text, token.span);
}

type Member = Extract<Token, { kind: "name" }> | { readonly kind: "..."; readonly span: Span };
type IntegerToken = Extract<Token, { kind: "integer" }>;

function isMember(token: Token): token is Member {
  return token.kind === "name" || token.kind === "...";
}

function endsTerm({ kind }: Token): boolean {
  return kind === "," || kind === "->" || kind === "end";
}

function isNameTouching(before: Token, token: Token): boolean {
  return token.kind === "name" && before.span.end === token.span.start;
}

function continuesWord(before: Token, token: Token): boolean {
  return (token.kind === "name" || token.kind === "integer") && before.span.end === token.span.start;
}

function isOperator({ kind }: Token): boolean {
  return kind === "+" || kind === "-" || kind === "*" || kind === ":" || kind === "|";
}

function takeSign(cursor: Cursor): Token | null {
  return accept(cursor, "+") ?? accept(cursor, "-");
}

function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.at] as Token;
}

/** Takes the next token; the last one, `end`, is never passed. */
function take(cursor: Cursor): Token {
  const token = peek(cursor);
  if (token.kind !== "end") cursor.at++;
  return token;
}

function accept(cursor: Cursor, kind: Token["kind"]): Token | null {
  return peek(cursor).kind === kind ? take(cursor) : null;
}
