/**
 * The steps of a gradient: what is computed first, and its parts, which write parts of one output. A part that sums many
 * terms with a stride in the output is computed row-major first, as an intermediate, then laid out: loops run fastest along
 * neighbours in memory.
 *
 *     dx[2*y] = sum over k of dout[y - k] * w[2*k]      -->     dxPart0[y] = sum over k of dout[y - k] * w[2*k]
 *                                                               dx[2*y] = dxPart0[y]
 *
 * A product is made to stream: where no index of the output lies along memory in one operand alone, one operand is copied
 * with such an index last, if each element that is copied is used often. The gradients of weights are of this kind: their
 * output ends in the few taps of a window.
 *
 *     dw[o, i, k] = sum over y of x[i, y + k - 1 padded] * dout[o, y]
 *
 *         -->     xT[y + 1, i] = x[i, y]
 *                 dwPart[o, k, i] = sum over y of xT[y + k, i] * dout[o, y]
 *                 dw[o, i, k] = dwPart[o, k, i]
 *
 * Invariant: a step that writes the output writes each of its elements once, or is the only one that writes it.
 */
import type { Gradient } from "../grad/differentiate.ts";
import { strideOf } from "../ir/address.ts";
import {
  type Access,
  type Contraction,
  countValues,
  keptOf,
  plainAxis,
  reducedOf,
  sizesOf,
} from "../ir/contraction.ts";
import { isFloat } from "../ir/dtype.ts";
import { VALUE, elementOf } from "../ir/elementwise.ts";
import { required } from "../support/errors.ts";
import { type Optimize, choosePath } from "./choose.ts";
import type { FindPath, SsaPath } from "./path.ts";
import { type ContractionStep, splitSteps } from "./steps.ts";
import { denseTensor, elementCount } from "../ir/tensor.ts";
import { affineRange, shiftAffine, variableAffine } from "../affine/affine.ts";
import { countReads, isPlainProduct, multiplyOutside, readsOfTerm, withoutInsides } from "../ir/product.ts";
import { denseAccess, freeName } from "../grad/transpose.ts";

/** A part, its path, and its steps: the last writes the output. */
export interface PartSteps {
  readonly part: Contraction;
  readonly ssaPath: SsaPath;
  readonly steps: readonly ContractionStep[];
}

/** The steps of a gradient: what is computed first, then the parts, each along a path of its own. */
export interface GradientParts {
  readonly before: readonly ContractionStep[];
  readonly parts: readonly PartSteps[];
  /** All of them, in the order in which they run; ids are those of the operands, then one a step. */
  readonly steps: readonly ContractionStep[];
}

/** Splits a gradient into steps. */
export function splitGradient(gradient: Gradient, optimize?: Optimize, find?: FindPath): GradientParts {
  const { operands, inputs, parts } = gradient;
  const steps: ContractionStep[] = [];
  const addStep = (inputs: readonly number[], contraction: Contraction): number => {
    const result = operands.length + steps.length;
    steps.push({ inputs, result, contraction });
    return result;
  };
  for (const stage of gradient.before) addStep(stage.inputs, stage.contraction);
  const before = steps.slice();
  const splitPart = (part: Contraction, number: number): PartSteps => {
    const first = steps.length;
    const isOneOfMany = parts.length > 1;
    const suffix = isOneOfMany ? `Part${number}` : "Part";
    const streamed = streamProduct(part, isOneOfMany ? `${suffix}T` : "T");
    const ids = [...inputs];
    if (streamed) {
      const { operand, copy } = streamed;
      ids[operand] = addStep([required(inputs[operand], "an input of a part")], copy);
    }
    const product = streamed?.product ?? part;
    const isLaidOut = isStaged(part, isOneOfMany) || (streamed && !endsInRow(product));
    const staged = isLaidOut ? stagePart(product, `${part.output.tensor.name}${suffix}`) : product;
    const { path: ssaPath } = choosePath(staged, optimize, find);
    const made = operands.length + steps.length;
    const idOf = (id: number): number =>
      id < ids.length ? required(ids[id], "an input of a part") : made + id - ids.length;
    for (const step of splitSteps(staged, ssaPath)) addStep(step.inputs.map(idOf), step.contraction);
    if (isLaidOut) addStep([operands.length + steps.length - 1], layOut(part, staged));
    return { part, ssaPath, steps: steps.slice(first) };
  };
  return { before, parts: parts.map(splitPart), steps };
}

/** Whether the last of the kept indices lies along memory in the output. */
function endsInRow({ indices, output }: Contraction): boolean {
  const last = indices.findLast(({ reduced }) => !reduced);
  return last !== undefined && strideOf(output, last.name) === 1;
}

/** So few terms are written out as one expression, which is stored once: strides in the output cost nothing then. */
const FEW_TERMS = 9;

/** Whether a part reduces into an output with strides, or divides what is not the whole output. */
function isStaged({ indices, output, finish }: Contraction, isOneOfMany: boolean): boolean {
  const empty = indices.some(({ size }) => size === 0);
  const reduces = countValues(reducedOf(indices)) > FEW_TERMS;
  const strided = output.axes.some(({ expression, padded }) => {
    const [term, more] = expression.terms;
    return !padded && term !== undefined && more === undefined && Math.abs(term.coefficient) !== 1;
  });
  return !empty && ((reduces && strided) || (isOneOfMany && finish.kind !== "value"));
}

/** The part as a dense intermediate, with an axis an index. */
function stagePart(part: Contraction, name: string): Contraction {
  const { dtype } = part.output.tensor;
  return { ...part, output: denseAccess(name, isFloat(dtype) ? "float64" : dtype, keptOf(part.indices)) };
}

/** Copies the intermediate to where it belongs. */
function layOut({ indices, output, dtype }: Contraction, { output: from }: Contraction): Contraction {
  return copyOf(keptOf(indices), from, output, dtype);
}

/** The contraction that copies what one access reads to where another one writes. */
function copyOf(indices: Contraction["indices"], from: Access, to: Access, dtype: Contraction["dtype"]): Contraction {
  return { indices, reads: [from], output: to, term: elementOf(0), reduce: "sum", finish: VALUE, dtype };
}

/** A copy of an operand, and the contraction that reads it instead. */
interface StreamedProduct {
  /** The position of the operand. */
  readonly operand: number;
  readonly copy: Contraction;
  readonly product: Contraction;
}

/** The shortest row that is worth streaming along, and how often an element that is copied must be used. */
const [SHORTEST_ROW, LEAST_USES] = [16, 16];

/** Copies an operand of a product, named with a suffix, so that it streams; null where it streams as it is, or copying does not pay. */
function streamProduct(part: Contraction, suffix: string): StreamedProduct | null {
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
  return copyFor(part, found, suffix);
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
  const operands = readsOfTerm(part);
  return part.indices.flatMap(({ name, size, reduced }) => {
    if (reduced || size < SHORTEST_ROW) return [];
    const [place, another] = operands.flatMap(({ axes, tensor }, operand) =>
      axes.flatMap(({ expression: { terms } }, axis) => {
        const term = terms.find(({ variable }) => variable === name);
        if (!term) return [];
        const isOwn = terms.length === 1 && term.coefficient === 1 && tensor.shape[axis] === size;
        return [{ operand, axis, isOwn }];
      }),
    );
    return place?.isOwn && !another ? [{ operand: place.operand, axis: place.axis, index: name }] : [];
  });
}

function copyFor(part: Contraction, { operand, axis, index }: Row, suffix: string): StreamedProduct | null {
  const access = required(part.reads[operand], "an operand");
  const sizes = sizesOf(part);
  const taken = [...sizes.keys()];
  // What is read along each axis but that of the row: `count` elements from `low` on, of a window that may be larger.
  const windows = access.axes.flatMap(({ expression }, at) => {
    if (at === axis) return [];
    const { min, max } = affineRange(expression, (name) => sizes.get(name) ?? 1);
    const low = Math.max(0, min);
    const size = Math.min((access.tensor.shape[at] as number) - 1, max) - low + 1;
    return [{ at, name: freeName(`axis${at}`, taken), min, extent: max - min + 1, low, size, expression }];
  });
  if (windows.some(({ size }) => size <= 0)) return null;
  const size = sizes.get(index) ?? 1;
  const row = plainAxis(index);
  const tensor = denseTensor(`${access.tensor.name}${suffix}`, "float64", [
    ...windows.map(({ extent }) => extent),
    size,
  ]);
  const from = access.axes.map((own, at) => {
    const window = windows.find((one) => one.at === at);
    return window ? plainAxis(shiftAffine(variableAffine(window.name), window.low)) : own;
  });
  const to = windows.map(({ name, low, min }) => plainAxis(shiftAffine(variableAffine(name), low - min)));
  const indices = [...windows, { name: index, size }].map(({ name, size }) => ({ name, size, reduced: false }));
  const copy = copyOf(indices, { tensor: access.tensor, axes: from }, { tensor, axes: [...to, row] }, part.dtype);
  const axes = windows.map(({ expression, min }) => plainAxis(shiftAffine(expression, -min)));
  const copied: Access = { tensor, axes: [...axes, row] };
  const reads = part.reads.map((other, at) => (at === operand ? copied : other));
  // What the copy reads outside, its border holds.
  const term = withoutInsides(multiplyOutside(part.term), (read) => read === operand);
  return { operand, copy, product: { ...part, indices: lastIndex(part.indices, index), reads, term } };
}

/** The indices with one of the kept ones behind the others. */
function lastIndex(indices: Contraction["indices"], last: string): Contraction["indices"] {
  const kept = indices.filter(({ reduced, name }) => !reduced && name !== last);
  return [...kept, ...indices.filter(({ name }) => name === last), ...reducedOf(indices)];
}
