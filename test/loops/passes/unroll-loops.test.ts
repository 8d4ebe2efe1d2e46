import { describe, it } from "vitest";
import { testPass } from "./rewriting.ts";

const { rewrites, keeps } = testPass(
  "unroll-loops",
  "operand a: float64, 40; operand b: float64, 8; output out: float64, 20; scratch s: float64, 20",
);

describe("unroll-loops", () => {
  it("writes passes of an outer loop side by side inside the inner one, and those left over behind", () => {
    rewrites(
      `
      for i = 0 to 5 unroll 2
        for j = 0 to 8
          value a = a[8*i + j]
          value b = b[j]
          out[i] sum= a * b
      `,
      `
      for i = 0 to 4 step 2
        for j = 0 to 8
          value a0 = a[8*i + j]
          value a1 = a[8*i + j + 8]
          value b0 = b[j]
          out[i] sum= a0 * b0
          out[i + 1] sum= a1 * b0
      block
        for j = 0 to 8
          value a0 = a[j + 32]
          value b0 = b[j]
          out[4] sum= a0 * b0
      `,
    );
  });

  it("makes straight-line code of a loop that asks for all its passes", () => {
    rewrites(
      `
      for i = 0 to 2 unroll 2
        for j = 0 to 2 unroll 2
          value x = a[2*i + j]
          out[i] sum= x
      `,
      `
      value x00 = a[0]
      value x01 = a[1]
      value x10 = a[2]
      value x11 = a[3]
      out[0] sum= x00
      out[0] sum= x01
      out[1] sum= x10
      out[1] sum= x11
      `,
    );
  });

  it("names a value after its row and its step, wherever the loops stand, and sets numbers of two digits apart", () => {
    rewrites(
      `
      for j = 0 to 11 unroll 11
        value x = b[0]
        value y = a[j]
        out[0] sum= x * y
      `,
      `
      value x = b[0]
      ${Array.from({ length: 11 }, (_, j) => `value y${j} = a[${j}]`).join("\n      ")}
      ${Array.from({ length: 11 }, (_, j) => `out[0] sum= x * y${j}`).join("\n      ")}
      `,
    );
    rewrites(
      `
      for i = 0 to 2 unroll 2
        for j = 0 to 11 unroll 11
          value y = a[11*i + j]
          out[i] sum= y
      `,
      `
      ${[0, 1].flatMap((i) => Array.from({ length: 11 }, (_, j) => `value y${i}_${j} = a[${11 * i + j}]`)).join("\n      ")}
      ${[0, 1].flatMap((i) => Array.from({ length: 11 }, (_, j) => `out[${i}] sum= y${i}_${j}`)).join("\n      ")}
      `,
    );
  });

  it("rolls up what an innermost loop leaves over, unless it is a single pass", () => {
    rewrites(
      `
      for i = 0 to 7 unroll 4
        out[i] = a[i]
      `,
      `
      block
        out[0] = a[0]
        out[1] = a[1]
        out[2] = a[2]
        out[3] = a[3]
      for i = 4 to 7
        out[i] = a[i]
      `,
    );
    rewrites(
      `
      for i = 0 to 9 unroll 4
        out[i] = a[i]
      `,
      `
      for i = 0 to 8 step 4
        out[i] = a[i]
        out[i + 1] = a[i + 1]
        out[i + 2] = a[i + 2]
        out[i + 3] = a[i + 3]
      block
        out[8] = a[8]
      `,
    );
  });

  it("gives each pass an accumulator of its own", () => {
    rewrites(
      `
      for i = 0 to 4 unroll 2
        accumulator acc = 0
        for j = 0 to 8
          value a = a[8*i + j]
          acc sum= a
        out[i] = acc
      `,
      `
      for i = 0 to 4 step 2
        accumulator acc0 = 0
        accumulator acc1 = 0
        for j = 0 to 8
          value a0 = a[8*i + j]
          value a1 = a[8*i + j + 8]
          acc0 sum= a0
          acc1 sum= a1
        out[i] = acc0
        out[i + 1] = acc1
      `,
    );
  });

  it("drops a loop without a pass, and writes out a loop of one", () => {
    rewrites(
      `
      for i = 3 to 3
        out[i] = a[i]
      for i = 3 to 4
        out[i] = a[i]
      `,
      "out[3] = a[3]",
    );
  });

  it("leaves a loop alone that does not ask", () => {
    keeps(`
      for i = 0 to 8
        out[i] = a[i]
    `);
  });

  it("mixes no passes of a body that reads what it writes", () => {
    rewrites(
      `
      for i = 0 to 8 unroll 4
        s[i + 1] = s[i]
        out[i] = s[i + 1]
      `,
      `
      for i = 0 to 8
        s[i + 1] = s[i]
        out[i] = s[i + 1]
      `,
    );
  });

  it("mixes no passes of a body with an offset or a fill", () => {
    rewrites(
      `
      for i = 0 to 4 unroll 2
        offset aAt = 8*i
        out[i] = a[aAt]
      for i = 0 to 4 unroll 2
        fill s = 0
        s[i] = 1
      `,
      `
      for i = 0 to 4
        offset aAt = 8*i
        out[i] = a[aAt]
      for i = 0 to 4
        fill s = 0
        s[i] = 1
      `,
    );
  });

  it("keeps a value behind those that it is computed from", () => {
    rewrites(
      `
      for i = 0 to 2 unroll 2
        value a = a[i]
        value x = a * a
        value y = x + x
        out[i] = y
      `,
      `
      value a0 = a[0]
      value a1 = a[1]
      value x0 = a0 * a0
      value x1 = a1 * a1
      value y0 = x0 + x0
      value y1 = x1 + x1
      out[0] = y0
      out[1] = y1
      `,
    );
  });
});
