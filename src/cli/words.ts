/** How messages name what was given on the command line: by flags. */
import { printable } from "../support/messages/files.ts";
import type { Words } from "../support/words.ts";
import { flagOf } from "./kernel-options.ts";

/** The words of a command whose operands are given by `operand`: "--shape". */
export function commandLineWords(operand: string): Words {
  return {
    option: flagWithin,
    within: (option, key, value = 3) =>
      `with ${flagWithin(option)}${key === undefined ? "" : ` ${quoteForShell(`${printable(key)}=${value}`)}`}`,
    // What is said of one entry is an example already.
    example: () => "",
    set: (option, value) => `pass ${flagWithin(option)} ${value}`,
    operand,
  };
}

/** `--shape[0]` for `shapes[0]`. */
function flagWithin(option: string): string {
  const [, name = "", rest = ""] = /^(\w*)(.*)$/su.exec(option) ?? [];
  return `${flagOf(name)}${rest}`;
}

/** A word as a shell takes it. */
export function quoteForShell(word: string): string {
  return /^[\w./:@=+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
