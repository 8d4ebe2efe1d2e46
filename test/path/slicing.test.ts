/** Memory limits: which indices are sliced, and that what is left keeps to the limit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PathProblem, ssaToLinear } from "../../src/path/path.ts";
import { createSearch } from "../../src/path/search/optimizers.ts";
import { walkPath, slicedFlops, withoutIndices } from "../../src/path/cost.ts";
import { pathInstances } from "./instances.ts";
import { withSteppingClock } from "../support/stepping-clock.ts";
import { problemOf, randomProblem, recount } from "./support.ts";

/** Elements of the largest result of all steps but the last. */
function largestBetween(problem: PathProblem, path: Parameters<typeof walkPath>[1]): number {
  return Math.max(
    0,
    ...walkPath(problem, path)
      .slice(0, -1)
      .map(({ size }) => size),
  );
}

describe("a memory limit", () => {
  it("is kept to on random problems, by any optimizer", () => {
    fc.assert(
      fc.property(
        randomProblem(7),
        fc.integer({ min: 0, max: 50 }),
        fc.constantFrom("auto", "greedy", "left-to-right", "min-fill"),
        (problem, spare, name) => {
          fc.pre(problem.inputs.length > 2);
          const outputSize = [...problem.output].reduce((size, index) => size * (problem.sizes.get(index) ?? NaN), 1);
          const limit = outputSize + spare;
          const search = createSearch({ memoryLimit: limit, maxTime: 0.005 });
          const { path, sliced } = withSteppingClock(0.5, () => search(problem, name)).result;
          expect(new Set(sliced).size).toBe(sliced.length);
          const one = withoutIndices(problem, sliced);
          expect(largestBetween(one, path)).toBeLessThanOrEqual(limit);
          expect(recount(one, ssaToLinear(path, problem.inputs.length)).flops).toBeGreaterThan(0);
        },
      ),
      { seed: 31, numRuns: 120 },
    );
  });

  it("slices nothing where the path fits", () => {
    const problem = problemOf("i j, j k, k l -> i l", { i: 10, j: 20, k: 30, l: 40 });
    const free = createSearch({})(problem, "auto");
    expect(createSearch({ memoryLimit: 400 })(problem, "auto")).toEqual(free);
  });

  it("slices what no order avoids", () => {
    // Each pair of tensors has a result of 100 elements or more.
    const problem = problemOf("i j, j k, k i -> ", { i: 10, j: 10, k: 10 });
    const { path, sliced } = createSearch({ memoryLimit: 10 })(problem, "auto");
    expect(sliced).toHaveLength(1);
    expect(largestBetween(withoutIndices(problem, sliced), path)).toBe(10);
    expect(slicedFlops(problem, path, sliced)).toBe(10 * (2 * 100 + 2 * 10));
  });

  it("slices a path of the caller's as it is", () => {
    const problem = problemOf("i j, j k, k l, l i -> ", { i: 8, j: 8, k: 8, l: 8 });
    const path = [
      [0, 2],
      [1, 4],
      [3, 5],
    ];
    const found = createSearch({ memoryLimit: 64 })(problem, path);
    expect(found.path).toBe(path);
    expect(largestBetween(withoutIndices(problem, found.sliced), path)).toBeLessThanOrEqual(64);
  });

  it.each([
    [2 ** 40, 20.5],
    [2 ** 30, 24],
  ])(
    "of %d elements costs little on Sycamore",
    (memoryLimit, most) => {
      const problem = pathInstances().find(({ name }) => name.startsWith("sycamore_n53_m20"))?.problem as PathProblem;
      const found = createSearch({ memoryLimit })(problem, "auto-hq");
      expect(largestBetween(withoutIndices(problem, found.sliced), found.path)).toBeLessThanOrEqual(memoryLimit);
      expect(Math.log10(slicedFlops(problem, found.path, found.sliced))).toBeLessThan(most);
    },
    30_000,
  );
});
