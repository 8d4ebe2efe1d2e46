import { describe, expect, it } from "vitest";
import { choosePath, OPTIMIZER_NAMES, type Optimize } from "../../src/path/choose.ts";
import { createSearch } from "../../src/path/search/optimizers.ts";
import { flopsOf } from "../../src/path/cost.ts";
import { pathProblem } from "../../src/path/problem.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { type SsaPath, ssaToLinear } from "../../src/path/path.ts";
import { contractionOf } from "./support.ts";

/** The path by any optimizer. */
function pathOf(contraction: Contraction, optimize?: Optimize): SsaPath {
  return choosePath(contraction, optimize, createSearch({})).path;
}

const [spec, sizes] = ["i j, j k, k l -> i l", { i: 10, j: 20, k: 30, l: 40 }] as const;
const chain = contractionOf(spec, sizes);

/** A chain of matrices long enough for greedy to miss the best path. */
function longChain(count: number) {
  const terms = Array.from({ length: count }, (_, at) => `i${at} i${at + 1}`);
  const sizes = Object.fromEntries(terms.map((_, at) => [`i${at}`, 3 + ((at * at * 5) % 17)]));
  return contractionOf(`${terms.join(", ")} -> i0 i${count}`, sizes);
}

describe("choosePath", () => {
  it("meets one or two operands in one step, whatever the optimizer", () => {
    for (const optimize of OPTIMIZER_NAMES) {
      expect(pathOf(contractionOf("i j -> j", {}), optimize)).toEqual([[0]]);
      expect(pathOf(contractionOf("i j, j k -> i k", {}), optimize)).toEqual([[0, 1]]);
    }
  });

  it("takes each optimizer by its name", () => {
    const greedy = [
      [1, 2],
      [0, 3],
    ];
    const best = [
      [0, 1],
      [2, 3],
    ];
    expect(pathOf(chain, "greedy")).toEqual(greedy);
    expect(pathOf(chain, "optimal")).toEqual(best);
    expect(pathOf(chain, "auto")).toEqual(best);
    expect(pathOf(chain)).toEqual(best);
    expect(pathOf(chain, "left-to-right")).toEqual([
      [0, 1],
      [3, 2],
    ]);
  });

  it("carries for einsum what searches few operands exactly and many greedily", () => {
    for (const count of [10, 11]) {
      const whole = longChain(count);
      const [auto, greedy, optimal] = (["auto", "greedy", "optimal"] as const).map((name) =>
        flopsOf(pathProblem(whole), choosePath(whole, name).path),
      );
      expect(greedy).toBeGreaterThan(optimal ?? NaN);
      expect(auto).toBe(count === 10 ? optimal : greedy);
    }
  });

  it("takes a linear path as it is", () => {
    const path = [
      [0, 2],
      [1, 0],
    ];
    expect(ssaToLinear(pathOf(chain, path), 3)).toEqual(path);
    expect(pathOf(chain, [[2, 0, 1]])).toEqual([[2, 0, 1]]);
  });

  it("does not split a combination that does not distribute over the reduction", () => {
    for (const optimize of OPTIMIZER_NAMES) {
      expect(pathOf(contractionOf(spec, sizes, { combine: "add" }), optimize)).toEqual([[0, 1, 2]]);
      expect(pathOf(contractionOf(spec, sizes, { reduce: "prod" }), optimize)).toEqual([[0, 1, 2]]);
    }
    expect(pathOf(contractionOf(spec, sizes, { reduce: "prod" }), [[0, 1, 2]])).toEqual([[0, 1, 2]]);
    expect(pathOf(contractionOf(spec, sizes, { combine: "add", reduce: "max" }))).toHaveLength(2);
  });

  it("takes one step where an index has size 0, whatever path is given", () => {
    const empty = contractionOf("i j, j k, k l -> i l", { k: 0 });
    const path = [
      [0, 1],
      [0, 1],
    ];
    expect(pathOf(empty)).toEqual([[0, 1, 2]]);
    expect(pathOf(empty, path)).toEqual([[0, 1, 2]]);
    expect(() => pathOf(empty, [[0, 5]])).toThrow("path-position");
  });

  it("refuses an unknown name even where no search is needed", () => {
    expect(() => pathOf(contractionOf("i -> i", {}), "best" as Optimize)).toThrow("unknown-optimizer");
  });
});
