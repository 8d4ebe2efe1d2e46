/**
 * JSON with places: strict JSON as a tree whose nodes know their offsets.
 *
 * Invariant: text of any size and depth either becomes a tree or an error with a place; nothing overflows.
 */
import type { Node, ParseError } from "jsonc-parser";
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
export interface JsonField {
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
export function describeNode(node: JsonNode): string {
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
