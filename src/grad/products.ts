/**
 * The gradient of a product over a few factors: that by one of them is the product of all the others. Nothing is divided,
 * so that factors of 0 need no case of their own, and integers stay exact.
 *
 *     out[i] = prod over j of x[i, j]     -->     xTwice[i, 3*turn + j] = x[i, j]                       |j| = 3
 *                                                 xOthers[i, place] = prod over shift of xTwice[i, place + shift + 1]
 *                                                 dx[i, j] = dout[i] * xOthers[i, j]
 *
 * The factors lie twice in a row, so that those behind a factor and those before it are one run. Products of many factors
 * are split into such of few first, by `split-reduction.ts`.
 */
import { constantAffine, scaleAffine, sumAffines, variableAffine, type Affine } from "../affine/affine.ts";
import { keptOf, plainAxis, reducedOf, type Access, type AxisAccess, type Contraction } from "../ir/contraction.ts";
import { combineAll, elementOf, VALUE } from "../ir/elementwise.ts";
import { denseTensor, elementCount, type TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import type { GradientPlan } from "./plan.ts";
import { flatPosition, freeName, planTransposed } from "./transpose.ts";

/** The plan of the gradient of a product over the reduced indices of one operand. */
export function planProduct(contraction: Contraction, cotangent: TensorType): GradientPlan {
  const { indices, reads, term, dtype } = contraction;
  const read = required(reads[0], "the operand of a gradient");
  const names = [read.tensor.name, cotangent.name, ...indices.map(({ name }) => name)];
  const kept = keptOf(indices);
  const reduced = reducedOf(indices);
  const count = elementCount(reduced.map(({ size }) => size));
  const [turn, place, shift] = [freeName("turn", names), freeName("place", names), freeName("shift", names)];
  const rows = kept.map(({ name }) => plainAxis(name));
  const access = (suffix: string, length: number, last: AxisAccess): Access => ({
    tensor: denseTensor(freeName(`${read.tensor.name}${suffix}`, names), "float64", [
      ...kept.map(({ size }) => size),
      length,
    ]),
    axes: [...rows, last],
  });
  const flat = flatPosition(reduced);
  const at = (...parts: Affine[]): AxisAccess => plainAxis(sumAffines(parts));
  const laid: Contraction = {
    indices: [...indices.map((index) => ({ ...index, reduced: false })), { name: turn, size: 2, reduced: false }],
    reads,
    output: access("Twice", 2 * count, at(scaleAffine(variableAffine(turn), count), flat)),
    term,
    reduce: "prod",
    finish: VALUE,
    dtype,
  };
  const multiplied: Contraction = {
    indices: [...kept, { name: place, size: count, reduced: false }, { name: shift, size: count - 1, reduced: true }],
    reads: [access("Twice", 2 * count, at(variableAffine(place), variableAffine(shift), constantAffine(1)))],
    output: access("Others", count, plainAxis(place)),
    term: elementOf(0),
    reduce: "prod",
    finish: VALUE,
    dtype,
  };
  const others = access("Others", count, at(flat));
  const transposed = planTransposed(
    { ...contraction, reads: [read, others], term: combineAll("mul", [elementOf(0), elementOf(1)]) },
    0,
    cotangent,
  );
  return {
    operands: [read, required(transposed.operands[0], "the cotangent")],
    before: [
      { contraction: laid, inputs: [0] },
      { contraction: multiplied, inputs: [2] },
    ],
    inputs: [1, 3],
    contraction: transposed.contraction,
  };
}
