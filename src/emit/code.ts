/**
 * Program text as a type. A `Code` is made by the tagged template `code` alone, in which only other code, names,
 * numbers and quoted literals can be put: the text of a user cannot become code by accident.
 *
 *     code`${name}.fill(${0})`    code`throw new RangeError(${literal(message)})`
 *
 * Invariant: the text of a `Code` comes from this repository's templates, from `Name`s and from literals.
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
