import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { naiveFlopsOf, walkPath } from "../../src/path/cost.ts";
import { linearToSsa } from "../../src/path/path.ts";
import { findLeftToRight } from "../../src/path/choose.ts";
import { problemOf, randomProblem, recount } from "./support.ts";

describe("the cost of a path", () => {
  it("counts a product of matrices as multiplications and additions", () => {
    expect(naiveFlopsOf(problemOf("i j, j k -> i k", { i: 3, j: 4, k: 5 }))).toBe(2 * 3 * 4 * 5);
  });

  it("counts no addition where nothing is reduced, and one operation for a copy", () => {
    expect(naiveFlopsOf(problemOf("i, j -> i j", { i: 3, j: 4 }))).toBe(12);
    expect(naiveFlopsOf(problemOf("i j -> j i", { i: 3, j: 4 }))).toBe(12);
    expect(naiveFlopsOf(problemOf("i -> ", { i: 3 }))).toBe(6);
    expect(naiveFlopsOf(problemOf(", -> "))).toBe(1);
  });

  it("charges nothing for an index of size 1", () => {
    expect(naiveFlopsOf(problemOf("b i j, j k -> b i k", { b: 1, i: 3, j: 4, k: 5 }))).toBe(2 * 3 * 4 * 5);
  });

  it("counts the repetition of an index only the output has in the last step alone", () => {
    const problem = problemOf("i, j, k -> i r", { i: 3, j: 4, k: 5, r: 7 });
    const steps = walkPath(problem, [
      [0, 1],
      [2, 3],
    ]);
    expect(steps.map(({ flops, size }) => [flops, size])).toEqual([
      [3 * 4 * 2, 3],
      [5 * 3 * 7 * 2, 21],
    ]);
  });

  it("keeps an index while another tensor has it", () => {
    const steps = walkPath(problemOf("h a, h b, h c -> a b c", { h: 5 }), [
      [0, 1],
      [2, 3],
    ]);
    expect(steps.map(({ kept, reduced }) => [[...kept], [...reduced]])).toEqual([
      [["h", "a", "b"], []],
      [["c", "a", "b"], ["h"]],
    ]);
  });

  it("stays a number beyond 2^53, and is Infinity beyond doubles", () => {
    const many = Array.from({ length: 60 }, (_, at) => `i${at}`);
    expect(naiveFlopsOf(problemOf(`${many.join(" ")} -> `))).toBe(2 ** 61);
    const most = Array.from({ length: 1100 }, (_, at) => `i${at}`);
    expect(naiveFlopsOf(problemOf(`${most.join(" ")} -> `))).toBe(Infinity);
  });

  it("agrees with a count over shrinking lists", () => {
    const random = fc.tuple(randomProblem(7), fc.infiniteStream(fc.nat()));
    fc.assert(
      fc.property(random, ([problem, choices]) => {
        const path: number[][] = [];
        for (let remaining = problem.inputs.length; remaining > 1;) {
          const first = Number(choices.next().value) % remaining;
          const second = (first + 1) % remaining;
          path.push([first, second]);
          remaining--;
        }
        if (path.length === 0) path.push([0]);
        const steps = walkPath(problem, linearToSsa(path, problem.inputs.length));
        expect({
          flops: steps.reduce((sum, { flops }) => sum + flops, 0),
          largest: Math.max(...steps.map(({ size }) => size)),
        }).toEqual(recount(problem, path));
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("walks a path of one step over 5,000 operands", () => {
    const spec = `${Array.from({ length: 5000 }, (_, at) => `i${at}`).join(", ")} -> `;
    const sizes = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`i${at}`, 1]));
    expect(naiveFlopsOf(problemOf(spec, sizes))).toBe(5000);
    expect(findLeftToRight(problemOf(spec, sizes))).toHaveLength(4999);
  });
});
