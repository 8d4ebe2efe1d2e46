/**
 * Symbols: the sizes and strides that a contraction leaves to run time. They are expressions over integers of the
 * kernel: its parameters, and what is computed from them.
 *
 * Invariant: an integer speaks only of those before it.
 */
import { constantAffine, evaluateAffine, factorsOf, substitute, type Affine } from "../affine/affine.ts";
import { required } from "../support/errors.ts";

export interface Symbols {
  readonly integers: readonly Integer[];
  readonly checks: readonly SizeCheck[];
  /** The size of every index. */
  readonly sizes: ReadonlyMap<string, Affine>;
  /** The accesses of the contraction, by the name of their tensor. */
  readonly accesses: ReadonlyMap<string, SymbolicAccess>;
  /** A value for each integer: what the contraction's own sizes and strides are at. */
  readonly example: ReadonlyMap<string, number>;
}

/** The layout of a tensor, and the element of each axis that an access names. */
export interface SymbolicAccess {
  readonly shape: readonly Affine[];
  readonly strides: readonly Affine[];
  readonly offset: Affine;
  readonly axes: readonly Affine[];
}

/** An integer of a kernel: an argument, or computed. Its name begins with `$`, which no index and no value has. */
export type Integer = Parameter | ComputedInteger;

export interface Parameter {
  readonly kind: "parameter";
  readonly name: string;
  /** Where it is not an argument, but read from the length of an operand. */
  readonly length?: LengthSource;
}

/** The operand, by position and name, that holds `per` elements for each value of a parameter. */
export interface LengthSource {
  readonly operand: number;
  readonly name: string;
  readonly per: number;
}

/** A quotient is rounded down; a size is the left side alone. */
export interface ComputedInteger {
  readonly kind: "size" | "quotient" | "min" | "max";
  readonly name: string;
  readonly left: Affine;
  readonly right: Affine;
}

/** What sizes must satisfy: `found` is equal to, or at least, `wanted`. */
export interface SizeCheck {
  readonly relation: "equal" | "least";
  readonly found: Affine;
  readonly wanted: Affine;
  /** What was found: `axis 0 of b`. */
  readonly what: string;
  /** What is wanted, behind its value: `the size of index j`. */
  readonly why: string;
}

/** The operations of computed integers. */
export const INTEGER_OPERATIONS: Readonly<Record<ComputedInteger["kind"], (left: number, right: number) => number>> = {
  size: (left) => left,
  quotient: (left, right) => Math.floor(left / right),
  min: Math.min,
  max: Math.max,
};

/** An expression at known values of integers: over indices alone. */
export function atValues(expression: Affine, values: ReadonlyMap<string, number>): Affine {
  if (values.size === 0) return expression;
  return substitute(expression, new Map([...values].map(([name, value]) => [name, constantAffine(value)])));
}

/** The value of an expression over integers that are known. */
export function evaluateSymbolic(expression: Affine, values: ReadonlyMap<string, number>): number {
  return evaluateAffine(expression, (variable) =>
    factorsOf(variable).reduce((product, factor) => product * required(values.get(factor), factor), 1),
  );
}

/** The values of all integers, from those of the parameters. */
export function evaluateIntegers(
  integers: readonly Integer[],
  parameters: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const integer of integers) {
    const known = integer.kind === "parameter" ? parameters.get(integer.name) : computedValue(integer, values);
    values.set(integer.name, required(known, `a value of ${integer.name}`));
  }
  return values;
}

function computedValue({ kind, left, right }: ComputedInteger, values: ReadonlyMap<string, number>): number {
  return INTEGER_OPERATIONS[kind](evaluateSymbolic(left, values), evaluateSymbolic(right, values));
}

/** What speaks of integers: a kernel. */
interface Sized {
  readonly name: string;
  readonly integers: readonly Integer[];
  readonly checks: readonly SizeCheck[];
}

/** The parameters that a kernel takes as arguments, in order; the others it reads from lengths. */
export function argumentsOf(integers: readonly Integer[]): Parameter[] {
  return integers.filter((integer): integer is Parameter => integer.kind === "parameter" && !integer.length);
}

/**
 * The values of a kernel's integers, in their order, for arrays and arguments. Refuses, with an error of the caller's,
 * what the emitted function refuses in the same words.
 */
export function readIntegers(
  { name: kernel, integers, checks }: Sized,
  operands: readonly { readonly length: number }[],
  sizes: readonly number[],
  fail: (message: string) => Error = (message) => new RangeError(message),
): Map<string, number> {
  const values = new Map<string, number>();
  const remaining = [...sizes];
  for (const integer of integers) values.set(integer.name, valueOf(integer));
  for (const check of checks) {
    const [found, wanted] = [check.found, check.wanted].map((side) => evaluateSymbolic(side, values)) as [
      number,
      number,
    ];
    const [start, middle, end] = failedCheck(kernel, check);
    const holds = check.relation === "equal" ? found === wanted : found >= wanted;
    if (!holds) throw fail(start + found + middle + wanted + end);
  }
  return values;

  function valueOf(integer: Integer): number {
    if (integer.kind !== "parameter") return computedValue(integer, values);
    if (!integer.length) {
      const size = required(remaining.shift(), `the argument ${integer.name}`);
      if (!Number.isSafeInteger(size) || size < 0) throw fail(invalidSize(kernel, integer) + size);
      return size;
    }
    const { length } = required(operands[integer.length.operand], "an operand");
    if (length % integer.length.per !== 0) throw fail(indivisibleLength(kernel, integer.length) + length);
    return length / integer.length.per;
  }
}

/** What is said of an argument that is no size; the value follows. */
export function invalidSize(kernel: string, { name }: Parameter): string {
  return `${kernel}: ${name.slice(1)} must be an integer of at least 0, found `;
}

/** What is said of an operand whose length no whole size explains; the length follows. */
export function indivisibleLength(kernel: string, { name, per }: LengthSource): string {
  return `${kernel}: ${name} must have a multiple of ${per} elements, found `;
}

/** What is said of a check that fails, around what was found and what was wanted. */
export function failedCheck(kernel: string, { relation, what, why }: SizeCheck): [string, string, string] {
  const middle = relation === "equal" ? ", but must be " : ", but must be at least ";
  return [`${kernel}: ${what} is `, middle, `, ${why}`];
}
