/**
 * The sizes of a graph: which symbols have one size by their views, what else is said of them, and the solver's answer.
 *
 * What a caller fixes belongs to a node: it holds in every graph that has the node. What was solved for stays with the
 * symbols until it is solved for again. Invariant: a solution satisfies every equation of the graph.
 */
import { deriveSizes } from "../ir/solve-sizes.ts";
import { EinsumError, required } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";
import { nodesOf, renamedBy, type Node } from "./graph.ts";
import { asIndex, print, symbolsIn, type IndexExpression, type LazySymbol } from "./index-expression.ts";

/** A size that is fixed, and by what. */
export interface FixedSize {
  readonly size: number;
  /** `axis 0 of C`, `by setSize`. */
  readonly from: string;
}

/** Whether a value may be a size. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The size of every symbol of a graph. */
export type Sizes = ReadonlyMap<LazySymbol, number>;

const declared = new WeakMap<LazySymbol, FixedSize>();
const assigned = new WeakMap<Node, ReadonlyMap<LazySymbol, FixedSize>>();
const solved = new WeakMap<LazySymbol, number>();

/** Fixes a size for good: that of an axis that was made with a number. */
export function declareSize(of: LazySymbol, fixed: FixedSize): void {
  declared.set(of, fixed);
}

/** Fixes sizes of a node's axes until they are fixed anew. */
export function assignSizes(node: Node, fixed: ReadonlyMap<LazySymbol, FixedSize>): void {
  assigned.set(node, fixed);
}

/** The size that an axis was made with. */
export function declaredSize(of: LazySymbol): number | undefined {
  return declared.get(of)?.size;
}

/** The size of an axis of a node, as far as it is known: fixed, or found by the last solution. */
export function knownSize(of: LazySymbol, node: Node): number | undefined {
  return assigned.get(node)?.get(of)?.size ?? declared.get(of)?.size ?? solved.get(of);
}

/**
 * Solves for all sizes of a graph and keeps them; `given` are those of arrays. Refuses, with both sides, what
 * contradicts itself, and what nothing determines.
 */
export function solveGraph(root: Node, given: ReadonlyMap<LazySymbol, FixedSize> = new Map()): Sizes {
  const nodes = nodesOf(root);
  const classes = classesOf(nodes);
  const axes = nodes.flatMap((node) => node.axes.map((axis) => leaderOf(axis, classes)));
  const names = uniqueNames([...axes, ...classes.values()]);
  const nameOf = (of: LazySymbol): string => required(names.get(leaderOf(of, classes)), "the name of a size");
  const known = new Map<string, FixedSize>();
  for (const [member, fixed] of fixedSizes(nodes, classes.keys(), given)) {
    const name = nameOf(member);
    const before = known.get(name);
    if (before && before.size !== fixed.size) throw messages.lazySizeConflict(name, before, fixed);
    known.set(name, before ?? fixed);
  }
  const texts = constraintsOf(nodes, nameOf);
  const numbers = solve(texts, known);
  const sizes = new Map<LazySymbol, number>();
  for (const member of classes.keys()) {
    const size = numbers.get(nameOf(member));
    if (size === undefined) throw messages.lazyUndetermined(nameOf(member), texts);
    sizes.set(member, size);
  }
  for (const [member, size] of sizes) solved.set(member, size);
  return sizes;
}

/** What fixes sizes in a graph: numbers that axes were made with, `setSize`, arrays. */
function* fixedSizes(
  nodes: readonly Node[],
  symbols: Iterable<LazySymbol>,
  given: ReadonlyMap<LazySymbol, FixedSize>,
): Iterable<readonly [LazySymbol, FixedSize]> {
  for (const of of symbols) {
    const fixed = declared.get(of);
    if (fixed) yield [of, fixed];
  }
  for (const node of nodes) yield* assigned.get(node) ?? [];
  yield* given;
}

function solve(texts: readonly string[], known: ReadonlyMap<string, FixedSize>): ReadonlyMap<string, number> {
  const sizes = new Map([...known].map(([name, { size }]) => [name, size]));
  if (texts.length === 0) return sizes;
  try {
    const found = deriveSizes(texts, Object.fromEntries(sizes)).sizes;
    return new Map([...sizes, ...Object.entries(found)]);
  } catch (error) {
    if (!(error instanceof EinsumError) || error.code !== "undetermined-index") throw error;
    const [, name = ""] = /index '([^']*)'/.exec(error.message) ?? [];
    throw messages.lazyUndetermined(name, texts);
  }
}

/** Symbols by a leader of those that must have one size: an axis, and the index that a view reads it by. */
function classesOf(nodes: readonly Node[]): Map<LazySymbol, LazySymbol> {
  const leaders = new Map<LazySymbol, LazySymbol>();
  const add = (of: LazySymbol): void => void (leaders.has(of) || leaders.set(of, of));
  for (const node of nodes) {
    node.axes.forEach(add);
    if (node.kind === "reduce") node.over.forEach(add);
    if (node.kind !== "view") continue;
    for (const [axis, index] of renamedBy(node)) {
      add(axis);
      add(index);
      // What a view calls an axis is what people call it.
      leaders.set(leaderOf(axis, leaders), leaderOf(index, leaders));
    }
  }
  return new Map([...leaders.keys()].map((member) => [member, leaderOf(member, leaders)]));
}

function leaderOf(of: LazySymbol, leaders: ReadonlyMap<LazySymbol, LazySymbol>): LazySymbol {
  let leader = of;
  for (let next = leaders.get(leader); next && next !== leader; next = leaders.get(leader)) leader = next;
  return leader;
}

/** Names for symbols, each its own: with a number behind it where it is taken. */
export function uniqueNames(symbols: Iterable<LazySymbol>): Map<LazySymbol, string> {
  const names = new Map<LazySymbol, string>();
  const taken = new Set<string>();
  for (const of of symbols) {
    if (names.has(of)) continue;
    let name = of.name;
    for (let count = 2; taken.has(name); count++)
      name = /\d$/.test(of.name) ? `${of.name}_${count}` : `${of.name}${count}`;
    taken.add(name);
    names.set(of, name);
  }
  return names;
}

/** What views say of sizes, as text. */
function constraintsOf(nodes: readonly Node[], nameOf: (of: LazySymbol) => string): string[] {
  const show = (expression: IndexExpression): string => print(expression.terms, nameOf);
  const texts = nodes.flatMap((node) => {
    if (node.kind !== "view") return [];
    const isSaid = (along: IndexExpression): boolean => !asIndex(along) && symbolsIn(along, "index").length > 0;
    const axes = [...node.reads, ...node.writes].filter(([, along]) => isSaid(along));
    const padding = (axis: LazySymbol): string => (node.after.has(axis) ? ` : ${node.after.get(axis)}` : "");
    return [
      ...axes.map(([axis, expression]) => `${nameOf(axis)} = ${show(expression)}${padding(axis)}`),
      ...node.sizes.map(([left, right]) => `${show(left)} = ${show(right)}`),
    ];
  });
  return [...new Set(texts)];
}
