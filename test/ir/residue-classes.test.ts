/** Scatters as gathers: which classes there are, that they add up to the whole, and where there are none. */
import { describe, expect, it } from "vitest";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import { printTerm } from "../../src/ir/print.ts";
import { residueClasses } from "../../src/ir/residue-classes.ts";
import { whyMalformed } from "../../src/ir/verify.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { reference } from "../support/reference.ts";

function bound(spec: string, options: BindOptions): Contraction {
  return bind(parseSpec(spec), options);
}

function printClasses(contraction: Contraction): string[] | undefined {
  return residueClasses(contraction)?.map(
    ({ operands, output }) => `${operands.map(printTerm).join(", ")} -> ${printTerm(output)}`,
  );
}

/** The classes, computed by the reference and added up. */
function sumOfClasses(contraction: Contraction, arrays: readonly Float64Array[]): number[] {
  const parts = (residueClasses(contraction) ?? []).map((part) => reference(part, arrays));
  return Array.from({ length: parts[0]?.length ?? 0 }, (_, at) =>
    parts.reduce((sum, part) => sum + Number(part[at]), 0),
  );
}

function integers(length: number, seed: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => ((at * 7919 + seed) % 19) - 9);
}

describe("residue classes", () => {
  it("are correlations with every s-th element of the window", () => {
    const contraction = bound("i y, i o k -> o (2*y + k)", {
      shapes: [
        [3, 5],
        [3, 2, 3],
      ],
    });
    expect(printClasses(contraction)).toEqual([
      "i (y + k - 1), i o (-2*k + 2) -> o (2*y)",
      "i (y + k), i o (-2*k + 1) -> o (2*y + 1)",
    ]);
  });

  it("have one element where stride and dilation share a factor", () => {
    const contraction = bound("i y, i o k -> o (2*y + 2*k)", {
      shapes: [
        [3, 5],
        [3, 2, 2],
      ],
    });
    expect(printClasses(contraction)).toEqual(["i (y + k - 1), i o (-k + 1) -> o (2*y)"]);
  });

  it.each([
    [
      "i y, i o k -> o (2*y + k)",
      [
        [3, 5],
        [3, 2, 3],
      ],
      undefined,
    ],
    [
      "i y, i o k -> o (2*y + k - 1)",
      [
        [3, 5],
        [3, 2, 3],
      ],
      undefined,
    ],
    [
      "i y, i o k -> o (2*y + k - 1)",
      [
        [3, 5],
        [3, 2, 3],
      ],
      [2, 12],
    ],
    [
      "i y, i o k -> o (3*y + 2*k)",
      [
        [3, 5],
        [3, 2, 3],
      ],
      undefined,
    ],
    [
      "i y, i o k -> o (2*y + 4*k - 3)",
      [
        [3, 5],
        [3, 2, 3],
      ],
      undefined,
    ],
    [
      "i y x, i o k l -> o (2*y + k) (3*x + l - 1)",
      [
        [2, 3, 4],
        [2, 2, 2, 3],
      ],
      undefined,
    ],
    [
      "i y x, i o l -> o (3*y - 1) (x + l)",
      [
        [2, 3, 4],
        [2, 2, 3],
      ],
      [2, 6, 6],
    ],
  ] as const)("of %s add up to it", (spec, shapes, outputShape) => {
    const contraction = bound(spec, { shapes, ...(outputShape && { outputShape }) });
    const arrays = shapes.map((shape, at) =>
      integers(
        shape.reduce<number>((product, size) => product * size, 1),
        at,
      ),
    );
    const classes = residueClasses(contraction) ?? [];
    expect(classes.map(whyMalformed)).toEqual(classes.map(() => null));
    expect(sumOfClasses(contraction, arrays)).toEqual([...reference(contraction, arrays)]);
  });

  it.each<[string, string, BindOptions]>([
    [
      "nothing is scattered",
      "i y, i o -> o y",
      {
        shapes: [
          [3, 5],
          [3, 2],
        ],
      },
    ],
    ["a maximum is taken", "y, k -> (2*y + k)", { shapes: [[5], [3]], reduce: "max" }],
    ["factors are added", "y, k -> (2*y + k)", { shapes: [[5], [3]], combine: "add" }],
    [
      "what is stepped over is read through a window itself",
      "(y + j), k -> (2*y + k)",
      { shapes: [[5], [3]], sizes: { j: 2 } },
    ],
    ["both operands are stepped over", "y, y k -> (2*y + k)", { shapes: [[5], [5, 3]] }],
    ["an index is written twice", "y, k -> (2*y + k) y", { shapes: [[5], [3]] }],
    ["three indices meet in one axis", "y, k, l -> (4*y + 2*k + l)", { shapes: [[5], [3], [3]] }],
    ["there would be too many", "y, k -> (65*y + k)", { shapes: [[3], [70]] }],
    ["there is nothing", "y, k -> (2*y + k)", { shapes: [[0], [3]] }],
  ])("are none where %s", (_, spec, options) => {
    expect(residueClasses(bound(spec, options))).toBeNull();
  });
});
