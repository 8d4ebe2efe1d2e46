/** Scatters as gathers: which parts there are, that they add up to the whole, and where a kernel takes none. */
import { describe, expect, it } from "vitest";
import { gather } from "../../src/grad/gather.ts";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import { printTerm } from "../../src/ir/print.ts";
import { whyMalformed } from "../../src/ir/verify.ts";
import { gatherNests } from "../../src/loops/gather-nests.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { reference } from "../support/reference.ts";

function bound(spec: string, options: BindOptions): Contraction {
  return bind(parseSpec(spec), options);
}

function partsOf(contraction: Contraction): readonly Contraction[] {
  const gathered = gather(contraction);
  return gathered.kind === "parts" ? gathered.parts : [];
}

function printParts(contraction: Contraction): string[] {
  return partsOf(contraction).map(({ reads, output }) => `${reads.map(printTerm).join(", ")} -> ${printTerm(output)}`);
}

/** The parts, computed by the reference and added up. */
function sumOfParts(contraction: Contraction, arrays: readonly Float64Array[]): number[] {
  const parts = partsOf(contraction).map((part) => reference(part, arrays));
  return Array.from({ length: parts[0]?.length ?? 0 }, (_, at) =>
    parts.reduce((sum, part) => sum + Number(part[at]), 0),
  );
}

function integers(length: number, seed: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => ((at * 7919 + seed) % 19) - 9);
}

describe("the parts of a scatter", () => {
  it("are correlations with every s-th element of the window", () => {
    const contraction = bound("i y, i o k -> o (2*y + k)", {
      shapes: [
        [3, 5],
        [3, 2, 3],
      ],
    });
    expect(printParts(contraction)).toEqual(["i (y - k), i o (2*k) -> o (2*y)", "i y, i o (1) -> o (2*y + 1)"]);
  });

  it("are one over the phase where they are alike, whatever the stride", () => {
    expect(printParts(bound("y, k -> (4*y + k)", { shapes: [[3], [8]] }))).toEqual([
      "(y - k), (4*k + yPhase) -> (4*y + yPhase)",
    ]);
    expect(printParts(bound("y, k -> (4*y + k)", { shapes: [[3], [7]] }))).toEqual([
      "(y - k), (4*k + yPhase) -> (4*y + yPhase)",
      "y, (3) -> (4*y + 3)",
    ]);
    // Windows begin at 0 and 2, and at 6 and 8, which is 1 and 3 behind one stride; the one at 4 has one place less.
    expect(printParts(bound("y, k -> (5*y + 2*k)", { shapes: [[9], [10]] }))).toEqual([
      "(y - 2*k), (5*k + yPhase) -> (5*y + 2*yPhase)",
      "(y - 2*k - 1), (5*k + yPhase + 3) -> (5*y + 2*yPhase + 1)",
      "(y - 2*k), (5*k + 2) -> (5*y + 4)",
    ]);
  });

  it("are found as fast for strides of any size", () => {
    const contraction = bound("y, k -> (1000000*y + k)", { shapes: [[3], [2]] });
    expect(printParts(contraction)).toEqual(["y, k -> (1000000*y + k)"]);
  });

  it("keep their windows in place where borders are peeled", () => {
    const contraction = bound("y, k -> (2*y + k - 1)", { shapes: [[5], [4]] });
    expect(partsOf(contraction).length).toBe(2);
    const inPlace = partsOf(contraction).map(({ reads }) =>
      reads[0]?.axes[0]?.expression.terms.map((term) => term.variable),
    );
    expect(inPlace).toEqual([["y", "k"], ["y", "k"]]); // prettier-ignore
  });

  it("have one element where stride and dilation share a factor", () => {
    const contraction = bound("i y, i o k -> o (2*y + 2*k)", {
      shapes: [
        [3, 5],
        [3, 2, 2],
      ],
    });
    expect(printParts(contraction)).toEqual(["i (y - k), i o k -> o (2*y)"]);
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
    ["y, y k -> (2*y + k)", [[5], [5, 3]], undefined],
    ["y, k, l -> (4*y + 2*k + l)", [[5], [3], [3]], undefined],
    ["(y + j), k -> (2*y + k)", [[6], [3]], undefined, { j: 2 }],
    ["y, k -> (4*y + k)", [[5], [8]], undefined],
    ["y, k -> (4*y + k - 2)", [[5], [8]], undefined],
    ["y, k -> (4*y + k - 3)", [[5], [7]], [19]],
    ["y, k -> (5*y + 2*k - 3)", [[5], [7]], undefined],
    ["y, k -> (3*y + 4*k)", [[6], [13]], undefined],
    ["y, k -> (2*y + 31*k - 1)", [[9], [2]], [46]],
    ["y, k -> (7*y - 3*k + 30)", [[4], [11]], undefined],
    [
      "y x, k l -> (4*y + k) (3*x + l)",
      [
        [3, 2],
        [8, 6],
      ],
      undefined,
    ],
  ] as const)("of %s add up to it", (spec, shapes, outputShape, sizes?) => {
    const contraction = bound(spec, { shapes, ...(outputShape && { outputShape }), ...(sizes && { sizes }) });
    const arrays = shapes.map((shape, at) =>
      integers(
        shape.reduce<number>((product, size) => product * size, 1),
        at,
      ),
    );
    const parts = partsOf(contraction);
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.map(whyMalformed)).toEqual(parts.map(() => null));
    expect(sumOfParts(contraction, arrays)).toEqual([...reference(contraction, arrays)]);
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
    ["an index is written twice", "y, k -> (2*y + k) y", { shapes: [[5], [3]] }],
    [
      "there would be too many",
      "y x, k l -> (71*y + 31*k) (71*x + 31*l)",
      {
        shapes: [
          [40, 40],
          [40, 40],
        ],
      },
    ],
    ["there is nothing", "y, k -> (2*y + k)", { shapes: [[0], [3]] }],
  ])("are not taken by a kernel where %s", (_, spec, options) => {
    const contraction = bound(spec, options);
    expect(gatherNests(contraction, [], undefined as never, { slices: [] } as never)).toBeNull();
  });
});
