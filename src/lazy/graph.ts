/**
 * The graph of the lazy front end: what a tensor is made of. Nodes never change; sizes that a caller fixes are kept
 * beside them, by symbol: see `sizes.ts`. Views are what `to` makes of a tensor: each axis is kept, renamed, read through an
 * expression over the view's indices, or written along one of them; an index of which none speaks repeats the tensor.
 *
 * Invariant: the axes of a node are different symbols, and every index that a node's parts use is an axis of theirs.
 */
import type { Reduction } from "../ir/contraction.ts";
import { type Dtype, isFloat } from "../ir/dtype.ts";
import type { Elementwise } from "../ir/elementwise.ts";
import { isHeld } from "../ir/integer-elementwise.ts";
import * as messages from "../support/messages/lazy.ts";
import { lazyDuplicate } from "../support/messages/lazy.ts";
import { copyOf } from "../support/read.ts";
import {
  asIndex,
  type IndexExpression,
  indicesIn,
  isSymbol,
  type LazySymbol,
  resolveIndices,
  symbolsIn,
  toExpression,
} from "./index-expression.ts";

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

/** The inputs of a graph, in the order in which they were made, and their names. */
export type InputNames = ReadonlyMap<InputNode, string>;

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

/** An axis or a size, what it equals, and the padding behind the axis. */
export type WhereEquation = readonly [left: IndexExpression, right: IndexExpression | number, after?: number];

/** Beside the indices of a view. */
export interface ViewOptions {
  /**
   * Equations. `[s, so.plus(w.times(2))]` with an axis s of the tensor: it is read at so + 2*w. With an index n of the
   * view: `[n, x.plus(1)]` puts the element at x to n = x + 1, and zeros where nothing goes. Between sizes,
   * `[n.size, x.size.plus(2)]`: they are equal.
   *
   * A negative constant declares padding: `y.plus(k).minus(1)` one element before the axis, and one behind it unless a
   * third item says otherwise.
   */
  readonly where?: readonly WhereEquation[] | undefined;
  /** What is read where an expression leaves its axis, by a negative constant for instance: a number, 0 where absent. */
  readonly outside?: number | undefined;
}

/** Makes a view; `targets` are its indices in order. */
export function viewOf(source: Node, targets: readonly LazySymbol[], options: ViewOptions): ViewNode {
  checkTargets(targets);
  const { reads, writes, sizes, after } = readConstraints(source, targets, options.where ?? []);
  const spoken = spokenIn({ reads, writes });
  const written = indicesIn(writes.values());
  const free = source.axes.filter((axis) => !reads.has(axis) && !written.includes(axis));
  const kept = free.filter((axis) => targets.includes(axis) && !spoken.has(axis));
  const renamed = free.filter((axis) => !kept.includes(axis));
  const names = targets.filter((target) => !kept.includes(target) && !spoken.has(target));
  // Names without an axis repeat the tensor; axes without a name have no place to go.
  if (renamed.length > 0 && renamed.length !== names.length) throw messages.lazyAxes(namesOf(renamed), namesOf(names));
  for (const axis of kept) reads.set(axis, axis);
  for (const [at, axis] of renamed.entries()) reads.set(axis, names[at] as LazySymbol);
  return {
    kind: "view",
    axes: targets,
    dtype: source.dtype,
    source,
    reads,
    writes,
    after,
    sizes,
    outside: checkOutside(options.outside ?? 0, source.dtype),
  };
}

/** What symbols are called. */
export function namesOf(symbols: readonly LazySymbol[]): string[] {
  return symbols.map(({ name }) => name);
}

/** The indices of a view that are read through or written along. */
export function spokenIn({ reads, writes }: Pick<ViewNode, "reads" | "writes">): ReadonlySet<LazySymbol> {
  return new Set([...indicesIn(reads.values()), ...writes.keys()]);
}

function readConstraints(source: Node, targets: readonly LazySymbol[], given: readonly unknown[]) {
  const where = copyOf(given, 2);
  if (!Array.isArray(where)) throw messages.lazyArgument("where", "a list of [left, right]", given);
  const reads = new Map<LazySymbol, IndexExpression>();
  const writes = new Map<LazySymbol, IndexExpression>();
  const sizes: [IndexExpression, IndexExpression][] = [];
  const after = new Map<LazySymbol, number>();
  for (const constraint of where as readonly unknown[]) {
    if (!Array.isArray(constraint) || constraint.length < 2 || constraint.length > 3) {
      throw messages.lazyArgument("an equation of where", "a list [left, right]", constraint);
    }
    const [left, right] = constraint.slice(0, 2).map(toExpression) as [IndexExpression, IndexExpression];
    const padding: unknown = constraint[2];
    if (padding !== undefined && !(Number.isSafeInteger(padding) && (padding as number) >= 0)) {
      throw messages.lazyArgument("the padding behind an axis", "an integer of at least 0", padding);
    }
    const text = `${left} = ${right}`;
    if (indicesIn([left, right]).length === 0) {
      sizes.push([left, right]);
      continue;
    }
    const [axis, expression] = asIndex(left) ? [asIndex(left), right] : [asIndex(right), left];
    if (!axis) throw messages.lazyWhere(text, "has no index alone on one side");
    if (!resolveIndices(expression, () => 1)) throw messages.lazyNotAffine(expression.toString());
    if (padding !== undefined) after.set(axis, padding as number);
    const used = symbolsIn(expression, "index");
    if (source.axes.includes(axis) && used.every((index) => targets.includes(index))) {
      if (reads.has(axis)) throw messages.lazyWhere(text, "is the second that reads its axis");
      reads.set(axis, expression);
    } else if (targets.includes(axis) && used.every((index) => source.axes.includes(index))) {
      if (writes.has(axis)) throw messages.lazyWhere(text, "is the second that writes along its index");
      writes.set(axis, expression);
    } else {
      const stranger = [axis, ...used].find((index) => !targets.includes(index) && !source.axes.includes(index));
      const why = stranger
        ? `speaks of '${stranger.name}', which is neither an axis nor an index of the view`
        : "mixes axes of the tensor with indices of the view";
      throw messages.lazyWhere(text, why);
    }
  }
  // An index that is an axis, and of whose size nothing else is said, is a name for it.
  const sized = new Set(sizes.flat().flatMap((side) => symbolsIn(side, "size")));
  for (const [target, expression] of [...writes]) {
    const axis = asIndex(expression);
    if (!axis || sized.has(target) || reads.has(axis)) continue;
    writes.delete(target);
    reads.set(axis, target);
  }
  return { reads, writes, sizes, after };
}

function checkTargets(targets: readonly unknown[]): void {
  if (targets.every(isSymbol)) return checkDistinct(targets);
  const other = targets.find((target) => !isSymbol(target));
  throw messages.lazyArgument("an index of a view", "a symbol", other);
}

function checkOutside(value: unknown, dtype: Dtype): number {
  if (typeof value !== "number") throw messages.lazyArgument("outside", "a number", value);
  if (isFloat(dtype) || isHeld(value, dtype)) return value;
  throw messages.lazyArgument("outside", `an integer that ${dtype} holds`, value);
}
