/**
 * The contraction tree of a path, and the tree as text: operands are its leaves, steps its nodes, the last one its root. A node's children
 * are ordered, the one with the most operands last, so that whoever draws a chain draws it straight.
 *
 * Invariant: ids are SSA ids. Nothing recurses, so that a chain of thousands of steps is a tree like any other.
 */
import { required } from "../support/errors.ts";
import { type PathFigures, printCount, printElements } from "./figures.ts";

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

/** A term wider than this does not widen its column. */
const WIDEST = 60;

/**
 * Draws the tree of a path, the root on top, without a line break at the end. The child with the most operands goes on in
 * its parent's column, behind a short branch, so that a chain stays as narrow as it is long and the indent never passes
 * the logarithm of the number of operands:
 *
 *     step 1    i l  400 elements  24000 flops
 *     ├─ c      k l  1200 elements
 *     └ step 0  i k  300 elements  12000 flops
 *     ├─ a      i j  200 elements
 *     └─ b      j k  600 elements
 */
export function drawTree(figures: PathFigures): string {
  const rows: { readonly name: string; readonly node: TreeNode }[] = [];
  const stack = [{ node: treeOf(figures), lead: "", margin: "" }];
  for (let item = stack.pop(); item; item = stack.pop()) {
    const { node, lead, margin } = item;
    rows.push({ name: lead + node.name, node });
    const last = node.children.at(-1);
    const own = node.children.map((child) => {
      if (child !== last) return { node: child, lead: `${margin}├─ `, margin: `${margin}│  ` };
      return { node: child, lead: `${margin}${child.children.length > 0 ? "└ " : "└─ "}`, margin };
    });
    stack.push(...own.reverse());
  }
  const nameWidth = widthOf(rows.map(({ name }) => name));
  const termWidth = Math.min(WIDEST, widthOf(rows.map(({ node }) => node.term || "()")));
  const sizes = rows.map(({ node }) => printElements(node.size));
  const sizeWidth = widthOf(sizes);
  return rows
    .map(({ name, node }, at) => {
      const cells = [
        name.padEnd(nameWidth),
        (node.term || "()").padEnd(termWidth),
        (sizes[at] ?? "").padEnd(sizeWidth),
      ];
      return `${cells.join("  ")}${node.spec ? `  ${printCount(node.flops)} flops` : ""}`.trimEnd();
    })
    .join("\n");
}

function widthOf(texts: readonly string[]): number {
  return texts.reduce((widest, text) => Math.max(widest, text.length), 0);
}
