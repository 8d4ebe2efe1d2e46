/** Sizes of graphs: every case of the reference sizes as a graph, and the messages of what contradicts itself. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  mul,
  symbol,
  symbols,
  tensor,
  type IndexExpression,
  type LazySymbol,
  type LazyTensor,
} from "../../src/lazy/index.ts";
import { EinsumError } from "../../src/index.ts";
import { parseConstraint, type ConstraintExpression, type ConstraintSide } from "../../src/spec/constraint.ts";
import { messageOf } from "../support/message-of.ts";

interface SizesCase {
  readonly id: string;
  readonly index: readonly string[];
  readonly known: Readonly<Record<string, number>>;
  readonly operandShapes?: readonly (readonly (number | null)[])[];
  readonly expect: "sizes" | "error";
  readonly sizes: Readonly<Record<string, number>>;
}

const cases = readFileSync(new URL("../oracle/symbolic_shapes.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as SizesCase);

const byConstraints = cases.filter(({ index }) => index.length > 0);

/** A tensor for each index, and a view for each constraint, all in one graph. */
function graphOf({ index, known }: SizesCase): {
  readonly root: LazyTensor;
  readonly tensors: Map<string, LazyTensor>;
} {
  const named = new Map<string, LazySymbol>();
  const symbolOf = (name: string): LazySymbol => {
    const of = named.get(name) ?? symbol(name);
    named.set(name, of);
    return of;
  };
  const pairs = index.map((text) => {
    const { left, right } = parseConstraint(text);
    return [sideOf(left, symbolOf), sideOf(right, symbolOf)] as const;
  });
  const tensors = new Map([...named].map(([name, of]) => [name, tensor(of, { name })]));
  for (const [name, size] of Object.entries(known)) tensors.get(name)?.setSize(size);
  const sizes = pairs.filter((pair) => pair.every((side) => indicesIn(side).length === 0));
  let root = [...tensors.values()].map((one) => one.sum()).reduce((left, right) => left.add(right));
  for (const pair of pairs.filter((other) => !sizes.includes(other))) {
    const [axis, expression] = isIndex(pair[0]) ? pair : ([pair[1], pair[0]] as const);
    const source = tensors.get(String(axis)) as LazyTensor;
    root = root.add(source.to(indicesIn(expression), { where: [[axis, expression], ...sizes] }).sum());
  }
  return { root, tensors };
}

function isIndex({ terms }: IndexExpression): boolean {
  return terms.length === 1 && terms[0]?.factors.length === 1 && terms[0].coefficient === 1;
}

function indicesIn({ terms }: IndexExpression): LazySymbol[] {
  const found = terms.flatMap(({ factors }) => factors.flatMap((atom) => (atom.kind === "index" ? [atom.symbol] : [])));
  return [...new Set(found)];
}

function sideOf(side: ConstraintSide, symbolOf: (name: string) => LazySymbol): IndexExpression {
  if (side.kind === "expression") return expressionOf(side.expression, symbolOf);
  // Row-major: each index times the sizes of those behind it.
  const parts = side.names.map(({ name }) => symbolOf(name));
  return parts
    .map((part, at) => parts.slice(at + 1).reduce<IndexExpression>((product, inner) => product.times(inner.size), part))
    .reduce((sum, part) => sum.plus(part));
}

function expressionOf(tree: ConstraintExpression, symbolOf: (name: string) => LazySymbol): IndexExpression {
  const inner = (part: ConstraintExpression): IndexExpression => expressionOf(part, symbolOf);
  const zero = symbol("zero").times(0);
  switch (tree.kind) {
    case "name":
      return symbolOf(tree.name);
    case "integer":
      return zero.plus(tree.value);
    case "size":
      return symbolOf(tree.name).size;
    case "sum":
      return tree.terms.reduce((sum, { sign, expression }) => sum.plus(inner(expression).times(sign)), zero);
    case "product":
      return tree.factors.map(inner).reduce((product, factor) => product.times(factor));
    case "quotient":
      return inner(tree.dividend).over(inner(tree.divisor));
  }
}

describe("the reference sizes", () => {
  it("are all there", () => {
    expect(byConstraints).toHaveLength(62);
  });

  it.each(byConstraints)("$id solves $index for $known as a graph", (given) => {
    const { root, tensors } = graphOf(given);
    if (given.expect === "error") {
      expect(() => root.unify()).toThrow(EinsumError);
      return;
    }
    root.unify();
    const found = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape[0]]));
    expect(found).toEqual(given.sizes);
  });

  it("unify across operands, and refuse two sizes of one index", () => {
    const [i, j, k] = symbols("i j k") as [LazySymbol, LazySymbol, LazySymbol];
    const product = (inner: number): LazyTensor => mul(tensor(2, 3).to(i, j), tensor(inner, 4).to(j, k)).sum(j);
    expect(product(3).unify().shape).toEqual([2, 4]);
    expect(messageOf(() => product(4).unify())).toBe(
      "index 'j' has two sizes: 3, axis 1 of a tensor, and 4, axis 0 of a tensor [lazy-size-conflict]\n" +
        "  remedy: correct one of them, or name the axes differently",
    );
  });
});

describe("constraints that contradict each other", () => {
  const [s, so, w] = symbols("s so w") as [LazySymbol, LazySymbol, LazySymbol];
  const windows = (): LazyTensor => tensor(s, { name: "x" }).to([so, w], { where: [[s, so.plus(w.times(2))]] });

  it("are shown with both values", () => {
    const x = tensor(s, { name: "x" }).setSize(30);
    const view = x.to([so, w], { where: [[s, so.plus(w.times(2))]] }).setSize(16, 3);
    expect(messageOf(() => view.unify())).toBe(
      "'s' has size 30, but its expression needs 20 [axis-misfit]\n" +
        "    s = so + 2*w\n" +
        "    ^ 30, given\n" +
        "        ^^^^^^^^ 20, with 16 for 'so' and 3 for 'w'\n" +
        "  remedy: correct one of the sizes, or leave one out to have it solved for",
    );
  });

  it("are not settled by the one that came first", () => {
    const [a, b] = symbols("a b") as [LazySymbol, LazySymbol];
    const x = tensor(s, { name: "x" });
    const one = x.to([so, w], { where: [[s, so.plus(w)]] }).setSize(8, 3);
    const other = x.to([a, b], { where: [[s, a.plus(b)]] }).setSize(9, 4);
    expect(messageOf(() => one.sum().add(other.sum()).unify())).toBe(
      "'s' has size 10, but its expression needs 12 [axis-misfit]\n" +
        "    s = so + w, s = a + b\n" +
        "        ^^^^^^ 10 for 's'\n" +
        "                ^ 10\n" +
        "                    ^^^^^ 12, with 9 for 'a' and 4 for 'b'\n" +
        "  remedy: correct one of the sizes, or leave one out to have it solved for",
    );
  });

  it("are told from what nothing determines", () => {
    expect(messageOf(() => windows().setSize(16, null).unify())).toBe(
      "nothing determines the size of index 'w'; all that is known of it is 's = so + 2*w' [lazy-undetermined]\n" +
        "  remedy: give it by setSize on a tensor that has the index, or make a tensor with a number in its place",
    );
  });
});
