/**
 * Decides what of a step's reads is copied into scratch first: what is read outside of its tensor, with a border that holds
 * what lies there; and what costs more to compute than to store, where it is used often.
 *
 *     sum over k of inside(x, relu(x[i + k]), 0) * w[k]     -->     xPadded[i] = relu(x[i - 1])
 *                                                                   sum over k of xPadded[i + k] * w[k]
 *
 * A term that asks in another way whether an access lies inside compares positions, element by element.
 *
 * Invariant: the term that is left reads no element that there is not, and says nothing of what lies outside.
 */
import { countValues, type Access, type Contraction } from "../ir/contraction.ts";
import {
  combineAll,
  elementOf,
  elementsIn,
  elementwiseKey,
  includes,
  mapParts,
  partsOf,
  type Elementwise,
} from "../ir/elementwise.ts";
import { countReads, isPadded, multiplyOutside, partsOfTerm, settle } from "../ir/product.ts";
import { elementCount } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import type { Buffer } from "./kernel.ts";
import type { LoopNest } from "./nest.ts";
import { padInput, type Held, type Site, type Staged } from "./padding.ts";

/** Where a step finds what it reads, what is left of its term, and the copies that come first. */
export interface StagedReads {
  readonly sources: readonly (Staged | Buffer)[];
  readonly term: Elementwise;
  readonly nests: readonly LoopNest[];
}

/** Stages the reads of a step, slices among its indices. */
export function stageReads(step: Contraction, inputs: readonly Buffer[], site: Site): StagedReads {
  const isEmpty = step.indices.some(({ size }) => size === 0);
  const nests: LoopNest[] = [];
  let term = multiplyOutside(settle(step.term, step.reads));
  // What one read is replaced by changes no part that is another's alone.
  const costly = stagedParts({ ...step, term });
  const count = countReads(step.term);
  const sources = inputs.map((buffer, read): Staged | Buffer => {
    const access = required(step.reads[read], "a read");
    const leaves = read < count && isPadded(access);
    const held = leaves ? heldAround(term, read) : costly.get(read);
    if (!leaves && !held) return buffer;
    if (held) term = replacePart(term, held, read);
    if (leaves) term = askForPositions(term, read, access);
    if (isEmpty) return buffer;
    const staged = padInput(step, access, buffer, held ?? { value: elementOf(0), outside: 0 }, site);
    nests.push(...staged.nests);
    return staged;
  });
  return { sources, term, nests };
}

/** A part of a term over one read, as a copy of its operand holds it. */
interface StagedPart extends Held {
  readonly part: Elementwise;
}

/** The part that says what lies outside of a read and reads nothing else; null where there is none, or several. */
function heldAround(term: Elementwise, read: number): StagedPart | null {
  const found = new Map<string, Extract<Elementwise, { kind: "inside" }>>();
  const visit = (part: Elementwise): void => {
    if (part.kind === "inside" && part.access === read) found.set(elementwiseKey(part), part);
    else partsOf(part).forEach(visit);
  };
  visit(term);
  const isAlone = ({ value }: Elementwise & { kind: "inside" }): boolean =>
    elementsIn(value).includes(read) &&
    elementsIn(value).every((own) => own === read) &&
    !includes(value, ({ kind }) => kind === "integer");
  const [part, another] = [...found.values()].filter(isAlone);
  return part && !another ? { part, value: part.value, outside: part.outside } : null;
}

/** By read: what is computed of it alone at each of its uses, where that costs more than a copy. */
export function stagedParts({ term, indices, reads }: Contraction): ReadonlyMap<number, StagedPart> {
  const uses = countValues(indices);
  const seen = new Set<number>();
  const found = new Map<number, StagedPart>();
  for (const part of partsOfTerm(term).parts) {
    const own = elementsIn(part);
    const [read, another] = own;
    const isOnly = another === undefined && !seen.has(read ?? 0);
    for (const access of own) {
      if (seen.has(access)) found.delete(access);
      seen.add(access);
    }
    if (read === undefined || !isOnly || !isCostly(part) || includes(part, ({ kind }) => kind === "integer")) continue;
    const { tensor } = required(reads[read], "a read");
    if (uses > elementCount(tensor.shape)) found.set(read, { part, value: part, outside: 0 });
  }
  return found;
}

/** Whether an expression takes longer than writing and reading an element: it calls or divides. */
function isCostly(expression: Elementwise): boolean {
  return includes(
    expression,
    (part) => (part.kind === "call" && !part.function.cheap) || (part.kind === "binary" && part.operator === "div"),
  );
}

/** The term that reads a copy in the place of a part. */
function replacePart(term: Elementwise, { part }: StagedPart, read: number): Elementwise {
  const shared = new Map<Elementwise, Elementwise>();
  const key = elementwiseKey(part);
  const isPart = (one: Elementwise): boolean => one === part || (one.kind === part.kind && elementwiseKey(one) === key);
  const rebuild = (one: Elementwise): Elementwise => (isPart(one) ? elementOf(read) : mapParts(one, rebuild, shared));
  return rebuild(term);
}

/** The term that selects by the positions along padded axes: `0 <= y + k - 1 and y + k - 1 < 5 ? x : 0`. */
function askForPositions(term: Elementwise, read: number, { axes, tensor }: Access): Elementwise {
  const bounds = axes.flatMap(({ expression, padded }, axis): Elementwise[] => {
    if (!padded) return [];
    const position: Elementwise = { kind: "integer", value: expression };
    const last: Elementwise = { kind: "constant", value: (tensor.shape[axis] as number) - 1 };
    return [
      { kind: "compare", operator: "le", left: { kind: "constant", value: 0 }, right: position },
      { kind: "compare", operator: "le", left: position, right: last },
    ];
  });
  const isInside = combineAll("and", bounds);
  const shared = new Map<Elementwise, Elementwise>();
  const rebuild = (part: Elementwise): Elementwise => {
    if (part.kind !== "inside" || part.access !== read) return mapParts(part, rebuild, shared);
    const no: Elementwise = { kind: "constant", value: part.outside };
    return { kind: "select", condition: isInside, yes: rebuild(part.value), no };
  };
  return rebuild(term);
}
