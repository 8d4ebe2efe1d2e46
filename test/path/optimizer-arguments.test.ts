/** Optimizers called by a program itself, with a problem that it made. */
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import * as path from "../../src/entries/path.ts";
import { flopsOf } from "../../src/path/cost.ts";
import { messageOf } from "../support/message-of.ts";

const OPTIMIZERS = Object.entries(path).flatMap(([name, exported]) =>
  name === "contractionPath" || name.endsWith("Error") ? [] : [[name, exported as path.Optimizer] as const],
);

/** A chain whose best order is from right to left: 10 x 100, 100 x 5, 5 x 50, 50. */
function chain(): path.PathProblem {
  return {
    inputs: [new Set("ij"), new Set("jk"), new Set("kl"), new Set("l")],
    output: new Set("i"),
    sizes: new Map(Object.entries({ i: 10, j: 100, k: 5, l: 50 })),
  };
}

describe("an optimizer that a program calls", () => {
  it.each(OPTIMIZERS)("%s finds a path of all operands", (name, optimizer) => {
    const found = optimizer(chain(), { seed: 1 });
    const best = 2 * (5 * 50 + 100 * 5 + 10 * 100);
    const inOrder = 2 * (10 * 100 * 5 + 10 * 5 * 50 + 10 * 50);
    if (name === "leftToRight") expect(flopsOf(chain(), found)).toBe(inOrder);
    // What is greedy begins with the pair that frees most, which is not the best here.
    else if (name === "greedy") expect(flopsOf(chain(), found)).toBeLessThan(inOrder);
    else expect(flopsOf(chain(), found)).toBe(best);
  });

  it.each(OPTIMIZERS)("%s takes sets and maps of another realm", (name, optimizer) => {
    const made = runInContext(
      `({ inputs: ["ij", "jk", "kl", "l"].map((names) => new Set(names)), output: new Set("i"),
          sizes: new Map(Object.entries({ i: 10, j: 100, k: 5, l: 50 })) })`,
      createContext({}),
    ) as path.PathProblem;
    expect(optimizer(made, { seed: 1 }), name).toEqual(optimizer(chain(), { seed: 1 }));
  });

  it.each(OPTIMIZERS)("%s says what is wrong with a problem", (name, optimizer) => {
    const told = (wrong: unknown, options?: unknown): string =>
      messageOf(() => optimizer(wrong as path.PathProblem, options as path.SearchOptions)).replace(/\n[^]*/, "");
    expect(optimizer.name).toMatch(/^\w+$/);
    expect(told(undefined)).toBe(
      "the problem must be an object of inputs, output and sizes, found undefined [not-a-problem]",
    );
    expect(told({})).toBe(
      "problem.inputs must be a list of sets of names of indices, one an operand, found undefined [not-a-problem]",
    );
    expect(told({ ...chain(), inputs: [] })).toBe(
      "problem.inputs must be a list of sets of names of indices, one an operand, found a list [not-a-problem]",
    );
    expect(told({ ...chain(), output: "i" })).toMatch(/^problem\.output must be a set of names of indices, found /);
    expect(told({ ...chain(), sizes: { i: 2 } })).toMatch(
      /^problem\.sizes must be a map from names of indices to integers of at least 1, found /,
    );
    expect(told({ ...chain(), sizes: new Map([["i", 2.5]]) })).toMatch(
      /^problem\.sizes must be a map from names of indices to integers of at least 1, found /,
    );
    expect(told({ ...chain(), sizes: new Map([["i", 2]]) })).toMatch(
      /^problem\.sizes must be a map with a size for 'j', found /,
    );
    expect(told({ ...chain(), windows: [] })).toMatch(
      /^problem\.windows must be a list of windows over indices of each input/,
    );
    expect(told(chain(), { seed: 0.5 })).toBe("options.seed must be an integer, found 0.5 [invalid-option]");
    expect(told(chain(), { minimize: "time" })).toMatch(/^options\.minimize must be 'flops', 'size', 'write', 'peak'/);
    expect(told(chain(), 1), name).toMatch(/options/);
  });

  it("may hand on what it was given", () => {
    const optimize: path.Optimizer = (problem, options) => path.autoHq(problem, options);
    const shapes = [[10, 100], [100, 5], [5, 50], [50]];
    const found = path.contractionPath("ij,jk,kl,l->i", shapes, { optimize });
    expect(found.path).toEqual(path.contractionPath("ij,jk,kl,l->i", shapes, { optimize: "auto-hq" }).path);
    const image = [[34, 34], [3], [3]];
    const flopsBy = (by: path.Optimize): number =>
      path.contractionPath("(y+u)(x+v),u,v->yx", image, { optimize: by, minimize: "write" }).flops;
    expect(flopsBy(optimize)).toBe(flopsBy("auto-hq"));
  });
});
