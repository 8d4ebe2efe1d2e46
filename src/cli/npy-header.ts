/**
 * The header of a .npy file: `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`, a Python dict literal with
 * exactly these keys, padded with spaces.
 *
 * Invariant: a header that is returned has a size of at least 0 for every axis; everything else is an `EinsumError`
 * that points at the place.
 */
import * as messages from "../support/messages/npy.ts";
import { parsePythonLiteral, type Literal, type LiteralFailure } from "./python-literal.ts";

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
