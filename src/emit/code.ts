/**
 * Program text as a type. A `Code` is made by the tagged template `code` alone, in which only other code, names,
 * numbers and quoted literals can be put: the text of a user cannot become code by accident.
 *
 *     code`${name}.fill(${0})`    code`throw new RangeError(${literal(message)})`
 *
 * Invariant: the text of a `Code` comes from this repository's templates, from `Name`s and from literals. A user's text
 * reaches comments alone, and nothing in it can end the comment, start a line of its own or reorder what a reader sees.
 */
import { InternalError } from "../support/errors.ts";

const IDENTIFIER = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/** An identifier. Those of emitted code come from a `Scope`, which keeps them unique and off reserved words. */
export class Name {
  readonly text: string;

  constructor(text: string) {
    if (!IDENTIFIER.test(text)) throw new InternalError(`${JSON.stringify(text)} is no identifier`);
    this.text = text;
  }
}

/** A piece of program text on one line. */
export class Code {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** The tag of templates: see `code`. */
  static template(this: void, strings: readonly string[], ...parts: readonly (Code | Name | number)[]): Code {
    let text = strings[0] as string;
    for (let at = 0; at < parts.length; at++) text += textOf(parts[at]) + (strings[at + 1] as string);
    return new Code(text);
  }

  /** A string, number, BigInt or boolean as a literal that has no way out of its quotes. */
  static literal(this: void, value: string | number | bigint | boolean): Code {
    switch (typeof value) {
      case "string":
        return new Code(quoted(value));
      case "bigint":
        return new Code(`${value}n`);
      default:
        return new Code(Object.is(value, -0) ? "-0" : String(value).replace("e+", "e"));
    }
  }
}

/** Makes code of a template; numbers in it become literals. */
export const code = Code.template;

/** Makes code of a value; a string is quoted. */
export const literal = Code.literal;

/** Joins pieces with a comma and a space: arguments and parameters. */
export function commaSeparated(pieces: readonly (Code | Name)[]): Code {
  const [first, ...rest] = pieces;
  return rest.reduce<Code>((joined, piece) => code`${joined}, ${piece}`, first ? code`${first}` : code``);
}

/** The types say as much; this holds where they were bypassed. */
function textOf(part: unknown): string {
  if (part instanceof Code || part instanceof Name) return part.text;
  if (typeof part === "number") return literal(part).text;
  throw new InternalError(`a ${typeof part} in a code template`);
}

/** JSON's quoting, with the line separators that were no part of a string before ES2019. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** Makes lines safe to place inside a comment: each line of the text becomes one, without marks. */
export function commentLines(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(/\r\n|[\n\r\u2028\u2029]/)).map(commentLine);
}

/** Prints lines of a doc comment that are safe already; nothing for no lines. */
export function docComment(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  if (lines.length === 1) return [`/** ${lines[0]} */`];
  return ["/**", ...lines.map((line) => (line === "" ? " *" : ` * ${line}`)), " */"];
}

/** Stands in for what is invisible, and parts a star from the slash that would end the comment. */
function commentLine(line: string): string {
  return line
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu, "\u00b7")
    .replaceAll("*/", "* /")
    .trimEnd();
}

/** No identifier needs more characters to be told apart; a number is appended where two begin alike. */
export const LONGEST_IDENTIFIER = 64;

/**
 * Scopes give emitted code its identifiers: the preferred name where it can be one, else the nearest readable
 * variation (`class_`, `i2`).
 *
 * Invariant: a name is never given twice along a chain of nested scopes, in whatever order they declare, so nothing
 * is ever shadowed; scopes beside each other may share names.
 */
export class Scope {
  readonly #parent: Scope | null;
  readonly #own = new Set<string>();
  /** Names of all scopes inside this one, which it must not declare above them. */
  readonly #inside = new Set<string>();

  constructor(parent: Scope | null = null) {
    this.#parent = parent;
  }

  /** Opens a scope inside this one. */
  nest(): Scope {
    return new Scope(this);
  }

  /** Declares an identifier as close to the preferred text as can be. */
  declare(preferred: string): Name {
    const base = identifierLike(preferred);
    let text = base;
    for (let number = 2; !this.#isFree(text); number++) {
      text = /\d$/.test(base) ? `${base}_${number}` : `${base}${number}`;
    }
    this.#own.add(text);
    for (let scope = this.#parent; scope; scope = scope.#parent) scope.#inside.add(text);
    return new Name(text);
  }

  #isFree(text: string): boolean {
    if (this.#inside.has(text)) return false;
    for (let scope: Scope | null = this; scope; scope = scope.#parent) if (scope.#own.has(text)) return false;
    return true;
  }
}

/**
 * Keeps the characters that an identifier may have, visible ones only, and steps aside for reserved words. Where none
 * stands by itself, as for `×` and for marks alone, the name is the number of the character, `ud7`.
 */
function identifierLike(preferred: string): string {
  const kept = /[\p{L}\p{Nl}\p{Nd}_$]/u.test(preferred)
    ? preferred.normalize("NFC").replaceAll(/[^\p{ID_Continue}$]|[\u200c\u200d]/gu, "")
    : preferred.replaceAll(/[^]/gu, (character) =>
        /\s/.test(character) ? "" : `u${character.codePointAt(0)?.toString(16)}`,
      );
  const short = [...kept].slice(0, LONGEST_IDENTIFIER).join("");
  const started = /^[\p{ID_Start}_$]/u.test(short) ? short : `_${short}`;
  return RESERVED.has(started) ? `${started}_` : started;
}

/** Words of the language in strict mode, of TypeScript's modules, and the globals that emitted code uses. */
const RESERVED: ReadonlySet<string> = new Set(
  `await break case catch class const continue debugger default delete do else enum export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static
  super switch this throw true try typeof var void while with yield
  arguments async eval of Infinity NaN undefined
  exports module require globalThis Object Promise Reflect
  erf orderBits restoreBits greaterOf lesserOf BigInt Math Number RangeError BigInt64Array BigUint64Array Float32Array Float64Array Int8Array Int16Array Int32Array
  Uint8Array Uint16Array Uint32Array`.split(/\s+/),
);
