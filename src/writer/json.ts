/**
 * JSON with places: strict JSON as a tree whose values know where they stand, and readers of its values, each with the
 * schema of what it reads: what one returns has the type that it promises; anything else is an error with its place.
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

/** A value of JSON, and where it stands. */
export interface Json {
  readonly type: Node["type"];
  /** Undefined of a list and of an object. */
  readonly value: unknown;
  /** The items of a list; the properties of an object, each of which has its key and its value as children. */
  readonly children: readonly Json[];
  readonly place: messages.ManifestPlace;
}

/** Deeper than any manifest; the parser is recursive, so deeper text must not reach it. */
const DEEPEST = 32;
/** The longest text that is parsed, in UTF-16 units. */
export const LONGEST_JSON = 4 * 1024 * 1024;

/** Parses strict JSON, or throws an `EinsumError` that shows the first place where it is none. */
export function parseJson(text: string, fileName: string): Json {
  if (text.length > LONGEST_JSON) throw messages.manifestTooLarge(fileName, text.length, LONGEST_JSON);
  const { createScanner, parseTree, printParseErrorCode } = loadPackage("jsonc-parser");
  const placeOf = (start: number, length: number): messages.ManifestPlace => {
    return { fileName, text, span: { start, end: start + length } };
  };
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token = scanner.scan(); token !== END; token = scanner.scan()) {
    depth += OPENING.has(token) ? 1 : CLOSING.has(token) ? -1 : 0;
    if (depth <= DEEPEST) continue;
    throw messages.manifestTooDeep(placeOf(scanner.getTokenOffset(), scanner.getTokenLength()), DEEPEST);
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (first || !root) {
    const code = first ? printParseErrorCode(first.error) : "ValueExpected";
    throw messages.manifestSyntax(placeOf(first?.offset ?? 0, first?.length ?? 0), PROBLEMS.get(code) ?? code);
  }
  const withPlaces = ({ type, value, children = [], offset, length }: Node): Json => {
    return { type, value, children: children.map(withPlaces), place: placeOf(offset, length) };
  };
  return withPlaces(root);
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

/** A field of an object. */
interface Field {
  readonly key: Json;
  readonly value: Json;
}

/** The fields of an object by name; what is no object is refused as not being `what`, and so is a field given twice. */
export function fieldsOf(json: Json, what: string): ReadonlyMap<string, Field> {
  if (json.type !== "object") throw wrongType(json, what);
  const fields = new Map<string, Field>();
  for (const { children } of json.children) {
    const [key, value] = children as readonly [Json, Json];
    const name = String(key.value);
    if (fields.has(name)) throw messages.manifestDuplicateField(key.place, name);
    fields.set(name, { key, value });
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

/** The error that says which type was expected. */
export function wrongType({ type, value, place }: Json, expected: string): Error {
  const containers: Partial<Record<Node["type"], string>> = { array: "a list", object: "an object" };
  const found = type === "string" ? `the text ${quote(String(value))}` : (containers[type] ?? String(value));
  return messages.manifestType(place, expected, found);
}

/** The error that says which field an object has not; the place is where the object begins. */
export function missingField({ place }: Json, field: string, owner: string): Error {
  const { start } = place.span;
  return messages.manifestMissingField({ ...place, span: { start, end: start + 1 } }, field, owner);
}

/** A JSON schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Reader<T> {
  /** Reads a value, or throws the error that shows where it is none. */
  readonly read: (json: Json) => T;
  /** True: it reads anything. */
  readonly schema: Schema | true;
}

/** A reader of each field of an object. */
export type Readers<T> = { readonly [Field in keyof T]-?: Reader<Exclude<T[Field], undefined>> };

/** A reader of plain values that pass a test. */
function plain<T>(what: string, schema: Schema, isOne: (value: unknown) => boolean): Reader<T> {
  const read = (json: Json): T => {
    if (isOne(json.value)) return json.value as T;
    throw wrongType(json, what);
  };
  return { read, schema };
}

export const text = plain<string>("a text", { type: "string" }, (value) => typeof value === "string");
export const integer = plain<number>("an integer", { type: "integer" }, Number.isSafeInteger);
export const size = plain<number>("a size", { type: "integer", minimum: 0 }, (value) => {
  return Number.isSafeInteger(value) && Number(value) >= 0;
});
export const flag = plain<boolean>("true or false", { type: "boolean" }, (value) => typeof value === "boolean");
/** A number of which only the compiler knows the bounds. */
export const number = plain<number>("a number", { type: "number" }, (value) => typeof value === "number");
const nothing = plain<null>("null", { type: "null" }, (value) => value === null);
/** What another part judges; fields become own properties whatever they are called. */
export const anything: Reader<unknown> = {
  read: ({ place }) => JSON.parse(place.text.slice(place.span.start, place.span.end)),
  schema: true,
};

/** Values of one type of JSON are read by a reader of their own. */
export function either<T, U>(type: Json["type"], special: Reader<T>, usual: Reader<U>): Reader<T | U> {
  return {
    read: (json) => (json.type === type ? special : usual).read(json),
    schema: { anyOf: [usual.schema, special.schema] },
  };
}

export function orNull<T>(reader: Reader<T>): Reader<T | null> {
  return either("null", nothing, reader);
}

export function listOf<T>(what: string, item: Reader<T>): Reader<readonly T[]> {
  const read = (json: Json): readonly T[] => {
    if (json.type !== "array") throw wrongType(json, what);
    return json.children.map(item.read);
  };
  return { read, schema: { type: "array", items: item.schema } };
}

/** Fields become own properties whatever they are called, `__proto__` included. */
export function recordOf<T>(what: string, item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return {
    read: (json) => Object.fromEntries([...fieldsOf(json, what)].map(([name, { value }]) => [name, item.read(value)])),
    schema: { type: "object", additionalProperties: item.schema },
  };
}

export function oneOf<T extends string>(allowed: readonly T[]): Reader<T> {
  const read = (json: Json): T => {
    const found = text.read(json);
    const value = allowed.find((word) => word === found);
    if (value === undefined) throw messages.manifestValue(json.place, found, allowed);
    return value;
  };
  return { read, schema: { enum: allowed } };
}

function nameThat(problemOf: (name: string) => string | undefined): Reader<string> {
  const read = (json: Json): string => {
    const name = text.read(json);
    const problem = problemOf(name);
    if (problem) throw messages.manifestName(json.place, name, problem);
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

/** The schema of an object of some fields. */
export function objectOf(
  table: Readonly<Record<string, Pick<Reader<unknown>, "schema">>>,
  required: readonly string[] = [],
): Schema {
  const properties = Object.fromEntries(Object.entries(table).map(([name, { schema }]) => [name, schema]));
  return { type: "object", properties, required, additionalProperties: false };
}

/** A reader whose values a schema describes in a sentence. */
export function described<T>(description: string, { read, schema }: Reader<T>): Reader<T> {
  return { read, schema: { description, ...(schema as Schema) } };
}

/**
 * Reads an object, field by field of a table. Refuses fields that are not in it, and `owner`, which a message says the object
 * is, without the `needed` ones. The fields are returned, too, with their places.
 */
export function readFields<T extends object>(
  json: Json,
  table: Readers<T>,
  what: string,
  needed: readonly string[] = [],
  owner = what,
): { readonly read: Partial<T>; readonly fields: ReadonlyMap<string, Field> } {
  const fields = fieldsOf(json, what);
  const known = Object.keys(table);
  for (const [name, { key }] of fields) {
    if (!known.includes(name)) throw messages.manifestField(key.place, name, known);
  }
  const missing = needed.find((field) => !fields.has(field));
  if (missing) throw missingField(json, missing, owner);
  const read = Object.entries<Reader<unknown>>(table).flatMap(([name, reader]) => {
    const field = fields.get(name);
    return field ? [[name, reader.read(field.value)]] : [];
  });
  return { read: Object.fromEntries(read) as Partial<T>, fields };
}
