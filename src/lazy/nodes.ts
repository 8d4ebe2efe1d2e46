/**
 * Makes the nodes of a graph from tensors and numbers: aligns what is combined, finds out dtypes, checks axes. Gradients are
 * nodes as well: the graph is gone through backwards, and each node gives its operands their share of the gradient by it.
 *
 * Axes of one symbol meet. Axes that were made by a number alone have no name: they align from the right, as NumPy's do,
 * and one of size 1 repeats. Invariant: as in `graph.ts`; the gradient by a tensor has its axes, in its order.
 */
import { isZero, pullBack } from "../grad/pull-back.ts";
import { binary, constantOf } from "../ir/activations.ts";
import { resultDtype } from "../ir/algebra.ts";
import type { Dtype } from "../ir/dtype.ts";
import { elementOf, type Elementwise } from "../ir/elementwise.ts";
import { elementwiseDtype } from "../ir/integer-elementwise.ts";
import { describe } from "../support/describe.ts";
import { required, unreachable, UnsupportedError } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";
import { copyOf, isPair, type Pair } from "../support/read.ts";
import {
  type ApplyNode,
  checkDistinct,
  type InputNode,
  namesOf,
  type Node,
  nodesOf,
  type ReduceNode,
  spokenIn,
  type ViewNode,
  viewOf,
  type WhereEquation,
} from "./graph.ts";
import { asIndex, type IndexExpression, isSymbol, type LazySymbol, symbol, toExpression } from "./index-expression.ts";
import { declaredSize, declareSize, isSize } from "./sizes.ts";

/** Symbols of axes that were made by a number alone. */
const unnamed = new WeakSet<LazySymbol>();

let inputCount = 0;

/** Makes an input of axes that are sizes or symbols. */
export function inputNode(axes: readonly (number | LazySymbol)[], name: string | undefined, dtype: Dtype): InputNode {
  const order = inputCount++;
  const made = axes.map((axis, at) => {
    if (isSymbol(axis)) return axis;
    if (!isSize(axis)) throw messages.lazyArgument(`axis ${at} of a tensor`, "a symbol or a size", axis);
    const own = symbol(`${name ?? "axis"}${at}`);
    unnamed.add(own);
    declareSize(own, { size: axis, from: `axis ${at} of ${name ?? "a tensor"}` });
    return own;
  });
  checkDistinct(made);
  return { kind: "input", axes: made, dtype, name, order };
}

/** The same input under a name of its own. */
export function renamedInput(node: Node, name: string): InputNode {
  if (node.kind !== "input") throw messages.lazyArgument("what gets a name", "an input, not a result", node.kind);
  return { ...node, name };
}

/** Applies an expression over its operands, by number, to tensors. */
export function applyNode(expression: Elementwise, operands: readonly Node[]): ApplyNode {
  const aligned = alignUnnamed(operands);
  const axes = [...new Set(aligned.flatMap((node) => node.axes))];
  const dtypes = aligned.map(({ dtype }) => dtype);
  const dtype = elementwiseDtype(expression, required(dtypes[0], "the dtype of an operand"), dtypes.slice(1));
  return { kind: "apply", axes, dtype, operands: aligned, expression };
}

/** Reduces over some axes; over all where none is named. */
export function reduceNode(source: Node, reduce: ReduceNode["reduce"], given: readonly (LazySymbol | number)[]): Node {
  const over = given.length === 0 ? [...source.axes] : given.map((axis) => axisOf(source, axis));
  checkDistinct(over);
  const axes = source.axes.filter((axis) => !over.includes(axis));
  return { kind: "reduce", axes, dtype: resultDtype(reduce, source.dtype), reduce, source, over };
}

/** An axis by its symbol or its place; from the end, where that is negative. */
export function axisOf(node: Node, axis: LazySymbol | number): LazySymbol {
  const found = typeof axis === "number" ? node.axes.at(axis) : node.axes.find((own) => own === axis);
  if (!found) throw messages.lazyIndex(isSymbol(axis) ? axis.name : describe(axis), namesOf(node.axes));
  return found;
}

/** Puts zeros around a tensor, or another value; negative numbers crop. One pair an axis. */
export function paddedNode(source: Node, given: readonly Pair[], value: number): Node {
  const pairs = readPairs(given);
  if (pairs.length !== source.axes.length) throw messages.lazyRank("the tensor", source.axes.length, pairs.length);
  const cropped = pairs.map(([low, high]): Pair => [Math.min(0, low), Math.min(0, high)]);
  const grown = pairs.map(([low, high]): Pair => [Math.max(0, low), Math.max(0, high)]);
  return shiftAxes(shiftAxes(source, cropped, 0), grown, value);
}

/** A copy of pairs of integers. */
function readPairs(given: unknown): readonly Pair[] {
  const pairs = copyOf(given, 2);
  if (Array.isArray(pairs) && pairs.every(isPair)) return pairs;
  throw messages.lazyArgument("the padding", "a list of pairs of integers, one an axis", given);
}

/** A view whose axes begin and end elsewhere. */
function shiftAxes(source: Node, pairs: readonly Pair[], outside: number): Node {
  if (pairs.every(([low, high]) => low === 0 && high === 0)) return source;
  const targets = source.axes.map((axis, at) => (pairs[at]?.some((by) => by !== 0) ? symbol(axis.name) : axis));
  const where = source.axes.flatMap((axis, at): WhereEquation[] => {
    const target = required(targets[at], "an axis");
    const [low, high] = required(pairs[at], "a pair");
    if (target === axis) return [];
    const size: WhereEquation = [target.size, axis.size.plus(low + high)];
    // Zeros are what a scatter leaves; any other value is read outside.
    if (outside === 0 && low + high > 0) return [[target, axis.plus(low)], size];
    return [high > 0 || low > 0 ? [axis, target.minus(low), high] : [axis, target.minus(low)], size];
  });
  return viewOf(source, targets, { where, outside });
}

/** Tensors one behind the other along an axis; the others are the first one's. */
export function concatenatedNode(parts: readonly Node[], axis: LazySymbol | number): Node {
  const first = parts[0];
  if (!first) throw messages.lazyArgument("what is concatenated", "a list of tensors", parts);
  const at = first.axes.indexOf(axisOf(first, axis));
  const joined = symbol(required(first.axes[at], "an axis").name);
  let offset: IndexExpression = toExpression(0);
  const total = parts.reduce<IndexExpression>((sum, part) => sum.plus(sizeAlong(part, at, first)), toExpression(0));
  const placed = parts.map((part): Node => {
    const own = required(part.axes[at], "an axis");
    const named = first.axes.with(at, own);
    const renamed = part.axes.map((from, place): WhereEquation => [from, required(named[place], "an axis")]);
    const aligned = part === first ? part : viewOf(part, named, { where: renamed.toSpliced(at, 1) });
    const where: WhereEquation[] = [
      [joined, own.plus(offset)],
      [joined.size, total],
    ];
    offset = offset.plus(own.size);
    return viewOf(aligned, named.with(at, joined), { where });
  });
  return sumOf(placed);
}

function sizeAlong(part: Node, at: number, first: Node): IndexExpression {
  if (part.axes.length !== first.axes.length) {
    throw messages.lazyRank("the first of the tensors", first.axes.length, part.axes.length);
  }
  return required(part.axes[at], "an axis").size;
}

/** Gives tensors of unnamed axes alone, none of them an axis of another, the axes of the others, from the right. */
function alignUnnamed(operands: readonly Node[]): readonly Node[] {
  const isLoose = (node: Node): boolean => {
    const others = operands.filter((other) => other !== node).flatMap(({ axes }) => axes);
    return node.axes.length > 0 && node.axes.every((axis) => unnamed.has(axis) && !others.includes(axis));
  };
  const loose = operands.filter(isLoose);
  const named = [...new Set(operands.filter((node) => !loose.includes(node)).flatMap(({ axes }) => axes))];
  if (loose.length === 0 || operands.length === 1) return operands;
  const rank = Math.max(named.length, ...loose.map(({ axes }) => axes.length));
  if (named.length > 0 && rank > named.length) {
    const [wide] = loose.filter(({ axes }) => axes.length === rank);
    throw messages.lazyBroadcast(namesOf(named), namesOf(wide?.axes ?? []));
  }
  const axes = Array.from({ length: rank }, (_, place) => {
    const candidates = [named.slice(-rank), ...loose.map((node) => node.axes)].flatMap(
      (list) => list.at(place - rank) ?? [],
    );
    return required(candidates.find((axis) => declaredSize(axis) !== 1) ?? candidates[0], "an axis");
  });
  return operands.map((node) => (loose.includes(node) ? alignTo(node, axes) : node));
}

function alignTo(node: Node, axes: readonly LazySymbol[]): Node {
  const own = axes.slice(axes.length - node.axes.length);
  if (node.axes.every((axis, at) => axis === own[at])) return node;
  const repeats = (axis: LazySymbol, at: number): boolean =>
    declaredSize(axis) === 1 && declaredSize(own[at] as LazySymbol) !== 1;
  const where = node.axes.map((axis, at): WhereEquation => [axis, repeats(axis, at) ? 0 : (own[at] as LazySymbol)]);
  const targets = own.filter((_, at) => !repeats(node.axes[at] as LazySymbol, at));
  return viewOf(node, targets, { where });
}

/** What a node adds to the gradient by one of its operands. */
type Share = readonly [operand: Node, gradient: Node];

/** The gradients of the sum of a root's elements, times a cotangent where there is one, by some nodes of its graph. */
export function gradientNodes(root: Node, by: readonly Node[], cotangent: Node = onesLike(root)): Node[] {
  const shares = new Map<Node, Node[]>([[root, [cotangent]]]);
  for (const node of nodesOf(root).reverse()) {
    const incoming = shares.get(node);
    if (!incoming) continue;
    for (const [operand, gradient] of sharesOf(node, sumOf(incoming))) {
      shares.set(operand, [...(shares.get(operand) ?? []), gradient]);
    }
  }
  return by.map((node) => {
    const found = shares.get(node);
    const gradient = found ? sumOf(found) : applyNode(constantOf(0), [node]);
    // The tensor itself says what sizes its axes have, even where the gradient does not read it.
    return viewOf(applyNode(elementOf(0), [gradient, node]), node.axes, {});
  });
}

function onesLike(node: Node): Node {
  return applyNode(constantOf(1), [node]);
}

function sumOf(nodes: readonly Node[]): Node {
  return nodes.reduce((sum, node) => applyNode(binary("add", elementOf(0), elementOf(1)), [sum, node]));
}

function sharesOf(node: Node, incoming: Node): readonly Share[] {
  switch (node.kind) {
    case "input":
      return [];
    case "apply":
      return applyShares(node, incoming);
    case "reduce":
      return [[node.source, reduceShare(node, incoming)]];
    case "view":
      return [[node.source, viewShare(node, incoming)]];
    default:
      return unreachable(node);
  }
}

/** The derivative of the expression by each operand, summed over what the operand repeated along. */
function applyShares({ operands, expression }: ApplyNode, incoming: Node): Share[] {
  return operands.flatMap((operand, at): Share[] => {
    const share = pullBack(expression, at, elementOf(operands.length));
    if (isZero(share)) return [];
    const given = applyNode(share, [...operands, incoming]);
    return [[operand, sumOver(given, (axis) => !operand.axes.includes(axis))]];
  });
}

function sumOver(node: Node, isOver: (axis: LazySymbol) => boolean): Node {
  const over = node.axes.filter(isOver);
  return over.length > 0 ? reduceNode(node, "sum", over) : node;
}

/** Repeats along what was summed. */
function reduceShare({ source, reduce, over }: ReduceNode, incoming: Node): Node {
  if (reduce === "mean") {
    const count = over.length > 0 ? reduceNode(onesLike(source), "sum", over) : onesLike(source);
    return applyNode(binary("div", elementOf(0), elementOf(1)), [repeatLike(incoming, source), count]);
  }
  if (reduce === "sum") return repeatLike(incoming, source);
  throw new UnsupportedError(`gradients of lazy tensors are not there yet for the reduction '${reduce}'`);
}

function repeatLike(node: Node, other: Node): Node {
  return applyNode(elementOf(0), [node, other]);
}

/** The view turned round: what was read is written, and what was written is read. */
function viewShare({ axes, source, reads, writes, after, sizes }: ViewNode, incoming: Node): Node {
  const spoken = spokenIn({ reads, writes });
  const read = sumOver(incoming, (axis) => axes.includes(axis) && !spoken.has(axis));
  const where: WhereEquation[] = [
    ...[...reads].flatMap(([axis, expression]): WhereEquation[] => {
      if (asIndex(expression) === axis) return [];
      const padding = after.get(axis);
      return [padding === undefined ? [axis, expression] : [axis, expression, padding]];
    }),
    ...[...writes].map(([axis, expression]): WhereEquation => [axis, expression]),
    ...sizes,
  ];
  return repeatLike(viewOf(read, source.axes, { where }), required(source, "the source of a view"));
}
