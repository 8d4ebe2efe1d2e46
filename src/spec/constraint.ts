/**
 * Reads a constraint between sizes, by the grammar
 *
 *     constraint  := side "=" side
 *     side        := composition | sum [ ":" integer ]
 *     composition := "(" index index { index } ")"
 *     sum         := [sign] product { sign product }
 *     product     := factor { ("*" | "//") factor }
 *     factor      := index | integer | "|" index "|" | "(" sum ")"
 *
 * Names are words, as in the named notation of specs. What is affine, and what a bare name stands for, is not known
 * here. Invariant: trees are no deeper than `DEEPEST`, so that whoever walks them may recurse.
 */
import type { EinsumError } from "../support/errors.ts";
import * as messages from "../support/messages/constraints.ts";
import { malformedSize } from "../support/messages/spec.ts";
import { joinSpans, type Span } from "../support/carets.ts";
import type { Factor, IntegerFactor, NameFactor } from "./ast.ts";
import { tokenize, type Grammar, type Token } from "./lexer.ts";

export interface Constraint {
  readonly text: string;
  readonly left: ConstraintSide;
  readonly right: ConstraintSide;
}

export type ConstraintSide =
  | { readonly kind: "composition"; readonly names: readonly NameFactor[]; readonly span: Span }
  | {
      readonly kind: "expression";
      readonly expression: ConstraintExpression;
      /** The integer after a colon: the padding declared behind the axis. */
      readonly paddingAfter: IntegerFactor | null;
      readonly span: Span;
    };

export type ConstraintExpression =
  | Factor
  | { readonly kind: "sum"; readonly terms: readonly SignedTerm[]; readonly span: Span }
  | { readonly kind: "product"; readonly factors: ConstraintExpression[]; readonly span: Span }
  /** Rounded down. */
  | {
      readonly kind: "quotient";
      readonly dividend: ConstraintExpression;
      readonly divisor: ConstraintExpression;
      readonly span: Span;
    };

export interface SignedTerm {
  readonly sign: 1 | -1;
  readonly expression: ConstraintExpression;
}

const DEEPEST = 64;

/** As in a spec, without terms, but with `=` and `//`. */
const GRAMMAR: Grammar = { punctuation: /\/\/|[()+\-*:|=]/y, unexpected: messages.unexpectedInConstraint };

/**
 * Parses a constraint.
 *
 * @throws EinsumError for anything the grammar does not know, with a caret under it.
 */
export function parseConstraint(text: string): Constraint {
  const tokens = tokenize(text, "named", GRAMMAR);
  const signs = tokens.filter(({ kind }) => kind === "=").map(({ span }) => span);
  if (signs.length !== 1) throw messages.equalsSign(text, signs);
  const cursor: Cursor = { text, tokens, at: 0, depth: 0 };
  const left = parseSide(cursor, "=");
  const right = parseSide(cursor, "end");
  return { text, left, right };
}

interface Cursor {
  readonly text: string;
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

function parseSide(cursor: Cursor, closing: "=" | "end"): ConstraintSide {
  const side = parseComposition(cursor) ?? parseExpression(cursor);
  const next = take(cursor);
  if (next.kind !== closing) throw malformed(cursor, next);
  return side;
}

/** Two names and more, side by side in parentheses; null where the side begins otherwise. */
function parseComposition(cursor: Cursor): ConstraintSide | null {
  const { tokens, at } = cursor;
  let end = at + 1;
  while (tokens[end]?.kind === "name") end++;
  const [open, close] = [tokens[at], tokens[end]];
  if (open?.kind !== "(" || close?.kind !== ")" || end < at + 3) return null;
  cursor.at = end + 1;
  const names = tokens.slice(at + 1, end).filter((token) => token.kind === "name");
  return { kind: "composition", names, span: joinSpans(open.span, close.span) };
}

function parseExpression(cursor: Cursor): ConstraintSide {
  const expression = parseSum(cursor);
  if (!accept(cursor, ":")) return { kind: "expression", expression, paddingAfter: null, span: expression.span };
  const paddingAfter = take(cursor);
  if (paddingAfter.kind !== "integer") throw malformed(cursor, paddingAfter);
  return { kind: "expression", expression, paddingAfter, span: joinSpans(expression.span, paddingAfter.span) };
}

function parseSum(cursor: Cursor): ConstraintExpression {
  const first = takeSign(cursor);
  const terms = [parseTerm(cursor, first)];
  for (let sign = takeSign(cursor); sign; sign = takeSign(cursor)) terms.push(parseTerm(cursor, sign));
  const [only, last] = [terms[0] as SignedTerm, terms.at(-1) as SignedTerm];
  if (terms.length === 1 && only.sign > 0) return only.expression;
  const start = first?.span ?? only.expression.span;
  return { kind: "sum", terms, span: joinSpans(start, last.expression.span) };
}

function parseTerm(cursor: Cursor, sign: Token | null): SignedTerm {
  return { sign: sign?.kind === "-" ? -1 : 1, expression: parseProduct(cursor) };
}

/** Divisions nest to the left, `a // b // c`, so each of them makes the tree deeper. */
function parseProduct(cursor: Cursor): ConstraintExpression {
  const { depth } = cursor;
  let product = parseFactor(cursor);
  for (;;) {
    const division = accept(cursor, "//");
    if (division) {
      goDeeper(cursor, division.span);
      const divisor = parseFactor(cursor);
      product = { kind: "quotient", dividend: product, divisor, span: joinSpans(product.span, divisor.span) };
    } else if (accept(cursor, "*")) {
      product = multiply(cursor, product, parseFactor(cursor));
    } else {
      cursor.depth = depth;
      return product;
    }
  }
}

/** Factors of one product stand side by side, so that a long one is no deep tree. */
function multiply(cursor: Cursor, product: ConstraintExpression, factor: ConstraintExpression): ConstraintExpression {
  const span = joinSpans(product.span, factor.span);
  if (product.kind !== "product") {
    goDeeper(cursor, factor.span);
    return { kind: "product", factors: [product, factor], span };
  }
  product.factors.push(factor);
  return { ...product, span };
}

function parseFactor(cursor: Cursor): ConstraintExpression {
  const token = take(cursor);
  if (token.kind === "name" || token.kind === "integer") return token;
  if (token.kind === "|") return parseSize(cursor, token.span);
  if (token.kind !== "(") throw malformed(cursor, token);
  goDeeper(cursor, token.span);
  const inside = parseSum(cursor);
  const close = take(cursor);
  if (close.kind !== ")") throw malformed(cursor, close);
  cursor.depth--;
  return { ...inside, span: joinSpans(token.span, close.span) };
}

function parseSize(cursor: Cursor, open: Span): Factor {
  const name = take(cursor);
  if (name.kind !== "name") throw malformedSize(cursor.text, open, name.span);
  const close = take(cursor);
  if (close.kind !== "|") throw malformedSize(cursor.text, open, close.span);
  return { kind: "size", name: name.name, span: joinSpans(open, close.span) };
}

function goDeeper(cursor: Cursor, span: Span): void {
  if (++cursor.depth > DEEPEST) throw messages.constraintTooDeep(cursor.text, span);
}

function malformed({ text }: Cursor, { span }: Token): EinsumError {
  return messages.malformedConstraint(text, span);
}

function takeSign(cursor: Cursor): Token | null {
  return accept(cursor, "+") ?? accept(cursor, "-");
}

/** Takes the next token; the last one, `end`, is never passed. */
function take(cursor: Cursor): Token {
  const token = cursor.tokens[cursor.at] as Token;
  if (token.kind !== "end") cursor.at++;
  return token;
}

function accept(cursor: Cursor, kind: Token["kind"]): Token | null {
  return cursor.tokens[cursor.at]?.kind === kind ? take(cursor) : null;
}
