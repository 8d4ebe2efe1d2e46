/**
 * The transposed contraction: the gradient by one operand of a contraction that sums, as a contraction. The cotangent
 * takes the operand's place, and the operand's access becomes the output's.
 *
 *     out[i, k] = sum over j of a[i, j] * b[j, k]     -->     da[i, j] = sum over k of dout[i, k] * b[j, k]
 *     out[y] = sum over k of x[2*y + k] * w[k]        -->     dx[2*y + k] sum= dout[y] * w[k]
 *
 * Repeated indices, axes of size 1 that repeat, and padding need no case of their own: they are in the access.
 *
 * Invariant: the result reads the operands that are left, in their order, with the cotangent in place of the one that
 * is gone; where operands are added, it reads the cotangent alone.
 */
import { sumAffines, variableAffine, type Affine } from "../affine/affine.ts";
import type { Access, AxisAccess, Contraction, ContractionIndex } from "../ir/contraction.ts";
import type { Dtype } from "../ir/dtype.ts";
import { rowMajorStrides, type TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import type { GradientPlan } from "./plan.ts";

/** Transposes a contraction that sums products of operands, or sums of them; a mean divides what it summed. */
export function planTransposed(contraction: Contraction, operand: number, cotangent: TensorType): GradientPlan {
  const { operands, output, combine, dtype } = contraction;
  const by = required(operands[operand], "the operand of a gradient");
  const incoming: Access = { tensor: cotangent, axes: output.axes };
  const reads = combine === "add" ? [incoming] : operands.map((access, at) => (at === operand ? incoming : access));
  const written = gradientAccess(by, [...operands, incoming]);
  const transposed: Contraction = {
    indices: orderIndices(contraction.indices, reads, written),
    operands: reads,
    output: written,
    combine: "mul",
    reduce: "sum",
    dtype,
    // A mean divides what it summed; so does its gradient.
    ...(contraction.epilogue && { epilogue: contraction.epilogue }),
  };
  return { operands: reads, before: [], inputs: reads.map((_, id) => id), contraction: transposed };
}

/** The type of a contraction's cotangent: dense, of the output's shape and dtype, under a name of its own. */
export function cotangentOf({ operands, output, indices }: Contraction): TensorType {
  const taken = [...operands.map(({ tensor }) => tensor.name), ...indices.map(({ name }) => name)];
  const { shape, dtype, name } = output.tensor;
  return denseTensor(freeName(`d${name}`, taken), dtype, shape);
}

/** The output of the gradient: row-major, of the operand's shape and dtype. */
export function gradientAccess({ tensor, axes }: Access, read: readonly Access[]): Access {
  const taken = read.map((access) => access.tensor.name);
  return { tensor: denseTensor(freeName(`d${tensor.name}`, taken), tensor.dtype, tensor.shape), axes };
}

/** A tensor without strides of its own. */
export function denseTensor(name: string, dtype: Dtype, shape: readonly number[]): TensorType {
  return { name, dtype, shape, strides: rowMajorStrides(shape), offset: 0 };
}

/** An axis that an index walks along as it is. */
export function plainAxis(index: string): AxisAccess {
  return { expression: variableAffine(index), padded: false };
}

/** The axes of an access as indices of their own: called as the index that walks along one as it is, if there is one. */
export function axisIndices({ tensor, axes }: Access): ContractionIndex[] {
  const plain = axes.map(({ expression: { terms, constant } }, axis) => {
    const [term, more] = terms;
    return term?.coefficient === 1 && !more && constant === 0 ? term.variable : `axis${axis}`;
  });
  return tensor.shape.map((size, axis) => {
    const name = plain[axis] as string;
    return { name: plain.indexOf(name) === plain.lastIndexOf(name) ? name : `axis${axis}`, size, reduced: false };
  });
}

/** The position of the values of some indices among all of their values, in row-major order. */
export function flatPosition(indices: readonly ContractionIndex[]): Affine {
  const strides = rowMajorStrides(indices.map(({ size }) => size));
  return sumAffines(indices.map(({ name }, at) => variableAffine(name, required(strides[at], "a stride"))));
}

/** A name that is not taken. */
export function freeName(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? freeName(`${name}_`, taken) : name;
}

/** Indices of the output first, in its order, then those that are reduced; one of size 1 that nothing reads is dropped. */
export function orderIndices(
  indices: readonly ContractionIndex[],
  operands: readonly Access[],
  output: Access,
): ContractionIndex[] {
  const kept = variablesOf([output]);
  const read = variablesOf(operands);
  const byName = new Map(indices.map((index) => [index.name, index]));
  const reduced = indices.filter(({ name, size }) => !kept.has(name) && (size !== 1 || read.has(name)));
  return [
    ...[...kept].map((name) => ({ ...required(byName.get(name), `the index ${name}`), reduced: false })),
    ...reduced.map((index) => ({ ...index, reduced: true })),
  ];
}

function variablesOf(accesses: readonly Access[]): ReadonlySet<string> {
  return new Set(
    accesses.flatMap(({ axes }) => axes.flatMap(({ expression }) => expression.terms.map(({ variable }) => variable))),
  );
}
