/**
 * Layouts whose sizes and strides are expressions over the integers of a kernel, which are plain numbers where nothing
 * is left to run time.
 *
 * Invariant: integers come in the order of their definition, and each has a value at the example. Symbolic coefficients
 * are not negative.
 */
import {
  type Affine,
  ZERO,
  addAffine,
  affineSize,
  constantAffine,
  equalAffine,
  factorsOf,
  multiplyAffines,
  scaleAffine,
  shiftAffine,
  sumAffines,
  variableAffine,
} from "../affine/affine.ts";
import {
  type ComputedInteger,
  INTEGER_OPERATIONS,
  type Integer,
  type SymbolicAccess,
  evaluateSymbolic,
} from "./symbols.ts";
import type { AxisEquation, SizeExpression } from "../affine/equation.ts";
import type { Contraction } from "./contraction.ts";
import { InternalError, required, unreachable } from "../support/errors.ts";

/** Integers while they are gathered, and a value for each. */
export interface Integers {
  readonly integers: Integer[];
  readonly example: Map<string, number>;
}

/** The row-major layout of a shape. */
export function denseLayout(shape: readonly Affine[]): Omit<SymbolicAccess, "axes"> {
  const strides = new Array<Affine>(shape.length);
  let stride = constantAffine(1);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride = multiplyAffines(shape[axis] as Affine, stride);
  }
  return { shape, strides, offset: constantAffine(0) };
}

/** How many elements a shape holds. */
export function countElements(shape: readonly Affine[]): Affine {
  return shape.reduceRight((count, size) => multiplyAffines(size, count), constantAffine(1));
}

/** How many elements a buffer needs for a layout; strides that are symbolic are not negative. */
export function lengthOf({ shape, strides, offset }: SymbolicAccess): Affine {
  if (shape.some((size) => isInteger(size, 0))) return constantAffine(0);
  const reaches = shape.flatMap((size, axis) => {
    const stride = strides[axis] as Affine;
    const isNegative = stride.terms.length === 0 && stride.constant < 0;
    return isNegative ? [] : [multiplyAffines(shiftAffine(size, -1), stride)];
  });
  return sumAffines([shiftAffine(offset, 1), ...reaches]);
}

/**
 * Smallest and largest value of an expression over indices of such sizes; symbolic coefficients are not negative. A term
 * without an index is the same everywhere.
 */
export function rangeOf(expression: Affine, sizeOf: (index: string) => Affine): { min: Affine; max: Affine } {
  let [min, max] = [constantAffine(expression.constant), constantAffine(expression.constant)];
  for (const term of expression.terms) {
    const { variable, coefficient } = term;
    const factors = factorsOf(variable);
    const index = factors.at(-1) as string;
    if (index.startsWith("$")) {
      const fixed = { terms: [term], constant: 0 };
      [min, max] = [addAffine(min, fixed), addAffine(max, fixed)];
      continue;
    }
    const last = multiplyFactors(factors.slice(0, -1), shiftAffine(sizeOf(index), -1));
    const reach = scaleAffine(last, coefficient);
    if (coefficient < 0) min = addAffine(min, reach);
    else max = addAffine(max, reach);
  }
  return { min, max };
}

/** Computes an integer from two others when the kernel starts; at once where both are known. */
export function computeInteger(
  { integers, example }: Integers,
  kind: ComputedInteger["kind"],
  preferred: string,
  left: Affine,
  right: Affine,
): Affine {
  const value = INTEGER_OPERATIONS[kind](evaluateSymbolic(left, example), evaluateSymbolic(right, example));
  if (left.terms.length + right.terms.length === 0) return constantAffine(value);
  const twin = integers.find(
    (other) => other.kind === kind && equalAffine(other.left, left) && equalAffine(other.right, right),
  );
  if (twin) return variableAffine(twin.name);
  let name = `$${preferred}`;
  while (example.has(name)) name += "_";
  integers.push({ kind, name, left, right });
  example.set(name, value);
  return variableAffine(name);
}

/** Whether a size is known and has a value. */
export function isInteger(size: Affine, value: number): boolean {
  return affineSize(size) === value;
}

function multiplyFactors(factors: readonly string[], expression: Affine): Affine {
  return factors.reduceRight((product, factor) => multiplyAffines(variableAffine(factor), product), expression);
}

//  * From equations to the elements that they name, once sizes are known or are expressions over integers, as those are that
// are left to run time. A composition becomes `h*|w| + w`.

/** The sizes of indices, as far as they are known. */
type SymbolicSizes = ReadonlyMap<string, Affine>;

/**
 * The element of an axis that an equation names. An axis of size 1 that is known repeats along a larger index: every value
 * of it reads element 0. An index that occurs twice in a composition, `(h h)`, walks along the diagonal.
 */
export function symbolicAxis(equation: AxisEquation, axisSize: Affine, sizes: SymbolicSizes): Affine {
  switch (equation.kind) {
    case "plain":
      return affineSize(axisSize) === 1 ? ZERO : variableAffine(equation.index);
    case "unit":
      return ZERO;
    case "product": {
      let stride = constantAffine(1);
      const parts = [...equation.indices].reverse().map((index) => {
        const part = multiplyAffines(stride, variableAffine(index));
        stride = multiplyAffines(sizeOf(index, sizes), stride);
        return part;
      });
      return sumAffines(parts.reverse());
    }
    case "affine":
      return sumAffines([
        ...equation.parts.map(({ index, coefficient }) =>
          multiplyAffines(affineOfSize(coefficient, sizes), variableAffine(index)),
        ),
        constantOf(equation.constant, sizes),
      ]);
    default:
      return unreachable(equation);
  }
}

/** The constant part of an axis expression. */
export function constantOf(parts: readonly SizeExpression[], sizes: SymbolicSizes): Affine {
  return sumAffines(parts.map((part) => affineOfSize(part, sizes)));
}

/** An expression over the sizes of indices as one over integers; specs have no quotients. */
function affineOfSize(expression: SizeExpression, sizes: SymbolicSizes): Affine {
  switch (expression.kind) {
    case "integer":
      return constantAffine(expression.value);
    case "size":
      return sizeOf(expression.index, sizes);
    case "sum":
      return constantOf(expression.parts, sizes);
    case "product":
      return expression.parts.map((part) => affineOfSize(part, sizes)).reduce(multiplyAffines);
    default:
      throw new InternalError(expression.kind);
  }
}

/** How many values a contraction reduces to one. */
export function countReduced({ indices }: Pick<Contraction, "indices">, sizes: SymbolicSizes): Affine {
  return indices
    .filter(({ reduced }) => reduced)
    .reduceRight((count, { name }) => multiplyAffines(sizeOf(name, sizes), count), constantAffine(1));
}

function sizeOf(index: string, sizes: SymbolicSizes): Affine {
  return required(sizes.get(index), `the size of ${index}`);
}
