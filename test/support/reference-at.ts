/**
 * The reference for one element of a result: what lies on the way there is computed, and nothing else, so that large
 * kernels can be checked by samples. It knows no loops, no path and no strides: every axis expression is evaluated.
 *
 * Invariant: computes in doubles; operands must be floats in row-major order.
 */
import { evaluateAffine } from "../../src/affine/affine.ts";
import type { Access, Contraction } from "../../src/ir/contraction.ts";
import { operatorOf } from "../../src/ir/algebra.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { applyElementwise, type Point } from "./reference-elementwise.ts";

/** The element of the result at an ordinal, counted in row-major order. */
export function referenceAt(contraction: Contraction, arrays: readonly TypedArray[], ordinal: number): number {
  const { reads, output, indices, term, finish } = contraction;
  const reduce = operatorOf(contraction.reduce);
  const { shape } = output.tensor;
  const wanted = positionsOf(ordinal, shape);
  const point = new Map<string, number>();
  output.axes.forEach(({ expression: { terms, constant } }, axis) => {
    const [only] = terms;
    if (terms.length === 1 && only?.coefficient === 1 && constant === 0) point.set(only.variable, wanted[axis] ?? NaN);
  });
  // An index that no axis of the output names alone is tried at every value: those that lead elsewhere do not count.
  const free = indices.filter(({ name }) => !point.has(name));
  const identity = { sum: 0, any: 0, prod: 1, all: 1, max: -Infinity, min: Infinity }[reduce];
  let total = identity;
  const here = (valueOf: (name: string) => number): Point => ({
    element: (access) => read(reads[access] as Access, arrays[access], valueOf),
    index: valueOf,
  });
  const visit = (at: number): void => {
    const index = free[at];
    if (index) {
      for (let value = 0; value < index.size; value++) {
        point.set(index.name, value);
        visit(at + 1);
      }
      return;
    }
    const valueOf = (name: string): number => point.get(name) ?? NaN;
    if (output.axes.some(({ expression }, axis) => evaluateAffine(expression, valueOf) !== wanted[axis])) return;
    total = reduceTwo(reduce, total, applyElementwise(term, "float64", here(valueOf)) as number);
  };
  visit(0);
  return applyElementwise(finish, "float64", { ...here((name) => point.get(name) ?? NaN), value: total }) as number;
}

function positionsOf(ordinal: number, shape: readonly number[]): number[] {
  const positions = new Array<number>(shape.length).fill(0);
  let rest = ordinal;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    positions[axis] = rest % (shape[axis] ?? 1);
    rest = Math.floor(rest / (shape[axis] ?? 1));
  }
  return positions;
}

/** The element that an access reads; null where it leaves a padded axis. */
function read(
  { tensor: { name, shape }, axes }: Access,
  array: TypedArray | undefined,
  valueOf: (index: string) => number,
): number | null {
  let address = 0;
  for (const [axis, { expression, padded }] of axes.entries()) {
    const position = evaluateAffine(expression, valueOf);
    const size = shape[axis] ?? 0;
    if (position < 0 || position >= size) {
      if (padded) return null;
      throw new Error(`${name} is read at ${position} of axis ${axis}, which has ${size}`);
    }
    address = address * size + position;
  }
  const element = array?.[address];
  if (typeof element !== "number") throw new Error(`${name} has no float at ${address}`);
  return element;
}

function reduceTwo(reduce: Contraction["reduce"], total: number, value: number): number {
  switch (reduce) {
    case "sum":
      return total + value;
    case "max":
      return Math.max(total, value);
    case "min":
      return Math.min(total, value);
    default:
      throw new Error(`no reference for the reduction ${reduce}`);
  }
}
