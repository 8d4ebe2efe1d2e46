import { describe, expect, it } from "vitest";
import type { CompileOptions } from "../../src/index.ts";
import { lowered, nestsOf } from "./nests.ts";
import { printNest } from "../../src/loops/describe-nests.ts";

function nestTexts(spec: string, options: CompileOptions): string[] {
  return nestsOf(spec, options).nests.flatMap((nest) => [nest.comment, printNest(nest)]);
}

describe("padding an operand", () => {
  it("copies it behind a border of the size that is declared", () => {
    const options = { shapes: [[2, 5], [3]] };
    expect(nestTexts("b(x+k-1),k->bx", options)).toEqual([
      "Copies A into APadded, whose border holds 0.",
      "nest APadded[7*b + x + 1] = A[5*b + x]",
      "out[b, x] = sum over k of A[b, x + k - 1 padded] * B[k]",
      "nest out[5*b + x] sum= APadded[7*b + x + k] * B[k]",
    ]);
    expect(nestsOf("b(x+k-1),k->bx", options).scratch).toEqual([
      { name: "APadded", role: "scratch", dtype: "float64", length: 14 },
    ]);
  });

  it("holds the identity of the reduction in the border", () => {
    const scratch = (reduce: CompileOptions["reduce"], dtype: CompileOptions["dtype"]) =>
      nestsOf("(x+k-1)->x", { shapes: [[5]], sizes: { k: 3 }, reduce, dtype }).scratch[0];
    expect(scratch("max", "float32")).toMatchObject({ dtype: "float64", initial: -Infinity });
    expect(scratch("min", "int8")).toMatchObject({ dtype: "int8", initial: 127 });
    expect(scratch("prod", "int64")).toMatchObject({ dtype: "int64", initial: 1n });
    expect(scratch("mean", "float64")).not.toHaveProperty("initial");
  });

  it("has another border on either side", () => {
    const options = { shapes: [[4]], sizes: { k: 3 } };
    expect(nestTexts("(x+k-2:0)->x", options)[1]).toBe("nest aPadded[x + 2] = a[x]");
    expect(nestsOf("(x+k-2:0)->x", options).scratch[0]?.length).toBe(6);
    expect(nestsOf("(x+k-0:2)->x", options).scratch[0]?.length).toBe(6);
  });

  it("copies no more than what is read, from the first element on", () => {
    expect(nestTexts("(x+1)->x", { shapes: [[9]], sizes: { x: 12 } }).slice(0, 2)).toEqual([
      "Copies a into aPadded, whose border holds 0.",
      "nest aPadded[x] = a[x + 1]",
    ]);
  });

  it("copies nothing where all that is read lies outside", () => {
    const options = { shapes: [[2]], sizes: { x: 5 } };
    expect(nestTexts("(x-9:9)->x", options)).toEqual(["", "nest out[x] = aPadded[x]"]);
    expect(lowered("(x-9:9)->x", options, "x")).toContain("value aPadded = aPadded[x]");
  });

  it("reads a strided operand where it lies", () => {
    expect(nestTexts("(x+k-1),k->x", { shapes: [[5], [3]], strides: [[-2], [1]], offsets: [8, 0] })[1]).toBe(
      "nest aPadded[x + 1] = a[-2*x + 8]",
    );
  });

  it("names the axes of a copy after indices, each once", () => {
    expect(nestTexts("(i+k-1)(i-1)->i", { shapes: [[5, 5]], sizes: { k: 3 } })[1]).toBe(
      "nest aPadded[5*i + axis1 + 6] = a[5*i + axis1]",
    );
  });
});

describe("padding the output", () => {
  it("accumulates in scratch that holds every write, and copies the inside out", () => {
    const options = { shapes: [[2, 4], [3]] };
    expect(nestTexts("bx,k->b(x+k-1)", options)).toEqual([
      "out[b, x + k - 1 padded] sum= A[b, x] * B[k]",
      "nest outPadded[6*b + x + k] sum= A[4*b + x] * B[k]",
      "Copies the inside of outPadded to out.",
      "nest out[4*b + x] = outPadded[6*b + x + 1]",
    ]);
    expect(lowered("bx,k->b(x+k-1)", options, "b, x, k", "b, x")).toContain("fill outPadded = 0\n");
  });

  it("fills the scratch with the identity before every run", () => {
    expect(lowered("x,k->(x+k-1)", { shapes: [[4], [3]], reduce: "max" }, "x, k", "x")).toContain(
      "fill outPadded = -Infinity\n",
    );
  });

  it("cuts on either side what the output has no room for", () => {
    expect(nestTexts("x->(2*x-3:1)", { shapes: [[4]] }).at(-1)).toBe("nest out[x] = outPadded[x + 3]");
  });
});
