import { describe, expect, it } from "vitest";
import { contractionPath } from "../../src/path/contraction-path.ts";
import { walkPath } from "../../src/path/cost.ts";
import { findGreedy } from "../../src/path/greedy.ts";
import { findOptimal } from "../../src/path/optimal.ts";
import type { PathProblem, SsaPath } from "../../src/path/path.ts";
import { pathProblem } from "../../src/path/problem.ts";
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
