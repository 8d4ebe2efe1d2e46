/**
 * Layouts whose sizes and strides are expressions over the integers of a kernel, which are plain numbers where nothing
 * is left to run time.
 *
 * Invariant: integers come in the order of their definition, and each has a value at the example. Symbolic coefficients
 * are not negative.
 */
import {
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
  type Affine,
} from "../affine/affine.ts";
import {
  evaluateSymbolic,
  INTEGER_OPERATIONS,
  type ComputedInteger,
  type Integer,
  type SymbolicAccess,
} from "./symbols.ts";

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
