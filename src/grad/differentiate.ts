/**
 * The derivative of a contraction is a contraction: by each operand, the transposed one, gathered where windows overlap.
 * Extremes and products come to one of several contractions: what is computed first, and the one that the gradient is.
 *
 * Semantics: those of reverse-mode differentiation, as in PyTorch's `autograd` and JAX's `vjp`: the gradient has the
 * operand's shape and dtype; an axis of size 1 that repeats collects the sum of its repetitions; what an operand holds
 * outside of its diagonal, where the contraction reads the diagonal, has the gradient 0. Ties of extremes are no exception
 * to a gradient being whole: the first has it, where PyTorch's `amax` and `maximum` share it.
 */
import { type Access, type Contraction, keptOf, plainAxis, reducedOf } from "../ir/contraction.ts";
import { isFloat } from "../ir/dtype.ts";
import { countReads, isZeroOutside, partsOfTerm, skipping } from "../ir/product.ts";
import { type TensorType, denseTensor, elementCount } from "../ir/tensor.ts";
import { InternalError, UnsupportedError, required } from "../support/errors.ts";
import * as messages from "../support/messages/gradients.ts";
import { planExtreme } from "./extremes.ts";
import { gather, meetingIndices } from "./gather.ts";
import { type GradientPlan, cotangentOf, flatPosition, freeName, planTransposed } from "./transpose.ts";
import { VALUE, combineAll, elementOf } from "../ir/elementwise.ts";
import { type Affine, constantAffine, scaleAffine, sumAffines, variableAffine } from "../affine/affine.ts";

/** The gradient by one operand. Its `contraction` says what it is. */
export interface Gradient extends GradientPlan {
  /** What computes it: contractions that write parts of its output, no element twice; the elements of none are 0. */
  readonly parts: readonly Contraction[];
  /** Why it accumulates in memory, where several terms meet in an element and there is no gather; else empty. */
  readonly accumulates: string;
}

/**
 * Differentiates a contraction by an operand, given as its position. The cotangent is dense and has the dtype of the
 * output unless its type is given. Reductions other than sums have been split by `splitReduction`.
 *
 * Refuses, with an `EinsumError`, reductions and combinations without a derivative, and operands of integers.
 */
export function differentiate(
  contraction: Contraction,
  operand: number,
  cotangent: TensorType = cotangentOf(contraction),
): Gradient {
  checkDifferentiable(contraction, [operand]);
  const plan = ignoreOutside(planOf(contraction, operand, cotangent));
  const gathered = gather(plan.contraction);
  if (gathered.kind === "none") return { ...plan, parts: [plan.contraction], accumulates: gathered.why };
  // Where nothing is read of the operand, the transposed contraction writes nothing but zeros.
  return { ...plan, parts: gathered.parts.length > 0 ? gathered.parts : [plan.contraction], accumulates: "" };
}

/** What lies outside of an operand has no part in the gradient of a product, whatever it meets: in PyTorch neither. */
function ignoreOutside(plan: GradientPlan): GradientPlan {
  const { contraction } = plan;
  const { term, reads } = contraction;
  return isZeroOutside(term) ? { ...plan, contraction: { ...contraction, term: skipping(term, reads, 0) } } : plan;
}

function planOf(contraction: Contraction, operand: number, cotangent: TensorType): GradientPlan {
  const { reduce, term, indices } = contraction;
  const isSum = reduce === "sum" || indices.some(({ size }) => size === 0);
  if (isSum || meetingIndices(contraction).length === 0) return planTransposed(contraction, operand, cotangent);
  if (reduce !== "prod") return planExtreme(contraction, operand, cotangent);
  if (countReads(term) > 1) throw new InternalError("a product of several operands is split first");
  return planProduct(contraction, cotangent);
}

/** Refuses what has no derivative by the operands at some positions, and what is not served. */
export function checkDifferentiable(contraction: Contraction, by: readonly number[]): void {
  const { reads, reduce, term, symbols } = contraction;
  if (reduce === "any" || reduce === "all") throw messages.notDifferentiable("reduce", reduce);
  const { combine } = partsOfTerm(term);
  if (combine === "and" || combine === "or") throw messages.notDifferentiable("combine", combine);
  for (const operand of by) {
    const { dtype } = required(reads[operand], "the operand of a gradient").tensor;
    if (!isFloat(dtype)) throw messages.gradientOfIntegers(operand, dtype);
  }
  if (symbols) throw new UnsupportedError("gradients are not there yet for sizes that are left to run time");
}

/**
 * The gradient of a product over a few factors, the reduced indices of one operand: that by one of them is the product of
 * all the others. Nothing is divided, so that factors of 0 need no case of their own, and integers stay exact.
 *
 *     out[i] = prod over j of x[i, j]     -->     xTwice[i, 3*turn + j] = x[i, j]                       |j| = 3
 *                                                 xOthers[i, place] = prod over shift of xTwice[i, place + shift + 1]
 *                                                 dx[i, j] = dout[i] * xOthers[i, j]
 *
 * The factors lie twice in a row, so that those behind a factor and those before it are one run. Products of many factors
 * are split into such of few first, by `split.ts`.
 */
function planProduct(contraction: Contraction, cotangent: TensorType): GradientPlan {
  const { indices, reads, term, dtype } = contraction;
  const read = required(reads[0], "the operand of a gradient");
  const names = [read.tensor.name, cotangent.name, ...indices.map(({ name }) => name)];
  const kept = keptOf(indices);
  const reduced = reducedOf(indices);
  const count = elementCount(reduced.map(({ size }) => size));
  const [turn, place, shift] = [freeName("turn", names), freeName("place", names), freeName("shift", names)];
  const rows = kept.map(({ name }) => plainAxis(name));
  const shape = kept.map(({ size }) => size);
  const access = (suffix: string, length: number, ...last: Affine[]): Access => {
    const tensor = denseTensor(freeName(`${read.tensor.name}${suffix}`, names), "float64", [...shape, length]);
    return { tensor, axes: [...rows, plainAxis(sumAffines(last))] };
  };
  const flat = flatPosition(reduced);
  const product = { reduce: "prod", finish: VALUE, dtype } as const;
  const laid: Contraction = {
    indices: [...indices.map((index) => ({ ...index, reduced: false })), { name: turn, size: 2, reduced: false }],
    reads,
    output: access("Twice", 2 * count, scaleAffine(variableAffine(turn), count), flat),
    term,
    ...product,
  };
  const multiplied: Contraction = {
    indices: [...kept, { name: place, size: count, reduced: false }, { name: shift, size: count - 1, reduced: true }],
    reads: [access("Twice", 2 * count, variableAffine(place), variableAffine(shift), constantAffine(1))],
    output: access("Others", count, variableAffine(place)),
    term: elementOf(0),
    ...product,
  };
  const others = access("Others", count, flat);
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
