import { describe, it } from "vitest";
import { testPass } from "./rewriting.ts";

const doubles = testPass("fold-constants", "operand a: float64, 8; output out: float64, 8");
const bytes = testPass("fold-constants", "operand a: int8, 8; output out: int32, 8");
const bigInts = testPass("fold-constants", "operand a: int64, 8; output out: int64, 8");

describe("fold-constants", () => {
  it("computes what is known, also inside loops and in the start of an accumulator", () => {
    doubles.rewrites(
      `
      for i = 0 to 8
        accumulator acc = 0 * 3
        acc sum= a[i] * (2 + 4)
        out[i] = acc + (NaN != 0) + max(1, NaN)
      out[0] = float64(1) / 4
      `,
      `
      for i = 0 to 8
        accumulator acc = 0
        acc sum= a[i] * 6
        out[i] = acc + 1 + NaN
      out[0] = 0.25
      `,
    );
  });

  it("divides by 1 by not dividing", () => {
    doubles.rewrites("out[0] = a[0] / (3 - 2)", "out[0] = a[0]");
  });

  it("wraps as the types do", () => {
    bytes.rewrites(
      `
      out[0] = 2147483647 + 1
      out[1] = 65537 * 65537
      out[2] = int8(100 + 100)
      `,
      `
      out[0] = -2147483648
      out[1] = 131073
      out[2] = -56
      `,
    );
    bigInts.rewrites("out[0] = 9223372036854775807 + 1", "out[0] = -9223372036854775808");
  });

  it("simplifies nothing because one side is zero or one: 0 * NaN is NaN", () => {
    doubles.keeps(`
      out[0] = 0 * a[0]
      out[1] = a[0] + 0
      out[2] = a[0] * 1
      out[3] = 1 / a[0]
      out[4] = 0 and a[0]
    `);
  });

  it("keeps a conversion of what is not known, as it may wrap", () => {
    bytes.keeps("out[0] = int8(a[0] * a[1]) + 1");
  });
});
