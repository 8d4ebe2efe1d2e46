/** The tables of the exact search against sets of indices. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addPattern, clearTables, completeTables, createTables } from "../../src/path/optimal.ts";
import { randomProblem } from "./support.ts";

describe("tables of subsets", () => {
  it("give the size of every step, and whether it reduces, as sets of indices do", () => {
    const tables = createTables(6);
    const { touched, inside, closed } = tables;
    fc.assert(
      fc.property(randomProblem(6), ({ inputs, output, sizes }) => {
        const count = inputs.length;
        clearTables(tables, count);
        for (const [name, size] of sizes) {
          const pattern = inputs.reduce((mask, input, at) => (input.has(name) ? mask | (1 << at) : mask), 0);
          addPattern(tables, pattern, size, output.has(name));
        }
        expect(completeTables(tables, count)).toBe(true);
        const all = (1 << count) - 1;
        const membersOf = (subset: number) => inputs.filter((_, at) => subset & (1 << at));
        const openOf = (subset: number): Set<string> => {
          const outside = membersOf(all ^ subset);
          const isNeeded = (name: string): boolean => output.has(name) || outside.some((input) => input.has(name));
          return new Set(membersOf(subset).flatMap((input) => [...input].filter(isNeeded)));
        };
        const sizeOf = (names: Iterable<string>): number =>
          [...names].reduce((size, name) => size * (sizes.get(name) ?? NaN), 1);
        for (let subset = 1; subset <= all; subset++) {
          for (let half = (subset - 1) & subset; half > 0; half = (half - 1) & subset) {
            const rest = subset ^ half;
            const step = new Set([...openOf(half), ...openOf(rest)]);
            expect((touched[subset] ?? NaN) / ((inside[half] ?? NaN) * (inside[rest] ?? NaN))).toBe(sizeOf(step));
            expect((closed[subset] ?? NaN) > (closed[half] ?? NaN) + (closed[rest] ?? NaN)).toBe(
              step.size > openOf(subset).size,
            );
          }
        }
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  it("say that sizes pass the largest double", () => {
    const tables = createTables(2);
    clearTables(tables, 2);
    addPattern(tables, 3, 1e200, true);
    addPattern(tables, 1, 1e200, true);
    expect(completeTables(tables, 2)).toBe(false);
  });
});
