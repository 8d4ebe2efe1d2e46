/**
 * The contraction tree as text, the root on top. The child with the most operands goes on in its parent's column, behind a
 * short branch, so
 * that a chain stays as narrow as it is long and the indent never passes the logarithm of the number of operands:
 *
 *     step 1    i l  400 elements  24000 flops
 *     ├─ c      k l  1200 elements
 *     └ step 0  i k  300 elements  12000 flops
 *     ├─ a      i j  200 elements
 *     └─ b      j k  600 elements
 */
import type { PathFigures } from "./figures.ts";
import { printCount, printElements } from "./print-path.ts";
import { treeOf, type TreeNode } from "./tree.ts";

/** A term wider than this does not widen its column. */
const WIDEST = 60;

/** Draws the tree of a path, without a line break at the end. */
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
