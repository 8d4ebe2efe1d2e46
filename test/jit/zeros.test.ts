/** The sign of zero: what `docs/jit.md` states of each reduction holds in everything that runs kernels. */
import { describe, expect, it } from "vitest";
import { compile, einsum, jit, type CompileOptions, type Reduction, type TypedArray } from "../../src/index.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import { evaluateSource } from "../support/evaluate.ts";

type Options = Pick<CompileOptions, "sizes" | "reduce" | "combine">;

/** The result of a spec on arrays of one dtype, by who computes it. */
function resultsOf(
  spec: string,
  shapes: readonly number[][],
  data: readonly TypedArray[],
  options: Options,
): Record<string, TypedArray> {
  const dtype = data[0] instanceof Float32Array ? "float32" : "float64";
  const operands = data.map((array, at) => ({ data: array, shape: shapes[at] as number[] }));
  const all = { ...options, shapes, dtype } as const;
  const compilation = compile(spec, all);
  const interpreted = jit(spec, all)(...data).slice();
  interpretKernel(compilation.kernel)(data, interpreted);
  return {
    einsum: einsum(spec, operands, options).data,
    "einsum at any size": einsum(spec, operands, { ...options, specialize: 0 }).data,
    "einsum without evaluation": einsum(spec, operands, { ...options, evaluate: false }).data,
    jit: jit(spec, all)(...data),
    "jit without evaluation": jit(spec, { ...all, evaluate: false })(...data),
    interpreter: interpreted,
    module: evaluateSource(compilation.source)(...data),
  };
}

const CASES: readonly (readonly [spec: string, shape: number[], sizes?: Record<string, number>])[] = [
  ["i->", [1]],
  ["i->", [3]],
  ["i->", [101]],
  ["ij->j", [3, 5]],
  ["ij->j", [41, 30]],
  ["ij->i", [30, 41]],
  ["(2*x + k) -> x", [20], { k: 2 }],
  ["i (y + v) -> i y", [4, 70], { v: 3 }],
];

/** Zeros of both signs, in runs of different lengths. */
const PATTERNS: Readonly<Record<string, (at: number) => number>> = {
  "-0 alone": () => -0,
  "0 alone": () => 0,
  "-0 and 0 in turn": (at) => (at % 2 ? 0 : -0),
  "one 0 among -0": (at) => (at === 1 ? 0 : -0),
  "one -0 among 0": (at) => (at % 7 === 2 ? -0 : 0),
};

/** What plain loops over each element of the output give. */
function expected(
  shape: readonly number[],
  spec: string,
  zero: (at: number) => number,
  reduce: "max" | "min" | "prod",
): number[] {
  const [rows, columns] = shape.length === 2 ? (shape as [number, number]) : [1, shape[0] as number];
  const combine = { max: Math.max, min: Math.min, prod: (one: number, other: number) => one * other }[reduce];
  const start = { max: -Infinity, min: Infinity, prod: 1 }[reduce];
  const element = (row: number, column: number): number => zero(row * columns + column);
  const over = (count: number, at: (step: number) => number): number =>
    Array.from({ length: count }, (_, step) => at(step)).reduce((one, other) => combine(one, other), start);
  const list = (length: number, at: (place: number) => number): number[] =>
    Array.from({ length }, (_, place) => at(place));
  switch (spec) {
    case "i->":
      return [over(columns, (i) => element(0, i))];
    case "ij->j":
      return list(columns, (j) => over(rows, (i) => element(i, j)));
    case "ij->i":
      return list(rows, (i) => over(columns, (j) => element(i, j)));
    case "(2*x + k) -> x":
      return list(10, (x) => over(2, (k) => element(0, 2 * x + k)));
    default:
      return list(rows * (columns - 2), (at) =>
        over(3, (v) => element(Math.floor(at / (columns - 2)), (at % (columns - 2)) + v)),
      );
  }
}

const signs = (values: Iterable<unknown>): string =>
  Array.from(values, (value) => (Object.is(value, -0) ? "-" : "+")).join("");

describe("the sign of zero", () => {
  it.each(["max", "min", "prod"] as const)("is that of plain loops: %s", (reduce) => {
    let negative = 0;
    for (const [spec, shape, sizes] of CASES) {
      for (const [pattern, zero] of Object.entries(PATTERNS)) {
        const length = shape.reduce((count, size) => count * size, 1);
        const wanted = signs(expected(shape, spec, zero, reduce));
        negative += wanted.includes("-") ? 1 : 0;
        for (const data of [new Float64Array(length), new Float32Array(length)]) {
          data.forEach((_, at) => (data[at] = zero(at)));
          const options = { reduce, ...(sizes && { sizes }) };
          for (const [runner, found] of Object.entries(resultsOf(spec, [shape], [data], options))) {
            expect({ spec, shape, pattern, runner, signs: signs(found) }).toEqual({
              spec,
              shape,
              pattern,
              runner,
              signs: wanted,
            });
          }
        }
      }
    }
    expect(negative).toBeGreaterThan(8);
  });

  it.each(["any", "all"] as const)("is never negative: %s", (reduce) => {
    for (const [spec, shape, sizes] of CASES) {
      const data = new Float64Array(shape.reduce((count, size) => count * size, 1)).fill(-0);
      for (const found of Object.values(resultsOf(spec, [shape], [data], { reduce, ...(sizes && { sizes }) }))) {
        expect(signs(found)).not.toContain("-");
      }
    }
  });

  it.each<[string, number[][], Options, string]>([
    ["i->i", [[3]], {}, "---"],
    ["ij->ji", [[2, 2]], {}, "----"],
    ["ii->i", [[3, 3]], {}, "---"],
    ["i -> i (i)", [[2]], {}, "-++-"],
    ["i,i->i", [[3], [3]], {}, "+++"],
    ["i,i,i->i", [[3], [3], [3]], {}, "---"],
    ["i,j->ij", [[2], [2]], {}, "++++"],
    ["i,j->ij", [[2], [2]], { combine: "add" }, "----"],
    ["i,i,i->i", [[3], [3], [3]], { combine: "add" }, "---"],
    ["i,i->i", [[3], [3]], { combine: "max" }, "---"],
    ["i->ij", [[2]], { sizes: { j: 2 } }, "----"],
    ["i->i", [[3]], { reduce: "max" }, "---"],
  ])("is that of arithmetic where nothing is reduced: %s of %j, %j", (spec, shapes, options, wanted) => {
    const data = shapes.map((shape) => new Float64Array(shape.reduce((count, size) => count * size, 1)).fill(-0));
    const found = Object.entries(resultsOf(spec, shapes, data, options));
    expect(found.map(([runner, result]) => [runner, signs(result)])).toEqual(found.map(([runner]) => [runner, wanted]));
  });

  it.each<Reduction>(["sum", "mean"])("is either in a zero that is a %s, and what is no zero is right", (reduce) => {
    const data = Float64Array.of(-0, -0, -0, 1, -1, -0, -0, -0, 3);
    for (const found of Object.values(resultsOf("ij->i", [[3, 3]], [data], { reduce }))) {
      expect([...found].map((value) => Number(value) + 0)).toEqual([0, 0, reduce === "sum" ? 3 : 1]);
    }
  });
});
