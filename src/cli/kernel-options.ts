/**
 * The options of the compiler as commands take them, one table: what is printed of each, how it is read, and which flag messages
 * call it by.
 *
 * Invariant: an option that was not given is absent from the compiler's options, so that its own default holds.
 */
import { Option, type Command } from "commander";
import type { CompileOptions } from "../compile.ts";
import { COMBINATIONS, REDUCTIONS } from "../ir/contraction.ts";
import { DTYPE_NAMES, type Dtype } from "../ir/dtype.ts";
import { OPTIMIZER_NAMES } from "../path/choose.ts";
import { OBJECTIVE_NAMES } from "../path/path.ts";
import {
  choiceOption,
  collectBinding,
  collectShape,
  readChoice,
  readCount,
  readMinimize,
  readOptimize,
  readSeconds,
  readSeed,
  readShape,
  readSpec,
} from "./arguments.ts";

/** What a command was given, by the names of its flags. */
export type Given = Readonly<Record<string, unknown>>;

/** By their names in `CompileOptions`, and `by`, the operand of a gradient. */
const OPTIONS = {
  shapes: option(
    "-s, --shape <sizes>",
    'shape of an operand, repeated for each: 2,3,32; a scalar\'s is ""; a name is a size left to run time: n,64',
    collectShape,
  ),
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
  reduce: choiceOption("--reduce <reduction>", "how elements under one output element become one", REDUCTIONS),
  combine: choiceOption("--combine <combination>", "how the operands' elements become one", COMBINATIONS),
  outputShape: option("--output-shape <sizes>", "shape of the result, where the spec leaves a choice", readShape),
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
} satisfies { readonly [Name in keyof CompileOptions | "by"]?: Option };

type OptionName = keyof typeof OPTIONS;

/** The options that go together. */
const GROUPS = {
  /** Where no arrays tell them. */
  shapes: ["shapes"],
  /** What gives the names of a spec a meaning, and its operands an order. */
  meaning: ["params", "sizes", "notation", "optimize"],
  /** How to search for a path. */
  search: ["memoryLimit", "minimize", "seed", "maxTime"],
  /** How elements meet, and in which shape. */
  result: ["reduce", "combine", "outputShape"],
  /** Which code to make. */
  code: ["dtypes", "name", "operands", "by", "target"],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;

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
  for (const name of groups.flatMap((group): readonly OptionName[] => GROUPS[group])) command.addOption(OPTIONS[name]);
  if (!groups.includes("shapes")) return command;
  return command.hook("preAction", (_, called) => {
    if (called.getOptionValue("shape") !== undefined) return;
    called.error(`error: option '${OPTIONS.shapes.flags}' is missing: give one for each operand`);
  });
}

/** The compiler's options for what a command was given. */
export function compileOptionsOf(given: Given): CompileOptions {
  const { by: _, dtypes: __, ...plain } = OPTIONS;
  const read = Object.entries<Option>(plain).flatMap(([name, option]) => {
    const value = given[option.attributeName()];
    if (value === undefined) return [];
    return [[name, value instanceof Map ? Object.fromEntries(value as Map<string, number>) : value]];
  });
  const dtypes = given["dtype"] as readonly Dtype[] | undefined;
  const typed = dtypes?.length === 1 ? { dtype: dtypes[0] } : dtypes && { dtypes };
  return { ...(Object.fromEntries(read) as CompileOptions), ...typed };
}

/** The flag of an option of the compiler, `--shape` for `shapes`; of one that the command line has not, what it would be. */
export function flagOf(name: string): string {
  const known = name === "dtype" ? "dtypes" : name;
  return Object.hasOwn(OPTIONS, known) ? (OPTIONS[known as OptionName].long ?? "") : `--${name}`;
}
