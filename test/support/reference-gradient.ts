/**
 * The reference gradient: the product rule, executed one point of the iteration space after the other. It shares nothing
 * with `src/grad`: what an operand's element adds to the result is what the other operands hold at that point.
 */
import type { Access, Contraction } from "../../src/ir/contraction.ts";
import { elementCount } from "../../src/ir/tensor.ts";

type Numbers = ArrayLike<number | bigint>;

/**
 * The gradients of a sum or mean of products or sums by every operand, dense and in doubles. `cotangent` is dense.
 */
export function referenceGradients(
  contraction: Contraction,
  arrays: readonly Numbers[],
  cotangent: Numbers,
): Float64Array[] {
  const { indices, operands, output, combine, reduce } = contraction;
  const gradients = operands.map(({ tensor }) => new Float64Array(elementCount(tensor.shape)));
  const count = reduce === "mean" ? indices.reduce((n, { size, reduced }) => (reduced ? n * size : n), 1) : 1;
  for (const point of pointsOf(contraction)) {
    const written = positionOf(output, point);
    if (!written) continue;
    const incoming = Number(cotangent[denseAddress(output, written)]);
    const positions = operands.map((access) => positionOf(access, point));
    const elements = operands.map((access, at) => {
      const position = positions[at];
      return position ? Number(arrays[at]?.[address(access, position)]) : 0;
    });
    for (const [at, access] of operands.entries()) {
      const position = positions[at];
      if (!position) continue;
      const others =
        combine === "add" ? 1 : elements.reduce((value, x, other) => (other === at ? value : value * x), 1);
      const gradient = gradients[at] as Float64Array;
      gradient[denseAddress(access, position)] = (gradient[denseAddress(access, position)] ?? NaN) + incoming * others;
    }
  }
  return gradients.map((gradient) => gradient.map((value) => value / count));
}

/** The gradient of a maximum or minimum of one operand: all of it to the first extreme, the last index the fastest. */
export function referenceExtremeGradient(contraction: Contraction, array: Numbers, cotangent: Numbers): Float64Array {
  const { operands, output, reduce } = contraction;
  const [access] = operands as readonly [Access];
  const gradient = new Float64Array(elementCount(access.tensor.shape));
  const found = new Map<number, { readonly value: number; readonly at: number }>();
  const ordered = { ...contraction, indices: [...contraction.indices].reverse() };
  for (const point of pointsOf(ordered)) {
    const [written, position] = [positionOf(output, point), positionOf(access, point)];
    if (!written || !position) continue;
    const value = Number(array[address(access, position)]);
    const to = denseAddress(output, written);
    const best = found.get(to);
    const isBetter = !best || (reduce === "max" ? value > best.value : value < best.value);
    if (isBetter) found.set(to, { value, at: denseAddress(access, position) });
  }
  for (const [to, { at }] of found) gradient[at] = (gradient[at] ?? NaN) + Number(cotangent[to]);
  return gradient;
}

/** Every value of the indices, the first index the fastest. */
export function* pointsOf({ indices }: Contraction): Generator<ReadonlyMap<string, number>> {
  const total = indices.reduce((product, { size }) => product * size, 1);
  for (let at = 0; at < total; at++) {
    let rest = at;
    const point = new Map<string, number>();
    for (const { name, size } of indices) {
      point.set(name, rest % size);
      rest = Math.floor(rest / size);
    }
    yield point;
  }
}

/** The element an access names at a point; null where it lies outside of the tensor. */
export function positionOf({ tensor, axes }: Access, point: ReadonlyMap<string, number>): number[] | null {
  const position = axes.map(({ expression: { terms, constant } }) =>
    terms.reduce((sum, { variable, coefficient }) => sum + coefficient * (point.get(variable) ?? NaN), constant),
  );
  return position.every((value, axis) => value >= 0 && value < (tensor.shape[axis] ?? 0)) ? position : null;
}

function address({ tensor }: Access, position: readonly number[]): number {
  return position.reduce((sum, value, axis) => sum + value * (tensor.strides[axis] ?? NaN), tensor.offset);
}

function denseAddress({ tensor }: Access, position: readonly number[]): number {
  return position.reduce((sum, value, axis) => sum * (tensor.shape[axis] ?? NaN) + value, 0);
}
