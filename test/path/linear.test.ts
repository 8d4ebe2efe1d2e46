import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LinearPath, linearToSsa, ssaToLinear, validatePath } from "../../src/path/path.ts";

/** A valid linear path: steps of one to four of the tensors that remain, until one is left. */
const randomPath = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.nat()))
  .map(([operandCount, choices]): { operandCount: number; path: LinearPath } => {
    const choose = (count: number): number => Number(choices.next().value) % count;
    const path: number[][] = [];
    for (let remaining = operandCount; remaining > 1 || path.length === 0;) {
      const positions = Array.from({ length: remaining }, (_, position) => position);
      const step = Array.from({ length: Math.min(remaining, 1 + choose(4)) }, () =>
        Number(positions.splice(choose(positions.length), 1)[0]),
      );
      path.push(step);
      remaining -= step.length - 1;
    }
    return { operandCount, path };
  });

describe("linear and SSA paths", () => {
  it("turns positions into ids", () => {
    expect(
      linearToSsa(
        [
          [0, 1],
          [0, 1],
        ],
        3,
      ),
    ).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(linearToSsa([[1, 3, 0], [1], [1, 0]], 4)).toEqual([[1, 3, 0], [4], [5, 2]]);
  });

  it("turns ids into positions", () => {
    expect(ssaToLinear([[1, 3, 0], [4], [5, 2]], 4)).toEqual([[1, 3, 0], [1], [1, 0]]);
  });

  it("goes round trip, and every path made of remaining positions is valid", () => {
    fc.assert(
      fc.property(randomPath, ({ operandCount, path }) => {
        expect(validatePath(path, operandCount)).toEqual(path);
        expect(ssaToLinear(linearToSsa(path, operandCount), operandCount)).toEqual(path);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("gives each id once, whatever the path", () => {
    fc.assert(
      fc.property(randomPath, ({ operandCount, path }) => {
        const used = linearToSsa(path, operandCount).flat();
        const last = operandCount + path.length - 1;
        expect([...used, last].sort((a, b) => a - b)).toEqual(Array.from({ length: last + 1 }, (_, id) => id));
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it("gives a lone operand its step", () => {
    expect(validatePath([], 1)).toEqual([[0]]);
    expect(validatePath([[0]], 1)).toEqual([[0]]);
  });

  it("copies the path, so that later changes of the caller's do not reach it", () => {
    const mine = [[0, 1]];
    const path = validatePath(mine, 2);
    mine[0]?.push(7);
    expect(path).toEqual([[0, 1]]);
  });

  it("reads a position of minus zero as zero", () => {
    expect(Object.is(validatePath([[-0, 1]], 2)[0]?.[0], 0)).toBe(true);
  });

  it("converts 50,000 operands in a moment", () => {
    const path = Array.from({ length: 49_999 }, () => [0, 1]);
    expect(ssaToLinear(linearToSsa(path, 50_000), 50_000)).toEqual(path);
  });
});
