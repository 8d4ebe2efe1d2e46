/**
 * Runs the steps of a contraction where text must not be evaluated: without a kernel, one point of the indices after the
 * other. `einsum` carries it in the place of the interpreter, which needs twice the bytes.
 *
 * Invariant: results are those of the kernel: floats are computed as doubles, integers are wrapped to the dtype after
 * every operation.
 */
import { derivative } from "../affine/affine.ts";
import { identityOf, operatorOf } from "../ir/algebra.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { type TypedArray, valueTypeOf } from "../ir/dtype.ts";
import { bufferLength } from "../ir/tensor.ts";
import { binaryFunction, convertFunction, reduceAsBinary, type Value } from "../loops/arithmetic.ts";
import { prepareElementwise } from "../loops/evaluate-elementwise.ts";
import { scratchDtype } from "../loops/values.ts";
import type { ContractionStep } from "../path/steps.ts";
import { required } from "../support/errors.ts";
import { allocate } from "./memory.ts";

/** A value of each index. */
type Values = readonly number[];

/**
 * Computes into `out` as the kernel of these steps would. Sizes are known. Refuses intermediates that cannot be allocated.
 */
export function walkSteps(steps: readonly ContractionStep[], operands: readonly TypedArray[], out: TypedArray): void {
  const arrays = [...operands];
  for (const { inputs, result, contraction } of steps) {
    const read = inputs.map((id) => arrays[id] as TypedArray);
    const totals = accumulate(contraction, read);
    arrays[result] = totals;
    if (result < operands.length + steps.length - 1) continue;
    const finish = prepareElementwise(contraction.finish, contraction.dtype);
    const element = (): null => null;
    for (let at = 0; at < out.length; at++) out[at] = finish({ value: totals[at] as Value, element }) as never;
  }
}

/** Reduces the terms at all points into an array as long as the buffer of the output. */
function accumulate(contraction: Contraction, arrays: readonly TypedArray[]): TypedArray {
  const { indices, reads, output, term, reduce, dtype } = contraction;
  const totals = allocate(scratchDtype(dtype), bufferLength(output.tensor));
  totals.fill(identityOf(reduce, scratchDtype(dtype)) as never);
  const type = valueTypeOf(dtype);
  const combine = binaryFunction(reduceAsBinary(operatorOf(reduce)), type);
  // A total of a narrow dtype wraps where it is kept.
  const wrap = convertFunction(type, dtype);
  const compute = prepareElementwise(term, dtype);
  const values = indices.map(() => 0);
  const readers = reads.map((access, read) => {
    const addressAt = addressReader(access, indices);
    const toDtype = convertFunction(valueTypeOf(access.tensor.dtype), dtype);
    return (): Value | null => {
      const address = addressAt(values);
      return address === null ? null : toDtype(arrays[read]?.[address] as Value);
    };
  });
  const targetAt = addressReader(output, indices);
  // A sum of one value is that value, sign and all: 0 + -0 is 0.
  const stores =
    reduce === "sum" &&
    indices.every(
      ({ name, size }) =>
        size === 1 ||
        output.axes.some(({ expression: { terms } }) => terms.length === 1 && terms[0]?.variable === name),
    );
  const point = { element: (read: number): Value | null => required(readers[read], "a read")() };
  for (let more = indices.every(({ size }) => size > 0); more; more = advance(values, indices)) {
    const address = targetAt(values);
    if (address === null) continue;
    const value = compute(point);
    totals[address] = wrap(stores ? value : combine(totals[address] as Value, value)) as never;
  }
  return totals;
}

/** Where in its buffer an access lies at a point; null where it leaves a padded axis. */
function addressReader({ tensor, axes }: Access, indices: Contraction["indices"]): (point: Values) => number | null {
  const layout = axes.map(({ expression, padded }, axis) => ({
    coefficients: indices.map(({ name }) => derivative(expression, name)),
    constant: expression.constant,
    padded,
    size: tensor.shape[axis] as number,
    stride: tensor.strides[axis] as number,
  }));
  return (point) => {
    let address = tensor.offset;
    for (const { coefficients, constant, padded, size, stride } of layout) {
      let position = constant;
      for (let place = 0; place < point.length; place++) {
        position += (coefficients[place] as number) * (point[place] as number);
      }
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
