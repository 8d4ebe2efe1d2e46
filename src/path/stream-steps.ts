/**
 * Steps that let a product stream: where no index of the output lies along memory in one operand alone, one operand is
 * copied with such an index last. The gradients of weights are of this kind: their output ends in the few taps of a window.
 *
 *     dw[o, i, k] = sum over y of x[i, y + k - 1 padded] * dout[o, y]
 *
 *         -->     xT[y + 1, i] = x[i, y]
 *                 dwPart[o, k, i] = sum over y of xT[y + k, i] * dout[o, y]
 *                 dw[o, i, k] = dwPart[o, k, i]
 *
 * Worth it where each element that is copied is used often.
 */
import { affineRange, shiftAffine, variableAffine } from "../affine/affine.ts";
import { strideOf } from "../ir/address.ts";
import {
  countValues,
  keptOf,
  plainAxis,
  reducedOf,
  sizesOf,
  type Access,
  type Contraction,
} from "../ir/contraction.ts";
import { isFloat } from "../ir/dtype.ts";
import { elementOf, VALUE } from "../ir/elementwise.ts";
import { countReads, isPlainProduct, multiplyOutside, readsOfTerm, withoutInsides } from "../ir/product.ts";
import { denseTensor, elementCount } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { indicesOf } from "./problem.ts";
import { freeName } from "../grad/transpose.ts";

/** A copy of an operand, and the contraction that reads it instead. */
export interface StreamedProduct {
  /** The position of the operand. */
  readonly operand: number;
  readonly copy: Contraction;
  readonly product: Contraction;
}

/** The shortest row that is worth streaming along, and how often an element that is copied must be used. */
const [SHORTEST_ROW, LEAST_USES] = [16, 16];

/** Copies an operand of a product so that it streams; null where it streams as it is, or copying does not pay. */
export function streamProduct(part: Contraction, copyName: (operand: string) => string): StreamedProduct | null {
  const { reads, indices, term, dtype } = part;
  const isProduct = isPlainProduct(term) && countReads(term) === 2 && indices.some(({ reduced }) => reduced);
  if (!isProduct || !isFloat(dtype) || indices.some(({ size }) => size === 0) || streams(part)) return null;
  const work = countValues(indices);
  const written = countValues(keptOf(indices));
  const costOf = ({ operand, index }: Row): number => {
    const read = elementCount(required(reads[operand], "an operand").tensor.shape);
    // The output is copied, too, where it does not end in the row.
    return Math.abs(strideOf(part.output, index)) === 1 ? read : read + written;
  };
  const [found] = rowsOf(part).sort((one, other) => costOf(one) - costOf(other));
  if (!found || work < LEAST_USES * costOf(found)) return null;
  return copyFor(part, found, copyName);
}

/** Whether a long row of the output lies along memory in one operand, and the other stays the same along it. */
function streams(part: Contraction): boolean {
  return part.indices.some(({ name, size, reduced }) => {
    if (reduced || size < SHORTEST_ROW || Math.abs(strideOf(part.output, name)) !== 1) return false;
    const strides = readsOfTerm(part).map((access) => Math.abs(strideOf(access, name)));
    return strides.includes(0) && strides.includes(1);
  });
}

interface Row {
  readonly operand: number;
  readonly axis: number;
  readonly index: string;
}

/** The long indices of the output that one operand alone depends on, by an axis of their own. */
function rowsOf(part: Contraction): Row[] {
  const { indices } = part;
  const operands = readsOfTerm(part);
  return indices.flatMap(({ name, size, reduced }) => {
    const readers = operands.flatMap((access, operand) => (indicesOf(access).has(name) ? [operand] : []));
    const [operand, other] = readers;
    if (reduced || size < SHORTEST_ROW || operand === undefined || other !== undefined) return [];
    const { axes, tensor } = required(operands[operand], "an operand");
    const along = axes.flatMap(({ expression }, axis) =>
      expression.terms.some(({ variable }) => variable === name) ? [axis] : [],
    );
    const [axis, another] = along;
    const terms = axes[axis ?? -1]?.expression.terms ?? [];
    const isOwn = another === undefined && axis !== undefined && terms.length === 1 && terms[0]?.coefficient === 1;
    return isOwn && tensor.shape[axis] === size ? [{ operand, axis, index: name }] : [];
  });
}

function copyFor(part: Contraction, { operand, axis, index }: Row, copyName: (operand: string) => string) {
  const access = required(part.reads[operand], "an operand");
  const sizes = sizesOf(part);
  const order = [...access.axes.keys()].filter((at) => at !== axis);
  const taken = [...sizes.keys()];
  const windows = order.map((at) => {
    const { expression } = required(access.axes[at], "an axis");
    const { min, max } = affineRange(expression, (name) => sizes.get(name) ?? 1);
    const low = Math.max(0, min);
    const count = Math.min((access.tensor.shape[at] as number) - 1, max) - low + 1;
    return { at, name: freeName(`axis${at}`, taken), min, extent: max - min + 1, low, count, expression };
  });
  if (windows.some(({ count }) => count <= 0)) return null;
  const size = sizes.get(index) ?? 1;
  const shape = [...windows.map(({ extent }) => extent), size];
  const name = copyName(access.tensor.name);
  const tensor = denseTensor(name, "float64", shape);
  const row = plainAxis(index);
  const read = access.axes.map((own, at) => {
    const window = windows.find((one) => one.at === at);
    return window ? plainAxis(shiftAffine(variableAffine(window.name), window.low)) : own;
  });
  const written = windows.map(({ name: at, low, min }) => plainAxis(shiftAffine(variableAffine(at), low - min)));
  const copy: Contraction = {
    indices: [...windows.map((one) => ({ name: one.name, size: one.count })), { name: index, size }].map((one) => ({
      ...one,
      reduced: false,
    })),
    reads: [{ tensor: access.tensor, axes: read }],
    output: { tensor, axes: [...written, row] },
    term: elementOf(0),
    reduce: "sum",
    finish: VALUE,
    dtype: part.dtype,
  };
  const axes = windows.map(({ expression, min }) => plainAxis(shiftAffine(expression, -min)));
  const copied: Access = { tensor, axes: [...axes, row] };
  const reads = part.reads.map((other, at) => (at === operand ? copied : other));
  // What the copy reads outside, its border holds.
  const term = withoutInsides(multiplyOutside(part.term), (read) => read === operand);
  const product = { ...part, indices: lastIndex(part.indices, index), reads, term };
  return { operand, copy, product };
}

/** The indices with one of the kept ones behind the others. */
function lastIndex(indices: Contraction["indices"], last: string): Contraction["indices"] {
  const kept = indices.filter(({ reduced, name }) => !reduced && name !== last);
  return [...kept, ...indices.filter(({ name }) => name === last), ...reducedOf(indices)];
}
