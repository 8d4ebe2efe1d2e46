/**
 * Runs the steps of a contraction where text must not be evaluated: without a kernel, one point of the indices after the
 * other. `einsum` carries it in the place of the interpreter, which needs twice the bytes.
 *
 * Invariant: results are those of the kernel: floats are computed as doubles, integers are wrapped to the dtype after
 * every operation.
 */
import { identityOf } from "../ir/algebra.ts";
import type { Access, Combination, Contraction, Reduction } from "../ir/contraction.ts";
import { bytesOf, extremesOf, isBig, isFloat, type Dtype, type TypedArray } from "../ir/dtype.ts";
import { bufferLength } from "../ir/tensor.ts";
import { scratchDtype } from "../loops/values.ts";
import type { ContractionStep } from "../path/step.ts";
import { InternalError } from "../support/errors.ts";
import { allocate } from "./memory.ts";

/** A double of a float dtype; a BigInt of any integer dtype. */
type Value = number | bigint;
type Point = readonly number[];

/** The operators that serve doubles serve BigInts too. */
type Operation = (left: number, right: number) => number | boolean;

const add: Operation = (left, right) => left + right;
const multiply: Operation = (left, right) => left * right;
const either: Operation = (left, right) => isTrue(left) || isTrue(right);
const both: Operation = (left, right) => isTrue(left) && isTrue(right);
const greatest: Operation = (left, right) =>
  typeof left === "number" ? Math.max(left, right) : left > right ? left : right;
const least: Operation = (left, right) =>
  typeof left === "number" ? Math.min(left, right) : left < right ? left : right;

const OPERATIONS: Readonly<Record<Combination | Reduction, Operation>> = {
  sum: add,
  mean: add,
  add,
  prod: multiply,
  mul: multiply,
  any: either,
  or: either,
  all: both,
  and: both,
  max: greatest,
  min: least,
};

/**
 * Computes into `out` as the kernel of these steps would. Sizes are known, and there is no epilogue but that of a mean.
 * Refuses intermediates that cannot be allocated.
 */
export function walkSteps(steps: readonly ContractionStep[], operands: readonly TypedArray[], out: TypedArray): void {
  const arrays = [...operands];
  for (const { inputs, result, contraction } of steps) {
    const read = inputs.map((id) => arrays[id] as TypedArray);
    const totals = accumulate(contraction, read);
    arrays[result] = totals;
    if (result < operands.length + steps.length - 1) continue;
    const count = countOfMean(contraction);
    for (let at = 0; at < out.length; at++) {
      out[at] = (count === null ? totals[at] : (totals[at] as number) / count) as never;
    }
  }
}

/** Reduces the values at all points into an array as long as the buffer of the output. */
function accumulate(contraction: Contraction, arrays: readonly TypedArray[]): TypedArray {
  const { indices, operands, output, combine, reduce, dtype } = contraction;
  const totals = allocate(scratchDtype(dtype), bufferLength(output.tensor));
  const identity = identityOf(reduce, scratchDtype(dtype));
  totals.fill(identity as never);
  const toValue = conversionTo(dtype);
  const apply = (operation: Operation, left: Value, right: Value): Value =>
    toValue(operation(left as number, right as number));
  const isLogical = combine === "and" || combine === "or";
  const readers = operands.map((access, operand) => {
    const addressAt = addressReader(access, indices);
    return (point: Point): Value => {
      const address = addressAt(point);
      const value = toValue(address === null ? identity : (arrays[operand]?.[address] as Value));
      return isLogical ? toValue(isTrue(value)) : value;
    };
  });
  const targetAt = addressReader(output, indices);
  // A sum of one value is that value, sign and all: 0 + -0 is 0.
  const stores =
    OPERATIONS[reduce] === add &&
    indices.every(
      ({ name, size }) =>
        size === 1 ||
        output.axes.some(({ expression: { terms } }) => terms.length === 1 && terms[0]?.variable === name),
    );
  const point = indices.map(() => 0);
  for (let more = indices.every(({ size }) => size > 0); more; more = advance(point, indices)) {
    const address = targetAt(point);
    if (address === null) continue;
    const value = readers
      .map((read) => read(point))
      .reduce((left, right) => apply(OPERATIONS[combine as Combination], left, right));
    const total = stores ? value : apply(OPERATIONS[reduce], toValue(totals[address] as Value), value);
    totals[address] = (isBig(dtype) ? total : Number(total)) as never;
  }
  return totals;
}

/** What an element, or the result of an operation, is as a value of a dtype. */
function conversionTo(dtype: Dtype): (value: Value | boolean) => Value {
  if (isFloat(dtype)) return Number;
  const wrap = extremesOf(dtype).lowest < 0 ? BigInt.asIntN : BigInt.asUintN;
  return (value) => wrap(8 * bytesOf(dtype), BigInt(value));
}

/** Everything but 0, NaN included. */
function isTrue(value: Value): boolean {
  return value !== 0 && value !== 0n;
}

/** Where in its buffer an access lies at a point; null where it leaves a padded axis. */
function addressReader({ tensor, axes }: Access, indices: Contraction["indices"]): (point: Point) => number | null {
  const placeOf = new Map(indices.map(({ name }, place) => [name, place]));
  const layout = axes.map(({ expression: { terms, constant }, padded }, axis) => ({
    terms: terms.map(({ variable, coefficient }) => ({
      coefficient,
      place: placeOf.get(variable) as number,
    })),
    constant,
    padded,
    size: tensor.shape[axis] as number,
    stride: tensor.strides[axis] as number,
  }));
  return (point) => {
    let address = tensor.offset;
    for (const { terms, constant, padded, size, stride } of layout) {
      let position = constant;
      for (const { coefficient, place } of terms) position += coefficient * (point[place] as number);
      if (padded && (position < 0 || position >= size)) return null;
      address += position * stride;
    }
    return address;
  };
}

/** Moves on to the next point, the last index fastest; false where there is none. */
function advance(point: number[], indices: Contraction["indices"]): boolean {
  for (let place = indices.length - 1; place >= 0; place--) {
    const next = (point[place] as number) + 1;
    point[place] = next < (indices[place]?.size ?? 0) ? next : 0;
    if (point[place] === next) return true;
  }
  return false;
}

/** What the epilogue of a mean divides by; null where there is no epilogue. */
function countOfMean({ epilogue }: Contraction): number | null {
  if (!epilogue) return null;
  if (epilogue.kind === "binary" && epilogue.operator === "div" && epilogue.right.kind === "constant") {
    return Number(epilogue.right.value);
  }
  throw new InternalError("an epilogue that is no mean");
}
