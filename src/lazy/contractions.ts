/**
 * From stages to contractions: sizes become numbers, symbols become index names, accesses affine.
 *
 * Invariant: one stage is one contraction; arrays of one name are one tensor.
 */
import { affineOf } from "../affine/affine.ts";
import type { Access, AxisAccess, Contraction, ReduceOperator } from "../ir/contraction.ts";
import { isFloat, type Dtype } from "../ir/dtype.ts";
import { combineAll, elementsIn, includes, renumber, VALUE, type Elementwise } from "../ir/elementwise.ts";
import { partsOfTerm, wrapFor } from "../ir/product.ts";
import { elementwiseIn } from "../ir/integer-elementwise.ts";
import { denseTensor, type TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { leavesAxis, type ArrayRef, type SizeOf, type Stage } from "./forms.ts";
import { resolveIndices, toExpression, type IndexExpression, type LazySymbol } from "./index-expression.ts";
import { uniqueNames } from "./sizes.ts";

/** Makes the tensor type of an array, the same for the same name. */
export type TensorOf = (array: ArrayRef) => TensorType;

/** Makes tensor types of arrays whose sizes are known. */
export function tensorsBySize(sizeOf: SizeOf): TensorOf {
  const tensors = new Map<string, TensorType>();
  return ({ name, dtype, axes }) => {
    const shape = axes.map(sizeOf);
    const tensor = tensors.get(name) ?? denseTensor(name, dtype, shape);
    tensors.set(name, tensor);
    return tensor;
  };
}

/** The contraction of a stage. */
export function contractionOf({ form, target, writes }: Stage, sizeOf: SizeOf, tensorOf: TensorOf): Contraction {
  const over = form.reduction?.over ?? [];
  const names = uniqueNames([...form.axes, ...over]);
  const nameOf = (of: LazySymbol): string => required(names.get(of), `the name of ${of.name}`);
  const { leaves, expression, reduction, dtype } = form;
  const after = reduction?.after ?? VALUE;
  const used = [...new Set([...elementsIn(expression), ...elementsIn(after)])];
  const numberOf = (leaf: number): number => used.indexOf(leaf);
  const reads = used.map((at): Access => {
    const { array, axes } = required(leaves[at], "a leaf");
    // Without a point, nothing is read outside of an empty axis.
    const mayLeave = includes(expression, (part) => part.kind === "inside" && part.access === at);
    const own = accessesOf(axes, array.axes).map((axis) => ({ ...axis, padded: axis.padded && mayLeave }));
    return { tensor: tensorOf(array), axes: own };
  });
  const outputAxes = target.axes.map((axis) => writes.get(axis) ?? toExpression(axis));
  const reduce = reduction?.reduce === "mean" ? "sum" : (reduction?.reduce ?? "sum");
  const indexOf = (index: LazySymbol, reduced: boolean) => ({ name: nameOf(index), size: sizeOf(index), reduced });
  return {
    indices: [...form.axes.map((index) => indexOf(index, false)), ...over.map((index) => indexOf(index, true))],
    reads,
    output: { tensor: tensorOf(target), axes: accessesOf(outputAxes, target.axes) },
    term: exactTerm(renumber(expression, numberOf), reduce, dtype),
    reduce,
    finish: elementwiseIn(renumber(after, numberOf), dtype),
    dtype,
  };

  function accessesOf(expressions: readonly IndexExpression[], axes: readonly LazySymbol[]): AxisAccess[] {
    return expressions.map((expression, axis) => {
      const { coefficients, constant } = required(resolveIndices(expression, sizeOf), "an affine expression");
      const named = new Map([...coefficients].map(([index, coefficient]) => [nameOf(index), coefficient]));
      const padded = leavesAxis(expression, required(axes[axis], "an axis"), sizeOf);
      return { expression: affineOf(named, constant), padded };
    });
  }
}

/** A term as it is computed in a dtype; a combination of elements wraps where the reduction would see the difference. */
function exactTerm(term: Elementwise, reduce: ReduceOperator, dtype: Dtype): Elementwise {
  const { combine, parts } = partsOfTerm(term);
  const exact = parts.map((part) => (part.kind === "element" ? part : elementwiseIn(part, dtype)));
  const combined = combineAll(combine, exact);
  return exact.length === 1 || combine === "max" || combine === "min" ? combined : wrapFor(reduce, combined, dtype);
}

/** The dtype that an intermediate is kept in: doubles for floats, as they are computed. */
export function intermediateDtype(dtype: Dtype): Dtype {
  return isFloat(dtype) ? "float64" : dtype;
}
