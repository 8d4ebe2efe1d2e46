/**
 * What a contraction means, point by point: plain loops over every value of the indices. Nothing of `src` takes part.
 *
 * Invariant: each operation wraps its integers; floats are doubles that are rounded once, at the end.
 */
import type { CaseOperand, Combine, Meaning, MeantAxis, Reduce } from "./draft.ts";
import { rowMajor } from "./draft.ts";
import {
  arithmeticOf,
  emptyArray,
  isFloat,
  isTrue,
  toElement,
  type Arithmetic,
  type Numbers,
  type Value,
} from "./numbers.ts";

/** Calls a function at every point, the last index the fastest; none where an index has no value. */
export function forEachPoint(sizes: readonly number[], visit: (point: readonly number[]) => void): void {
  const point = sizes.map(() => 0);
  const go = (at: number): void => {
    if (at === sizes.length) return visit(point);
    for (let value = 0; value < (sizes[at] as number); value++) {
      point[at] = value;
      go(at + 1);
    }
  };
  go(0);
}

/** Where an element lies, by strides; null outside. */
export function addressAt(
  axes: readonly MeantAxis[],
  strides: readonly number[],
  offset: number,
  point: readonly number[],
): number | null {
  let address = offset;
  for (let axis = 0; axis < axes.length; axis++) {
    const { coefficients, constant, size } = axes[axis] as MeantAxis;
    let position = constant;
    for (let at = 0; at < coefficients.length; at++) position += (coefficients[at] as number) * (point[at] as number);
    if (position < 0 || position >= size) return null;
    address += position * (strides[axis] as number);
  }
  return address;
}

export function shapeOf(axes: readonly MeantAxis[]): number[] {
  return axes.map(({ size }) => size);
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** What a reduction of nothing gives, and what lies outside of an operand. */
export function identityOf(reduce: Reduce, numbers: Arithmetic): Value {
  switch (reduce) {
    case "sum":
    case "mean":
    case "any":
      return numbers.of(0);
    case "prod":
    case "all":
      return numbers.of(1);
    case "max":
      return numbers.lowest;
    case "min":
      return numbers.highest;
  }
}

type Operation = (one: Value, other: Value) => Value;

export function operationOf(name: Reduce | Combine, numbers: Arithmetic): Operation {
  switch (name) {
    case "sum":
    case "mean":
    case "add":
      return numbers.add;
    case "prod":
    case "mul":
      return numbers.mul;
    case "max":
      return numbers.max;
    case "min":
      return numbers.min;
    case "any":
    case "or":
      return (one, other) => numbers.truth(isTrue(one) || isTrue(other));
    case "all":
    case "and":
      return (one, other) => numbers.truth(isTrue(one) && isTrue(other));
  }
}

/** The result, row-major. */
export function evaluate(
  meaning: Meaning,
  operands: readonly Pick<CaseOperand, "data" | "strides" | "offset">[],
): Numbers {
  const { sizes, kept, output, reduce, combine, dtype } = meaning;
  const numbers = arithmeticOf(dtype);
  const [reduceTwo, combineTwo] = [operationOf(reduce, numbers), operationOf(combine, numbers)];
  const identity = identityOf(reduce, numbers);
  const isLogical = combine === "and" || combine === "or";
  const shape = shapeOf(output);
  const totals = new Array<Value>(countOf(shape)).fill(identity);
  const strides = rowMajor(shape);
  forEachPoint(sizes, (point) => {
    const target = addressAt(output, strides, 0, point);
    if (target === null) return;
    let combined: Value | undefined;
    for (let operand = 0; operand < operands.length; operand++) {
      const { data, strides: steps, offset } = operands[operand] as CaseOperand;
      const address = addressAt(meaning.operands[operand] as readonly MeantAxis[], steps, offset, point);
      let element = address === null ? identity : numbers.of(data[address] as Value);
      if (isLogical) element = numbers.truth(isTrue(element));
      combined = combined === undefined ? element : combineTwo(combined, element);
    }
    totals[target] = reduceTwo(totals[target] as Value, combined as Value);
  });
  const count = countOf(sizes.filter((_, at) => !kept[at]));
  const result = emptyArray(dtype, totals.length);
  totals.forEach((total, at) => {
    const value = reduce === "mean" && isFloat(dtype) ? (total as number) / count : total;
    result[at] = toElement(dtype, value) as never;
  });
  return result;
}
