/** Reductions that are no sums: what they are split into, and gradients of products of many factors. */
import { describe, expect, it } from "vitest";
import { splitReduction } from "../../src/grad/split.ts";
import { einsumGrad, type NdArray } from "../../src/index.ts";
import { bind } from "../../src/ir/bind.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import { printFormula } from "../../src/ir/print.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { productBut } from "../support/reference-gradient.ts";

function stagesOf(spec: string, options: BindOptions): string[] {
  return splitReduction(bind(parseSpec(spec), options)).map(({ contraction }) => printFormula(contraction));
}

describe("a reduction that is no sum", () => {
  it("is left alone where it has one operand, or nothing meets", () => {
    expect(stagesOf("ij->i", { shapes: [[3, 4]], reduce: "max" }).length).toBe(1);
    expect(stagesOf("ij->i", { shapes: [[3, 32]], reduce: "prod" }).length).toBe(1);
    expect(stagesOf("i,i->i", { shapes: [[3], [3]], reduce: "prod" }).length).toBe(1);
    expect(stagesOf("i,i->", { shapes: [[3], [3]], combine: "max" }).length).toBe(1);
  });

  it("combines several operands first", () => {
    expect(stagesOf("ij,j->i", { shapes: [[3, 4], [4]], reduce: "prod" })).toEqual([
      "factors[i, j] = a[i, j] * b[j]",
      "out[i] = prod over member of factors[i, member]",
    ]);
  });

  it.each<[string, readonly (readonly number[])[], readonly (readonly number[])[]]>([
    [
      "(x + col), (x - 3) col ->",
      [[0, -2]],
      [
        [18, 24, -18],
        [0, 0],
      ],
    ],
    [
      "(x + col), (x - 1) col ->",
      [[5, -2]],
      [
        [-180, -240, 180],
        [72, -180],
      ],
    ],
    [
      "(x + col), (x - 1) col x ->",
      [[5, 3, -2, 7]],
      [
        [378, 504, -378],
        [0, -252, 0, -108],
      ],
    ],
  ])("takes %s for what it reads, as 1 behind an end that a gather goes past", (spec, [factors = []], expected) => {
    const operands = [
      { data: Float64Array.of(-2, -3, 2), shape: [3] },
      { data: Float64Array.from(factors), shape: spec.includes("col x") ? [1, 2, 2] : [1, 2] },
    ];
    const options = { sizes: { x: 2, col: 2 }, notation: "named", reduce: "prod" } as const;
    const gradients = einsumGrad(spec, operands, { data: Float64Array.of(1), shape: [] }, options);
    expect(gradients.map(({ data }) => [...(data as Float64Array)])).toEqual(expected);
  });

  it("keeps what lies outside of an operand of a maximum, which is -Infinity, where parts write one output", () => {
    const operands = [
      { data: Float64Array.of(-1), shape: [1] },
      { data: Float64Array.of(-1, 2, 1), shape: [3] },
    ];
    const cotangent = { data: Float64Array.of(-1, -3, -2, -1, 0, 3, -1, 3), shape: [2, 2, 2] };
    const options = { sizes: { o: 2, k: 2, y: 2 }, reduce: "max", by: [1] } as const;
    const [gradient] = einsumGrad("(-2+o),(|o|*k+y:1)->kyo", operands, cotangent, options);
    // The first two are sums of negative cotangents times -Infinity; the third one has a positive one too.
    expect([...(gradient?.data as Float64Array)]).toEqual([Infinity, Infinity, NaN]);
  });

  it("keeps what lies outside, which is 1 for a product and has a part in the gradient of the others", () => {
    const [a, b] = [
      { data: Float64Array.of(2, 3, 5, 7), shape: [4] },
      { data: Float64Array.of(11, 13, 17, 19), shape: [4] },
    ];
    const cotangent = { data: Float64Array.of(1, 10, 100, 1000), shape: [4] };
    const gradients = einsumGrad("(i-1),i->i", [a, b], cotangent, { reduce: "prod" });
    expect(gradients.map(({ data }) => [...(data as Float64Array)])).toEqual([
      [130, 1700, 19000, 0],
      [1, 20, 300, 5000],
    ]);
  });

  it("is a tree where it has many factors", () => {
    expect(stagesOf("i->", { shapes: [[1025]], reduce: "prod" })).toEqual([
      "factors[i] = a[i]",
      "factors1[group] = prod over member of factors[11*group + member]",
      "factors2[group] = prod over member of factors1[11*group + member]",
      "out = prod over member of factors2[member]",
    ]);
  });

  it("is of all that meets in an element of the output", () => {
    expect(stagesOf("ij->(i+j)", { shapes: [[2, 3]], reduce: "prod" })).toEqual([
      "factors[i + j, 3*i + j] prod= a[i, j]",
      "out[axis0] = prod over member of factors[axis0, member]",
    ]);
  });

  it("keeps clear of names that are taken", () => {
    const options = { shapes: [[2, 3], [3]], reduce: "prod", operands: ["factors", "dfactors"] } as const;
    expect(stagesOf("ij,j->i", options)[0]).toBe("_factors[i, j] = factors[i, j] * dfactors[j]");
  });
});

describe("the gradient of a product", () => {
  const COUNTS = [1, 2, 31, 32, 33, 100, 1024, 1025];

  it.each(COUNTS)("of %i factors multiplies all others, whichever are 0", (count) => {
    const rows = [0, 1, 2, 3].map((zeros) =>
      Array.from({ length: count }, (_, at) => (at % 7 < zeros && at < 3 ? 0 : at % 5 === 1 ? -1 : at === 20 ? 3 : 1)),
    );
    const x: NdArray = { data: Float64Array.from(rows.flat()), shape: [4, count] };
    const cotangent = { data: Float64Array.of(1, 2, -3, 5), shape: [4] };
    const [found] = einsumGrad("ij->i", [x], cotangent, { reduce: "prod" }) as [NdArray];
    const expected = rows.flatMap((row, at) => {
      return row.map((_, but) => (cotangent.data[at] as number) * productBut(row, but) + 0);
    });
    expect(Array.from(found.data as Float64Array, (value) => value + 0)).toEqual(expected);
  });

  it("does not overflow where a division would", () => {
    const x = { data: Float64Array.of(1e200, 1e-200, 1e200, 1e-200), shape: [4] };
    const [found] = einsumGrad("i->", [x], { data: Float64Array.of(1), shape: [] }, { reduce: "prod" }) as [NdArray];
    expect(Array.from(found.data as Float64Array, (value) => value.toPrecision(3))).toEqual([
      "1.00e-200",
      "1.00e+200",
      "1.00e-200",
      "1.00e+200",
    ]);
  });
});
