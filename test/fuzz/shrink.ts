/**
 * Makes a failing draft smaller while it fails: fewer operands and axes, smaller sizes, plainer axes, layouts and values.
 *
 * Invariant: what it returns fails.
 */
import type { Draft, DraftAxis } from "./draft.ts";

const MOST_TRIES = 400;

/** The smallest draft that is found; `fails` must give false for drafts that are no valid call. */
export async function shrink(draft: Draft, fails: (draft: Draft) => Promise<boolean>): Promise<Draft> {
  let smallest = draft;
  let tries = 0;
  for (let found = true; found;) {
    found = false;
    for (const candidate of smallerDrafts(smallest)) {
      if (++tries > MOST_TRIES) return smallest;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}

/** Every draft that is one step smaller, the largest steps first. */
function* smallerDrafts(draft: Draft): Generator<Draft> {
  const { operands, output, indices, ellipsis } = draft;
  for (const at of operands.keys()) if (operands.length > 1) yield { ...draft, operands: without(operands, at) };
  for (const [at, operand] of operands.entries()) {
    for (const axes of smallerAxes(operand.axes))
      yield { ...draft, operands: replaced(operands, at, { ...operand, axes }) };
  }
  for (const axes of output ? smallerAxes(output) : []) yield { ...draft, output: axes };
  for (const [at, index] of indices.entries()) {
    for (const size of smallerSizes(index.size)) yield { ...draft, indices: replaced(indices, at, { ...index, size }) };
  }
  for (const [at, index] of ellipsis.entries()) {
    for (const size of smallerSizes(index.size))
      yield { ...draft, ellipsis: replaced(ellipsis, at, { ...index, size }) };
  }
  for (const [at, operand] of operands.entries()) {
    if (operand.layout !== "row") yield { ...draft, operands: replaced(operands, at, { ...operand, layout: "row" }) };
    if (operand.filling !== "small")
      yield { ...draft, operands: replaced(operands, at, { ...operand, filling: "small" }) };
    if (operand.dtype !== "float64")
      yield { ...draft, operands: replaced(operands, at, { ...operand, dtype: "float64" }) };
  }
  if (draft.reduce !== "sum") yield { ...draft, reduce: "sum" };
  if (draft.combine !== "mul") yield { ...draft, combine: "mul" };
  if (draft.given.length > 0) yield { ...draft, given: [] };
  if (draft.sayShape) yield { ...draft, sayShape: false };
  const used = new Set(JSON.stringify([operands, output]).match(/"name":"[^"]*"/g));
  const params = Object.entries(draft.params);
  const left = params.filter(([name]) => used.has(`"name":${JSON.stringify(name)}`));
  if (left.length < params.length) yield { ...draft, params: Object.fromEntries(left) };
}

function* smallerAxes(axes: readonly DraftAxis[]): Generator<readonly DraftAxis[]> {
  for (const at of axes.keys()) yield without(axes, at);
  for (const [at, axis] of axes.entries()) for (const smaller of smallerAxis(axis)) yield replaced(axes, at, smaller);
}

function* smallerAxis(axis: DraftAxis): Generator<DraftAxis> {
  switch (axis.kind) {
    case "plain":
      if (axis.one) yield { ...axis, one: false };
      return;
    case "unit":
      return;
    case "merged":
      if (axis.indices.length > 2)
        for (const at of axis.indices.keys()) yield { ...axis, indices: without(axis.indices, at) };
      return;
    case "ellipsis":
      if (axis.merged) yield { ...axis, merged: false };
      if (axis.ones.includes(true)) yield { ...axis, ones: [] };
      if (axis.count > 0) yield { ...axis, count: axis.count - 1 };
      return;
    case "affine": {
      const { after: _, ...bare } = axis;
      const [first, ...more] = axis.parts.flatMap(({ index }) => index ?? []);
      if (first !== undefined && more.length === 0) yield { kind: "plain", index: first, one: false };
      if (axis.parts.length > 1) for (const at of axis.parts.keys()) yield { ...axis, parts: without(axis.parts, at) };
      if (axis.after !== undefined) yield bare;
      if (axis.loose) yield { ...axis, loose: false, slack: 0 };
      else if (axis.slack > 0) yield { ...axis, slack: 0 };
      for (const [at, part] of axis.parts.entries()) {
        if (part.index !== undefined && part.factors.length > 0) {
          yield { ...axis, parts: replaced(axis.parts, at, { ...part, factors: [] }) };
        }
      }
    }
  }
}

function smallerSizes(size: number): number[] {
  return [1, 2, size - 1].filter((smaller, at, all) => smaller >= 1 && smaller < size && all.indexOf(smaller) === at);
}

function without<T>(items: readonly T[], at: number): T[] {
  return items.filter((_, position) => position !== at);
}

function replaced<T>(items: readonly T[], at: number, by: T): T[] {
  return items.map((item, position) => (position === at ? by : item));
}
