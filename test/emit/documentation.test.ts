import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../src/index.ts";

/** The lines of a kernel's doc comment. */
function documentation(spec: string, options: CompileOptions): readonly string[] {
  return compile(spec, options).source.main.documentation;
}

/** The sentence about cost, which stands last. */
function cost(spec: string, options: CompileOptions): string | undefined {
  return documentation(spec, options).at(-1);
}

describe("the doc comment of a kernel", () => {
  it("gives the spec, every tensor with its dtype, shape and axes, and the cost", () => {
    expect(
      documentation("ij,jk->ik", {
        shapes: [
          [4, 3],
          [3, 5],
        ],
      }),
    ).toEqual([
      "`ij,jk->ik`",
      "",
      "    a    float64  4 x 3  i j",
      "    b    float64  3 x 5  j k",
      "    out  float64  4 x 5  i k",
      "",
      "120 flops, accumulated in float64. `out` must not share memory with the operands.",
    ]);
  });

  it("keeps the spec as it was meant, and resolves parameters in the axes", () => {
    const shapes = [
      [2, 3, 33],
      [8, 3, 5],
    ];
    expect(documentation("b i (s*x+d*k-p),o i k->b o x", { shapes, params: { s: 2, d: 1, p: 2 } })).toEqual([
      "`b i (s*x + d*k - p), o i k -> b o x`",
      "",
      "    A    float64  2 x 3 x 33  b i (2*x + k - 2)",
      "    B    float64  8 x 3 x 5   o i k",
      "    out  float64  2 x 8 x 17  b o x",
      "",
      "8160 flops, accumulated in float64, 222 elements of scratch. `out` must not share memory with the operands.",
    ]);
  });

  it("lists the pairs of a path under the names of their results", () => {
    const shapes = [
      [2, 3],
      [3, 4],
      [4, 5],
    ];
    expect(documentation("ij,jk,kl->il", { shapes, operands: ["left", "m", "right"] })).toEqual([
      "`ij,jk,kl->il`",
      "",
      "    left   float64  2 x 3  i j",
      "    m      float64  3 x 4  j k",
      "    right  float64  4 x 5  k l",
      "    out    float64  2 x 5  i l",
      "",
      "In pairs, in this order:",
      "",
      "    t0: i j, j k -> i k",
      "    out: k l, i k -> i l",
      "",
      "128 flops, accumulated in float64, 8 elements of scratch. `out` must not share memory with the operands.",
    ]);
  });

  it("says by what it reduces and combines, where that is not the sum of products", () => {
    const shapes = [[4, 3], [3]];
    expect(documentation("ij,j->i", { shapes, reduce: "max", combine: "add", dtypes: ["int8", "int16"] })).toEqual([
      "`ij,j->i`, reduced by max, combined by add",
      "",
      "    a    int8   4 x 3  i j",
      "    b    int16  3      j",
      "    out  int16  4      i",
      "",
      "24 flops, accumulated in int32. `out` must not share memory with the operands.",
    ]);
    expect(documentation("ij->i", { shapes: [[4, 3]], reduce: "mean" })[0]).toBe("`ij->i`, the mean");
    expect(documentation("ij->i", { shapes: [[4, 3]], reduce: "min", combine: "add" })[0]).toBe(
      "`ij->i`, reduced by min",
    );
  });

  it("writes 1 for an axis that broadcasts, names the axes of an ellipsis, and calls no shape a scalar", () => {
    expect(
      documentation("...i,...i->...", {
        shapes: [
          [2, 3, 4],
          [1, 4],
        ],
      }).slice(2, 5),
    ).toEqual([
      "    a    float64  2 x 3 x 4  e0 e1 i",
      "    b    float64  1 x 4      1 i",
      "    out  float64  2 x 3      e0 e1",
    ]);
    expect(documentation("i->", { shapes: [[4]] }).slice(2, 4)).toEqual([
      "    a    float64  4       i",
      "    out  float64  scalar",
    ]);
  });
});

describe("what it says of accumulation", () => {
  const vectors = {
    shapes: [
      [40, 40],
      [40, 40],
    ],
    dtype: "float32" as const,
  };

  it("is that doubles take up sums of float32 in locals", () => {
    expect(cost("ij,ij->i", { ...vectors, order: ["i", "j"] })).toBe(
      "3200 flops, accumulated in float64. `out` must not share memory with the operands.",
    );
  });

  it("is that an array of float32 rounds what it takes up in a few blocks of steps", () => {
    const shapes = [
      [40, 12],
      [12, 40],
    ];
    expect(cost("ij,jk->ik", { ...vectors, shapes })).toBe(
      "38400 flops, accumulated in float32, each block of steps in float64. " +
        "`out` must not share memory with the operands.",
    );
  });

  it("is that rows of doubles in scratch take up more of them", () => {
    expect(cost("ij,jk->ik", vectors)).toBe(
      "128000 flops, accumulated in float64, 320 elements of scratch. `out` must not share memory with the operands.",
    );
  });

  it("is nothing where nothing is reduced", () => {
    expect(
      cost("ij,ij->ij", {
        shapes: [
          [4, 3],
          [4, 3],
        ],
      }),
    ).toBe("12 flops. `out` must not share memory with the operands.");
  });

  it("is the dtype of the integers that wrap", () => {
    expect(cost("i->", { shapes: [[9]], dtype: "uint16" })).toMatch(/accumulated in u?int32\./);
    expect(cost("i->", { shapes: [[9]], dtype: "int64" })).toContain("accumulated in int64.");
  });
});

it("holds no text of the user's that could end it", () => {
  const hostile = compile("i->i", { shapes: [[2]], operands: ["größe"] }).source;
  expect(hostile.main.documentation[2]).toBe("    größe  float64  2  i");
  expect(hostile.text.split("*/")).toHaveLength(2);
});
