/**
 * Binds a spec to the options of `compile`: layouts are checked, then sizes inferred.
 */
import type { EinsumSpec } from "../spec/ast.ts";
import { type BoundSpec, bindOperands } from "./bind-operands.ts";
import type { Contraction } from "./contraction.ts";
import { type BindOptions, checkInteger, checkName } from "./options.ts";
import * as messages from "../support/messages/options.ts";
import { misreading, namesIn } from "../spec/names.ts";
import { operandName } from "../support/messages/bind.ts";
import { DTYPE_NAMES, type Dtype, isDtype } from "./dtype.ts";
import { type TensorType, addressRange, rowMajorStrides } from "./tensor.ts";

/**
 * Gives a spec its meaning for operands of known shapes.
 * Refuses shapes that do not fit: conflicting or undetermined sizes, ranks, reads outside an axis without padding.
 */
export function bind(spec: EinsumSpec, options: BindOptions): Contraction {
  return bindSpec(spec, options).contraction;
}

/** As `bind`; also tells where every size came from. */
export function bindSpec(parsed: EinsumSpec, options: BindOptions): BoundSpec {
  const operands = checkOperands(options, parsed);
  const { sizes, params, outputShape, reduce, combine } = options;
  const bound = bindOperands(parsed, operands, { sizes, params, outputShape, reduce, combine });
  checkOperandNames(operands);
  return bound;
}

//  * The options that describe the operands of a spec: shapes, strides, offsets, dtypes, names, one entry an operand.
//
// Invariant: the tensor types that come out address no element before their buffer.

/** Checks the operands of a spec. */
function checkOperands(options: BindOptions, spec: EinsumSpec): TensorType[] {
  const operandCount = spec.operands.length;
  const { shapes } = options;
  if (!Array.isArray(shapes)) throw messages.invalidOption("shapes", shapes, "a list with one shape per operand");
  if (shapes.length !== operandCount) throw messages.operandCount(operandCount, shapes.length, misreading(spec));
  const dtypes = checkDtypes(options, operandCount);
  const strides = checkList(options.strides, "strides", operandCount);
  const offsets = checkList(options.offsets, "offsets", operandCount);
  const names = checkList(options.operands, "operands", operandCount);
  const terms = spec.output ? [...spec.operands, spec.output] : spec.operands;
  const indices = namesIn(terms);
  const defaults = nameOperands(operandCount, indices);
  return Array.from<unknown>(shapes).map((shape, operand) => {
    const checked = checkShape(shape, `shapes[${operand}]`);
    const layout = {
      shape: checked,
      strides: checkStrides(strides?.[operand], checked, operand),
      offset: checkInteger(offsets?.[operand] ?? 0, `offsets[${operand}]`, 0),
    };
    checkAddresses(layout, operand);
    return {
      // Whether it is a name at all is checked together with those of the other operands.
      name: (names?.[operand] ?? defaults[operand]) as string,
      dtype: dtypes[operand] as Dtype,
      ...layout,
    };
  });
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
  throw messages.listLength(option, list.length, operandCount);
}

/** `a`, `b`, ... `z`, `a1`, ...: names in order, in capitals where the first is one. */
export function letterAt(at: number, first = 97): string {
  const letter = String.fromCharCode(first + (at % 26));
  return at < 26 ? letter : letter + Math.floor(at / 26);
}

/**
 * Names for operands that were given none: a, b, ... z, a1, b1, ...; in capitals where an index has one of them, so that
 * loops keep the names of their indices.
 */
function nameOperands(count: number, indices: ReadonlySet<string>): string[] {
  const namesFrom = (first: number): string[] => Array.from({ length: count }, (_, at) => letterAt(at, first));
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
  return Array.from<unknown>(shape).map((size, axis) => checkInteger(size, `${where}[${axis}]`, 0));
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

function checkDtypes(options: BindOptions, operandCount: number): readonly Dtype[] {
  const dtypes = checkList(options.dtypes, "dtypes", operandCount, "a list with one dtype per operand");
  if (!dtypes) {
    const checked = checkName(options.dtype ?? "float64", DTYPE_NAMES, "dtype", isDtype);
    return new Array<Dtype>(operandCount).fill(checked);
  }
  return dtypes.map((name, operand) => checkName(name, DTYPE_NAMES, `dtypes[${operand}]`, isDtype));
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
