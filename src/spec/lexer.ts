/**
 * Cuts a spec, or a constraint between sizes, into tokens, and decides in which notation it is written.
 *
 * Invariant: tokens and white space together are the whole text. A character the grammar does not know is an error at
 * its place; nothing is skipped. A name of the named notation is an NFC-normalised identifier, one of the compact notation
 * a single code point, as it is written. The time is linear in the text.
 */
import type { EinsumError } from "../support/errors.ts";
import * as messages from "../support/messages/spec.ts";
import type { Span } from "../support/carets.ts";
import type { Notation } from "./ast.ts";

/** What stands for itself. */
export type Punctuation = "..." | "->" | "," | "(" | ")" | "+" | "-" | "*" | ":" | "|" | "=" | "//";

/** What a text may hold beside names and integers. */
export interface Grammar {
  /** Matches a punctuation at one place. */
  readonly punctuation: RegExp;
  /** The error for a character that is none. */
  readonly unexpected: (text: string, at: number, notation: Notation) => EinsumError;
}

export type Token =
  | { readonly kind: "name"; readonly name: string; readonly span: Span }
  | { readonly kind: "integer"; readonly value: number; readonly span: Span }
  | { readonly kind: Punctuation | "end"; readonly span: Span };

const SPACE = /[ \t\r\n]+/y;
const WORD = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
/**
 * An index of the compact notation: a letter of Latin-1's lower part, or any code point behind it but white space, arrows and
 * halves of surrogate pairs. opt_einsum and cotengra count their symbols through all of these: marks, signs, unassigned ones.
 */
const SYMBOL = /[A-Za-z\xaa\xb5\xba]|[^\0-\xbf\s\p{Cs}\u2190-\u21ff\u27f0-\u27ff\u2900-\u297f\u{1f800}-\u{1f8ff}]/uy;
/** A letter with the marks that combine with it. */
const LETTER = /\p{L}[\p{Mn}\p{Mc}]*/uy;
/** A digit run with a fraction; `1...` is no fraction but a unit axis before an ellipsis. */
const DECIMAL = /[0-9]+\.(?:[0-9]+|(?!\.))|\.[0-9]+/y;
const INTEGER = /[0-9]+/y;
const DOTS = /\.+/y;
const SPEC: Grammar = { punctuation: /->|[,()+\-*:|]/y, unexpected: messages.unexpectedCharacter };

/**
 * Tells the notation of a text by its shape alone: named where some term, outside parentheses, holds two tokens
 * separated by white space, or where letters stand side by side beside an operator inside parentheses, as in `(2*No+K)`;
 * compact otherwise.
 */
export function detectNotation(text: string): Notation {
  let depth = 0;
  let open = 0;
  let [inTerm, afterSpace] = [false, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    const isArrow = character === "-" && text[at + 1] === ">";
    if (depth === 0 && isSpace(character)) afterSpace = inTerm;
    else if (depth === 0 && (character === "," || isArrow)) {
      [inTerm, afterSpace] = [false, false];
      if (isArrow) at++;
    } else if (depth === 0) {
      if (afterSpace) return "named";
      inTerm = true;
    }
    if (character === "(" && depth++ === 0) open = at + 1;
    if (character === ")" && depth > 0 && --depth === 0 && holdsWord(text.slice(open, at))) return "named";
  }
  return "compact";
}

/** Returns the tokens of a text, closed by one of kind `end`. */
export function tokenize(text: string, notation: Notation, grammar: Grammar = SPEC): Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length;) {
    const token = readToken(text, at, notation, grammar);
    tokens.push(token);
    at = skipSpace(text, token.span.end);
  }
  tokens.push({ kind: "end", span: { start: text.length, end: text.length } });
  return tokens;
}

/** Whether a name is a single letter, or an index of the compact notation. */
export function isOneLetter(name: string): boolean {
  return match(LETTER, name, 0) === name || match(SYMBOL, name, 0) === name;
}

/** A name as its notation has it: what is one code point, and an index by itself, is not normalised where names are compact. */
export function nameIn(notation: Notation, name: string): string {
  return notation === "compact" && match(SYMBOL, name, 0) === name ? name : name.normalize("NFC");
}

function readToken(text: string, at: number, notation: Notation, grammar: Grammar): Token {
  return (
    readName(text, at, notation) ??
    readNumber(text, at) ??
    readEllipsis(text, at) ??
    readPunctuation(text, at, notation, grammar)
  );
}

function readName(text: string, at: number, notation: Notation): Token | null {
  const name = match(notation === "compact" ? SYMBOL : WORD, text, at);
  return name === null ? null : { kind: "name", name: nameIn(notation, name), span: spanOf(at, name) };
}

function readNumber(text: string, at: number): Token | null {
  const decimal = match(DECIMAL, text, at);
  if (decimal !== null) throw messages.notAnInteger(text, spanOf(at, decimal));
  const digits = match(INTEGER, text, at);
  if (digits === null) return null;
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) throw messages.integerTooLarge(text, spanOf(at, digits));
  return { kind: "integer", value, span: spanOf(at, digits) };
}

function readEllipsis(text: string, at: number): Token | null {
  const dots = match(DOTS, text, at);
  if (dots === null) return null;
  if (dots !== "...") throw messages.malformedEllipsis(text, spanOf(at, dots));
  return { kind: dots, span: spanOf(at, dots) };
}

function readPunctuation(text: string, at: number, notation: Notation, grammar: Grammar): Token {
  const mark = match(grammar.punctuation, text, at);
  if (mark === null) throw grammar.unexpected(text, at, notation);
  return { kind: mark as Punctuation, span: spanOf(at, mark) };
}

function skipSpace(text: string, at: number): number {
  return at + (match(SPACE, text, at)?.length ?? 0);
}

/** Whether the text of a parenthesis has letters side by side and an operator: no composition, and no compact expression. */
function holdsWord(inside: string): boolean {
  return /[+\-*:|]/.test(inside) && /[\p{ID_Start}_]\p{ID_Continue}/u.test(inside);
}

function isSpace(character: string): boolean {
  return match(SPACE, character, 0) !== null;
}

/** Matches a sticky pattern at one place; the pattern's own position is set first, so none is carried over. */
function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function spanOf(start: number, text: string): Span {
  return { start, end: start + text.length };
}
