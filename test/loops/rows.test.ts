import { describe, expect, it } from "vitest";
import { compile, jit, type CompileOptions } from "../../src/index.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import { reference } from "../support/reference.ts";
import { contractionOf, operandsOf } from "./nests.ts";

const product = (i: number, j: number, k: number): CompileOptions => ({
  shapes: [
    [i, j],
    [j, k],
  ],
  dtype: "float32",
});

/** The scratch that rows are summed in, after checking that emitted code and interpreter give the reference's result. */
function rowsOf(spec: string, options: CompileOptions): number[] {
  const contraction = contractionOf(spec, options);
  const arrays = operandsOf(contraction);
  const expected = reference(contraction, arrays);
  const kernel = jit(spec, options);
  expect(kernel(...arrays)).toEqual(expected);
  expect(kernel(...arrays)).toEqual(expected);
  const interpreted = new Float32Array(expected.length);
  interpretKernel(kernel.compilation.kernel)(arrays, interpreted);
  expect(interpreted).toEqual(expected);
  return kernel.compilation.nests.flatMap(({ rows }) => (rows ? [Number(rows.length)] : []));
}

describe("a float32 sum in rows of doubles", () => {
  it("keeps the rows of one block", () => {
    expect(rowsOf("ij,jk->ik", product(16, 48, 24))).toEqual([8 * 24]);
  });

  it("may leave rows, steps and columns over", () => {
    expect(rowsOf("ij,jk->ik", product(13, 63, 17))).toEqual([8 * 17]);
    expect(rowsOf("ij,jk->ik", product(37, 37, 37))).toEqual([8 * 37]);
  });

  it("walks through long rows in tiles that leave nothing over", () => {
    expect(rowsOf("ij,jk->ik", product(4, 48, 1500))).toEqual([4 * 750]);
    expect(
      rowsOf("c (x + k), o c k -> o x", {
        shapes: [
          [5, 2056],
          [4, 5, 9],
        ],
        dtype: "float32",
      }),
    ).toEqual([4 * (512 + 8)]);
  });

  it("keeps rows apart that a processor would confuse", () => {
    expect(rowsOf("ij,jk->ik", product(8, 48, 512))).toEqual([8 * 520]);
  });

  it("is not made of rows that no tile fits", () => {
    expect(rowsOf("ij,jk->ik", product(4, 48, 1609))).toEqual([]);
  });

  it("is not made where there are few steps, nor in doubles, whose elements round nothing", () => {
    expect(rowsOf("ij,jk->ik", product(16, 8, 16))).toEqual([]);
    const { nests } = compile("ij,jk->ik", { ...product(64, 64, 64), dtype: "float64" });
    expect(nests.map(({ rows }) => rows)).toEqual([undefined]);
  });

  it("stores a mean where it stores the sum", () => {
    const kernel = jit("ij,jk->ik", { ...product(16, 32, 16), reduce: "mean" });
    expect(kernel.source).toContain("outRows");
    const ones = new Float32Array(512).fill(1);
    expect(kernel(ones, ones)).toEqual(new Float32Array(256).fill(1));
  });

  it("rounds once: an element of many small parts comes out right", () => {
    const kernel = jit("ij,jk->ik", product(8, 4096, 8));
    const b = new Float32Array(4096 * 8).fill(0.1);
    b.fill(2 ** 24, 0, 8);
    const expected = Math.fround(2 ** 24 + 4095 * Math.fround(0.1));
    expect(kernel(new Float32Array(8 * 4096).fill(1), b)).toEqual(new Float32Array(64).fill(expected));
  });

  it("reads what streams by often from a copy in doubles, wherever its elements lie", () => {
    const options = product(128, 48, 24);
    expect(rowsOf("ij,jk->ik", options)).toEqual([8 * 24]);
    expect(jit("ij,jk->ik", options).source).toContain("bDoubles[");
    expect(jit("ij,jk->ik", options).source).not.toContain("aDoubles");
    expect(jit("ij,jk->ik", product(56, 48, 24)).source).not.toContain("Doubles");
    const backwards = { ...options, strides: [undefined, [-24, 1]], offsets: [0, 47 * 24] };
    const kernel = jit("ij,jk->ik", backwards);
    expect(kernel.source).toContain("bDoubles[");
    const a = Float32Array.from({ length: 128 * 48 }, (_, at) => (at % 48 === 0 ? 1 : 0));
    const b = Float32Array.from({ length: 48 * 24 }, (_, at) => at);
    expect([...kernel(a, b).slice(0, 24)]).toEqual([...b.slice(47 * 24)]);
  });
});
