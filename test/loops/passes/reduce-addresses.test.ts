import { describe, it } from "vitest";
import { testPass } from "./rewriting.ts";

const { rewrites, keeps } = testPass(
  "reduce-addresses",
  "operand a: float64, 64; output out: float64, 64; scratch aAt: float64, 1",
);

describe("reduce-addresses", () => {
  it("computes what an address owes to an outer loop in that loop, once for accesses that differ by a literal", () => {
    rewrites(
      `
      for i = 0 to 4
        for j = 0 to 8 step 2
          out[16*i + j] = 1
          out[16*i + j + 1] = 2
      `,
      `
      for i = 0 to 4
        offset outAt = 16*i
        for j = 0 to 8 step 2
          out[outAt + j] = 1
          out[outAt + j + 1] = 2
      `,
    );
  });

  it("shares a multiple of the innermost variable", () => {
    rewrites(
      `
      for i = 0 to 4
        out[i] = a[3*i] + a[3*i + 1]
      `,
      `
      for i = 0 to 4
        offset aAt = 3*i
        out[i] = a[aAt] + a[aAt + 1]
      `,
    );
  });

  it("shares with the loops inside", () => {
    rewrites(
      `
      for i = 0 to 4
        out[8*i] = 1
        for j = 0 to 4
          out[8*i + j + 1] = 2
      `,
      `
      for i = 0 to 4
        offset outAt = 8*i
        out[outAt] = 1
        for j = 0 to 4
          out[outAt + j + 1] = 2
      `,
    );
  });

  it("keeps different parts of one buffer apart, by a number behind the name", () => {
    rewrites(
      `
      for i = 0 to 4
        for j = 0 to 8
          out[j] = a[8*i + j] + a[4*i + j]
      `,
      `
      for i = 0 to 4
        offset aAt = 8*i
        offset aAt2 = 4*i
        for j = 0 to 8
          out[j] = a[aAt + j] + a[aAt2 + j]
      `,
    );
  });

  it("gives an offset no name that the routine has declared", () => {
    rewrites(
      `
      for outAt = 0 to 4
        for j = 0 to 8
          out[8*outAt + j] = a[j]
      `,
      `
      for outAt = 0 to 4
        offset outAt2 = 8*outAt
        for j = 0 to 8
          out[outAt2 + j] = a[j]
      `,
    );
  });

  it("leaves an offset in place that a single access would use", () => {
    keeps(`
      for i = 0 to 4
        out[8*i + 3] = a[i]
        block
          out[9*i + 4] = a[7*i]
    `);
  });

  it("leaves addresses alone that are a variable and a literal, or a literal", () => {
    keeps(`
      out[63] = a[0]
      for i = 0 to 4
        for j = 0 to 4
          out[i + 7] = a[j]
    `);
  });
});
