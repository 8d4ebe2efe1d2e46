/**
 * The options that give a spec its meaning: sizes, parameters, operators, beside the layouts that `operand-options.ts`
 * checks. This file checks them and fills in defaults; afterwards every layer may trust them.
 */
import * as messages from "../support/messages/options.ts";
import type { Notation } from "../spec/ast.ts";
import { nameIn } from "../spec/lexer.ts";
import { COMBINATIONS, REDUCTIONS, type Combination, type Reduction } from "./contraction.ts";
import { isRecord } from "../support/read.ts";
import type { Dtype } from "./dtype.ts";

/** What a spec means beyond its text. */
export interface MeaningOptions {
  /** Sizes of indices that the operands do not determine. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Values of the names in the spec that are integers, not indices. */
  readonly params?: Readonly<Record<string, number>> | undefined;
  /** The shape wanted, where an expression in the output leaves a choice; null leaves an axis to inference. */
  readonly outputShape?: readonly (number | null)[] | undefined;
  /** How elements under one output element become one; "sum" by default. */
  readonly reduce?: Reduction | undefined;
  /** How the operands' elements become one; "mul" by default. */
  readonly combine?: Combination | undefined;
}

/** What `bind` needs to know beside the spec: layouts of operands, and what it is to mean. */
export interface BindOptions extends MeaningOptions {
  /** One shape per operand, in elements. A string is a symbolic size: the kernel takes it as an argument. */
  readonly shapes: readonly (readonly (number | string)[])[];
  /** One list of strides per operand, in elements; row-major where absent. A string is a symbolic stride, not negative. */
  readonly strides?: readonly (readonly (number | string)[] | undefined)[] | undefined;
  /** Address of element `[0, 0, ...]` of each operand, in elements; 0 where absent. */
  readonly offsets?: readonly (number | undefined)[] | undefined;
  /** The dtype of every operand; "float64" by default. */
  readonly dtype?: Dtype | undefined;
  /** One dtype per operand, instead of `dtype`. */
  readonly dtypes?: readonly Dtype[] | undefined;
  /** Names of the operands in messages and emitted code; `a`, `b`, `c`, ... by default, in capitals where an index has one. */
  readonly operands?: readonly string[] | undefined;
}

/** Options checked and completed. */
export interface BoundOptions {
  readonly sizes: ReadonlyMap<string, number>;
  readonly params: ReadonlyMap<string, number>;
  readonly outputShape: readonly (number | null)[] | undefined;
  readonly reduce: Reduction;
  readonly combine: Combination;
}

/** Checks what is said of the meaning of a spec. */
export function checkMeaning(options: MeaningOptions, notation: Notation): BoundOptions {
  const { outputShape } = options;
  return {
    sizes: checkIntegers(options.sizes, "sizes", 0, notation),
    params: checkIntegers(options.params, "params", -Infinity, notation),
    outputShape: outputShape === undefined ? undefined : checkPartialShape(outputShape, "outputShape"),
    reduce: checkName(options.reduce ?? "sum", REDUCTIONS, "reduce"),
    combine: checkName(options.combine ?? "mul", COMBINATIONS, "combine"),
  };
}

/** A shape in which null leaves a size to be inferred. */
export function checkPartialShape(shape: unknown, where: string): (number | null)[] {
  if (!Array.isArray(shape)) throw messages.invalidOption(where, shape, "a list of sizes");
  return Array.from<unknown>(shape).map((size, axis) =>
    size === null ? null : checkInteger(size, `${where}[${axis}]`, 0),
  );
}

export function checkName<T extends string>(
  name: unknown,
  known: readonly T[],
  option: string,
  isKnown: (name: unknown) => boolean = (candidate) => known.includes(candidate as T),
): T {
  if (!isKnown(name)) throw messages.unknownName(option, name, known);
  return name as T;
}

/** Integers by name, of a spec in some notation. */
export function checkIntegers(values: unknown, option: string, least: number, notation: Notation): Map<string, number> {
  if (values === undefined) return new Map();
  if (!isRecord(values)) {
    throw messages.invalidOption(option, values, "an object from names to integers");
  }
  return new Map(
    Object.entries(values).map(([name, value]) => [
      nameIn(notation, name),
      checkInteger(value, `${option}.${name}`, least),
    ]),
  );
}

export function checkInteger(value: unknown, where: string, least: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
    throw messages.invalidOption(where, value, least === 0 ? "an integer of at least 0" : "an integer");
  }
  // Negative zero would make offsets print as -0.
  return value + 0;
}
