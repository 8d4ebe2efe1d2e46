/**
 * What a graph means, one element at a time: nothing fused, nothing solved for, no address computed.
 */
import { resolveIndices, type IndexExpression, type LazySymbol } from "../../src/lazy/index-expression.ts";
import type { InputNode, Node } from "../../src/lazy/graph.ts";
import { applyElementwise } from "./reference-elementwise.ts";

export type Point = ReadonlyMap<LazySymbol, number>;
type SizeOf = (of: LazySymbol) => number;
type Arrays = ReadonlyMap<InputNode, ArrayLike<number>>;

/** All elements of a node, row-major. */
export function evaluateGraph(root: Node, arrays: Arrays, sizeOf: SizeOf): number[] {
  const values = new Map<Node, Map<string, number>>();
  return pointsOver(root.axes, sizeOf).map((point) => valueOf(root, point));

  function valueOf(node: Node, point: Point): number {
    const known = values.get(node) ?? new Map<string, number>();
    values.set(node, known);
    const key = node.axes.map((axis) => point.get(axis)).join();
    const value = known.get(key) ?? compute(node, point);
    known.set(key, value);
    return value;
  }

  function compute(node: Node, point: Point): number {
    switch (node.kind) {
      case "input": {
        const address = node.axes.reduce((at, axis) => at * sizeOf(axis) + (point.get(axis) ?? NaN), 0);
        return arrays.get(node)?.[address] ?? NaN;
      }
      case "apply":
        return applyElementwise(node.expression, "float64", {
          element: (access) => valueOf(node.operands[access] as Node, point),
          index: () => NaN,
        }) as number;
      case "reduce": {
        const inner = pointsOver(node.over, sizeOf).map((over) => valueOf(node.source, new Map([...point, ...over])));
        const total = inner.reduce(REDUCE[node.reduce], START[node.reduce]);
        return node.reduce === "mean" ? total / inner.length : total;
      }
      case "view": {
        const read = node.source.axes.flatMap((axis): [LazySymbol, number][] => {
          const expression = node.reads.get(axis);
          return expression ? [[axis, valueAt(expression, point)]] : [];
        });
        if (read.some(([axis, at]) => at < 0 || at >= sizeOf(axis))) return node.outside;
        const written = node.source.axes.filter((axis) => !node.reads.has(axis));
        const sources = pointsOver(written, sizeOf).map((free) => new Map([...read, ...free]));
        return sources
          .filter((at) => [...node.writes].every(([target, to]) => valueAt(to, at) === point.get(target)))
          .reduce((sum, at) => sum + valueOf(node.source, at), 0);
      }
    }
  }

  function valueAt(expression: IndexExpression, point: Point): number {
    const resolved = resolveIndices(expression, sizeOf);
    if (!resolved) throw new Error(`${expression} is not affine`);
    return [...resolved.coefficients].reduce(
      (sum, [index, by]) => sum + by * (point.get(index) ?? NaN),
      resolved.constant,
    );
  }
}

const START = { sum: 0, mean: 0, prod: 1, max: -Infinity, min: Infinity };
const add = (left: number, right: number): number => left + right;
const REDUCE = {
  sum: add,
  mean: add,
  prod: (left: number, right: number): number => left * right,
  max: (left: number, right: number): number => Math.max(left, right),
  min: (left: number, right: number): number => Math.min(left, right),
};

function pointsOver(axes: readonly LazySymbol[], sizeOf: SizeOf): Point[] {
  return axes.reduce<Point[]>(
    (points, axis) =>
      points.flatMap((point) => Array.from({ length: sizeOf(axis) }, (_, at) => new Map([...point, [axis, at]]))),
    [new Map()],
  );
}
