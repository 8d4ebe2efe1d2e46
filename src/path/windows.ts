/**
 * Windows: several indices that a tensor is read by as one, such as `2*y + ky`. A tensor keeps a window as one axis
 * until one of its indices stands apart; only then does a step run over the indices themselves:
 *
 *     (y+u) (x+v), u, v -> y x   -->   t0:  (y+u) xv, u -> y xv      passes down the columns, xv = x + v being one axis
 *                                      out: v, y (x+v) -> y x        passes along the rows
 *
 * Invariant: what stands apart in a tensor depends on the operands it is made of, not on the order in which they met:
 * the more there are, the more stands apart.
 */
import { type AffineTerm, commonDivisor, derivative } from "../affine/affine.ts";
import type { Contraction } from "../ir/contraction.ts";

/** An expression of two indices or more that overlaps itself: fewer values than the indices have together. */
export interface Window {
  /** Without a common factor, in the order of the contraction's indices, the first coefficient positive. */
  readonly terms: readonly AffineTerm[];
  /** The least value of the expression. */
  readonly low: number;
  /** How many values it has from there on, those between included that no values of the indices give. */
  readonly size: number;
}

/** What the elements of a tensor depend on. */
export interface Labels {
  /** The indices that stand apart. */
  readonly apart: ReadonlySet<string>;
  /** None of their indices stands apart. */
  readonly windows: readonly Window[];
}

/**
 * Sorts expressions out: returns the windows among them, each once, and adds to `apart` the indices of the others. An
 * index that stands apart leaves its window, which then is a smaller one, or none; so does an index whose steps the
 * rest does not fill, as in `(h w)` or `9*y + ky`, and one of size 1.
 */
export function findWindows(
  expressions: Iterable<readonly AffineTerm[]>,
  apart: Set<string>,
  sizes: ReadonlyMap<string, number>,
): Window[] {
  const all = [...expressions];
  for (;;) {
    const before = apart.size;
    const windows = all.flatMap((terms) => windowOf(terms, apart, sizes) ?? []);
    if (apart.size > before) continue;
    return windows.filter(({ terms }, at) => windows.findIndex((window) => scaleOf(window, terms)) === at);
  }
}

/** The factor by which terms are a multiple of a window; 0 where they are none. */
export function scaleOf(window: Window, terms: readonly AffineTerm[]): number {
  const coefficientOf = (variable: string): number => derivative({ terms, constant: 0 }, variable);
  const { variable: first, coefficient: unit } = window.terms[0] as AffineTerm;
  const factor = coefficientOf(first) / unit;
  const isMultiple = window.terms.every(
    ({ variable, coefficient }) => coefficientOf(variable) === factor * coefficient,
  );
  return isMultiple && terms.length === window.terms.length ? factor : 0;
}

function windowOf(
  expression: readonly AffineTerm[],
  apart: Set<string>,
  sizes: ReadonlyMap<string, number>,
): Window | undefined {
  const lastOf = ({ variable }: AffineTerm): number => (sizes.get(variable) ?? 1) - 1;
  const reachOf = (term: AffineTerm): number => Math.abs(term.coefficient) * lastOf(term);
  let terms = expression.filter(({ variable }) => !apart.has(variable));
  for (const term of terms) if (lastOf(term) < 1) apart.add(term.variable);
  for (;;) {
    terms = terms.filter(({ variable }) => !apart.has(variable));
    const [first] = terms;
    if (!first) return undefined;
    const widest = terms.reduce((most, term) =>
      Math.abs(term.coefficient) > Math.abs(most.coefficient) ? term : most,
    );
    const reach = terms.reduce((sum, term) => sum + reachOf(term), 0);
    if (reach - reachOf(widest) < Math.abs(widest.coefficient)) {
      apart.add(widest.variable);
      continue;
    }
    const factor = terms.reduce((divisor, { coefficient }) => commonDivisor(divisor, coefficient), 0);
    const scale = first.coefficient < 0 ? -factor : factor;
    const reduced = terms.map(({ variable, coefficient }) => ({ variable, coefficient: coefficient / scale }));
    const low = reduced.reduce((sum, term) => sum + Math.min(0, term.coefficient) * lastOf(term), 0);
    return { terms: reduced, low, size: reach / factor + 1 };
  }
}

/** The indices that windows hold. */
export function heldBy(windows: readonly Window[]): Set<string> {
  return new Set(windows.flatMap(({ terms }) => terms.map(({ variable }) => variable)));
}

/** What an input depends on: its indices, but for those that its windows hold together. */
export function labelsOf(indices: ReadonlySet<string>, windows: readonly Window[] = []): Labels {
  const held = heldBy(windows);
  return { apart: new Set([...indices].filter((index) => !held.has(index))), windows };
}

/**
 * What a step over some tensors runs over. An index stands apart where it does in one of the tensors, where no one
 * needs it any more, or where the caller says so.
 */
export function joinLabels(
  tensors: readonly Labels[],
  isNeeded: (index: string) => boolean,
  sizes: ReadonlyMap<string, number>,
  apart: Iterable<string> = [],
): Labels {
  const joined = new Set(tensors.flatMap((tensor) => [...tensor.apart]));
  for (const index of apart) joined.add(index);
  const expressions = tensors.flatMap(({ windows }) => windows.map(({ terms }) => terms));
  for (const { variable } of expressions.flat()) if (!isNeeded(variable)) joined.add(variable);
  return { apart: joined, windows: findWindows(expressions, joined, sizes) };
}

/** What all steps call the index that stands for several of the whole: no index and no other window has this name. */
export type WindowNames = (window: Window) => string;

/** Starts to name: `yu` for `y + u`, `oh_kh` for `2*oh + kh`, with `_` behind it where that is taken. */
export function nameWindows({ indices }: Contraction): WindowNames {
  const taken = new Set(indices.map(({ name }) => name));
  const names = new Map<string, string>();
  return ({ terms }) => {
    const key = JSON.stringify(terms);
    const known = names.get(key);
    if (known !== undefined) return known;
    const parts = terms.map(({ variable }) => variable);
    let name = parts.join(parts.every((part) => part.length === 1) ? "" : "_");
    while (taken.has(name)) name += "_";
    taken.add(name);
    names.set(key, name);
    return name;
  };
}
