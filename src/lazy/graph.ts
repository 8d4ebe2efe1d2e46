/**
 * The graph of the lazy front end: what a tensor is made of. Nodes never change; sizes that a caller fixes are kept
 * beside them, by symbol: see `sizes.ts`.
 *
 * Invariant: the axes of a node are different symbols, and every index that a node's parts use is an axis of theirs.
 */
import type { Reduction } from "../ir/contraction.ts";
import type { Dtype } from "../ir/dtype.ts";
import type { Elementwise } from "../ir/elementwise.ts";
import { lazyDuplicate } from "../support/messages/lazy.ts";
import { asIndex, symbolsIn, type IndexExpression, type LazySymbol } from "./index-expression.ts";

export type Node = InputNode | ViewNode | ApplyNode | ReduceNode;

interface NodeBase {
  readonly axes: readonly LazySymbol[];
  readonly dtype: Dtype;
}

/** An array that is given later. */
export interface InputNode extends NodeBase {
  readonly kind: "input";
  /** Undefined: named by its place among the inputs. */
  readonly name: string | undefined;
  /** Inputs count in the order in which they were made. */
  readonly order: number;
}

/** The same elements, at other indices. */
export interface ViewNode extends NodeBase {
  readonly kind: "view";
  readonly source: Node;
  /** For each axis of the source, which of its elements an index of the view reads; an axis left out is written. */
  readonly reads: ReadonlyMap<LazySymbol, IndexExpression>;
  /** For axes of the view: where along them an element of the source goes. Those that get none hold 0. */
  readonly writes: ReadonlyMap<LazySymbol, IndexExpression>;
  /** Padding declared behind axes that are read: without an entry, as much as an expression declares before it. */
  readonly after: ReadonlyMap<LazySymbol, number>;
  /** Sizes that are equal. */
  readonly sizes: readonly (readonly [IndexExpression, IndexExpression])[];
  /** What is read outside of an axis: a number that the dtype holds. */
  readonly outside: number;
}

/** An expression over the elements of its operands, by number. */
export interface ApplyNode extends NodeBase {
  readonly kind: "apply";
  readonly operands: readonly Node[];
  readonly expression: Elementwise;
}

export interface ReduceNode extends NodeBase {
  readonly kind: "reduce";
  readonly reduce: Extract<Reduction, "sum" | "max" | "min" | "prod" | "mean">;
  readonly source: Node;
  readonly over: readonly LazySymbol[];
}

/** The axes of a view's source that an index of the view is another name for: its size is theirs. */
export function renamedBy({ reads, sizes }: ViewNode): Map<LazySymbol, LazySymbol> {
  const sized = new Set(sizes.flat().flatMap((side) => symbolsIn(side, "size")));
  const names = new Map<LazySymbol, LazySymbol>();
  for (const [axis, expression] of reads) {
    const index = asIndex(expression);
    if (index && !sized.has(index)) names.set(axis, index);
  }
  return names;
}

/** Refuses an axis that is named twice. */
export function checkDistinct(axes: readonly LazySymbol[]): void {
  const twice = axes.find((axis, at) => axes.indexOf(axis) !== at);
  if (twice) throw lazyDuplicate(twice.name);
}

/** The nodes that a node is made of. */
export function sourcesOf(node: Node): readonly Node[] {
  if (node.kind === "input") return [];
  return node.kind === "apply" ? node.operands : [node.source];
}

/** A node and all it is made of, sources first, each once. */
export function nodesOf(root: Node): Node[] {
  const found = new Set<Node>();
  const stack: { readonly node: Node; next: number }[] = [{ node: root, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const source = sourcesOf(top.node)[top.next++];
    if (!source) found.add((stack.pop() as { readonly node: Node }).node);
    else if (!found.has(source)) stack.push({ node: source, next: 0 });
  }
  return [...found];
}
