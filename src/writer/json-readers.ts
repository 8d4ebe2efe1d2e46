/**
 * Readers of JSON values, each with the schema of what it reads: what one returns has the type that it promises; anything
 * else is an error with its place.
 *
 * Invariant: a schema refuses nothing that its reader reads.
 */
import { LONGEST_IDENTIFIER, Scope } from "../emit/scope.ts";
import * as messages from "../support/messages/manifest.ts";
import { describeNode, fieldsOf, placeOf, type JsonField, type JsonNode, type JsonSource } from "./json-tree.ts";

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
