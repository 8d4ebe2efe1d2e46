import { describe, expect, it } from "vitest";
import { affineOf, printAffine } from "../../src/affine/affine.ts";
import { residueClasses, type ResidueClass } from "../../src/grad/residues.ts";
import { seededRandom } from "../support/random.ts";

/** `X = 2*v + 1, k = 3*j: v = ...`. */
function printClass({ element, split, solution }: ResidueClass): string {
  const progression = ({ step, start, count }: ResidueClass["element"], name: string): string =>
    `${printAffine(affineOf(new Map([[name, step]]), start))} for ${name} < ${count}`;
  const parts = [`X = ${progression(element, "v")}`];
  if (split) parts.push(`${split.variable} = ${progression(split.values, split.variable)}`);
  return [...parts, `v = ${printAffine(solution)}`].join(", ");
}

function classesOf(
  coefficients: Record<string, number>,
  constant: number,
  sizes: Record<string, number>,
  last: number,
) {
  const expression = affineOf(new Map(Object.entries(coefficients)), constant);
  return residueClasses({ expression, solved: "v", fixed: new Set(), first: 0, last }, (name) => sizes[name] ?? NaN);
}

describe("residueClasses", () => {
  it("has one class where the stride is 1", () => {
    const classes = classesOf({ v: 1, k: 1 }, -1, { k: 3 }, 9);
    expect(classes?.map(printClass)).toEqual(["X = v for v < 10, v = v - k + 1"]);
  });

  it("has a class for each remainder of a stride, with the taps that belong to it", () => {
    const classes = classesOf({ v: 2, k: 1 }, -1, { k: 3 }, 8);
    expect(classes?.map(printClass)).toEqual([
      "X = 2*v for v < 5, k = 2*k + 1 for k < 1, v = v - k",
      "X = 2*v + 1 for v < 4, k = 2*k for k < 2, v = v - k + 1",
    ]);
  });

  it("leaves out remainders that nothing reaches", () => {
    expect(classesOf({ v: 3 }, 1, {}, 8)?.map(printClass)).toEqual(["X = 3*v + 1 for v < 3, v = v"]);
    expect(classesOf({ v: 4, k: 2 }, 0, { k: 3 }, 8)?.map(printClass)).toEqual([
      "X = 4*v for v < 3, k = 2*k for k < 2, v = v - k",
      "X = 4*v + 2 for v < 2, k = 2*k + 1 for k < 1, v = v - k",
    ]);
  });

  it("solves for an index that runs backwards", () => {
    expect(classesOf({ v: -2, k: 1 }, 7, { k: 2 }, 8)?.map(printClass)).toEqual([
      "X = 2*v for v < 5, k = 2*k + 1 for k < 1, v = -v + k + 4",
      "X = 2*v + 1 for v < 4, k = 2*k for k < 1, v = -v + k + 3",
    ]);
  });

  it("gives up where the remainder depends on two variables", () => {
    expect(classesOf({ v: 2, k: 1, l: 1 }, 0, { k: 3, l: 3 }, 8)).toBeNull();
    const expression = affineOf(new Map([["v", 2], ["i", 1]]), 0); // prettier-ignore
    const problem = { expression, solved: "v", fixed: new Set(["i"]), first: 0, last: 8 };
    expect(residueClasses(problem, () => 3)).toBeNull();
  });

  it("finds every solution once, for random expressions", () => {
    const random = seededRandom(7);
    for (let round = 0; round < 500; round++) {
      const [s, c] = [random.integer(1, 7) * random.pick([1, -1]), random.integer(1, 7) * random.pick([1, -1])];
      const [constant, size, first] = [random.integer(-9, 9), random.integer(1, 8), random.integer(0, 3)];
      const last = first + random.integer(0, 20);
      const expression = affineOf(new Map([["v", s], ["k", c]]), constant); // prettier-ignore
      const problem = { expression, solved: "v", fixed: new Set<string>(), first, last };
      const found = new Map<string, number>();
      for (const { element, split, solution } of residueClasses(problem, () => size) ?? []) {
        const walk = split?.values ?? { step: 1, start: 0, count: size };
        for (let q = 0; q < element.count; q++) {
          for (let j = 0; j < walk.count; j++) {
            const valueOf = (name: string): number => (name === "v" ? q : j);
            const v = solution.terms.reduce((sum, t) => sum + t.coefficient * valueOf(t.variable), solution.constant);
            const key = [element.step * q + element.start, walk.step * j + walk.start, v].join();
            found.set(key, (found.get(key) ?? 0) + 1);
          }
        }
      }
      const expected = new Map<string, number>();
      for (let x = first; x <= last; x++) {
        for (let k = 0; k < size; k++) {
          const v = (x - constant - c * k) / s;
          if (Number.isInteger(v)) expected.set([x, k, v + 0].join(), 1);
        }
      }
      expect([...found].sort()).toEqual([...expected].sort());
    }
  });
});
