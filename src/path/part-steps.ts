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
import type { FindPath, FoundPath, SsaPath } from "./path.ts";
import { type ContractionStep, splitSteps } from "./steps.ts";
import { denseTensor, elementCount } from "../ir/tensor.ts";
import { affineRange, shiftAffine, variableAffine } from "../affine/affine.ts";
import { countReads, isPlainProduct, multiplyOutside, readsOfTerm, withoutInsides } from "../ir/product.ts";
import { indicesOf } from "./problem.ts";
import { freeName } from "../grad/transpose.ts";

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
  let next = gradient.operands.length;
  const before = gradient.before.map((stage): ContractionStep => ({ ...stage, result: next++ }));
  const names = gradient.parts.length > 1 ? gradient.parts.map((_, number) => `Part${number}`) : ["Part"];
  const parts = gradient.parts.map((part, number) => {
    const suffix = names[number] as string;
    const split = splitPart(part, { suffix, isOneOfMany: names.length > 1, inputs: gradient.inputs, next }, (staged) =>
      choosePath(staged, optimize, find),
    );
    next += split.steps.length;
    return split;
  });
  return { before, parts, steps: [...before, ...parts.flatMap(({ steps }) => steps)] };
}

/** What a part is split with. */
interface PartSite {
  /** Behind the names of what is computed for it. */
  readonly suffix: string;
  readonly isOneOfMany: boolean;
  /** The ids of its operands. */
  readonly inputs: readonly number[];
  /** The first id that is free. */
  readonly next: number;
}

function splitPart(part: Contraction, site: PartSite, choose: (staged: Contraction) => FoundPath): PartSteps {
  const { suffix, isOneOfMany, inputs } = site;
  let { next } = site;
  const steps: ContractionStep[] = [];
  const streamed = streamProduct(part, (operand) => `${operand}${isOneOfMany ? suffix : ""}T`);
  const ids = [...inputs];
  if (streamed) {
    const { operand, copy } = streamed;
    steps.push({ inputs: [required(inputs[operand], "an input of a part")], result: next, contraction: copy });
    ids[operand] = next++;
  }
  const product = streamed?.product ?? part;
  const staged =
    isStaged(part, isOneOfMany) || (streamed && !endsInRow(product))
      ? stagePart(product, `${part.output.tensor.name}${suffix}`)
      : product;
  const { path } = choose(staged);
  const count = ids.length;
  const idOf = (id: number): number => (id < count ? required(ids[id], "an input of a part") : next + id - count);
  const own = splitSteps(staged, path);
  steps.push(...own.map((step) => ({ ...step, inputs: step.inputs.map(idOf), result: idOf(step.result) })));
  next += own.length;
  if (staged !== product) steps.push({ inputs: [next - 1], result: next, contraction: layOut(part, staged) });
  return { part, ssaPath: path, steps };
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
  const kept = keptOf(part.indices);
  const { dtype } = part.output.tensor;
  return {
    ...part,
    output: {
      tensor: denseTensor(
        name,
        isFloat(dtype) ? "float64" : dtype,
        kept.map(({ size }) => size),
      ),
      axes: kept.map((index) => plainAxis(index.name)),
    },
  };
}

/** Copies the intermediate to where it belongs. */
function layOut({ indices, output, dtype }: Contraction, { output: from }: Contraction): Contraction {
  const kept = keptOf(indices);
  return { indices: kept, reads: [from], output, term: elementOf(0), reduce: "sum", finish: VALUE, dtype };
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

/** Copies an operand of a product so that it streams; null where it streams as it is, or copying does not pay. */
function streamProduct(part: Contraction, copyName: (operand: string) => string): StreamedProduct | null {
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
