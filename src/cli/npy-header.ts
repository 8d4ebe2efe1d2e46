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
import { quote, type Span } from "../support/carets.ts";
import * as messages from "../support/messages/files.ts";

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
  const fail: Failure = (span, found, expected) => messages.npyHeader(file, text, span, found, expected);
  const dict = parseLiteral(text, fail);
  if (dict.kind !== "dict") throw fail(dict.span, "not a dict", "'{'");
  const entries = new Map<string, Literal>();
  for (const [key, value] of dict.entries) {
    if (key.kind !== "string" || !KEYS.includes(key.text)) {
      throw fail(key.span, "unknown key", `the keys ${KEYS.map((known) => `'${known}'`).join(", ")}`);
    }
    if (entries.has(key.text)) throw fail(key.span, "a second time", `the key '${key.text}' once`);
    entries.set(key.text, value);
  }
  const entry = (key: string): Literal => {
    const value = entries.get(key);
    if (!value) throw fail({ start: text.length - 1, end: text.length }, "ends without it", `the key '${key}'`);
    return value;
  };
  const descr = entry("descr");
  const order = entry("fortran_order");
  if (order.kind !== "constant" || order.value === null) throw fail(order.span, "fortran_order", "True or False");
  const shape = entry("shape");
  if (shape.kind !== "tuple") throw fail(shape.span, "shape", "a tuple of sizes");
  const sizes = shape.items.map((size) => {
    if (size.kind === "integer" && size.value >= 0) return size.value;
    throw fail(size.span, "a size", "an integer of at least 0");
  });
  return {
    descr: descr.kind === "string" ? descr.text : text.slice(descr.span.start, descr.span.end),
    fortranOrder: order.value,
    shape: sizes,
  };
}

/** Prints the header of an array in C order as NumPy does, with room for the first axis to grow, but without the padding of the whole. */
export function printNpyHeader(descr: string, shape: readonly number[]): string {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const [growing] = shape;
  const room = growing === undefined ? "" : " ".repeat(GROWTH_DIGITS - String(growing).length);
  return `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }${room}`;
}

/** A parsed value and the place where it stands. */
type Literal = LiteralValue & { readonly span: Span };

type LiteralValue =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "constant"; readonly value: boolean | null }
  | { readonly kind: "list" | "tuple"; readonly items: readonly Literal[] }
  | { readonly kind: "dict"; readonly entries: readonly (readonly [Literal, Literal])[] };

/** Makes the error for a place where something else was expected. */
type Failure = (span: Span, found: string, expected: string) => Error;

/** Nothing that NumPy writes nests deeper; a bound keeps the reader off the end of the stack. */
const DEEPEST = 32;

/** Reads the text as one literal, with nothing but white space around it. */
function parseLiteral(text: string, fail: Failure): Literal {
  let at = 0;

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };

  /** Skips white space and returns the character after it, or an empty string at the end. */
  const peek = (): string => {
    take(/[ \t\r\n]+/y);
    return text.charAt(at);
  };

  const failHere = (expected: string): Error => {
    const found = /./suy.exec(text.slice(at))?.[0] ?? "";
    const span = { start: at, end: at + found.length };
    return fail(span, found === "" ? "the text ends here" : `found ${quote(found)}`, expected);
  };

  /** Reads values between brackets, separated by commas; one may follow the last. */
  const readItems = <T>(close: string, readItem: () => T): T[] => {
    const items: T[] = [];
    at++;
    while (peek() !== close) {
      items.push(readItem());
      const next = peek();
      if (next === ",") at++;
      else if (next !== close) throw failHere(`',' or '${close}'`);
    }
    at++;
    return items;
  };

  const readEntry = (depth: number): readonly [Literal, Literal] => {
    const key = readValue(depth);
    if (peek() !== ":") throw failHere("':' after the key");
    at++;
    return [key, readValue(depth)];
  };

  const readAny = (next: string, depth: number): LiteralValue => {
    const start = at;
    if (next === "{") return { kind: "dict", entries: readItems("}", () => readEntry(depth + 1)) };
    if (next === "[") return { kind: "list", items: readItems("]", () => readValue(depth + 1)) };
    if (next === "(") {
      const items = readItems(")", () => readValue(depth + 1));
      const [only, second] = items;
      // As in Python, one value in parentheses is a tuple only with a comma behind it.
      if (only && !second && !/,\s*\)$/.test(text.slice(only.span.end, at))) {
        throw fail({ start, end: at }, "not a tuple", "',' behind the only value of a tuple");
      }
      return { kind: "tuple", items };
    }
    // Python 2 wrote a `u` before some strings. A backslash escapes itself and quotes; a header needs no more.
    const string = take(/u?(?:'((?:[^'\\\n]|\\['"\\])*)'|"((?:[^"\\\n]|\\['"\\])*)")/y);
    if (string) return { kind: "string", text: (string[1] ?? string[2] ?? "").replace(/\\(.)/g, "$1") };
    // Python 2 wrote an `L` behind long integers.
    const integer = take(/([+-]?\d+)L?(?![\w.])/y);
    if (integer) {
      const value = Number(integer[1]) + 0; // never -0
      if (!Number.isSafeInteger(value)) throw fail({ start, end: at }, "too large", "an integer below 2^53");
      return { kind: "integer", value };
    }
    const word = take(/(?:True|False|None)(?!\w)/y)?.[0];
    if (word === undefined) throw failHere("a string, an integer, True, False, None or a bracket");
    return { kind: "constant", value: word === "None" ? null : word === "True" };
  };

  const readValue = (depth: number): Literal => {
    const next = peek();
    const start = at;
    if (depth > DEEPEST) throw failHere(`no more than ${DEEPEST} brackets inside each other`);
    return { ...readAny(next, depth), span: { start, end: at } };
  };

  const literal = readValue(0);
  if (peek() !== "") throw failHere("the end of the header");
  return literal;
}
