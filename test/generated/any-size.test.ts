/** The written kernels whose sizes are left to run time, at several sizes, against the reference. */
import { describe, expect, it } from "vitest";
import { conv3x3AnyImage, matmulAnySize } from "../../generated/index.ts";
import { bind } from "../../src/ir/bind.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";
import { entries } from "./kernels.ts";

function specOf(name: string): string {
  const entry = entries.find((other) => other.name === name);
  if (!entry) throw new Error(`no entry ${name}`);
  return entry.spec;
}

describe("matmulAnySize", () => {
  it.each([
    [1, 1, 1],
    [3, 5, 2],
    [8, 8, 8],
    [17, 4, 9],
    [2, 0, 3],
  ])("multiplies %i x %i by %i columns", (rows, inner, columns) => {
    const random = seededRandom(rows + inner + columns);
    const [a, b] = [rows * inner, inner * columns].map((length) =>
      Float64Array.from({ length }, () => random.integer(-9, 9)),
    ) as [Float64Array, Float64Array];
    const shapes = [
      [rows, inner],
      [inner, columns],
    ];
    const expected = reference(bind(parseSpec(specOf("matmulAnySize")), { shapes }), [a, b]);
    const found = matmulAnySize(a, b, rows, inner, columns);
    expect([...found].map((value) => value + 0)).toEqual([...expected].map((value) => Number(value) + 0));
  });

  it("refuses arrays that are too short for the sizes", () => {
    expect(() => matmulAnySize(new Float64Array(5), new Float64Array(6), 2, 3, 2)).toThrow(
      new RangeError("matmulAnySize: a needs 6 elements, found 5"),
    );
  });
});

describe("conv3x3AnyImage", () => {
  // In turns: scratch keeps what another image left in it.
  it.each([
    [4, 7],
    [9, 3],
    [1, 1],
    [4, 7],
  ])("convolves an image of %i x %i", (height, width) => {
    const random = seededRandom(height * width);
    const [input, weights] = [64 * height * width, 64 * 64 * 9].map((length) =>
      Float32Array.from({ length }, () => random.integer(-2, 2)),
    ) as [Float32Array, Float32Array];
    const shapes = [
      [1, 64, height, width],
      [64, 64, 3, 3],
    ];
    const bound = bind(parseSpec(specOf("conv3x3AnyImage")), { shapes, dtype: "float32" });
    const expected = reference(bound, [input, weights]);
    const found = conv3x3AnyImage(input, weights, height, width);
    expect([...found].map((value) => value + 0)).toEqual([...expected].map((value) => Number(value) + 0));
  });
});
