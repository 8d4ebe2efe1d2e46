/**
 * JSON with places: strict JSON as a tree whose nodes know their offsets, and readers of its values, each with the schema
 * of what it reads: what one returns has the type that it promises; anything else is an error with its place.
 *
 * Invariants: text of any size and depth either becomes a tree or an error with a place; nothing overflows. A schema
 * refuses nothing that its reader reads.
 */
import type { Node, ParseError } from "jsonc-parser";
import { LONGEST_IDENTIFIER, Scope } from "../emit/code.ts";
import { quote } from "../support/carets.ts";
import { isRefusal } from "../support/errors.ts";
import * as messages from "../support/messages/manifest.ts";
import { speaking } from "../support/words.ts";
import { loadPackage } from "./packages.ts";

/** A value of JSON; `offset` and `length` are in UTF-16 units of the text. */
export type JsonNode = Node;

/** A text and what messages call it. */
export interface JsonSource {
  readonly fileName: string;
  readonly text: string;
}

/** A field of an object: its key's node and its value's. */
interface JsonField {
  readonly name: string;
  readonly key: JsonNode;
  readonly value: JsonNode;
}

/** Deeper than any manifest; the parser is recursive, so deeper text must not reach it. */
const DEEPEST = 32;
/** The longest text that is parsed, in UTF-16 units. */
export const LONGEST_JSON = 4 * 1024 * 1024;

/** Parses strict JSON, or throws an `EinsumError` that shows the first place where it is none. */
export function parseJson(source: JsonSource): JsonNode {
  const { text } = source;
  if (text.length > LONGEST_JSON) throw messages.manifestTooLarge(source.fileName, text.length, LONGEST_JSON);
  refuseDeepText(source);
  const { parseTree, printParseErrorCode } = loadPackage("jsonc-parser");
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (first || !root) {
    const { offset, length } = first ?? { offset: 0, length: 0 };
    const code = first ? printParseErrorCode(first.error) : "ValueExpected";
    throw messages.manifestSyntax(placeOf(source, { offset, length }), PROBLEMS.get(code) ?? code);
  }
  return root;
}

/** The place of a node, for messages. */
export function placeOf(
  { fileName, text }: JsonSource,
  { offset, length }: Pick<JsonNode, "offset" | "length">,
): messages.ManifestPlace {
  return { fileName, text, span: { start: offset, end: offset + length } };
}

/** The fields of an object by name; what is no object is refused as not being `what`, and so is a field given twice. */
export function fieldsOf(source: JsonSource, node: JsonNode, what: string): ReadonlyMap<string, JsonField> {
  if (node.type !== "object") throw messages.manifestType(placeOf(source, node), what, describeNode(node));
  const fields = new Map<string, JsonField>();
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (!key || !value) continue;
    const name = String(key.value);
    if (fields.has(name)) throw messages.manifestDuplicateField(placeOf(source, key), name);
    fields.set(name, { name, key, value });
  }
  return fields;
}

/** Says in what an action throws where it stands, and what it is about; codes and carets stay what they are. */
export function locating<T>(place: messages.ManifestPlace, about: string, action: () => T): T {
  try {
    return speaking(messages.MANIFEST_WORDS, action);
  } catch (error) {
    if (isRefusal(error)) error.message = `${messages.printPlace(place)}: ${about}${error.message}`;
    throw error;
  }
}

/** The plain value of a node; fields become own properties whatever they are called. */
export function valueOf(node: JsonNode): unknown {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value;
  const pairs = (node.children ?? []).map(({ children: [key, value] = [] }) => [key?.value, value && valueOf(value)]);
  return Object.fromEntries(pairs) as object;
}

/** Says what a node is, for messages. */
function describeNode(node: JsonNode): string {
  switch (node.type) {
    case "array":
      return "a list";
    case "object":
      return "an object";
    case "string":
      return `the text ${quote(String(node.value))}`;
    default:
      return String(node.value);
  }
}

function refuseDeepText(source: JsonSource): void {
  const scanner = loadPackage("jsonc-parser").createScanner(source.text, true);
  let depth = 0;
  for (let token = scanner.scan(); token !== END; token = scanner.scan()) {
    if (OPENING.has(token)) depth++;
    if (CLOSING.has(token)) depth--;
    if (depth > DEEPEST) {
      const place = placeOf(source, { offset: scanner.getTokenOffset(), length: scanner.getTokenLength() });
      throw messages.manifestTooDeep(place, DEEPEST);
    }
  }
}

/** The scanner's kinds of token, which its package declares as an enum that leaves nothing to import. */
const END = 17;
const OPENING: ReadonlySet<number> = new Set([1, 3]);
const CLOSING: ReadonlySet<number> = new Set([2, 4]);

const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ["CloseBraceExpected", "expected '}'"],
  ["CloseBracketExpected", "expected ']'"],
  ["ColonExpected", "expected ':'"],
  ["CommaExpected", "expected ','"],
  ["EndOfFileExpected", "expected the end of the file"],
  ["InvalidCharacter", "a control character in a text"],
  ["InvalidCommentToken", "a comment"],
  ["InvalidEscapeCharacter", "an unknown escape in a text"],
  ["InvalidNumberFormat", "not a number"],
  ["InvalidSymbol", "an unknown word"],
  ["InvalidUnicode", "an incomplete \\u escape"],
  ["PropertyNameExpected", "expected a field's name in double quotes"],
  ["UnexpectedEndOfComment", "a comment"],
  ["UnexpectedEndOfNumber", "an incomplete number"],
  ["UnexpectedEndOfString", "a text without closing quote"],
  ["ValueExpected", "expected a value"],
]);

/** A JSON schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Reader<T> {
  /** Reads a value, or throws the error that shows where it is none. */
  readonly read: (source: JsonSource, node: JsonNode) => T;
  readonly schema: Schema;
}

/** A reader of each field of an object. */
export type Readers<T> = { readonly [Field in keyof T]-?: Reader<Exclude<T[Field], undefined>> };

/** A reader of plain values that pass a test. */
function plain<T>(what: string, schema: Schema, isOne: (value: unknown) => boolean): Reader<T> {
  const read = (source: JsonSource, node: JsonNode): T => {
    // Of a list or an object, the node has no value.
    if (isOne(node.value)) return node.value as T;
    throw wrongType(source, node, what);
  };
  return { read, schema };
}

export const text = plain<string>("a text", { type: "string" }, (value) => typeof value === "string");
export const integer = plain<number>("an integer", { type: "integer" }, Number.isSafeInteger);
export const size = plain<number>("a size", { type: "integer", minimum: 0 }, isSize);
export const flag = plain<boolean>("true or false", { type: "boolean" }, (value) => typeof value === "boolean");
/** A number of which only the compiler knows the bounds. */
export const number = plain<number>("a number", { type: "number" }, (value) => typeof value === "number");
const nothing = plain<null>("null", { type: "null" }, (value) => value === null);

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Values of one type of JSON are read by a reader of their own. */
export function either<T, U>(type: JsonNode["type"], special: Reader<T>, usual: Reader<U>): Reader<T | U> {
  return {
    read: (source, node) => (node.type === type ? special : usual).read(source, node),
    schema: { anyOf: [usual.schema, special.schema] },
  };
}

export function orNull<T>(reader: Reader<T>): Reader<T | null> {
  return either("null", nothing, reader);
}

export function listOf<T>(what: string, item: Reader<T>): Reader<readonly T[]> {
  return {
    read: (source, node) => {
      if (node.type !== "array") throw wrongType(source, node, what);
      return (node.children ?? []).map((child) => item.read(source, child));
    },
    schema: { type: "array", items: item.schema },
  };
}

/** Fields become own properties whatever they are called, `__proto__` included. */
export function recordOf<T>(what: string, item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return {
    read: (source, node) => {
      const fields = [...fieldsOf(source, node, what).values()];
      return Object.fromEntries(fields.map(({ name, value }) => [name, item.read(source, value)]));
    },
    schema: { type: "object", additionalProperties: item.schema },
  };
}

export function oneOf<T extends string>(allowed: readonly T[]): Reader<T> {
  const read = (source: JsonSource, node: JsonNode): T => {
    const found = text.read(source, node);
    const value = allowed.find((word) => word === found);
    if (value === undefined) throw messages.manifestValue(placeOf(source, node), found, allowed);
    return value;
  };
  return { read, schema: { enum: allowed } };
}

function nameThat(problemOf: (name: string) => string | undefined): Reader<string> {
  const read = (source: JsonSource, node: JsonNode): string => {
    const name = text.read(source, node);
    const problem = problemOf(name);
    if (problem) throw messages.manifestName(placeOf(source, node), name, problem);
    return name;
  };
  return { read, schema: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", maxLength: 64 } };
}

/** Says what is wrong with a kernel's name, as the rest of the sentence "the name 'x' ..."; undefined: nothing. */
function problemOfKernelName(name: string): string | undefined {
  const folded = name.toLowerCase();
  if (folded === "index") return "is taken: index.ts exports all kernels";
  if (DEVICES.test(folded)) return "is a device on Windows, so no file can have it";
  if (name === "then") return "would turn the module that exports it into a promise";
  if (name === "__esModule") return "is reserved: bundlers mark modules with it";
  return problemOfIdentifier(name);
}

/** Says what is wrong with a name for an operand or any other binding of emitted code. */
function problemOfIdentifier(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > LONGEST_IDENTIFIER) return `has more than ${LONGEST_IDENTIFIER} characters`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "is not an identifier";
  // An emitter's scope renames what it cannot use.
  if (new Scope().declare(name).text !== name) return "is reserved: JavaScript or emitted code uses it";
  return undefined;
}

/** Names that stand for devices on Windows, whatever the extension. */
const DEVICES = /^(?:aux|con|nul|prn|com[0-9]|lpt[0-9])$/;

/**
 * A name that a kernel may have: it becomes a function and a file. It is emitted as it is written, hides nothing that emitted
 * code uses, and is a plain file name on every system.
 */
export const kernelName = nameThat(problemOfKernelName);

/** A name that an operand may have: it becomes a parameter. */
export const identifier = nameThat(problemOfIdentifier);

/** Integers by name. */
export const integersByName = recordOf("an object of integers", integer);

/** A reader whose values a schema describes in a sentence. */
export function described<T>(description: string, { read, schema }: Reader<T>): Reader<T> {
  return { read, schema: { description, ...schema } };
}

/**
 * Reads an object, field by field of a table. Refuses fields that are not in it, and `owner`, which a message says the object
 * is, without the `needed` ones. The fields are returned, too, with their places.
 */
export function readFields<T extends object>(
  source: JsonSource,
  node: JsonNode,
  table: Readers<T>,
  {
    what,
    owner = what,
    needed = [],
  }: { readonly what: string; readonly owner?: string; readonly needed?: readonly string[] },
): { readonly read: Partial<T>; readonly fields: ReadonlyMap<string, JsonField> } {
  const fields = fieldsOf(source, node, what);
  const known = Object.keys(table);
  for (const { name, key } of fields.values()) {
    if (!known.includes(name)) throw messages.manifestField(placeOf(source, key), name, known);
  }
  const missing = needed.find((field) => !fields.has(field));
  if (missing) throw messages.manifestMissingField(placeOf(source, { ...node, length: 1 }), missing, owner);
  const read = Object.entries<Reader<unknown>>(table).flatMap(([name, reader]) => {
    const field = fields.get(name);
    return field ? [[name, reader.read(source, field.value)]] : [];
  });
  return { read: Object.fromEntries(read) as Partial<T>, fields };
}

/** The error that says which type was expected. */
export function wrongType(source: JsonSource, node: JsonNode, expected: string): Error {
  return messages.manifestType(placeOf(source, node), expected, describeNode(node));
}
