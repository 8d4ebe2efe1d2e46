import { describe, it } from "vitest";
import { testPass } from "./rewriting.ts";

const { rewrites, keeps } = testPass(
  "replace-scalars",
  "operand a: float64, 8; operand b: float64, 8; output out: float64, 8; scratch s: float64, 8",
);

describe("replace-scalars", () => {
  it("gathers the reductions into one place, where the last of them stood", () => {
    rewrites(
      `
      for i = 0 to 4
        value a0 = a[i]
        value a1 = a[i + 4]
        out[i] sum= a0 * 2
        out[0] sum= a0
        out[i] sum= a1 * 3
      `,
      `
      for i = 0 to 4
        value a0 = a[i]
        value a1 = a[i + 4]
        out[0] sum= a0
        out[i] sum= a0 * 2 + a1 * 3
      `,
    );
  });

  it("puts an accumulator that no loop runs around into its only use", () => {
    rewrites(
      `
      for i = 0 to 4
        accumulator acc = 0
        acc sum= a[i] * b[0]
        acc sum= a[i + 4] * b[1]
        out[i] = acc / 2
      `,
      `
      for i = 0 to 4
        out[i] = (a[i] * b[0] + a[i + 4] * b[1]) / 2
      `,
    );
  });

  it("keeps the truth of a single value under any, and takes it from a combination as it is", () => {
    rewrites(
      `
      accumulator acc0 = 0
      acc0 any= a[0]
      out[0] = acc0
      accumulator acc1 = 0
      acc1 any= a[0] and a[1]
      out[1] = acc1
      `,
      `
      out[0] = (a[0] != 0)
      out[1] = a[0] and a[1]
      `,
    );
  });

  it("gathers inside a loop, but keeps the accumulator that the loop reduces into", () => {
    rewrites(
      `
      accumulator acc = 0
      for i = 0 to 4
        acc sum= a[i]
        acc sum= a[i + 4]
      out[0] = acc
      `,
      `
      accumulator acc = 0
      for i = 0 to 4
        acc sum= a[i] + a[i + 4]
      out[0] = acc
      `,
    );
  });

  it("keeps an accumulator that is used twice", () => {
    keeps(`
      accumulator acc = 0
      acc sum= a[0]
      out[0] = acc
      out[1] = acc
    `);
  });

  it("keeps an accumulator that a loop reduces into, beside straight-line code", () => {
    keeps(`
      accumulator acc = 0
      acc sum= a[0]
      for i = 1 to 4
        acc sum= a[i]
      out[0] = acc
    `);
  });

  it("gathers nothing where two operators meet in one place", () => {
    keeps(`
      out[0] = 1
      out[0] sum= a[0]
      out[0] max= a[1]
      out[0] sum= a[2]
    `);
  });

  it("gathers nothing where something reads what the run writes", () => {
    keeps(`
      s[0] sum= a[0]
      value x = s[0]
      s[0] sum= a[1]
      out[0] = x
    `);
    keeps(`
      accumulator acc = 0
      acc sum= a[0]
      value x = acc
      acc sum= a[1]
      out[0] = x
      out[1] = acc
    `);
  });

  it("gathers nothing across a loop or a fill", () => {
    keeps(`
      out[0] sum= a[0]
      fill out = 0
      out[0] sum= a[1]
      for i = 0 to 2
        out[i] prod= 2
      out[0] sum= a[2]
    `);
  });

  it("puts an accumulator into a value that reads it behind its last reduction", () => {
    rewrites(
      `
      accumulator acc = 0
      acc sum= a[0] * b[0]
      acc sum= a[1] * b[1]
      value x = acc + a[2]
      out[0] = x * x
      `,
      `
      value x = a[0] * b[0] + a[1] * b[1] + a[2]
      out[0] = x * x
      `,
    );
  });

  it("leaves reductions alone that a value between them looks at", () => {
    keeps(`
      accumulator acc = 0
      acc sum= a[0]
      value x = acc + a[2]
      acc sum= a[1]
      out[0] = x
      out[1] = acc
    `);
  });
});
