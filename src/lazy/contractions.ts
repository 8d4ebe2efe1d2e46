/**
 * From stages to contractions: sizes become numbers, symbols become index names, accesses affine.
 *
 * Invariant: one stage is one contraction; arrays of one name are one tensor.
 */
import { affineOf, type Affine } from "../affine/affine.ts";
import type { Access, AxisAccess, Contraction, Reduction } from "../ir/contraction.ts";
import { isFloat, type Dtype } from "../ir/dtype.ts";
import { elementsIn, mapLeaves, type Elementwise } from "../ir/elementwise.ts";
import { elementwiseIn } from "../ir/integer-elementwise.ts";
import { rowMajorStrides, type TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import {
  factorsOf,
  indicesOfLeaves,
  isBare,
  type ArrayRef,
  type CombineOperator,
  type Factor,
  type Fused,
  type Leaf,
  type SizeOf,
  type Stage,
} from "./forms.ts";
import { resolveIndices, toExpression, type IndexExpression, type LazySymbol } from "./index-expression.ts";
import { uniqueNames } from "./sizes.ts";

/** Makes the tensor type of an array, the same for the same name. */
export type TensorOf = (array: ArrayRef) => TensorType;

/** Makes tensor types of arrays whose sizes are known. */
export function tensorsBySize(sizeOf: SizeOf): TensorOf {
  const tensors = new Map<string, TensorType>();
  return ({ name, dtype, axes }) => {
    const shape = axes.map(sizeOf);
    const tensor = tensors.get(name) ?? { name, dtype, shape, strides: rowMajorStrides(shape), offset: 0 };
    tensors.set(name, tensor);
    return tensor;
  };
}

/** The contraction of a stage. */
export function contractionOf({ form, target, writes }: Stage, sizeOf: SizeOf, tensorOf: TensorOf): Contraction {
  const over = form.reduction?.over ?? [];
  const names = uniqueNames([...form.axes, ...over]);
  const nameOf = (of: LazySymbol): string => required(names.get(of), `the name of ${of.name}`);
  const { combine, reduce, operands, epilogue, further } = partsOfForm(form, writes.size > 0);
  const read = (leaf: Leaf): Access => ({ tensor: tensorOf(leaf.array), axes: accessesOf(leaf.axes, leaf.array.axes) });
  const outputAxes = target.axes.map((axis) => writes.get(axis) ?? toExpression(axis));
  const exact = (expression: Elementwise): Elementwise => elementwiseIn(expression, form.dtype);
  return {
    indices: [
      ...form.axes.map((index) => ({ name: nameOf(index), size: sizeOf(index), reduced: false })),
      ...over.map((index) => ({ name: nameOf(index), size: sizeOf(index), reduced: true })),
    ],
    operands: operands.map(({ leaf, prologue }) => ({ ...read(leaf), ...(prologue && { prologue: exact(prologue) }) })),
    output: { tensor: tensorOf(target), axes: accessesOf(outputAxes, target.axes) },
    combine,
    reduce,
    dtype: form.dtype,
    ...(epilogue && { epilogue: exact(epilogue) }),
    ...(further.length > 0 && { further: further.map(read) }),
  };

  function accessesOf(expressions: readonly IndexExpression[], axes: readonly LazySymbol[]): AxisAccess[] {
    return expressions.map((expression, axis) => {
      const affine = affineFor(expression);
      return { expression: affine, padded: leavesAxis(affine, sizeOf(required(axes[axis], "an axis"))) };
    });
  }

  function affineFor(expression: IndexExpression): Affine {
    const { coefficients, constant } = required(resolveIndices(expression, sizeOf), "an affine expression");
    return affineOf(new Map([...coefficients].map(([index, coefficient]) => [nameOf(index), coefficient])), constant);
  }

  function leavesAxis({ terms, constant }: Affine, size: number): boolean {
    const sizes = new Map([...form.axes, ...over].map((index) => [nameOf(index), sizeOf(index)]));
    let [min, max] = [constant, constant];
    for (const { variable, coefficient } of terms) {
      const reach = coefficient * ((sizes.get(variable) ?? 1) - 1);
      if (reach < 0) min += reach;
      else max += reach;
    }
    return min < 0 || max > size - 1;
  }
}

interface Parts {
  readonly combine: CombineOperator;
  readonly reduce: Reduction;
  readonly operands: readonly { readonly leaf: Leaf; readonly prologue?: Elementwise }[];
  readonly epilogue?: Elementwise;
  readonly further: readonly Leaf[];
}

/** Decides what of a form is an operand, a prologue, an epilogue. A form that is scattered is applied before it is. */
function partsOfForm(form: Fused, scatters: boolean): Parts {
  const { reduction, leaves, expression } = form;
  const leafAt = (at: number): Leaf => required(leaves[at], "a leaf");
  if (isBare(form)) {
    const leaf = leafAt(0);
    return { combine: "mul", reduce: reduceFor(leaf.outside ?? 0), operands: [operandOf(leaf)], further: [] };
  }
  if (!reduction && !scatters) return mappedParts(form, leafAt);
  const { combine, factors } = factorsOf(form);
  const after = reduction && reduction.after.kind !== "value" ? reduction.after : undefined;
  const reduce = reduction?.reduce === "mean" ? "sum" : (reduction?.reduce ?? "sum");
  const afterLeaves = after ? elementsIn(after) : [];
  if (factors.every((factor) => factor.leaves.length === 1)) {
    const operands = factors.map((factor) => operandOfFactor(factor, leafAt));
    const epilogue = after && renumber(after, afterLeaves);
    return { combine, reduce, operands, further: afterLeaves.map(leafAt), ...(epilogue && { epilogue }) };
  }
  // One nest over all: the first array is read, the others beside it.
  const [first = 0, ...others] = elementsIn(expression);
  const further = [...new Set([...others, ...afterLeaves])];
  const prologue = renumber(expression, further, first);
  const epilogue = after && renumber(after, further);
  const operands = [{ leaf: leafAt(first), prologue }];
  return { combine: "mul", reduce, operands, further: further.map(leafAt), ...(epilogue && { epilogue }) };
}

/** Nothing is reduced: the array with the most axes is read, and what becomes of it is the epilogue. */
function mappedParts({ expression, leaves }: Fused, leafAt: (at: number) => Leaf): Parts {
  const used = elementsIn(expression);
  const axesOf = (at: number): number => indicesOfLeaves([required(leaves[at], "a leaf")]).length;
  const main = used.reduce((best, at) => (axesOf(at) > axesOf(best) ? at : best), used[0] ?? 0);
  const further = used.filter((at) => at !== main);
  const epilogue = renumber(expression, further, main);
  return { combine: "mul", reduce: "sum", operands: [{ leaf: leafAt(main) }], further: further.map(leafAt), epilogue };
}

/** An expression over further accesses in place of leaves; over its value in place of one of them. */
function renumber(expression: Elementwise, further: readonly number[], value?: number): Elementwise {
  return mapLeaves(expression, (leaf) => {
    if (leaf.kind !== "element") return leaf;
    return leaf.access === value ? { kind: "value" } : { kind: "element", access: further.indexOf(leaf.access) };
  });
}

function operandOf(leaf: Leaf): Parts["operands"][number] {
  return { leaf, ...(leaf.within && { prologue: leaf.within }) };
}

function operandOfFactor({ leaves: [at = 0], expression }: Factor, leafAt: (at: number) => Leaf) {
  const leaf = leafAt(at);
  if (expression.kind === "element") return operandOf(leaf);
  const within: Elementwise = leaf.within ?? { kind: "value" };
  return { leaf, prologue: mapLeaves(expression, (part) => (part.kind === "element" ? within : part)) };
}

/** The reduction that starts from what is read outside. */
function reduceFor(outside: number): Reduction {
  if (outside === 1) return "prod";
  return outside === 0 ? "sum" : outside < 0 ? "max" : "min";
}

/** The dtype that an intermediate is kept in: doubles for floats, as they are computed. */
export function intermediateDtype(dtype: Dtype): Dtype {
  return isFloat(dtype) ? "float64" : dtype;
}
