import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flopsOf, naiveFlopsOf, walkPath } from "../../src/path/cost.ts";
import { findGreedy } from "../../src/path/greedy.ts";
import { findLeftToRight } from "../../src/path/choose.ts";
import { findOptimal } from "../../src/path/optimal.ts";
import { type Optimizer, type PathProblem, ssaToLinear } from "../../src/path/path.ts";
import { UnsupportedError } from "../../src/support/errors.ts";
import { chainOf, leastFlops, problemOf, randomProblem, recount } from "./support.ts";

/** Instances with the figures opt_einsum 3.3 reports; `best` is the least of all its strategies. */
interface Instance {
  readonly name: string;
  readonly spec: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly naive: number;
  readonly greedy: number;
  readonly greedyLargest: number;
  readonly best: number;
}

const instances = JSON.parse(
  readFileSync(new URL("opt-einsum-instances.json", import.meta.url), "utf8"),
) as readonly Instance[];

/** The cost of what an optimizer finds, by the independent count, which refuses paths that are not valid. */
function costOf(find: Optimizer, problem: PathProblem): { flops: number; largest: number } {
  return recount(problem, ssaToLinear(find(problem), problem.inputs.length));
}

describe("opt_einsum's instances", () => {
  const small = instances.filter(({ spec }) => spec.split(",").length <= 12);

  it.each(instances)("counts $name as opt_einsum does", ({ spec, sizes, naive }) => {
    expect(naiveFlopsOf(problemOf(spec, sizes)) / naive).toBeCloseTo(1, 12);
  });

  it.each(instances)("is as good as opt_einsum's greedy on $name", ({ spec, sizes, greedy, greedyLargest }) => {
    expect(costOf(findGreedy, problemOf(spec, sizes))).toEqual({ flops: greedy, largest: greedyLargest });
  });

  it.each(small)("finds a path as good as any of opt_einsum's on $name", ({ spec, sizes, best }) => {
    expect(costOf(findOptimal, problemOf(spec, sizes)).flops).toBeLessThanOrEqual(best);
  });

  it("finds better paths where opt_einsum's strategies skip outer products or lone reductions", () => {
    const better = small.flatMap(({ name, spec, sizes, best }) => {
      const { flops } = costOf(findOptimal, problemOf(spec, sizes));
      return flops < best ? [[name, flops, best]] : [];
    });
    expect(better).toEqual([
      ["acdf,jbje,gihb,hfac,gfac,gifabc,hfac", 11304, 11448],
      ["star 12", 504, 570],
    ]);
  });
});

describe("left-to-right", () => {
  it("meets each operand with the result of all before it", () => {
    expect(findLeftToRight(problemOf("a, b, c, d -> a b c d"))).toEqual([
      [0, 1],
      [4, 2],
      [5, 3],
    ]);
    expect(findLeftToRight(problemOf("a -> a"))).toEqual([[0]]);
  });
});

describe("greedy", () => {
  it("multiplies operands of the same indices first", () => {
    expect(findGreedy(problemOf("a b, b c, a b -> a c", { a: 9, b: 2, c: 9 }))).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  it("takes the pair that leaves memory smallest", () => {
    expect(findGreedy(problemOf("i j, j k, k l -> i l", { i: 10, j: 20, k: 30, l: 40 }))).toEqual([
      [1, 2],
      [0, 3],
    ]);
  });

  it("multiplies what shares nothing from the smallest on", () => {
    expect(findGreedy(problemOf("a, b, c -> a b c", { a: 9, b: 2, c: 3 }))).toEqual([
      [1, 2],
      [0, 3],
    ]);
  });

  it("contracts parts that are not connected each on its own", () => {
    const path = findGreedy(problemOf("a b, c d, b a, d c -> ", { a: 9, b: 9, c: 9, d: 9 }));
    expect(path).toEqual([
      [0, 2],
      [1, 3],
      [4, 5],
    ]);
  });

  it("keeps an index three tensors share until two of them have met", () => {
    const problem = problemOf("h a, h b, h c -> a b c", { h: 50 });
    expect(costOf(findGreedy, problem).flops).toBe(50 * 4 + 50 * 8 * 2);
  });

  it("does not depend on what ran before", () => {
    const problem = chainOf(40);
    const path = findGreedy(problem);
    findGreedy(chainOf(11));
    expect(findGreedy(problem)).toEqual(path);
  });

  it("stays in order where sizes pass the largest double", () => {
    const wide = (prefix: string): string => Array.from({ length: 1100 }, (_, at) => `${prefix}${at}`).join(" ");
    const problem = problemOf(`x ${wide("a")}, x y, y ${wide("b")} -> ${wide("a")} ${wide("b")}`);
    expect(() => costOf(findGreedy, problem)).not.toThrow();
  });

  it("handles thousands of tensors on one index without comparing all pairs", () => {
    const spokes = Array.from({ length: 5000 }, (_, at) => `hub i${at}`);
    const problem = problemOf(`z, ${spokes.join(", ")} -> `);
    const path = findGreedy(problem);
    expect(path).toHaveLength(5000);
    // Each spoke's own index goes when the spoke is first read.
    expect(Math.max(...walkPath(problem, path).map(({ size }) => size))).toBeLessThanOrEqual(2);
  });
});

describe("optimal", () => {
  it("finds the least of all paths, outer products and lone reductions included", () => {
    fc.assert(
      fc.property(randomProblem(5), (problem) => {
        fc.pre(problem.inputs.length > 1);
        expect(costOf(findOptimal, problem).flops).toBe(leastFlops(problem));
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it("takes the outer product of two small vectors before a large matrix", () => {
    expect(findOptimal(problemOf("i, j, i j k -> k", { i: 2, j: 2, k: 1000 }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("reduces what one operand has alone before it meets others", () => {
    expect(findOptimal(problemOf("i j, j k, k l -> i", { i: 5, j: 5, k: 5, l: 100 }))).toEqual([[2], [1, 3], [0, 4]]);
  });

  it("handles more indices than a word has bits", () => {
    const problem = problemOf(
      Array.from({ length: 6 }, (_, at) =>
        Array.from({ length: 12 }, (_, index) => `x${(at * 7 + index * 5) % 40}`).join(" "),
      ).join(", ") + " -> ",
    );
    expect(problem.sizes.size).toBeGreaterThan(32);
    expect(costOf(findOptimal, problem).flops).toBe(leastFlops(problem));
  });

  it("gives a path even where every cost passes the largest double", () => {
    const wide = Array.from({ length: 1100 }, (_, at) => `w${at}`).join(" ");
    expect(findOptimal(problemOf(`${wide}, x, y -> ${wide}`))).toHaveLength(2);
  });

  it("says how many operands it takes", () => {
    const search = (): unknown => findOptimal(chainOf(17));
    expect(search).toThrow(UnsupportedError);
    expect(search).toThrow("the optimizer 'optimal' takes up to 16 operands, found 17: 'auto' takes any number");
  });
});

describe("every optimizer", () => {
  it("gives valid paths, of which optimal's cost least", () => {
    fc.assert(
      fc.property(randomProblem(7), (problem) => {
        const [leftToRight, greedy, optimal] = [findLeftToRight, findGreedy, findOptimal].map((find) => {
          const { flops } = costOf(find, problem);
          expect(flopsOf(problem, find(problem))).toBe(flops);
          return flops;
        });
        expect(optimal).toBeLessThanOrEqual(greedy ?? NaN);
        expect(optimal).toBeLessThanOrEqual(leftToRight ?? NaN);
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it.each([
    ["greedy", findGreedy],
    ["left-to-right", findLeftToRight],
  ])("%s contracts a chain of 5,000 matrices", (_, find) => {
    const chain = chainOf(5000);
    const path = find(chain);
    expect(path).toHaveLength(4999);
    const steps = walkPath(chain, path);
    expect([...(steps.at(-1)?.kept ?? [])].sort()).toEqual(["i0", "i5000"]);
    expect(Math.max(...steps.map(({ size }) => size))).toBeLessThanOrEqual(36);
  });
});
