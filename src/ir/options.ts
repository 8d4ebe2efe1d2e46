/**
 * The options that give a spec its meaning: shapes, layouts, dtypes, sizes, parameters, operators. This file checks
 * them and fills in defaults; afterwards every layer may trust them.
 */
import { quote } from "../support/carets.ts";
import { UnsupportedError } from "../support/errors.ts";
import { operandName } from "../support/messages/bind.ts";
import * as messages from "../support/messages/options.ts";
import { COMBINATIONS, REDUCTIONS, type Combination, type Reduction } from "./contraction.ts";
import { DTYPE_NAMES, isDtype, type Dtype } from "./dtype.ts";
import { addressRange, rowMajorStrides, type TensorType } from "./tensor.ts";

/** What `bind` needs to know beside the spec. */
export interface BindOptions {
  /** One shape per operand, in elements. A string is a symbolic size. */
  readonly shapes: readonly (readonly (number | string)[])[];
  /** One list of strides per operand, in elements; row-major where absent. */
  readonly strides?: readonly (readonly number[] | undefined)[] | undefined;
  /** Address of element `[0, 0, ...]` of each operand, in elements; 0 where absent. */
  readonly offsets?: readonly (number | undefined)[] | undefined;
  /** The dtype of every operand; "float64" by default. */
  readonly dtype?: Dtype | undefined;
  /** One dtype per operand, instead of `dtype`. */
  readonly dtypes?: readonly Dtype[] | undefined;
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
  /** Names of the operands in messages and emitted code; `a`, `b`, `c`, ... by default, in capitals where an index has one. */
  readonly operands?: readonly string[] | undefined;
}

/** Options checked and completed. */
export interface BoundOptions {
  readonly operands: readonly TensorType[];
  readonly sizes: ReadonlyMap<string, number>;
  readonly params: ReadonlyMap<string, number>;
  readonly outputShape: readonly (number | null)[] | undefined;
  readonly reduce: Reduction;
  readonly combine: Combination;
}

/** Refuses what is no object of options, and options of other names than the known ones: none is skipped silently. */
export function checkOptionNames(options: unknown, known: readonly string[]): void {
  if (!isOptions(options)) throw messages.notOptions(options);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw messages.unknownOption(unknown, known);
}

/** Checks the options that say how elements meet, and which sizes and names are known. */
export function checkOptions(options: BindOptions): Omit<BoundOptions, "operands"> {
  if (!isOptions(options)) throw messages.notOptions(options);
  const { outputShape } = options;
  return {
    sizes: checkIntegers(options.sizes, "sizes", 0),
    params: checkIntegers(options.params, "params", -Infinity),
    outputShape: outputShape === undefined ? undefined : checkPartialShape(outputShape, "outputShape"),
    reduce: checkName(options.reduce ?? "sum", REDUCTIONS, "reduce"),
    combine: checkName(options.combine ?? "mul", COMBINATIONS, "combine"),
  };
}

/** Makes the types of operands of options; those without a name of their own have one of `defaults`, one an operand. */
export type CheckOperands = (options: BindOptions, defaults: readonly string[]) => readonly TensorType[];

/** Checks the options that describe the operands, and fills in their layouts. */
export function checkOperands(options: BindOptions, defaults: readonly string[]): readonly TensorType[] {
  const operandCount = defaults.length;
  const shapes = checkList(options.shapes, "shapes", operandCount, "a list with one shape per operand");
  if (!shapes) throw messages.invalidOption("shapes", options.shapes, "a list with one shape per operand");
  const dtypes = checkDtypes(options, operandCount);
  const strides = checkList(options.strides, "strides", operandCount);
  const offsets = checkList(options.offsets, "offsets", operandCount);
  const names = checkList(options.operands, "operands", operandCount);
  const operands = shapes.map((shape, operand) => {
    const checked = checkShape(shape, `shapes[${operand}]`);
    const layout = {
      shape: checked,
      strides: checkStrides(strides?.[operand], checked, operand),
      offset: checkInteger(offsets?.[operand] ?? 0, `offsets[${operand}]`, 0),
    };
    checkAddresses(layout, operand);
    return { name: (names?.[operand] ?? defaults[operand]) as string, dtype: dtypes[operand] as Dtype, ...layout };
  });
  checkOperandNames(operands);
  return operands;
}

/** Operand names reach emitted code as identifiers, and messages as words. */
function checkOperandNames(operands: readonly TensorType[]): void {
  const seen = new Set(["out"]);
  for (const { name } of operands) {
    if (typeof name !== "string" || !/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name) || seen.has(name)) {
      throw operandName(name);
    }
    seen.add(name);
  }
}

/** A list with one entry per operand, holes filled in with undefined; undefined where it was not given. */
function checkList(
  list: unknown,
  option: string,
  operandCount: number,
  wanted = "a list with one entry per operand",
): readonly unknown[] | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw messages.invalidOption(option, list, wanted);
  if (list.length === operandCount) return Array.from<unknown>(list);
  throw option === "shapes"
    ? messages.operandCount(operandCount, list.length)
    : messages.listLength(option, list.length, operandCount);
}

/**
 * Names for operands that were given none: a, b, ... z, a1, b1, ...; in capitals where an index has one of them, so that
 * loops keep the names of their indices.
 */
export function nameOperands(count: number, indices: ReadonlySet<string>): string[] {
  const nameFrom = (first: number, operand: number): string => {
    const letter = String.fromCharCode(first + (operand % 26));
    return operand < 26 ? letter : letter + Math.floor(operand / 26);
  };
  const namesFrom = (first: number): string[] => Array.from({ length: count }, (_, at) => nameFrom(first, at));
  const small = namesFrom(97);
  if (!small.some((name) => indices.has(name))) return small;
  return namesFrom(65).map((name) => {
    let longer = name;
    while (indices.has(longer)) longer += "_";
    return longer;
  });
}

function checkShape(shape: unknown, where: string): number[] {
  if (!Array.isArray(shape)) throw messages.invalidOption(where, shape, "a list of sizes");
  return Array.from<unknown>(shape).map((size, axis) => {
    if (typeof size === "string") {
      throw new UnsupportedError(`symbolic sizes are not supported yet: options.${where}[${axis}] is ${quote(size)}`);
    }
    return checkInteger(size, `${where}[${axis}]`, 0);
  });
}

function checkStrides(strides: unknown, shape: readonly number[], operand: number): readonly number[] {
  if (strides === undefined) return rowMajorStrides(shape);
  const where = `strides[${operand}]`;
  if (!Array.isArray(strides)) throw messages.invalidOption(where, strides, "a list of strides, in elements");
  if (strides.length !== shape.length) throw messages.strideCount(where, strides.length, shape.length);
  return Array.from<unknown>(strides).map((stride, axis) => checkInteger(stride, `${where}[${axis}]`, -Infinity));
}

/** A view must not begin before its buffer; how far it goes, the arrays are checked for when they come. */
function checkAddresses({ shape, strides, offset }: Omit<TensorType, "name" | "dtype">, operand: number): void {
  const range = addressRange(shape, strides, offset);
  if (range && range.min < 0) throw messages.negativeAddress(operand, range.min);
}

/** A shape in which null leaves a size to be inferred. */
export function checkPartialShape(shape: unknown, where: string): (number | null)[] {
  if (!Array.isArray(shape)) throw messages.invalidOption(where, shape, "a list of sizes");
  return Array.from<unknown>(shape).map((size, axis) =>
    size === null ? null : checkInteger(size, `${where}[${axis}]`, 0),
  );
}

function checkDtypes(options: BindOptions, operandCount: number): readonly Dtype[] {
  const dtypes = checkList(options.dtypes, "dtypes", operandCount, "a list with one dtype per operand");
  if (!dtypes) {
    const checked = checkName(options.dtype ?? "float64", DTYPE_NAMES, "dtype", isDtype);
    return new Array<Dtype>(operandCount).fill(checked);
  }
  return dtypes.map((name, operand) => checkName(name, DTYPE_NAMES, `dtypes[${operand}]`, isDtype));
}

function checkName<T extends string>(
  name: unknown,
  known: readonly T[],
  option: string,
  isKnown: (name: unknown) => boolean = (candidate) => known.includes(candidate as T),
): T {
  if (!isKnown(name)) throw messages.unknownName(option, name, known);
  return name as T;
}

/** Integers by name. */
export function checkIntegers(values: unknown, option: string, least: number): Map<string, number> {
  if (values === undefined) return new Map();
  if (!isRecord(values)) {
    throw messages.invalidOption(option, values, "an object from names to integers");
  }
  return new Map(
    Object.entries(values).map(([name, value]) => [
      name.normalize("NFC"),
      checkInteger(value, `${option}.${name}`, least),
    ]),
  );
}

function isOptions(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an object whose fields are meant: a Map or a list would seem to have none. */
function isRecord(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function checkInteger(value: unknown, where: string, least: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
    throw messages.invalidOption(where, value, least === 0 ? "an integer of at least 0" : "an integer");
  }
  // Negative zero would make offsets print as -0.
  return value + 0;
}
