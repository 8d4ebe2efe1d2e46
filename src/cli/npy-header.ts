/**
 * The header of a .npy file: `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`, a Python dict literal with
 * exactly these keys, padded with spaces. Of Python's literals it reads:
 *
 *     value    := string | integer | "True" | "False" | "None" | dict | sequence
 *     dict     := "{" [ value ":" value { "," value ":" value } [ "," ] ] "}"
 *     sequence := ( "(" | "[" ) [ value { "," value } [ "," ] ] ( ")" | "]" )
 *
 * Invariant: a header that is returned has a size of at least 0 for every axis; everything else is an `EinsumError`
 * that points at the place. The text is only ever read, never evaluated: whatever it is, that takes time linear in its
 * length, and bounded depth.
 */
import { quote } from "../support/carets.ts";
import * as messages from "../support/messages/npy.ts";
import type { Span } from "../support/span.ts";

export interface NpyHeader {
  /** NumPy's name of the element type, `<f8`; a structured type is given as its literal text. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const KEYS: readonly string[] = ["descr", "fortran_order", "shape"];

/** How many digits NumPy keeps free for the first axis of an array that grows in its file. */
const GROWTH_DIGITS = 21;

/** Reads a header; `file` names the file in messages. */
export function parseNpyHeader(header: string, file: string): NpyHeader {
  const text = header.trimEnd();
  const fail: LiteralFailure = (span, found, expected) => messages.npyHeader(file, text, span, found, expected);
  const entries = readEntries(parsePythonLiteral(text, fail), fail);
  const entry = (key: string): Literal => {
    const value = entries.get(key);
    if (!value) throw fail({ start: text.length - 1, end: text.length }, "ends without it", `the key '${key}'`);
    return value;
  };
  const descr = entry("descr");
  return {
    descr: descr.kind === "string" ? descr.text : text.slice(descr.span.start, descr.span.end),
    fortranOrder: readOrder(entry("fortran_order"), fail),
    shape: readShape(entry("shape"), fail),
  };
}

/** Prints the header of an array in C order as NumPy does, with room for the first axis to grow, but without the padding of the whole. */
export function printNpyHeader(descr: string, shape: readonly number[]): string {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const [growing] = shape;
  const room = growing === undefined ? "" : " ".repeat(GROWTH_DIGITS - String(growing).length);
  return `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }${room}`;
}

function readEntries(literal: Literal, fail: LiteralFailure): Map<string, Literal> {
  if (literal.kind !== "dict") throw fail(literal.span, "not a dict", "'{'");
  const entries = new Map<string, Literal>();
  for (const [key, value] of literal.entries) {
    if (key.kind !== "string" || !KEYS.includes(key.text)) {
      throw fail(key.span, "unknown key", `the keys ${KEYS.map((known) => `'${known}'`).join(", ")}`);
    }
    if (entries.has(key.text)) throw fail(key.span, "a second time", `the key '${key.text}' once`);
    entries.set(key.text, value);
  }
  return entries;
}

function readOrder(literal: Literal, fail: LiteralFailure): boolean {
  if (literal.kind === "constant" && literal.value !== null) return literal.value;
  throw fail(literal.span, "fortran_order", "True or False");
}

function readShape(literal: Literal, fail: LiteralFailure): number[] {
  if (literal.kind !== "sequence" || literal.open !== "(") throw fail(literal.span, "shape", "a tuple of sizes");
  return literal.items.map((size) => {
    if (size.kind === "integer" && size.value >= 0) return size.value;
    throw fail(size.span, "a size", "an integer of at least 0");
  });
}

/** A parsed value and the place where it stands. */
type Literal = LiteralValue & { readonly span: Span };

type LiteralValue =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "constant"; readonly value: boolean | null }
  | { readonly kind: "sequence"; readonly open: "(" | "["; readonly items: readonly Literal[] }
  | { readonly kind: "dict"; readonly entries: readonly (readonly [Literal, Literal])[] };

/** Makes the error for a place where something else was expected. */
type LiteralFailure = (span: Span, found: string, expected: string) => Error;

/** Nothing that NumPy writes nests deeper; a bound keeps the reader off the end of the stack. */
const DEEPEST = 32;

/** Reads the text as one literal, with nothing but white space around it. */
function parsePythonLiteral(text: string, fail: LiteralFailure): Literal {
  const cursor: Cursor = { text, at: 0, fail };
  const literal = readValue(cursor, 0);
  if (peek(cursor) !== "") throw failHere(cursor, "the end of the header");
  return literal;
}

interface Cursor {
  readonly text: string;
  at: number;
  readonly fail: LiteralFailure;
}

function readValue(cursor: Cursor, depth: number): Literal {
  const next = peek(cursor);
  const start = cursor.at;
  if (depth > DEEPEST) throw failHere(cursor, `no more than ${DEEPEST} brackets inside each other`);
  const value = readAny(cursor, next, depth);
  return { ...value, span: { start, end: cursor.at } };
}

function readAny(cursor: Cursor, next: string, depth: number): LiteralValue {
  if (next === "{") return { kind: "dict", entries: readItems(cursor, "}", () => readEntry(cursor, depth + 1)) };
  if (next === "(" || next === "[") return readSequence(cursor, next, depth);
  return readString(cursor) ?? readInteger(cursor) ?? readConstant(cursor);
}

function readEntry(cursor: Cursor, depth: number): readonly [Literal, Literal] {
  const key = readValue(cursor, depth);
  if (peek(cursor) !== ":") throw failHere(cursor, "':' after the key");
  cursor.at++;
  return [key, readValue(cursor, depth)];
}

/** As in Python, one value in parentheses is a tuple only with a comma behind it. */
function readSequence(cursor: Cursor, open: "(" | "[", depth: number): LiteralValue {
  const start = cursor.at;
  const items = readItems(cursor, open === "(" ? ")" : "]", () => readValue(cursor, depth + 1));
  const only = items[0];
  if (open === "(" && items.length === 1 && only && !/,\s*\)$/.test(cursor.text.slice(only.span.end, cursor.at))) {
    throw cursor.fail({ start, end: cursor.at }, "not a tuple", "',' behind the only value of a tuple");
  }
  return { kind: "sequence", open, items };
}

/** Reads values between brackets, separated by commas; one may follow the last. */
function readItems<T>(cursor: Cursor, close: string, readItem: () => T): T[] {
  const items: T[] = [];
  cursor.at++;
  while (peek(cursor) !== close) {
    items.push(readItem());
    const next = peek(cursor);
    if (next === ",") cursor.at++;
    else if (next !== close) throw failHere(cursor, `',' or '${close}'`);
  }
  cursor.at++;
  return items;
}

/** Python 2 wrote a `u` before some strings. A backslash escapes itself and quotes; a header needs no more. */
function readString(cursor: Cursor): LiteralValue | undefined {
  const match = take(cursor, /u?(?:'((?:[^'\\\n]|\\['"\\])*)'|"((?:[^"\\\n]|\\['"\\])*)")/y);
  return match && { kind: "string", text: (match[1] ?? match[2] ?? "").replace(/\\(.)/g, "$1") };
}

/** Python 2 wrote an `L` behind long integers. */
function readInteger(cursor: Cursor): LiteralValue | undefined {
  const start = cursor.at;
  const match = take(cursor, /([+-]?\d+)L?(?![\w.])/y);
  if (!match) return undefined;
  const value = Number(match[1]) + 0; // never -0
  if (Number.isSafeInteger(value)) return { kind: "integer", value };
  throw cursor.fail({ start, end: cursor.at }, "too large", "an integer below 2^53");
}

function readConstant(cursor: Cursor): LiteralValue {
  const word = take(cursor, /(?:True|False|None)(?!\w)/y)?.[0];
  if (word === undefined) throw failHere(cursor, "a string, an integer, True, False, None or a bracket");
  return { kind: "constant", value: word === "None" ? null : word === "True" };
}

/** Skips white space and returns the character after it, or an empty string at the end. */
function peek(cursor: Cursor): string {
  take(cursor, /[ \t\r\n]+/y);
  return cursor.text.charAt(cursor.at);
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (!match) return undefined;
  cursor.at += match[0].length;
  return match;
}

function failHere(cursor: Cursor, expected: string): Error {
  const found = cursor.text.slice(cursor.at).match(/^./su)?.[0] ?? "";
  const span = { start: cursor.at, end: cursor.at + found.length };
  return cursor.fail(span, found === "" ? "the text ends here" : `found ${quote(found)}`, expected);
}
