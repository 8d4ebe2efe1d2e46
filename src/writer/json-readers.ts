/**
 * Readers of JSON values: what one returns has the type that it promises; anything else is an error with its place.
 */
import * as messages from "../support/messages/manifest.ts";
import { describeNode, fieldsOf, placeOf, type JsonNode, type JsonSource } from "./json-tree.ts";
import { problemOfKernelName } from "./kernel-name.ts";

/** Reads a value, or throws the error that shows where it is none. */
export type Reader<T> = (source: JsonSource, node: JsonNode) => T;

export const text: Reader<string> = (source, node) => {
  if (node.type !== "string") throw wrongType(source, node, "a text");
  return String(node.value);
};

export const integer: Reader<number> = (source, node) => {
  if (!Number.isSafeInteger(node.value)) throw wrongType(source, node, "an integer");
  return Number(node.value);
};

export const size: Reader<number> = (source, node) => {
  if (!Number.isSafeInteger(node.value) || Number(node.value) < 0) throw wrongType(source, node, "a size");
  return Number(node.value);
};

export const flag: Reader<boolean> = (source, node) => {
  if (node.type !== "boolean") throw wrongType(source, node, "true or false");
  return node.value === true;
};

/** A number of which only the compiler knows the bounds. */
export const number: Reader<number> = (source, node) => {
  if (node.type !== "number") throw wrongType(source, node, "a number");
  return Number(node.value);
};

export const sizeOrSymbol: Reader<number | string> = (source, node) =>
  node.type === "string" ? String(node.value) : size(source, node);

export const integerOrSymbol: Reader<number | string> = (source, node) =>
  node.type === "string" ? String(node.value) : integer(source, node);

export function orNull<T>(reader: Reader<T>): Reader<T | null> {
  return (source, node) => (node.type === "null" ? null : reader(source, node));
}

export function listOf<T>(what: string, item: Reader<T>): Reader<readonly T[]> {
  return (source, node) => {
    if (node.type !== "array") throw wrongType(source, node, what);
    return (node.children ?? []).map((child) => item(source, child));
  };
}

/** Fields become own properties whatever they are called, `__proto__` included. */
export function recordOf<T>(what: string, item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (source, node) => {
    if (node.type !== "object") throw wrongType(source, node, what);
    return Object.fromEntries(fieldsOf(source, node).map(({ name, value }) => [name, item(source, value)]));
  };
}

export function oneOf<T extends string>(allowed: readonly T[]): Reader<T> {
  return (source, node) => {
    const found = text(source, node);
    const value = allowed.find((word) => word === found);
    if (value === undefined) throw messages.manifestValue(placeOf(source, node), found, allowed);
    return value;
  };
}

export function nameThat(problemOf: (name: string) => string | undefined): Reader<string> {
  return (source, node) => {
    const name = text(source, node);
    const problem = problemOf(name);
    if (problem) throw messages.manifestName(placeOf(source, node), name, problem);
    return name;
  };
}

/** A name that a kernel may have. */
export const kernelName = nameThat(problemOfKernelName);

/** Integers by name. */
export const integersByName = recordOf("an object of integers", integer);

/** The error that says which type was expected. */
export function wrongType(source: JsonSource, node: JsonNode, expected: string): Error {
  return messages.manifestType(placeOf(source, node), expected, describeNode(node));
}
