/**
 * Axes of a spec whose sizes are left to run time: what an equation says of sizes as expressions over integers.
 *
 * Invariant: where every size is a number, the expressions are those that `axes.ts` gives.
 */
import { constantAffine, multiplyAffines, sumAffines, variableAffine, ZERO, type Affine } from "../affine/affine.ts";
import type { AxisEquation } from "../affine/equation.ts";
import type { SizeExpression } from "../affine/size-expression.ts";
import type { Contraction } from "./contraction.ts";
import { InternalError, required, unreachable } from "../support/errors.ts";

/** The sizes of indices, as far as they are known. */
export type SymbolicSizes = ReadonlyMap<string, Affine>;

/** The element of an axis that an equation names; an axis of size 1 that is known repeats along a larger index. */
export function symbolicAxis(equation: AxisEquation, axisSize: Affine, sizes: SymbolicSizes): Affine {
  switch (equation.kind) {
    case "plain":
      return axisSize.terms.length === 0 && axisSize.constant === 1 ? ZERO : variableAffine(equation.index);
    case "unit":
      return ZERO;
    case "product": {
      let stride = constantAffine(1);
      const parts = equation.indices
        .map((index) => ({ index, size: sizeOf(index, sizes) }))
        .reverse()
        .map(({ index, size }) => {
          const part = multiplyAffines(stride, variableAffine(index));
          stride = multiplyAffines(size, stride);
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
