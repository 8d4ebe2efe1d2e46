/**
 * The options of the compiler as commands take them, one table: what is printed of each, how it is read, and which flag messages
 * call it by. A reader of a value returns it or throws the error that commander reports as wrong usage.
 *
 * Invariant: an option that was not given is absent from the compiler's options, so that its own default holds.
 */
import { InvalidArgumentError, Option, type Command } from "commander";
import type { CompileOptions } from "../compile.ts";
import { COMBINATIONS, REDUCTIONS } from "../ir/contraction.ts";
import { DTYPE_NAMES, type Dtype } from "../ir/dtype.ts";
import { OPTIMIZER_NAMES, type Optimize } from "../path/choose.ts";
import { OBJECTIVE_NAMES, type LinearPath, type Minimize } from "../path/path.ts";
import { quote } from "../support/carets.ts";
import { printable } from "../support/messages/files.ts";
import { suggest } from "../support/describe.ts";
import type { Words } from "../support/words.ts";

/** What a command was given, by the names of its flags. */
export type Given = Readonly<Record<string, unknown>>;

/** The options that go together, each by its name in `CompileOptions`, and `by`, the operand of a gradient. */
const GROUPS = {
  /** Where no arrays tell them. */
  shapes: {
    shapes: option(
      "-s, --shape <sizes>",
      'shape of an operand, repeated for each: 2,3,32; a scalar\'s is ""; a name is a size left to run time: n,64',
      collectShape,
    ),
  },
  /** What gives the names of a spec a meaning, and its operands an order. */
  meaning: {
    params: option(
      "-p, --param <name=integer>",
      "value of a parameter of the spec (repeatable)",
      collectBinding(-Infinity),
    ),
    sizes: option(
      "-k, --size <name=size>",
      "size of an index that the operands do not tell (repeatable)",
      collectBinding(0),
    ),
    notation: choiceOption("--notation <notation>", "how names are told apart", ["compact", "named"]),
    optimize: option(
      "--optimize <order>",
      `contraction order: ${OPTIMIZER_NAMES.join(", ")}, or a path as in [[0,1],[0,1]]`,
      readOptimize,
    ),
  },
  /** How to search for a path. */
  search: {
    memoryLimit: option(
      "--memory-limit <elements>",
      "most elements of an intermediate; indices are sliced where no order keeps to it",
      readCount,
    ),
    minimize: option(
      "--minimize <objective>",
      `what a path is to have little of: ${OBJECTIVE_NAMES.join(", ")}, or weights as in flops=1,write=64`,
      readMinimize,
    ),
    seed: option("--seed <integer>", "decides every random choice of a search; 0 by default", readSeed),
    maxTime: option("--max-time <seconds>", "search until it is over; one seed then gives many paths", readSeconds),
  },
  /** How elements meet, and in which shape. */
  result: {
    reduce: choiceOption("--reduce <reduction>", "how elements under one output element become one", REDUCTIONS),
    combine: choiceOption("--combine <combination>", "how the operands' elements become one", COMBINATIONS),
    outputShape: option("--output-shape <sizes>", "shape of the result, where the spec leaves a choice", readShape),
  },
  /** Which code to make. */
  code: {
    dtypes: option(
      "--dtype <dtype>",
      `dtype of all operands, or of each, separated by commas: ${DTYPE_NAMES.join(", ")}`,
      (text: string) => readNames(text).map((name): Dtype => readChoice(name, DTYPE_NAMES)),
    ),
    name: option("--name <name>", "name of the function"),
    operands: option("--operands <names>", "names of the operands, separated by commas", readNames),
    by: option(
      "--grad <operand>",
      "the gradient by an operand, given by its name or its position, instead of the result",
    ),
    target: choiceOption("--target <target>", "language of the source; javascript by default", [
      "javascript",
      "typescript",
    ]),
  },
} satisfies Readonly<Record<string, { readonly [Name in keyof CompileOptions | "by"]?: Option }>>;

const OPTIONS: Readonly<Record<string, Option>> = Object.assign({}, ...Object.values(GROUPS));

function option<T>(flags: string, description: string, read?: (text: string, before: T) => T): Option {
  const made = new Option(flags, description);
  return read ? made.argParser(read) : made;
}

function readNames(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

/** Adds the spec to a command, and options of the compiler. That shapes are given is checked once all options are known. */
export function addSpec(command: Command, ...groups: readonly (keyof typeof GROUPS)[]): Command {
  command.argument("<spec>", "the einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'", readSpec);
  for (const option of groups.flatMap((group): Option[] => Object.values(GROUPS[group]))) command.addOption(option);
  if (!groups.includes("shapes")) return command;
  return command.hook("preAction", (_, called) => {
    if (called.getOptionValue("shape") !== undefined) return;
    called.error(`error: option '${GROUPS.shapes.shapes.flags}' is missing: give one for each operand`);
  });
}

/** The compiler's options for what a command was given. */
export function compileOptionsOf(given: Given): CompileOptions {
  const { by: _, dtypes: __, ...plain } = OPTIONS;
  const named = Object.entries(plain).map(([name, option]) => [name, given[option.attributeName()]] as const);
  const read: object = Object.fromEntries(named.filter(([, value]) => value !== undefined));
  const dtypes = given["dtype"] as readonly Dtype[] | undefined;
  const typed = dtypes?.length === 1 ? { dtype: dtypes[0] } : dtypes && { dtypes };
  return { ...(read as CompileOptions), ...typed };
}

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

/** `--shape[0]` for `shapes[0]`; of an option that the command line has not, what it would be. */
function flagWithin(option: string): string {
  const [, name = "", rest = ""] = /^(\w*)(.*)$/su.exec(option) ?? [];
  const known = name === "dtype" ? "dtypes" : name;
  const flag = Object.hasOwn(OPTIONS, known) ? OPTIONS[known]?.long : undefined;
  return `${flag ?? `--${name}`}${rest}`;
}

/** A word as a shell takes it. */
export function quoteForShell(word: string): string {
  return /^[\w./:@=+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `2,3,32`: sizes separated by commas; the empty text is the shape of a scalar. */
function readShape(text: string): number[] {
  if (text.trim() === "") return [];
  const usage = (part: string): string => `${quote(part)} is no size: a shape reads 2,3,32, and that of a scalar ""`;
  return text.split(",").map((part) => readInteger(part, /^\d+$/, usage(part)));
}

/** A spec; without quotes a shell takes the end of its arrow for itself, and what follows for a file. */
function readSpec(text: string): string {
  if (!/-\s*$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It ends in '-', as where a shell takes the '>' of '->' for itself: put quotes around it, as in 'ij->i'",
  );
}

/** A count of at least 1. */
function readCount(text: string): number {
  return readInteger(text, /^0*[1-9]\d*$/, "Write a whole number of at least 1.");
}

type Shape = readonly (number | string)[];

/** One more shape of a repeated option; a name stands for a size that the kernel takes as an argument: `n,64`. */
function collectShape(text: string, shapes: readonly Shape[] = []): readonly Shape[] {
  const parts = text.split(",").map((part) => part.trim());
  const hasName = parts.some((part) => /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(part));
  if (!hasName) return [...shapes, readShape(text)];
  return [...shapes, parts.flatMap((part): Shape => (/^\d/.test(part) ? readShape(part) : [part]))];
}

/** Integers by name. */
type Bindings = Readonly<Record<string, number>>;

/** One more `name=integer` of a repeated option; `lowest` is the least integer that will do. */
function collectBinding(lowest: number): (text: string, bound: Bindings | undefined) => Bindings {
  const usage = lowest < 0 ? "Write name=integer, as in s=2" : "Write name=size, as in k=3";
  return (text, bound = {}) => {
    const [, given = "", digits = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    const name = given.trim();
    const value = readInteger(digits, /^-?\d+$/, usage);
    if (name === "" || value < lowest) throw new InvalidArgumentError(usage);
    if (Object.hasOwn(bound, name)) throw new InvalidArgumentError(`${quote(name)} has a value already`);
    return { ...bound, [name]: value };
  };
}

/** An option whose value is one of some words. */
export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).argParser((text: string) => readChoice(text, choices));
}

/** One of some words, and a suggestion where it is nearly one. */
export function readChoice<T extends string>(text: string, choices: readonly T[]): T {
  const choice = choices.find((word) => word === text);
  if (choice !== undefined) return choice;
  const near = suggest(text, choices);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new InvalidArgumentError(`It is one of ${choices.join(", ")}.${hint}`);
}

/** A contraction order: an optimizer's name, or a linear path as JSON, `[[0,1],[0,1]]`. */
function readOptimize(text: string): Optimize {
  if (!text.trimStart().startsWith("[")) return readChoice(text, OPTIMIZER_NAMES);
  try {
    const path: unknown = JSON.parse(text);
    const isStep = (step: unknown): boolean => Array.isArray(step) && step.every(Number.isSafeInteger);
    if (Array.isArray(path) && path.every(isStep)) return path as LinearPath;
  } catch {
    // It is no JSON, and so no path.
  }
  throw new InvalidArgumentError("A path is a list of steps, each a list of positions: [[0,1],[0,1]].");
}

/** What a search makes small: an objective, or weights, `flops=1,write=64`. */
function readMinimize(text: string): Minimize {
  if (!text.includes("=")) return readChoice(text, OBJECTIVE_NAMES);
  return Object.fromEntries(text.split(",").map(readWeight));
}

function readWeight(text: string): [name: "flops" | "write", weight: number] {
  const [, name, digits] = /^\s*(flops|write)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(text) ?? [];
  if (name !== "flops" && name !== "write") {
    throw new InvalidArgumentError(`${quote(text)} is no weight: weights read flops=1,write=64`);
  }
  return [name, Number(digits)];
}

/** A time in seconds, fractions allowed. */
function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\s*\d*\.?\d+\s*$/.test(text) || !(seconds > 0 && seconds < Infinity)) {
    throw new InvalidArgumentError("Write a number of seconds above 0, as in 0.5");
  }
  return seconds;
}

/** A whole number, negative ones included. */
function readSeed(text: string): number {
  return readInteger(text, /^-?\d+$/, "Write a whole number.");
}

function readInteger(text: string, pattern: RegExp, usage: string): number {
  const value = Number(text);
  if (!pattern.test(text.trim()) || !Number.isSafeInteger(value)) throw new InvalidArgumentError(usage);
  return value + 0; // never -0
}
