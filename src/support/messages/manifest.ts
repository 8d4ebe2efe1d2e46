/**
 * Messages about the manifest of kernels. Each names file, line and column, and draws that line with a caret under the
 * guilty part.
 */
import { quote, type Span } from "../carets.ts";
import { EinsumError, type ErrorParts } from "../errors.ts";
import { suggest } from "../describe.ts";
import type { Words } from "../words.ts";
import { printable } from "./files.ts";

/** How messages about a kernel name what its entry gives: by fields. */
export const MANIFEST_WORDS: Words = {
  option: nameField,
  within: (option) => `in ${nameField(option)}`,
  example: (option, key) => `, as in ${nameField(option)}: { ${JSON.stringify(key)}: 3 }`,
  set: (option, value) => `set ${nameField(option)} to ${JSON.stringify(value)}`,
  operand: `shape in ${nameField("shapes")}`,
};

/** A place in a manifest. */
export interface ManifestPlace {
  /** The file as messages name it. */
  readonly fileName: string;
  /** The whole text of the file. */
  readonly text: string;
  readonly span: Span;
}

/** Two fields of one kernel exclude each other; the place is the second's. */
export function manifestConflict(place: ManifestPlace, first: string, second: string): EinsumError {
  return at(place, {
    code: "manifest-conflict",
    summary: `'${first}' and '${second}' exclude each other`,
    remedy: "keep one of the two",
  });
}

/** A field is given twice in one object. */
export function manifestDuplicateField(place: ManifestPlace, field: string): EinsumError {
  return at(place, {
    code: "manifest-duplicate-field",
    summary: `the field ${quote(field)} is given twice`,
    remedy: "keep one of the two",
  });
}

/** Two kernels would be written to one file; names that differ only in case are the same file on some systems. */
export function manifestDuplicateName(place: ManifestPlace, name: string, other: string, line: number): EinsumError {
  return at(place, {
    code: "manifest-duplicate-name",
    summary:
      name === other
        ? `the kernel ${quote(name)} is listed already, in line ${line}`
        : `the kernels ${quote(name)} and ${quote(other)} of line ${line} differ only in case: some systems hold both names for one file`,
    remedy: "give each kernel a name of its own",
  });
}

/** Several entries are wrong, each in its own way. */
export function manifestEntries(fileName: string, errors: readonly Error[]): EinsumError {
  const all = new EinsumError({
    code: "manifest-entries",
    summary: `${printable(fileName)}: ${errors.length} things are wrong with the entries of the manifest`,
  });
  all.message = [all.message, ...errors.map(({ message }) => message)].join("\n\n");
  return all;
}

/** A field that no kernel, or no manifest, has. */
export function manifestField(place: ManifestPlace, field: string, known: readonly string[]): EinsumError {
  const near = suggest(field, known);
  return at(place, {
    code: "manifest-field",
    summary: `unknown field ${quote(field)}`,
    remedy: near ? `did you mean '${near}'?` : `the fields are ${known.join(", ")}`,
  });
}

/** A field that must be there is not; the place is the object's. */
export function manifestMissingField(place: ManifestPlace, field: string, owner: string): EinsumError {
  return at(place, {
    code: "manifest-missing-field",
    summary: `${owner} has no '${field}'`,
    remedy: `add a field "${field}"`,
  });
}

/** A name that cannot be used for a kernel or an operand; `problem` continues the sentence "the name 'x' ...". */
export function manifestName(place: ManifestPlace, name: string, problem: string): EinsumError {
  return at(place, {
    code: "manifest-name",
    summary: `the name ${quote(name)} ${problem}`,
    remedy: /^[A-Za-z_]\w*$/.test(name)
      ? "choose another name"
      : "use letters, digits and underscores, as in 'conv3x3'",
  });
}

/** A manifest that a program passed cannot be written as JSON. */
export function manifestNoData(): EinsumError {
  return new EinsumError({
    code: "manifest-no-data",
    summary: "the manifest holds something that JSON cannot: a cycle, or a bigint",
    remedy: "pass plain objects, lists, texts and numbers",
  });
}

/** What is to be written does not go together; the place is that of the value that does not fit the rest. */
export function manifestOutput(place: ManifestPlace, problem: string, remedy: string): EinsumError {
  return at(place, { code: "manifest-output", summary: problem, remedy });
}

/** The text is no JSON; `problem` says what was expected. */
export function manifestSyntax(place: ManifestPlace, problem: string): EinsumError {
  return at(place, {
    code: "manifest-syntax",
    summary: problem,
    remedy: "the manifest is strict JSON: double quotes, no comments, no comma at the end of a list",
  });
}

/** Brackets nest deeper than any manifest needs. */
export function manifestTooDeep(place: ManifestPlace, limit: number): EinsumError {
  return at(place, {
    code: "manifest-too-deep",
    summary: `lists and objects nest more than ${limit} deep`,
    remedy: "remove the brackets that are too many",
  });
}

/** The file is larger than a manifest may be; `found` is undefined where its end was not waited for. */
export function manifestTooLarge(fileName: string, found: number | undefined, limit: number): EinsumError {
  return new EinsumError({
    code: "manifest-too-large",
    summary: `${printable(fileName)}: the manifest has ${found === undefined ? `more than ${limit} bytes` : `${found} bytes, more than ${limit}`}`,
    remedy: "split it into several manifests, each with a folder of its own",
  });
}

/** A value of the wrong type. */
export function manifestType(place: ManifestPlace, expected: string, found: string): EinsumError {
  return at(place, {
    code: "manifest-type",
    summary: `expected ${expected}, found ${found}`,
    remedy: `write ${expected}`,
  });
}

/** A word that is none of those allowed. */
export function manifestValue(place: ManifestPlace, found: string, allowed: readonly string[]): EinsumError {
  const near = suggest(found, allowed);
  return at(place, {
    code: "manifest-value",
    summary: `${quote(found)} is none of ${allowed.map((word) => (word === "" ? '""' : word)).join(", ")}`,
    remedy: near ? `did you mean '${near}'?` : "write one of those",
  });
}

/** Says where a place is: `kernels.json:3:14`. */
export function printPlace({ fileName, text, span }: ManifestPlace): string {
  const { line, column } = lineAt(text, span.start);
  return `${printable(fileName)}:${line}:${column}`;
}

/** Line and column of an offset, both counted from 1, and the offset at which the line starts. */
export function lineAt(text: string, offset: number): { line: number; column: number; start: number } {
  const starts = lineStartsOf(text);
  let [line, end] = [1, starts.length];
  while (line < end) {
    const middle = (line + end) >> 1;
    if ((starts[middle] as number) <= offset) line = middle + 1;
    else end = middle;
  }
  const start = starts[line - 1] as number;
  return { line, column: offset - start + 1, start };
}

/** Of the text that was asked for last: a manifest of thousands of mistakes is searched for its lines once. */
let known = { text: "", starts: [0] };

function lineStartsOf(text: string): readonly number[] {
  if (known.text === text) return known.starts;
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  known = { text, starts };
  return starts;
}

/** `"shapes"[0]` for `shapes[0]`; gradients are asked for by another name than the API's. */
function nameField(option: string): string {
  const [, name = "", rest = ""] = /^(\w*)(.*)$/su.exec(option === "by" ? "gradients" : option) ?? [];
  return `"${name}"${rest}`;
}

function at(place: ManifestPlace, parts: ErrorParts): EinsumError {
  const { text, span } = place;
  const { line: number, start } = lineAt(text, span.start);
  const line = text.slice(start, lineStartsOf(text)[number]).replace(/\r?\n$/, "");
  const end = Math.min(
    Math.max(span.end - start, span.start - start + 1),
    Math.max(line.length, span.start - start + 1),
  );
  return new EinsumError({
    ...parts,
    summary: `${printPlace(place)}: ${parts.summary}`,
    text: line,
    marks: [{ span: { start: span.start - start, end } }],
  });
}
