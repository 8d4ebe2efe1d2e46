/**
 * The options that `compile`, `explain`, `run` and `path` share, and how they become the compiler's.
 *
 * Invariant: an option that was not given is absent from the compiler's options, so that its own default holds.
 */
import type { Command } from "commander";
import { verifyCompilation } from "../loops/verify-compilation.ts";
import { compile, type Compilation, type CompileOptions } from "../compile.ts";
import { compileGradient, type SpecGradientCompilation } from "../compile-gradient.ts";
import type { Target } from "../emit/source.ts";
import { COMBINATIONS, REDUCTIONS, type Combination, type Reduction } from "../ir/contraction.ts";
import { DTYPE_NAMES, type Dtype } from "../ir/dtype.ts";
import { OPTIMIZER_NAMES, type Optimize } from "../path/choose.ts";
import { OBJECTIVE_NAMES, type Minimize } from "../path/path.ts";
import type { Notation } from "../spec/ast.ts";
import { speaking } from "../support/words.ts";
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
  type Bindings,
} from "./arguments.ts";
import { commandLineWords } from "./words.ts";

/** What says how to search for a path. */
export interface SearchArguments {
  readonly memoryLimit?: number;
  readonly minimize?: Minimize;
  readonly seed?: number;
  readonly maxTime?: number;
}

/** What gives a spec its meaning beside the operands. */
export interface MeaningArguments extends SearchArguments {
  readonly param?: Bindings;
  readonly size?: Bindings;
  readonly notation?: Notation;
  readonly outputShape?: readonly number[];
  readonly reduce?: Reduction;
  readonly combine?: Combination;
  readonly optimize?: Optimize;
}

/** What says which code to make for operands known by their shapes. */
export interface KernelArguments extends MeaningArguments {
  readonly shape: readonly (readonly (number | string)[])[];
  readonly dtype?: readonly Dtype[];
  readonly name?: string;
  readonly operands?: readonly string[];
  readonly grad?: string;
  readonly target?: Target;
}

const TARGETS: readonly Target[] = ["javascript", "typescript"];

/** Adds the spec. */
export function addSpecArgument(command: Command): Command {
  return command.argument(
    "<spec>",
    "the einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'",
    readSpec,
  );
}

/** Adds the shapes of the operands, one option each. That some are given is checked once all options are known. */
export function addShapeOption(command: Command): Command {
  const flags = "-s, --shape <sizes>";
  return command
    .option(
      flags,
      'shape of an operand, repeated for each: 2,3,32; a scalar\'s is ""; a name is a size left to run time: n,64',
      collectShape,
    )
    .hook("preAction", (_, called) => {
      if (called.opts<Partial<KernelArguments>>().shape) return;
      called.error(`error: option '${flags}' is missing: give one for each operand`);
    });
}

/** Adds the options that give the names of a spec a meaning, and its operands an order. */
export function addMeaningOptions(command: Command): Command {
  return command
    .option("-p, --param <name=integer>", "value of a parameter of the spec (repeatable)", collectBinding(-Infinity))
    .option("-k, --size <name=size>", "size of an index that the operands do not tell (repeatable)", collectBinding(0))
    .addOption(choiceOption("--notation <notation>", "how names are told apart", ["compact", "named"]))
    .option(
      "--optimize <order>",
      `contraction order: ${OPTIMIZER_NAMES.join(", ")}, or a path as in [[0,1],[0,1]]`,
      readOptimize,
    );
}

/** Adds the options that say how to search for a path. */
export function addSearchOptions(command: Command): Command {
  return command
    .option(
      "--memory-limit <elements>",
      "most elements of an intermediate; indices are sliced where no order keeps to it",
      readCount,
    )
    .option(
      "--minimize <objective>",
      `what a path is to have little of: ${OBJECTIVE_NAMES.join(", ")}, or weights as in flops=1,write=64`,
      readMinimize,
    )
    .option("--seed <integer>", "decides every random choice of a search; 0 by default", readSeed)
    .option("--max-time <seconds>", "search until it is over; one seed then gives many paths", readSeconds);
}

/** Adds the options that say how elements meet, and in which shape. */
export function addResultOptions(command: Command): Command {
  return command
    .addOption(choiceOption("--reduce <reduction>", "how elements under one output element become one", REDUCTIONS))
    .addOption(choiceOption("--combine <combination>", "how the operands' elements become one", COMBINATIONS))
    .option("--output-shape <sizes>", "shape of the result, where the spec leaves a choice", readShape);
}

/** Adds the options that say which code to make. */
export function addCodeOptions(command: Command): Command {
  return command
    .option(
      "--dtype <dtype>",
      `dtype of all operands, or of each, separated by commas: ${DTYPE_NAMES.join(", ")}`,
      readDtypes,
    )
    .option("--name <name>", "name of the function")
    .option("--operands <names>", "names of the operands, separated by commas", readNames)
    .option("--grad <operand>", "the gradient by an operand, given by its name or its position, instead of the result")
    .addOption(choiceOption("--target <target>", "language of the source; javascript by default", TARGETS));
}

/** The compiler's options for what a spec means. */
export function meaningOf(given: MeaningArguments): Omit<CompileOptions, "shapes"> {
  const { param, size, notation, outputShape, reduce, combine, optimize } = given;
  const { memoryLimit, minimize, seed, maxTime } = given;
  return {
    ...(memoryLimit !== undefined && { memoryLimit }),
    ...(minimize !== undefined && { minimize }),
    ...(seed !== undefined && { seed }),
    ...(maxTime !== undefined && { maxTime }),
    ...(param && { params: Object.fromEntries(param) }),
    ...(size && { sizes: Object.fromEntries(size) }),
    ...(notation && { notation }),
    ...(outputShape && { outputShape }),
    ...(reduce && { reduce }),
    ...(combine && { combine }),
    ...(optimize !== undefined && { optimize }),
  };
}

/** The compiler's options for a kernel. */
export function compileOptionsOf(given: KernelArguments): CompileOptions {
  const { shape, dtype, name, operands, target } = given;
  return {
    shapes: shape,
    ...meaningOf(given),
    ...(dtype?.length === 1 ? { dtype: dtype[0] } : dtype && { dtypes: dtype }),
    ...(name !== undefined && { name }),
    ...(operands && { operands }),
    ...(target && { target }),
  };
}

/** Compiles what the arguments ask for: the spec, or its gradient by an operand. */
export function compileKernel(
  spec: string,
  { grad }: Pick<KernelArguments, "grad">,
  options: CompileOptions,
): Compilation | SpecGradientCompilation {
  const compilation = speaking(commandLineWords("--shape"), () =>
    grad === undefined
      ? compile(spec, options)
      : compileGradient(spec, /^[0-9]+$/.test(grad) ? Number(grad) : grad, options),
  );
  verifyCompilation(compilation);
  return compilation;
}

function readNames(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function readDtypes(text: string): Dtype[] {
  return text.split(",").map((name) => readChoice(name.trim(), DTYPE_NAMES));
}
