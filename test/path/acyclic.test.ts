import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contractionPath } from "../../src/index.ts";
import { networkOf } from "../../src/path/network.ts";
import type { PathProblem } from "../../src/path/path.ts";
import { createBudget } from "../../src/path/search/budget.ts";
import { searchAcyclic } from "../../src/path/search/acyclic.ts";
import { searchParts } from "../../src/path/search/dynamic-programming.ts";
import { createRandom } from "../../src/path/search/random.ts";
import { totalCost, type Tree } from "../../src/path/search/tree.ts";
import { startTrials } from "../../src/path/search/trials.ts";

/** What both exact searches find; undefined where the one for chains and trees does not take the network. */
function costs(problem: PathProblem, minimize: "flops" | "size" | "write"): { own: number; parts: number } | undefined {
  const trials = startTrials(problem, minimize, createRandom(0));
  let [own, parts] = [Infinity, totalCost(trials.first)];
  const search = (take: (cost: number) => void) => ({
    trials,
    budget: createBudget(Infinity, undefined),
    offer: (tree: Tree) => (take(totalCost(tree)), true),
  });
  if (!searchAcyclic(search((cost) => (own = cost)))) return undefined;
  searchParts(
    search((cost) => (parts = Math.min(parts, cost))),
    Infinity,
  );
  return { own, parts };
}

/** A tree in which each operand hangs on an earlier one. */
function treeProblem(parents: readonly number[], bonds: readonly number[], legs: readonly number[]): PathProblem {
  const inputs = [...parents.map(() => new Set<string>()), new Set<string>()];
  const [sizes, output] = [new Map<string, number>(), new Set<string>()];
  parents.forEach((parent, at) => {
    sizes.set(`b${at}`, bonds[at] as number);
    for (const node of [at + 1, parent % (at + 1)]) inputs[node]?.add(`b${at}`);
  });
  legs.forEach((size, node) => {
    if (size === 0 || node >= inputs.length) return;
    sizes.set(`l${node}`, size);
    inputs[node]?.add(`l${node}`);
    output.add(`l${node}`);
  });
  return { inputs, output, sizes };
}

/** A failure prints its seed and path. */
const SEED = 20260712;

describe("chains and trees", () => {
  it("cost what the search over all connected parts finds, where trees keep nothing", () => {
    const size = fc.integer({ min: 2, max: 40 });
    const tree = fc.integer({ min: 2, max: 11 }).chain((count) =>
      fc.record({
        parents: fc.array(fc.nat(20), { minLength: count, maxLength: count }),
        bonds: fc.array(fc.oneof(size, fc.constantFrom(2, 3)), { minLength: count, maxLength: count }),
      }),
    );
    fc.assert(
      fc.property(tree, ({ parents, bonds }) => {
        const found = costs(treeProblem(parents, bonds, []), "flops");
        expect(found?.own).toBeCloseTo(found?.parts ?? NaN, 6);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("cost the same where trees keep an index or several, as long as a chain is left", () => {
    const tree = fc.integer({ min: 3, max: 9 }).chain((count) =>
      fc.record({
        parents: fc.array(fc.nat(20), { minLength: count, maxLength: count }),
        bonds: fc.array(fc.integer({ min: 2, max: 9 }), { minLength: count, maxLength: count }),
        legs: fc.array(fc.constantFrom(0, 0, 0, 1, 2, 5), { minLength: count + 1, maxLength: count + 1 }),
      }),
    );
    let taken = 0;
    fc.assert(
      fc.property(tree, ({ parents, bonds, legs }) => {
        const found = costs(treeProblem(parents, bonds, legs), "flops");
        if (!found) return;
        taken++;
        expect(found.own / found.parts).toBeCloseTo(1, 9);
      }),
      { seed: SEED, numRuns: 600 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  it("cost the same where chains keep some indices, whatever is minimized", () => {
    const count = 9;
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: count, maxLength: count });
    const legs = fc.array(fc.constantFrom(0, 0, 2, 3, 7), { minLength: count + 1, maxLength: count + 1 });
    const order = fc.array(fc.boolean(), { minLength: count, maxLength: count });
    fc.assert(
      fc.property(sizes, legs, order, fc.constantFrom("flops", "size", "write"), (bonds, kept, _, minimize) => {
        const chain = Array.from({ length: count }, (_, at) => at);
        const found = costs(treeProblem(chain, bonds, kept), minimize);
        expect((found?.own ?? NaN) / (found?.parts ?? NaN)).toBeCloseTo(1, 9);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it.each<[string, PathProblem]>([
    ["a circle", problemOf("ab,bc,ca->")],
    ["an index of three operands", problemOf("ai,bi,ci,abc->")],
    ["a shared index that is kept", problemOf("ab,bc,cd->b")],
    ["what hangs together in two pieces", problemOf("ab,b,cd,d->")],
    ["a tree that keeps an index in each of three branches", problemOf("ai,bj,ck,abc->ijk")],
    ["a tree with a bond of one value", problemOf("a,b,c,abc->", 1)],
  ])("are not %s", (_, problem) => {
    expect(costs(problem, "flops")).toBeUndefined();
    expect(networkOf(problem).operandCount).toBe(problem.inputs.length);
  });
});

function problemOf(spec: string, size = 3): PathProblem {
  const [terms = "", output = ""] = spec.split("->");
  const inputs = terms.split(",").map((term) => new Set(term));
  return { inputs, output: new Set(output), sizes: new Map([...new Set(terms.replaceAll(",", ""))].map((name) => [name, size])) }; // prettier-ignore
}

describe("dp", () => {
  const name = (at: number): string => `x${at}`;

  it("takes a chain of 400 operands, and finds no more than a product of matrices costs", () => {
    const sizes = Array.from({ length: 401 }, (_, at) => 2 + ((at * 7919) % 23));
    const spec = `${sizes.slice(1).map((_, at) => `${name(at)} ${name(at + 1)}`).join(", ")} -> ${name(0)} ${name(400)}`; // prettier-ignore
    const shapes = sizes.slice(1).map((size, at) => [sizes[at] as number, size]);
    expect(contractionPath(spec, shapes, { optimize: "dp" }).flops).toBe(matrixChain(sizes));
  });

  it.each([
    [127, []],
    [127, [0]],
    [127, [126]],
    [127, [63, 126]],
    [511, [0]],
    [2047, []],
  ] as [number, number[]][])("takes a balanced tree of %i operands, of which %j keep an index", (count, keepers) => {
    const [lists, shapes] = [[] as string[][], [] as number[][]];
    for (let node = 0; node < count; node++) {
      const bonds = [node, 2 * node + 1, 2 * node + 2].filter((bond) => bond > 0 && bond < count);
      lists.push([...bonds.map(name), ...(keepers.includes(node) ? [`kept${node}`] : [])]);
      shapes.push([...bonds.map((bond) => 2 + (bond % 3)), ...(keepers.includes(node) ? [3] : [])]);
    }
    const output = keepers.map((node) => `kept${node}`).join(" ");
    const spec = `${lists.map((list) => list.join(" ")).join(", ")} -> ${output}`;
    const found = contractionPath(spec, shapes, { optimize: "dp" });
    expect(found.path).toHaveLength(count - 1);
    expect(found.flops).toBeLessThanOrEqual(contractionPath(spec, shapes, { optimize: "greedy" }).flops);
  });
});

/** The least flops of a product of matrices, by the book: a multiplication and an addition for each element of a step. */
function matrixChain(sizes: readonly number[]): number {
  const count = sizes.length - 1;
  const costs = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (let length = 2; length <= count; length++) {
    for (let first = 0; first + length <= count; first++) {
      const last = first + length - 1;
      let best = Infinity;
      for (let middle = first; middle < last; middle++) {
        const [left, right] = [costs[first]?.[middle] as number, costs[middle + 1]?.[last] as number];
        const step = 2 * (sizes[first] as number) * (sizes[middle + 1] as number) * (sizes[last + 1] as number);
        best = Math.min(best, left + right + step);
      }
      (costs[first] as number[])[last] = best;
    }
  }
  return costs[0]?.[count - 1] as number;
}
