/**
 * What float32 sums are rounded to: once where `docs/jit.md` says so, by `einsum` as by `jit`; nowhere off by more than
 * the bound it states.
 */
import { describe, expect, it } from "vitest";
import { einsum, jit, type CompileOptions } from "../../src/index.ts";
import { seededRandom } from "../support/random.ts";

type Options = Pick<CompileOptions, "sizes" | "reduce">;

/** A sum of 2^26 and ones loses each one that is added to it in float32, and none of them in doubles. */
const LARGE = 2 ** 26;

/** A matrix of ones under a row of 2^26. */
function ones(rows: number, columns: number): Float32Array {
  return new Float32Array(rows * columns).fill(1).fill(LARGE, 0, columns);
}

describe("a float32 sum", () => {
  it.each<[string, number[][], Float32Array[], number, Options]>([
    ["ij->j", [[4097, 1]], [ones(4097, 1)], LARGE + 4096, {}],
    ["ij->j", [[4097, 2]], [ones(4097, 2)], LARGE + 4096, {}],
    ["ij->j", [[4097, 8]], [ones(4097, 8)], LARGE + 4096, {}],
    ["ij->j", [[4097, 300]], [ones(4097, 300)], LARGE + 4096, {}],
    ["ij->j", [[2049, 6400]], [ones(2049, 6400)], LARGE + 2048, {}],
    ["ij->j", [[1025, 7000]], [ones(1025, 7000)], LARGE + 1024, {}],
    ["ijk->k", [[1, 4097, 16]], [ones(4097, 16)], LARGE + 4096, {}],
    ["ijk->k", [[3, 1371, 16]], [ones(4113, 16)], LARGE + 4112, {}],
    ["i,ij->j", [[4097], [4097, 40]], [new Float32Array(4097).fill(1), ones(4097, 40)], LARGE + 4096, {}],
    [
      "ki,ij->kj",
      [
        [5, 4097],
        [4097, 40],
      ],
      [new Float32Array(5 * 4097).fill(1), ones(4097, 40)],
      LARGE + 4096,
      {},
    ],
    ["ij->j", [[4096, 24]], [ones(4096, 24)], (LARGE + 4095) / 4096, { reduce: "mean" }],
  ])("is rounded once, by einsum as by jit: %s of %j", (spec, shapes, data, sum, options) => {
    const wanted = new Set<unknown>([Math.fround(sum)]);
    const operands = data.map((array, at) => ({ data: array, shape: shapes[at] as number[] }));
    expect(new Set<unknown>(einsum(spec, operands, options).data)).toEqual(wanted);
    expect(new Set<unknown>(jit(spec, { ...options, shapes, dtype: "float32" })(...data))).toEqual(wanted);
    expect(new Set<unknown>(einsum(spec, operands, { ...options, evaluate: false }).data)).toEqual(wanted);
  });

  it.each([
    ["few blocks", 9, 100],
    ["rows that no tiles cover", 129, 7001],
    ["many blocks", 1000, 16],
  ])("differs by no more than is said: %s", (_, rows, columns) => {
    const random = seededRandom(rows);
    const data = Float32Array.from({ length: rows * columns }, () => random.integer(0, 2 ** 20) / 2 ** 20 - 0.3);
    const operand = { data, shape: [rows, columns] };
    const shapes = [[rows, columns]];
    const results = [
      einsum("ij->j", [operand]).data,
      einsum("ij->j", [operand], { specialize: 0 }).data,
      einsum("ij->j", [operand], { evaluate: false }).data,
      jit("ij->j", { shapes, dtype: "float32" })(data),
      jit("ij->j", { shapes: [["n", columns]], dtype: "float32" })(data),
    ];
    for (let column = 0; column < columns; column += 13) {
      let [sum, size] = [0, 0];
      for (let row = 0; row < rows; row++) {
        const term = data[row * columns + column] as number;
        sum += term;
        size += Math.abs(term);
      }
      for (const found of results) {
        expect(Math.abs(Number(found[column]) - sum)).toBeLessThanOrEqual((rows + 1) * 2 ** -24 * size);
      }
    }
  });
});
