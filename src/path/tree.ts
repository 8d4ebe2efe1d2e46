/**
 * The contraction tree of a path: operands are its leaves, steps its nodes, the last one its root. A node's children
 * are ordered, the one with the most operands last, so that whoever draws a chain draws it straight.
 *
 * Invariant: ids are SSA ids. Nothing recurses, so that a chain of thousands of steps is a tree like any other.
 */
import { required } from "../support/errors.ts";
import type { PathFigures } from "./figures.ts";

export interface TreeNode {
  readonly id: number;
  /** Empty for an operand. */
  readonly children: readonly TreeNode[];
  /** How many operands it is made of. */
  readonly leaves: number;
  /** How many steps the longest way down to an operand has. */
  readonly height: number;
  /** `a`, `step 3`. */
  readonly name: string;
  /** Over index names: `i k`. */
  readonly term: string;
  /** In elements. */
  readonly size: number;
  /** Of the step; 0 for an operand. */
  readonly flops: number;
  /** The step over index names; empty for an operand. */
  readonly spec: string;
}

/** Builds the tree and returns its root. */
export function treeOf({ operands, steps }: PathFigures): TreeNode {
  const nodes: TreeNode[] = operands.map(({ name, term, size }, id) => {
    return { id, children: [], leaves: 1, height: 0, name, term, size, flops: 0, spec: "" };
  });
  steps.forEach(({ inputs, result, term, size, flops, spec }, at) => {
    const children = inputs
      .map((id) => required(nodes[id], `tensor ${id} of the path`))
      .sort((a, b) => a.leaves - b.leaves || a.id - b.id);
    const leaves = children.reduce((sum, child) => sum + child.leaves, 0);
    const height = children.reduce((most, child) => Math.max(most, child.height), 0) + 1;
    nodes[result] = { id: result, children, leaves, height, name: `step ${at}`, term, size, flops, spec };
  });
  return required(nodes.at(-1), "the last step of the path");
}

/** All nodes below and including one, each before its children, in the order of the children. */
export function nodesOf(root: TreeNode): TreeNode[] {
  const found: TreeNode[] = [];
  const stack = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    found.push(node);
    for (let at = node.children.length - 1; at >= 0; at--) stack.push(node.children[at] as TreeNode);
  }
  return found;
}
