/**
 * The reference gradient, executed one point of the iteration space after the other. It shares nothing with `src/grad`:
 * the points that meet in an element of the result share its cotangent as the reduction says, and at each point the
 * operands share that as the combination says.
 */
import type { Access, Combination, Contraction, Reduction } from "../../src/ir/contraction.ts";
import { elementCount } from "../../src/ir/tensor.ts";

type Numbers = ArrayLike<number | bigint>;

/** A point of the iteration space: where operands are read there, what they hold, and the combination of that. */
interface Point {
  readonly positions: readonly (number[] | null)[];
  readonly elements: readonly number[];
  readonly combined: number;
}

/** What a contraction of gradients is: its operands are combined, then reduced. */
export interface Differentiated {
  readonly contraction: Contraction;
  readonly combine: Combination;
  readonly reduce: Reduction;
}

/**
 * The gradients by every operand, dense and in doubles. `cotangent` is dense. Of a maximum or minimum, the first point in
 * row-major order has it all, and the first operand; of several NaN the first. What lies outside of an operand is no extreme.
 */
export function referenceGradients(
  { contraction, combine, reduce }: Differentiated,
  arrays: readonly Numbers[],
  cotangent: Numbers,
): Float64Array[] {
  const { indices, reads: operands, output } = contraction;
  const gradients = operands.map(({ tensor }) => new Float64Array(elementCount(tensor.shape)));
  const count = reduce === "mean" ? indices.reduce((n, { size, reduced }) => (reduced ? n * size : n), 1) : 1;
  const identity = { prod: 1, max: -Infinity, min: Infinity }[reduce as string] ?? 0;
  const groups = new Map<number, Point[]>();
  for (const point of pointsOf({ ...contraction, indices: [...indices].reverse() })) {
    const written = positionOf(output, point);
    if (!written) continue;
    const positions = operands.map((access) => positionOf(access, point));
    const elements = operands.map((access, at) => {
      const position = positions[at];
      return position ? Number(arrays[at]?.[address(access, position)]) : identity;
    });
    const to = denseAddress(output, written);
    const group = groups.get(to) ?? [];
    groups.set(to, group);
    group.push({ positions, elements, combined: combineAll(combine, elements) });
  }
  for (const [to, group] of groups) {
    const shares = sharesOf(reduce, group);
    for (const [place, { positions, elements }] of group.entries()) {
      const share = shares[place];
      // What is not the extreme has nothing, whatever the cotangent is.
      if (share === undefined) continue;
      const incoming = Number(cotangent[to]) * share;
      for (const [at, access] of operands.entries()) {
        const position = positions[at];
        const own = shareOf(combine, elements, at);
        if (!position || own === undefined) continue;
        const gradient = gradients[at] as Float64Array;
        const where = denseAddress(access, position);
        gradient[where] = (gradient[where] ?? NaN) + incoming * own;
      }
    }
  }
  return gradients.map((gradient) => gradient.map((value) => value / count));
}

function combineAll(combine: Combination, elements: readonly number[]): number {
  if (combine === "mul") return productBut(elements, -1);
  if (combine === "add") return elements.reduce((sum, value) => sum + value, 0);
  return combine === "max" ? Math.max(...elements) : Math.min(...elements);
}

/** The derivative of a reduction by each of the points that meet in one element; none where it is not the extreme. */
function sharesOf(reduce: Reduction, group: readonly Point[]): (number | undefined)[] {
  const values = group.map(({ combined }) => combined);
  if (reduce === "prod") return values.map((_, at) => productBut(values, at));
  if (reduce !== "max" && reduce !== "min") return values.map(() => 1);
  const isInside = (at: number): boolean => group[at]?.positions.some((position) => position !== null) ?? false;
  const first = extremeAmong(values, reduce, isInside);
  return values.map((_, at) => (at === first ? 1 : undefined));
}

/** Where the first of some values is that is the extreme of them: the first NaN, if there is one. */
function extremeAmong(values: readonly number[], which: "max" | "min", counts: (at: number) => boolean): number {
  const nan = values.findIndex((value, at) => Number.isNaN(value) && counts(at));
  if (nan >= 0) return nan;
  const extreme = which === "max" ? Math.max(...values) : Math.min(...values);
  return values.findIndex((value, at) => value === extreme && counts(at));
}

function shareOf(combine: Combination, elements: readonly number[], at: number): number | undefined {
  if (combine === "mul") return productBut(elements, at);
  if (combine === "add") return 1;
  return at === extremeAmong(elements, combine as "max" | "min", () => true) ? 1 : undefined;
}

/** The product of all values but one. */
export function productBut(values: readonly number[], but: number): number {
  return values.reduce((product, value, at) => (at === but ? product : product * value), 1);
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
