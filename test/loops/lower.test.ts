import { describe, expect, it } from "vitest";
import { lowerNest } from "../../src/loops/lower.ts";
import { lowered, nestOf } from "./nests.ts";

/** The lines of a kernel's statements, indented as the test is. */
function lines(text: string): string {
  const all = text.split("\n").filter((line) => line.trim() !== "");
  const indent = Math.min(...all.map((line) => line.length - line.trimStart().length));
  return all.map((line) => line.slice(indent)).join("\n");
}

const MATMUL = {
  shapes: [
    [4, 3],
    [3, 5],
  ],
};

describe("lowering a nest", () => {
  it("keeps an accumulator where the reducing loops are innermost", () => {
    expect(lowered("ij,jk->ik", MATMUL, "i, k, j")).toBe(
      lines(`
        for i = 0 to 4
          for k = 0 to 5
            accumulator acc = 0
            for j = 0 to 3
              value a = a[3*i + j]
              value b = b[5*j + k]
              acc sum= a * b
            out[5*i + k] = acc
      `),
    );
  });

  it("updates memory where an output loop runs inside a reducing one", () => {
    expect(lowered("ij,jk->ik", MATMUL, "i, j, k")).toBe(
      lines(`
        fill out = 0
        for i = 0 to 4
          for j = 0 to 3
            for k = 0 to 5
              value a = a[3*i + j]
              value b = b[5*j + k]
              out[5*i + k] sum= a * b
      `),
    );
  });

  it("walks over whole tiles in a loop, and over what is left in a block", () => {
    expect(lowered("ij->ji", { shapes: [[5, 4]] }, "j, i in tiles of 2, i")).toBe(
      lines(`
        for j = 0 to 4
          for iTile = 0 to 4 step 2
            for i = 0 to 2
              value a = a[4*iTile + 4*i + j]
              out[5*j + iTile + i] = a
          block
            for i = 0 to 1
              value a = a[4*i + j + 16]
              out[5*j + i + 4] = a
      `),
    );
  });

  it("makes no loop of a single tile", () => {
    expect(lowered("ij->i", { shapes: [[4, 3]] }, "i in tiles of 3, i unroll 2, j unroll 9")).toBe(
      lines(`
        block
          for i = 0 to 3 unroll 2
            accumulator acc = 0
            for j = 0 to 3 unroll 9
              value a = a[3*i + j]
              acc sum= a
            out[i] = acc
        block
          for i = 0 to 1 unroll 2
            accumulator acc = 0
            for j = 0 to 3 unroll 9
              value a = a[3*i + j + 9]
              acc sum= a
            out[i + 3] = acc
      `),
    );
  });

  it("stores what nothing is reduced into as it is, as its truth under any", () => {
    const options = { shapes: [[4]], dtype: "uint8" as const };
    expect(lowered("i->i", options, "i")).toBe(
      lines(`
        for i = 0 to 4
          value a: i32 = a[i]
          out[i] = a
      `),
    );
    expect(lowered("i->i", { ...options, reduce: "any" }, "i")).toBe(
      lines(`
        for i = 0 to 4
          value a: i32 = a[i]
          out[i] = (a != 0)
      `),
    );
  });

  it("fills an output first that is written in part, or several times", () => {
    expect(lowered("i->i(i)", { shapes: [[4]] }, "i")).toBe(
      lines(`
        fill out = 0
        for i = 0 to 4
          value a = a[i]
          out[5*i] = a
      `),
    );
    expect(lowered("i,k->(i+k)", { shapes: [[4], [3]] }, "i, k")).toBe(
      lines(`
        fill out = 0
        for i = 0 to 4
          for k = 0 to 3
            value a = a[i]
            value b = b[k]
            out[i + k] sum= a * b
      `),
    );
  });

  it("starts as the identity of the reduction, for the dtype", () => {
    expect(lowered("ij->i", { shapes: [[4, 3]], reduce: "max" }, "i, j")).toContain("accumulator acc = -Infinity\n");
    expect(lowered("ij->i", { shapes: [[4, 3]], reduce: "min", dtype: "int16" }, "i, j")).toContain(
      "accumulator acc: i32 = 32767\n",
    );
    expect(lowered("ij->i", { shapes: [[4, 3]], reduce: "max", dtype: "int64" }, "i, j")).toContain(
      "accumulator acc: i64 = -9223372036854775808\n",
    );
    expect(lowered("ij->j", { shapes: [[4, 3]], reduce: "prod", dtype: "int64" }, "i, j")).toContain("fill out = 1\n");
  });

  it("divides a mean where it is stored, or in a loop of its own behind the updates", () => {
    expect(lowered("ij->", { shapes: [[4, 3]], reduce: "mean" }, "i, j")).toBe(
      lines(`
        accumulator acc = 0
        for i = 0 to 4
          for j = 0 to 3
            value a = a[3*i + j]
            acc sum= a
        out[0] = acc / 12
      `),
    );
    expect(lowered("ij->j", { shapes: [[4, 3]], reduce: "mean" }, "i, j")).toBe(
      lines(`
        fill out = 0
        for i = 0 to 4
          for j = 0 to 3
            value a = a[3*i + j]
            out[j] sum= a
        for p = 0 to 3
          out[p] = out[p] / 4
      `),
    );
  });

  it("gives the identity where an index is empty, and nothing where the output is", () => {
    expect(lowered("ij->i", { shapes: [[4, 0]], reduce: "max" }, "")).toBe("fill out = -Infinity");
    expect(lowered("ij->i", { shapes: [[4, 0]], reduce: "mean" }, "", "i")).toBe(
      "// out[i] = acc / 0 where acc = sum over j of a[i, j]\nfill out = 0\n\n" +
        lines(`
        // Applies the epilogue to every element of out.
        for i = 0 to 4
          value out = out[i]
          out[i] = out / 0
      `),
    );
    expect(lowered("ij->ij", { shapes: [[4, 0]] }, "")).toBe("");
    expect(lowerNest(nestOf("ij->ij", { shapes: [[4, 0]] }))).toEqual({ comment: "", body: [] });
  });

  it("needs no loop for a scalar, nor for an index of one value", () => {
    expect(lowered("->", { shapes: [[]] }, "")).toBe("value a = a[0]\nout[0] = a");
    expect(lowered("ij->j", { shapes: [[1, 2]] }, "j")).toBe(
      lines(`
        for j = 0 to 2
          value a = a[j]
          out[j] = a
      `),
    );
  });
});

describe("types while lowering", () => {
  const options = {
    shapes: [
      [4, 3],
      [4, 3],
    ],
  };

  it("promotes operands before they meet", () => {
    expect(lowered("ij,ij->i", { ...options, dtypes: ["int8", "float32"] }, "i, j")).toContain("sum= float32(a) * b");
    expect(lowered("ij,ij->i", { ...options, dtypes: ["int8", "int64"] }, "i, j")).toContain("sum= int64(a) * b");
  });

  it("wraps a product of narrow integers where the reduction compares, not where it adds", () => {
    expect(lowered("ij,ij->i", { ...options, dtype: "int8", reduce: "max" }, "i, j")).toContain("max= int8(a * b)");
    expect(lowered("ij,ij->i", { ...options, dtype: "int8" }, "i, j")).toContain("sum= a * b");
    expect(lowered("ij,ij->i", { ...options, dtype: "int32", reduce: "max" }, "i, j")).toContain("max= a * b");
    expect(lowered("ij,ij->i", { ...options, dtype: "int8", reduce: "max", combine: "min" }, "i, j")).toContain(
      "max= min(a, b)",
    );
  });
});
