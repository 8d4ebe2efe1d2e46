/**
 * From equations to the elements that they name, once sizes are known or are expressions over integers, as those are that
 * are left to run time. A composition becomes `h*|w| + w`.
 */
import {
  affineSize,
  constantAffine,
  multiplyAffines,
  sumAffines,
  variableAffine,
  ZERO,
  type Affine,
} from "../affine/affine.ts";
import type { AxisEquation } from "../affine/equation.ts";
import type { SizeExpression } from "../affine/size-expression.ts";
import type { Contraction } from "./contraction.ts";
import { InternalError, required, unreachable } from "../support/errors.ts";

/** The sizes of indices, as far as they are known. */
export type SymbolicSizes = ReadonlyMap<string, Affine>;

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
export function affineOfSize(expression: SizeExpression, sizes: SymbolicSizes): Affine {
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
