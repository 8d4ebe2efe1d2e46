/** The searching optimizers: what they find, beside exact answers and the figures of others, and that they keep their word. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OPTIMIZER_NAMES, type OptimizerName } from "../../src/path/choose.ts";
import { flopsOf, walkPath } from "../../src/path/cost.ts";
import { type PathProblem, type SearchOptions, type SearchProgress, ssaToLinear } from "../../src/path/path.ts";
import { createSearch } from "../../src/path/search/optimizers.ts";
import { pathInstances } from "./instances.ts";
import { withSteppingClock } from "../support/stepping-clock.ts";
import { chainOf, problemOf, randomProblem, recount } from "./support.ts";

const instances = pathInstances();

function instanceOf(name: string): PathProblem {
  const found = instances.find((instance) => instance.name === name);
  if (!found) throw new Error(`no instance ${name}`);
  return found.problem;
}

/** Flops and largest result of what an optimizer finds, by the count that refuses paths that are not valid. */
function costOf(problem: PathProblem, name: OptimizerName, options: SearchOptions = {}) {
  const { path } = createSearch(options)(problem, name);
  return recount(problem, ssaToLinear(path, problem.inputs.length));
}

/** Random problems in which every index is of two operands or more, or in the output. */
const sharedProblem = randomProblem(7).map((problem): PathProblem => {
  const isLone = (name: string): boolean => problem.inputs.filter((input) => input.has(name)).length === 1;
  return {
    ...problem,
    output: new Set([...problem.sizes.keys()].filter((name) => problem.output.has(name) || isLone(name))),
  };
});

/** Flops of the best order of a chain of matrices, as textbooks find it: over intervals. */
function bestChainFlops(sizes: readonly number[]): number {
  const count = sizes.length - 1;
  const best = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (let length = 1; length < count; length++) {
    for (let from = 0; from + length < count; from++) {
      let least = Infinity;
      for (let cut = from; cut < from + length; cut++) {
        const step = 2 * (sizes[from] ?? NaN) * (sizes[cut + 1] ?? NaN) * (sizes[from + length + 1] ?? NaN);
        least = Math.min(least, (best[from]?.[cut] ?? NaN) + (best[cut + 1]?.[from + length] ?? NaN) + step);
      }
      (best[from] as number[])[from + length] = least;
    }
  }
  return best[0]?.[count - 1] ?? NaN;
}

describe("every optimizer", () => {
  it("gives valid paths, none cheaper than the optimum", () => {
    fc.assert(
      fc.property(randomProblem(7), (problem) => {
        fc.pre(problem.inputs.length > 1);
        const { flops: least } = costOf(problem, "optimal");
        for (const name of OPTIMIZER_NAMES) {
          const { result } = withSteppingClock(0.5, () => costOf(problem, name, { maxTime: 0.002 }));
          expect(result.flops, name).toBeGreaterThanOrEqual(least);
        }
      }),
      { seed: 21, numRuns: 30 },
    );
  });

  it("finds the optimum of few operands by searching as well, where no index is of one operand alone", () => {
    fc.assert(
      fc.property(sharedProblem, (problem) => {
        fc.pre(problem.inputs.length > 1);
        const { flops: least } = costOf(problem, "optimal");
        // The windows of refinement span the whole tree; outer products are among what they try.
        const { path } = withSteppingClock(0.1, () => createSearch({ maxTime: 0.005 })(problem, "annealing")).result;
        expect(flopsOf(problem, path)).toBe(least);
      }),
      { seed: 22, numRuns: 40 },
    );
  });

  it.each(["auto", "auto-hq", "random-greedy", "dp", "annealing", "bisection", "min-fill", "min-degree"] as const)(
    "%s gives the same path for the same seed",
    (name) => {
      const problem = instanceOf("lattice 5x5 d=2");
      const find = (seed: number) => createSearch({ seed })(problem, name).path;
      const path = find(3);
      createSearch({ seed: 4 })(chainOf(15), name);
      expect(find(3)).toEqual(path);
    },
  );

  it("takes another way with another seed", () => {
    const problem = instanceOf("randreg_200_3_a");
    const [one, other] = [1, 2].map((seed) => createSearch({ seed })(problem, "random-greedy").path);
    expect(one).not.toEqual(other);
  });

  it.each(["auto-hq", "random-greedy", "annealing", "dp", "min-degree"] as const)(
    "%s stops when time is over",
    (name) => {
      const { looks } = withSteppingClock(1, () => costOf(instanceOf("randreg_200_3_a"), name, { maxTime: 0.2 }));
      // 200 milliseconds, one a look; all parts of the search look now and then after that.
      expect(looks).toBeGreaterThan(150);
      expect(looks).toBeLessThan(400);
    },
  );

  it("tells of every improvement", () => {
    const heard: SearchProgress[] = [];
    const problem = instanceOf("rand n=20 reg=3 seed=3");
    const { flops } = costOf(problem, "auto-hq", { onProgress: (progress) => heard.push(progress) });
    expect(heard.length).toBeGreaterThan(1);
    heard.slice(1).forEach((progress, at) => expect(progress.flops).toBeLessThan(heard[at]?.flops ?? NaN));
    expect((heard.at(-1)?.flops ?? NaN) / flops).toBeCloseTo(1, 9);
    expect(heard.at(-1)?.largestIntermediate).toBeGreaterThan(1);
  });

  it("throws on what the listener throws", () => {
    const onProgress = (): void => {
      throw new Error("enough");
    };
    expect(() => createSearch({ onProgress })(instanceOf("lattice 5x5 d=2"), "auto-hq")).toThrow("enough");
  });
});

describe("dp", () => {
  it.each([12, 30, 50])("finds the best order of a chain of %i matrices", (count) => {
    const problem = chainOf(count);
    const sizes = Array.from({ length: count + 1 }, (_, at) => problem.sizes.get(`i${at}`) ?? NaN);
    expect(costOf(problem, "dp").flops).toBe(bestChainFlops(sizes));
    expect(costOf(problem, "auto-hq").flops).toBe(bestChainFlops(sizes));
  });

  it("is no worse than any other on networks without outer products to gain", () => {
    for (const name of ["lattice 5x5 d=2", "rand n=20 reg=3 seed=1", "mps L=50 chi=8", "tree depth=4"]) {
      const problem = instanceOf(name);
      const { flops } = costOf(problem, "dp");
      for (const other of ["greedy", "random-greedy", "auto", "auto-hq", "min-fill"] as const) {
        expect(flops, `${name} by ${other}`).toBeLessThanOrEqual(costOf(problem, other).flops);
      }
    }
  });

  it("contracts components each on its own", () => {
    const problem = problemOf("a b, c d, b e, d f, e a, f c, g -> g", { a: 3, b: 4, c: 5, d: 6, e: 7, f: 8, g: 2 });
    expect(costOf(problem, "dp").flops).toBe(costOf(problem, "optimal").flops);
  });

  it("says what to do where there is too much to remember", () => {
    expect(() => createSearch({})(instanceOf("rand n=100 reg=3 seed=0"), "dp")).toThrow(
      "the optimizer 'dp' finds more parts of the 100 operands than it can remember: 'auto-hq' takes any number, " +
        "and with options.maxTime 'dp' returns the best path it knows",
    );
  }, 60_000);
});

describe("published instances", () => {
  const small = instances.filter(({ problem }) => problem.inputs.length <= 20);
  const medium = instances.filter(({ problem, figures }) => problem.inputs.length > 20 && figures.autoHq !== undefined);

  it.each(small)("auto is within two per cent of opt_einsum's best on $name", ({ problem, figures }) => {
    const best = Math.min(figures.optimum ?? Infinity, figures.dp ?? Infinity, figures.best ?? Infinity);
    expect(Math.log10(costOf(problem, "auto").flops)).toBeLessThan(best + Math.log10(1.02));
  });

  it.each(medium)("auto-hq is no worse than opt_einsum's searches on $name", ({ problem, figures }) => {
    const best = Math.min(figures.autoHq ?? Infinity, figures.randomGreedy ?? Infinity);
    // The figures have four digits.
    expect(Math.log10(costOf(problem, "auto-hq").flops)).toBeLessThan(best + 1e-4);
  });

  it("auto-hq passes two thirds of the way from greedy to the best known on Sycamore in its own time", () => {
    const found = instances.find(({ name }) => name.startsWith("sycamore_n53_m20"));
    const { flops } = costOf(found?.problem as PathProblem, "auto-hq");
    expect(Math.log10(flops)).toBeLessThan(19.8);
  });
});

describe("objectives", () => {
  it.each(["n=100,reg=3", "n=40,reg=5", "n=30,reg=3"])("are made smaller than flops make them, on %s", (part) => {
    const problem = instances.find(({ name }) => name.includes(part))?.problem as PathProblem;
    const measure = (minimize: SearchOptions["minimize"]) => {
      const steps = walkPath(problem, createSearch({ minimize })(problem, "auto-hq").path);
      const size = Math.max(...steps.map((step) => step.size));
      const write = steps.reduce((sum, step) => sum + step.size, 0);
      const live = new Map<number, number>();
      let [room, peak] = [0, 0];
      for (const { inputs, result, size: made } of steps) {
        room += made;
        peak = Math.max(peak, room);
        for (const id of inputs) room -= live.get(id) ?? 0;
        live.set(result, made);
      }
      return { flops: steps.reduce((sum, step) => sum + step.flops, 0), size, write, peak };
    };
    const byFlops = measure("flops");
    expect(measure("size").size).toBeLessThan(byFlops.size);
    expect(measure("write").write).toBeLessThan(byFlops.write);
    expect(measure("peak").peak).toBeLessThan(byFlops.peak);
    const combined = measure({ flops: 1, write: 64 });
    expect(combined.flops + 64 * combined.write).toBeLessThan(byFlops.flops + 64 * byFlops.write);
  });
});

describe("large networks", () => {
  const terms = (count: number, term: (at: number) => string): string =>
    `${Array.from({ length: count }, (_, at) => term(at)).join(", ")} -> `;
  const kinds: Readonly<Record<string, string>> = {
    chain: terms(5000, (at) => `i${at} i${at + 1}`),
    ring: terms(5000, (at) => `i${at} i${(at + 1) % 5000}`),
    star: terms(5000, (at) => `hub i${at}`),
    tree: terms(5000, (at) => `i${at} ${2 * at + 2 < 5000 ? `i${2 * at + 1} i${2 * at + 2}` : ""}`),
    ladder: terms(5000, (at) => `r${at % 2} ${at} ${at + 2} s${at >> 1}`),
    scattered: terms(5000, (at) => `v${(at * 37) % 900} v${(at * 91 + 5) % 900}`),
    "outer product": terms(5000, (at) => `i${at >> 3}`),
    scalars: terms(5000, () => ""),
  };

  it.each(Object.keys(kinds))(
    "of 5,000 operands are searched: %s",
    (kind) => {
      const problem = problemOf(kinds[kind] ?? "");
      for (const name of ["auto", "min-degree", "annealing", "random-greedy"] as const) {
        const { path } = withSteppingClock(20, () => createSearch({ maxTime: 0.05 })(problem, name)).result;
        expect(path.length).toBeGreaterThanOrEqual(4999);
        expect(flopsOf(problem, path)).toBeGreaterThan(0);
        expect(ssaToLinear(path, 5000).at(-1)).toHaveLength(2);
      }
    },
    60_000,
  );
});
