import { describe, it } from "vitest";
import { testPass } from "./rewriting.ts";

const { rewrites, keeps } = testPass(
  "sink-values",
  "operand a: float64, 8; output out: float64, 8; scratch b: float64, 8",
);

describe("sink-values", () => {
  it("moves a value down to its first use, in the order of the values", () => {
    rewrites(
      `
      for i = 0 to 6
        value a0 = a[i]
        value a1 = a[i + 1]
        value a2 = a[i + 2]
        out[i] = a0 + a1
        out[i + 1] = a1 + a2
      `,
      `
      for i = 0 to 6
        value a0 = a[i]
        value a1 = a[i + 1]
        out[i] = a0 + a1
        value a2 = a[i + 2]
        out[i + 1] = a1 + a2
      `,
    );
  });

  it("moves what a value uses before it", () => {
    rewrites(
      `
      value a0 = a[0]
      value a1 = a0 * a0
      out[0] = 1
      out[1] = a1
      `,
      `
      out[0] = 1
      value a0 = a[0]
      value a1 = a0 * a0
      out[1] = a1
      `,
    );
  });

  it("leaves a value before what writes the buffer that it loads from", () => {
    keeps(`
      value b0 = b[0]
      b[0] = 1
      out[0] = b0
    `);
    keeps(`
      value b0 = b[0]
      fill b = 0
      out[0] = b0
    `);
    keeps(`
      value b0 = b[0]
      b[1] sum= 2
      out[0] = b0
    `);
  });

  it("leaves a value before what reduces into what it reads", () => {
    keeps(`
      accumulator acc = 0
      value a0 = acc + 1
      acc sum= a[1]
      out[0] = a0
      out[1] = acc
    `);
  });

  it("passes no loop and no block", () => {
    keeps(`
      value a0 = a[0]
      for i = 0 to 8
        out[i] = 1
      out[0] = a0
    `);
    keeps(`
      value a0 = a[0]
      block
        value a1 = a[1]
        out[1] = a1
      out[0] = a0
    `);
  });
});
