/**
 * Reduces windows one axis after the other: neighbours share what is reduced along the first. `einsum` does not carry
 * this file: it is handed in.
 *
 *     out[y, x] = max over u, v of a[2*y + u, 2*x + v]     -->     aMax[y_u, x] = max over v of a[y_u, 2*x + v]
 *                                                                  out[y, x] = max over u of aMax[2*y + u, x]
 *
 * Legal for every reduction of one operand: its order is free. It is done where windows overlap so much that all parts
 * together read fewer elements.
 *
 * Invariant: the parts in order compute what the whole does; the last one has its output and its epilogue.
 */
import {
  countValues,
  keptOf,
  plainAxis,
  reducedOf,
  type Access,
  type AxisAccess,
  type Contraction,
  type ContractionIndex,
} from "../ir/contraction.ts";
import { identityOf, operatorOf } from "../ir/algebra.ts";
import { elementOf, isTruth, VALUE } from "../ir/elementwise.ts";
import { readsOfTerm, skipOutside, surround } from "../ir/product.ts";
import { denseTensor } from "../ir/tensor.ts";
import { scratchDtype } from "./values.ts";

/** An axis of the operand that an index of the output and a reduced one move along, and nothing else does. */
interface WindowAxis {
  readonly axis: AxisAccess;
  readonly place: ContractionIndex | undefined;
  readonly tap: ContractionIndex;
  /** Runs over the whole axis until it is reduced. */
  readonly whole: ContractionIndex;
}

/** How much less the parts have to read: what one keeps for the next is written and read again. */
const WORTH = 2;

/**
 * The parts, the last axis first; the contraction itself where there are none, or they do not pay. Choosing without a
 * branch costs so much more than reading that it pays where the parts read no more elements.
 */
export function separateWindows(contraction: Contraction, isBranchless: boolean): readonly Contraction[] {
  const { indices, reduce, dtype } = contraction;
  const [operand, other] = readsOfTerm(contraction);
  const term = skipOutside(contraction);
  if (!operand || other || !term || typeof reduce !== "string") return [contraction];
  const value = term.kind === "binary" && isTruth(term) ? term.left : term;
  if (value.kind !== "element") return [contraction];
  const windows = windowsOf(operand, indices);
  if (windows.length < 2) return [contraction];
  const parts: Contraction[] = [];
  let source = operand;
  windows.forEach(({ tap, axis, whole }, at) => {
    const left = windows.slice(at + 1);
    const kept = keptAfter(indices, left);
    const axes = source.axes.map((own) => {
      if (own.expression.terms.some(({ variable }) => variable === whole.name)) return axis;
      const later = left.find((window) => window.axis === own);
      return later ? plainAxis(later.whole.name) : own;
    });
    const step: Contraction = {
      ...contraction,
      indices: [...kept, tap],
      reads: [{ ...source, axes }, ...contraction.reads.slice(1)],
      // A truth is taken once.
      term: surround(at === 0 ? term : elementOf(0), [{ ...source, axes }], identityOf(reduce, dtype)),
    };
    if (left.length === 0) {
      parts.push(step);
    } else {
      // A window that is still to be reduced reaches out of an axis of one element as it does out of any.
      const held = kept.filter((index) => index.size > 1 || left.some(({ whole }) => whole === index));
      source = intermediateOf(contraction, operand, held, at);
      const { spec: _, ...bare } = step;
      parts.push({ ...bare, reads: step.reads.slice(0, 1), finish: VALUE, output: source });
    }
  });
  const reads = parts.reduce((sum, part) => sum + valuesOf(part), 0);
  return reads * (isBranchless ? 1 : WORTH) <= valuesOf(contraction) ? parts : [contraction];
}

/** How many values all indices have together: elements read. */
function valuesOf({ indices }: Contraction): number {
  return countValues(indices);
}

/** The windows of an operand, the last axis first; none where an axis of more than one reduced index has another form. */
function windowsOf({ axes, tensor }: Access, indices: readonly ContractionIndex[]): readonly WindowAxis[] {
  const windows: WindowAxis[] = [];
  const moves = ({ expression }: AxisAccess, { name, size }: ContractionIndex): boolean =>
    size > 1 && expression.terms.some(({ variable }) => variable === name);
  for (const [at, axis] of axes.entries()) {
    const own = indices.filter((index) => moves(axis, index));
    const [tap, second] = reducedOf(own);
    if (!tap) continue;
    const [place, another] = keptOf(own);
    const isShared = own.some((index) => axes.some((other) => other !== axis && moves(other, index)));
    if (second || another || isShared) return [];
    const whole = { name: `${place?.name ?? ""}_${tap.name}`, size: tensor.shape[at] as number, reduced: false };
    if (indices.some(({ name }) => name === whole.name)) return [];
    windows.unshift({ axis, place, tap, whole });
  }
  const taps = indices.filter(({ reduced, size }) => reduced && size > 1);
  return windows.length === taps.length ? windows : [];
}

/** What is kept while some windows are still to be reduced, in the order of the output. */
function keptAfter(indices: readonly ContractionIndex[], left: readonly WindowAxis[]): ContractionIndex[] {
  const lone = left.filter(({ place }) => !place).map(({ whole }) => whole);
  const kept = keptOf(indices);
  return [...kept.map((index) => left.find(({ place }) => place === index)?.whole ?? index), ...lone];
}

/** What an operand is called where some of its windows are reduced. */
const NAMES = { max: "Max", min: "Min", sum: "Sum", mean: "Sum", prod: "Product", any: "Any", all: "All" } as const;

function intermediateOf(
  { dtype: own, reduce }: Contraction,
  operand: Access,
  kept: readonly ContractionIndex[],
  at: number,
): Access {
  const shape = kept.map(({ size }) => size);
  const name = `${operand.tensor.name}${NAMES[operatorOf(reduce)]}${at === 0 ? "" : at + 1}`;
  return {
    tensor: denseTensor(name, scratchDtype(own), shape),
    axes: kept.map((index) => plainAxis(index.name)),
  };
}
