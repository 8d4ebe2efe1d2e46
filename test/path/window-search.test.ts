import { describe, expect, it } from "vitest";
import { bind } from "../../src/ir/bind.ts";
import { contractionPath } from "../../src/path/contraction-path.ts";
import { walkPath } from "../../src/path/cost.ts";
import { findGreedy } from "../../src/path/greedy.ts";
import { findOptimal } from "../../src/path/optimal.ts";
import type { OptimizerName } from "../../src/path/choose.ts";
import type { PathProblem, SsaPath } from "../../src/path/path.ts";
import { pathProblem } from "../../src/path/problem.ts";
import { annealFirst } from "../../src/path/search/portfolio.ts";
import { createSearch } from "../../src/path/search/optimizers.ts";
import { treeOptimizer } from "../../src/path/search/tree-search.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { randomWindows } from "../support/random-windows.ts";
import { caseCountFromEnvironment, seedFromEnvironment } from "../support/random.ts";

const FIRST_SEED = seedFromEnvironment(1);
const COUNT = caseCountFromEnvironment(300);

function flopsOf(problem: PathProblem, path: SsaPath): number {
  return walkPath(problem, path).reduce((sum, { flops }) => sum + flops, 0);
}

/** The least flops of all paths of steps of one or two tensors, by walking every one. */
function leastFlops(problem: PathProblem): number {
  const count = problem.inputs.length;
  let least = Infinity;
  const extend = (path: readonly (readonly number[])[], live: readonly number[], lone: number): void => {
    const result = count + path.length;
    if (live.length === 1 && path.length > 0) least = Math.min(least, flopsOf(problem, path));
    for (const [at, left] of live.entries()) {
      // Reducing an operand alone pays at most once each.
      if (left < count && lone < count)
        extend([...path, [left]], [...live.filter((id) => id !== left), result], lone + 1);
      for (const right of live.slice(at + 1)) {
        extend([...path, [left, right]], [...live.filter((id) => id !== left && id !== right), result], lone);
      }
    }
  };
  extend(
    [],
    problem.inputs.map((_, id) => id),
    0,
  );
  return least;
}

describe("searching with windows", () => {
  it("finds the two passes of a separable filter", () => {
    const info = contractionPath("(y+u) (x+v), u, v -> y x", [[66, 66], [3], [3]]);
    expect(info.steps.map(({ flops }) => flops)).toEqual([2 * 64 * 3 * 66, 2 * 64 * 64 * 3]);
  });

  it("finds the chain of cheap steps of a factored convolution", () => {
    const shapes = [
      [1, 16, 34, 34],
      [8, 16],
      [8, 3],
      [8, 3],
      [32, 8],
    ];
    const { flops, naiveFlops } = contractionPath("b c (y+u) (x+v), r c, r u, r v, o r -> b o y x", shapes);
    expect(flops).toBe(2 * 34 * 34 * 16 * 8 + 2 * 8 * 34 * 32 * 3 + 2 * 8 * 32 * 32 * 3 + 2 * 32 * 8 * 32 * 32);
    expect(naiveFlops / flops).toBeGreaterThan(200);
  });

  it("multiplies over a shared window once", () => {
    const { steps } = contractionPath("c (so+2*w), (so+2*w), w -> c so", [[128, 20], [20], [3]], {
      optimize: [
        [0, 1],
        [0, 1],
      ],
    });
    expect(steps[0]?.flops).toBe(128 * 20);
  });

  it(`finds the optimum of ${COUNT} random contractions from seed ${FIRST_SEED}, and no greedy path is better`, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const problem = pathProblem(randomWindows(seed).contraction);
      if (problem.inputs.length > 4) continue;
      const optimal = flopsOf(problem, findOptimal(problem));
      expect([seed, optimal]).toEqual([seed, leastFlops(problem)]);
      expect(flopsOf(problem, findGreedy(problem))).toBeGreaterThanOrEqual(optimal);
    }
  });
});

/** Random problems with windows, of as many operands as are asked for. */
function problemsWith(isMeant: (problem: PathProblem) => boolean, mostOperands: number): [number, PathProblem][] {
  const seeds = Array.from({ length: COUNT }, (_, at) => FIRST_SEED + at);
  return seeds.flatMap((seed): [number, PathProblem][] => {
    const problem = pathProblem(randomWindows(seed, false, mostOperands).contraction);
    return problem.windows && problem.inputs.length > 2 && isMeant(problem) ? [[seed, problem]] : [];
  });
}

function costBy(problem: PathProblem, name: OptimizerName): number {
  return flopsOf(problem, createSearch({})(problem, name).path);
}

/** How many operands have an index. */
function userCount({ inputs }: PathProblem, index: string): number {
  return inputs.filter((input) => input.has(index)).length;
}

/** Whether an index is to be reduced that one operand alone has: trees do not say in which step. */
function hasLoneIndex(problem: PathProblem): boolean {
  return [...problem.sizes.keys()].some((index) => !problem.output.has(index) && userCount(problem, index) === 1);
}

/** The refinement of `auto-hq` for a tenth of a second, counted in work. */
const anneal = treeOptimizer(() => 1e8, annealFirst);

describe("searching trees with windows", () => {
  it("finds the optimum up to 8 operands, where no index is of one operand alone", () => {
    const problems = problemsWith((problem) => problem.inputs.length <= 8 && !hasLoneIndex(problem), 8);
    expect(problems.length).toBeGreaterThan(COUNT / 10);
    for (const [seed, problem] of problems.slice(0, 40)) {
      const optimal = flopsOf(problem, findOptimal(problem));
      expect([seed, flopsOf(problem, anneal(problem))]).toEqual([seed, optimal]);
      expect([seed, costBy(problem, "dp")]).toEqual([seed, optimal]);
    }
  });

  it("is never worse than exact search up to 8 operands, by auto and auto-hq", () => {
    for (const [seed, problem] of problemsWith(() => true, 8)) {
      const optimal = flopsOf(problem, findOptimal(problem));
      for (const name of ["auto", "auto-hq"] as const) expect([seed, costBy(problem, name)]).toEqual([seed, optimal]);
    }
  });

  it("is never worse than greedy, whatever searches", () => {
    const names = ["auto", "greedy", "random-greedy", "bisection", "min-fill", "branch-1"] as const;
    let better = 0;
    const problems = problemsWith(({ inputs }) => inputs.length > 11, 20);
    for (const [seed, problem] of problems.slice(0, 40)) {
      const greedy = flopsOf(problem, findGreedy(problem));
      for (const name of names) expect([seed, name, costBy(problem, name) <= greedy]).toEqual([seed, name, true]);
      if (costBy(problem, "auto") < greedy) better++;
    }
    // Greedy does not know of windows.
    expect(better).toBeGreaterThan(0);
  });

  it("says of a tree what its path costs", () => {
    const isMeant = (problem: PathProblem): boolean =>
      !hasLoneIndex(problem) &&
      [...problem.sizes.keys()].every((index) => userCount(problem, index) < problem.inputs.length);
    const problems = problemsWith(isMeant, 12);
    expect(problems.length).toBeGreaterThan(COUNT / 10);
    for (const [seed, problem] of problems) {
      let told = NaN;
      const { path } = createSearch({ onProgress: ({ flops }) => (told = flops) })(problem, "random-greedy");
      const ratio = flopsOf(problem, path) / told;
      // Where the path is not greedy's, which the search takes where it knows better.
      expect([seed, ratio <= 1 + 1e-9]).toEqual([seed, true]);
      const isGreedy = flopsOf(problem, path) === flopsOf(problem, findGreedy(problem));
      if (!isGreedy) expect([seed, Math.abs(ratio - 1) < 1e-9]).toEqual([seed, true]);
    }
  });

  it("keeps to one step over a window that an operand without windows would break up", () => {
    const shapes = [
      [40, 66],
      [40, 50],
      [50, 60],
      [60, 70],
    ];
    // Two products over the window first, which has 66 values; 64 * 3 values apart come last.
    const spec = "c (y+u), c d, d e, e f -> y u f";
    const problem = pathProblem(bind(parseSpec(spec), { shapes, sizes: { u: 3 } }));
    const optimal = flopsOf(problem, findOptimal(problem));
    expect(flopsOf(problem, anneal(problem))).toBe(optimal);
    expect(costBy(problem, "dp")).toBe(optimal);
  });
});
