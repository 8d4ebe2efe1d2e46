/** How messages name what was given on the command line: by flags. */
import { printable } from "../support/messages/files.ts";
import type { Words } from "../support/words.ts";

/** The flag of each option of the compiler that the command line has. */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ["by", "--grad"],
  ["combine", "--combine"],
  ["dtype", "--dtype"],
  ["dtypes", "--dtype"],
  ["maxTime", "--max-time"],
  ["memoryLimit", "--memory-limit"],
  ["minimize", "--minimize"],
  ["name", "--name"],
  ["notation", "--notation"],
  ["operands", "--operands"],
  ["optimize", "--optimize"],
  ["outputShape", "--output-shape"],
  ["params", "--param"],
  ["reduce", "--reduce"],
  ["seed", "--seed"],
  ["shapes", "--shape"],
  ["sizes", "--size"],
  ["target", "--target"],
]);

/** The words of a command whose operands are given by `operand`: "--shape". */
export function commandLineWords(operand: string): Words {
  return {
    option: flagOf,
    within: (option, key, value = 3) =>
      `with ${flagOf(option)}${key === undefined ? "" : ` ${quoteForShell(`${printable(key)}=${value}`)}`}`,
    // What is said of one entry is an example already.
    example: () => "",
    set: (option, value) => `pass ${flagOf(option)} ${value}`,
    operand,
  };
}

/** `--shape[0]` for `shapes[0]`. */
function flagOf(option: string): string {
  const [, name = "", rest = ""] = /^(\w*)(.*)$/su.exec(option) ?? [];
  return `${FLAGS.get(name) ?? `--${name}`}${rest}`;
}

/** A word as a shell takes it. */
export function quoteForShell(word: string): string {
  return /^[\w./:@=+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
