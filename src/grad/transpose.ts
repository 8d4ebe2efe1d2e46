/**
 * The transposed contraction: the gradient by one operand of a contraction that sums, as a contraction. The cotangent
 * takes the operand's place, and the operand's access becomes the output's.
 *
 *     out[i, k] = sum over j of a[i, j] * b[j, k]     -->     da[i, j] = sum over k of dout[i, k] * b[j, k]
 *     out[y] = sum over k of x[2*y + k] * w[k]        -->     dx[2*y + k] sum= dout[y] * w[k]
 *     out[i] = max(a[i], b[i])                        -->     db[i] = b[i] is the extreme, a[i] is not ? dout[i] : 0
 *
 * Repeated indices, axes of size 1 that repeat, and padding need no case of their own: they are in the access.
 *
 * Invariant: where the derivative does not depend on the operand itself, the result reads those that are left, in their
 * order, with the cotangent in its place; where operands are added, the cotangent alone. Else it takes all operands, then
 * the cotangent.
 */
import { type Affine, sumAffines, variableAffine } from "../affine/affine.ts";
import { select, shared } from "../ir/activations.ts";
import { plainAxis, type Access, type Contraction, type ContractionIndex } from "../ir/contraction.ts";
import type { Dtype } from "../ir/dtype.ts";
import { type Elementwise, combineAll, elementOf, elementsIn, includes, renumber } from "../ir/elementwise.ts";
import { isPadded, partsOfTerm, readsOfTerm, withoutInsides } from "../ir/product.ts";
import { type TensorType, denseTensor, rowMajorStrides } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { ZERO, matches, pullBack } from "./pull-back.ts";

/** A contraction, and what it reads: the ids of operands and of earlier results. */
export interface GradientStage {
  readonly contraction: Contraction;
  readonly inputs: readonly number[];
}

/** Ids are those of the operands, then of the results of `before`. The last stage gives the gradient. */
export interface GradientPlan extends GradientStage {
  /** What the kernel of the gradient takes, in order. */
  readonly operands: readonly Access[];
  /** What is computed first. */
  readonly before: readonly GradientStage[];
}

/** Transposes a contraction that sums its terms, or has one a result. A mean divides what it summed; so does its gradient. */
export function planTransposed(contraction: Contraction, operand: number, cotangent: TensorType): GradientPlan {
  const { output } = contraction;
  const operands = readsOfTerm(contraction);
  const by = required(operands[operand], "the operand of a gradient");
  const incoming: Access = { tensor: cotangent, axes: output.axes };
  const all = [...operands, incoming];
  // What is written outside of the output has no gradient; what is read outside of the operand is written nowhere.
  const whole = deriveTerm(contraction.term, operand, elementOf(operands.length));
  const isRead = includes(whole, (part) => part.kind === "element" && part.access === operand);
  const needless = isRead ? whole : withoutInsides(whole, (read) => read === operand);
  const derived = insideOf([[incoming, operands.length]], needless);
  const needed = elementsIn(derived);
  const takesAll = needed.includes(operand);
  const inPlace = [...operands.keys()].map((id) => (id === operand ? operands.length : id));
  const used = (takesAll ? [...all.keys()] : inPlace).filter((id) => needed.includes(id));
  const transposed = sumInto(gradientAccess(by, all), derived, used, all, contraction);
  return {
    operands: takesAll ? all : used.length > 0 ? transposed.reads : [incoming],
    before: [],
    inputs: takesAll ? used : [...used.keys()],
    contraction: transposed,
  };
}

/** The sum of a term into an output: the term reads some of the accesses, in the order in which the sum reads them. */
export function sumInto(
  output: Access,
  term: Elementwise,
  used: readonly number[],
  accesses: readonly Access[],
  { indices, finish, dtype }: Pick<Contraction, "indices" | "finish" | "dtype">,
): Contraction {
  const reads = used.map((id) => required(accesses[id], "a read"));
  return {
    indices: orderIndices(indices, reads, output),
    reads,
    output,
    term: renumber(term, (id) => used.indexOf(id)),
    reduce: "sum",
    finish,
    dtype,
  };
}

/** What contributes nothing where some accesses, under their numbers, lie outside. */
export function insideOf(accesses: readonly (readonly [Access, number])[], value: Elementwise): Elementwise {
  return accesses.reduceRight<Elementwise>(
    (rest, [read, access]) => (isPadded(read) ? { kind: "inside", access, value: rest, outside: 0 } : rest),
    value,
  );
}

/**
 * The derivative of a term, times what is incoming. Of operands that are combined by a maximum or minimum, the first that is
 * the extreme has it: the gradients by all of them add up to what is incoming.
 */
export function deriveTerm(term: Elementwise, operand: number, incoming: Elementwise): Elementwise {
  const { combine, parts } = partsOfTerm(term);
  const read = parts.map(elementsIn);
  const isChoice = (combine === "max" || combine === "min") && read.every(({ length }) => length === 1);
  if (!isChoice || new Set(read.flat()).size < parts.length) return pullBack(term, operand, incoming);
  const choices = parts.map(shared);
  const extreme = shared(combineAll(combine, choices));
  const place = read.findIndex((own) => own.includes(operand));
  const own = pullBack(required(parts[place], "a part"), operand, incoming);
  return choices
    .slice(0, place + 1)
    .reduceRight<Elementwise>(
      (rest, choice, at) =>
        at === place ? select(matches(choice, extreme), own, ZERO) : select(matches(choice, extreme), ZERO, rest),
      ZERO,
    );
}

/** The type of a contraction's cotangent: dense, of the output's shape and dtype, under a name of its own. */
export function cotangentOf({ reads, output, indices }: Contraction): TensorType {
  const taken = [...reads.map(({ tensor }) => tensor.name), ...indices.map(({ name }) => name)];
  const { shape, dtype, name } = output.tensor;
  return denseTensor(freeName(`d${name}`, taken), dtype, shape);
}

/** The output of the gradient: row-major, of the operand's shape and dtype. */
export function gradientAccess({ tensor, axes }: Access, read: readonly Access[]): Access {
  const taken = read.map((access) => access.tensor.name);
  return { tensor: denseTensor(freeName(`d${tensor.name}`, taken), tensor.dtype, tensor.shape), axes };
}

/** A dense tensor with an axis an index. */
export function denseAccess(name: string, dtype: Dtype, indices: readonly ContractionIndex[]): Access {
  const shape = indices.map(({ size }) => size);
  return { tensor: denseTensor(name, dtype, shape), axes: indices.map((index) => plainAxis(index.name)) };
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
