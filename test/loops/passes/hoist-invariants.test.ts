import { describe, it } from "vitest";
import { testPass } from "./rewriting.ts";

const { rewrites, keeps } = testPass(
  "hoist-invariants",
  "operand a: float64, 16; operand b: float64, 16; output out: float64, 16; scratch s: float64, 16",
);

describe("hoist-invariants", () => {
  it("moves a load out of a loop whose variable its address does not use", () => {
    rewrites(
      `
      for i = 0 to 4
        for j = 0 to 4
          value a0 = a[i]
          value b0 = b[j]
          out[i] sum= a0 * b0
      `,
      `
      for i = 0 to 4
        value a0 = a[i]
        for j = 0 to 4
          value b0 = b[j]
          out[i] sum= a0 * b0
      `,
    );
  });

  it("moves as far as it goes, with what is computed from it", () => {
    rewrites(
      `
      for i = 0 to 4
        for j = 0 to 4
          value a0 = a[3]
          value a1 = a0 * a0
          out[i] sum= a1
      `,
      `
      value a0 = a[3]
      value a1 = a0 * a0
      for i = 0 to 4
        for j = 0 to 4
          out[i] sum= a1
      `,
    );
  });

  it("drops the same load of a remainder, once the loop's own was moved in front of both", () => {
    rewrites(
      `
      for i = 0 to 4 step 2
        value a0 = a[15]
        out[i] = a0
        out[i + 1] = a0
      block
        value a0 = a[15]
        out[4] = a0
      `,
      `
      value a0 = a[15]
      for i = 0 to 4 step 2
        out[i] = a0
        out[i + 1] = a0
      block
        out[4] = a0
      `,
    );
  });

  it("leaves a load alone that depends on the loop's variable, or on an offset that does", () => {
    keeps(`
      for i = 0 to 4
        value a0 = a[i]
        offset bAt = 4*i
        value b0 = b[bAt]
        out[i] = a0 * b0
    `);
  });

  it("leaves a load alone of a buffer that the routine writes, wherever it does", () => {
    keeps(`
      for i = 0 to 4
        value s0 = s[15]
        out[i] = s0
      s[0] = 1
    `);
  });

  it("leaves a value alone that reads an accumulator of the loop", () => {
    keeps(`
      for i = 0 to 4
        accumulator acc = 0
        acc sum= 2
        value x = acc + 1
        out[i] = x
    `);
  });

  it("drops what a remainder computes anew from what was moved out", () => {
    rewrites(
      `
      for j = 0 to 2
        value a0 = a[3]
        value x0 = a0 * a0
        out[j] sum= x0 * b[j]
      block
        value a0 = a[3]
        value x0 = a0 * a0
        out[2] sum= x0 * b[2]
      `,
      `
      value a0 = a[3]
      value x0 = a0 * a0
      for j = 0 to 2
        out[j] sum= x0 * b[j]
      block
        out[2] sum= x0 * b[2]
      `,
    );
  });
});
