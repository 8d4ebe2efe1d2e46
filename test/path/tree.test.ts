import { describe, expect, it } from "vitest";
import { describePath, type PathInfo } from "../../src/path/report.ts";
import { drawTreeAsSvg } from "../../src/path/tree-svg.ts";
import { nodesOf, treeOf, drawTree } from "../../src/path/tree.ts";
import { contractionOf } from "./support.ts";

const balanced = describePath(contractionOf("i j, j k, k l, l m -> i m", { i: 10, j: 20, k: 30, l: 40, m: 50 }), [
  [0, 1],
  [2, 3],
  [4, 5],
]);

/** A chain of matrices, contracted in the order written. */
function chainOf(count: number): PathInfo {
  const terms = Array.from({ length: count }, (_, at) => `i${at} i${at + 1}`);
  const whole = contractionOf(`${terms.join(", ")} -> i0 i${count}`, {});
  return describePath(
    whole,
    Array.from({ length: count - 1 }, (_, step) => [step === 0 ? 0 : count + step - 1, step + 1]),
  );
}

/** The elements of a picture by name: an XML parser of what this picture needs, which refuses anything else. */
function elementsOf(svg: string): Map<string, number> {
  const counts = new Map<string, number>();
  const open: string[] = [];
  const rest = svg.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>/g,
    (_, closes: string, name: string, __, empty: string) => {
      if (closes) expect(open.pop()).toBe(name);
      else counts.set(name, (counts.get(name) ?? 0) + 1);
      if (!closes && !empty) open.push(name);
      return "";
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(rest).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/);
  return counts;
}

describe("the contraction tree", () => {
  it("has a node a step and a leaf an operand", () => {
    const nodes = nodesOf(treeOf(balanced));
    expect(nodes.map(({ name, leaves, height }) => [name, leaves, height])).toEqual([
      ["step 2", 4, 2],
      ["step 0", 2, 1],
      ["a", 1, 0],
      ["b", 1, 0],
      ["step 1", 2, 1],
      ["c", 1, 0],
      ["d", 1, 0],
    ]);
  });

  it("is a text whose chains stay in one column", () => {
    expect(drawTree(balanced)).toBe(
      [
        "step 2     i m  500 elements   30000 flops",
        "├─ step 0  i k  300 elements   12000 flops",
        "│  ├─ a    i j  200 elements",
        "│  └─ b    j k  600 elements",
        "└ step 1   m k  1500 elements  120000 flops",
        "├─ c       k l  1200 elements",
        "└─ d       l m  2000 elements",
      ].join("\n"),
    );
    const lines = drawTree(chainOf(200)).split("\n");
    expect(lines).toHaveLength(399);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(60);
  });

  it("is a picture with a line a tensor, a disc a step and a name an operand", () => {
    const elements = elementsOf(drawTreeAsSvg(balanced));
    const legend = 3;
    expect(elements.get("circle")).toBe(3 + legend);
    expect(elements.get("path")).toBe(7 + legend);
    expect(elements.get("tspan")).toBe(4);
    expect(elements.get("title")).toBe(3 + 7);
  });

  it("is drawn for one operand, for 200, for 5,000, and beyond the largest double", () => {
    expect(elementsOf(drawTreeAsSvg(describePath(contractionOf("i j -> i", {}), [[0]]))).get("tspan")).toBe(1);
    for (const count of [200, 5000]) {
      const svg = drawTreeAsSvg(chainOf(count));
      expect(elementsOf(svg).get("tspan")).toBe(count);
      expect(svg).not.toContain("NaN");
      expect(drawTree(chainOf(count)).split("\n")).toHaveLength(2 * count - 1);
    }
    const names = Array.from({ length: 1100 }, (_, at) => `i${at}`).join(" ");
    const huge = describePath(contractionOf(`${names}, ${names} -> `, {}), [[0, 1]]);
    expect(drawTreeAsSvg(huge)).not.toMatch(/NaN|Infinity/);
  });

  it("escapes what the user called things", () => {
    const plain = contractionOf("i j, j k -> i k", {});
    const named = {
      ...plain,
      reads: plain.reads.map((access) => ({
        ...access,
        tensor: { ...access.tensor, name: `<&"${access.tensor.name}` },
      })),
    };
    const svg = drawTreeAsSvg(describePath(named, [[0, 1]]));
    elementsOf(svg);
    expect(svg).toContain("&lt;&amp;&quot;a");
  });
});
