/**
 * Gradients of lazy tensors, as lazy tensors: the graph is gone through backwards, and each node gives its operands their
 * share of the gradient by it. What they compile to is fused like any other graph.
 *
 * Invariant: the gradient by a tensor has its axes, in its order.
 */
import { isZero, pullBack } from "../grad/pull-back.ts";
import { binary, constantOf } from "../ir/activations.ts";
import { elementOf } from "../ir/elementwise.ts";
import { required, UnsupportedError, unreachable } from "../support/errors.ts";
import { nodesOf, type ApplyNode, type Node, type ReduceNode, type ViewNode } from "./graph.ts";
import { asIndex, symbolsIn, type LazySymbol } from "./index-expression.ts";
import { applyNode, reduceNode } from "./nodes.ts";
import { viewOf, type WhereEquation } from "./view.ts";

/** What a node adds to the gradient by one of its operands. */
interface Share {
  readonly operand: Node;
  readonly gradient: Node;
}

/** The gradients of the sum of a root's elements, times a cotangent where there is one, by some nodes of its graph. */
export function gradientNodes(root: Node, by: readonly Node[], cotangent: Node = onesLike(root)): Node[] {
  const shares = new Map<Node, Node[]>([[root, [cotangent]]]);
  for (const node of nodesOf(root).reverse()) {
    const incoming = shares.get(node);
    if (!incoming) continue;
    for (const { operand, gradient } of sharesOf(node, sumOf(incoming))) {
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
      return [{ operand: node.source, gradient: reduceShare(node, incoming) }];
    case "view":
      return [{ operand: node.source, gradient: viewShare(node, incoming) }];
    default:
      return unreachable(node);
  }
}

/** The derivative of the expression by each operand, summed over what the operand repeated along. */
function applyShares({ operands, expression }: ApplyNode, incoming: Node): Share[] {
  return operands.flatMap((operand, at) => {
    const share = pullBack(expression, at, elementOf(operands.length));
    if (isZero(share)) return [];
    const given = applyNode(share, [...operands, incoming]);
    return [{ operand, gradient: sumOver(given, (axis) => !operand.axes.includes(axis)) }];
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
  const spoken = new Set([...[...reads.values()].flatMap((one) => symbolsIn(one, "index")), ...writes.keys()]);
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
