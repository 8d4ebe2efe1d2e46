/** The steps of gradients in parts: which parts are computed as intermediates first. */
import { describe, expect, it } from "vitest";
import { differentiate } from "../../src/grad/differentiate.ts";
import { bind } from "../../src/ir/bind.ts";
import { printFormula } from "../../src/ir/print.ts";
import { splitGradient } from "../../src/path/part-steps.ts";
import { parseSpec } from "../../src/spec/parser.ts";

function stepsOf(spec: string, shapes: readonly (readonly number[])[]): string[] {
  const gradient = differentiate(bind(parseSpec(spec), { shapes, operands: ["x", "w"] }), 0);
  return splitGradient(gradient).steps.map(({ contraction }) => printFormula(contraction));
}

describe("a part with a stride in the output", () => {
  it("is computed first and then laid out, where it sums many terms", () => {
    expect(stepsOf("(2*y+k),ok->oy", [[9], [6, 3]])).toEqual([
      "dxPart0[y] = sum over k, o of dout[o, y - k padded] * w[o, 2*k]",
      "dx[2*y] = dxPart0[y]",
      "dx[2*y + 1] = sum over o of dout[o, y] * w[o, 1]",
    ]);
  });

  it("is written where it belongs, where its few terms are one expression", () => {
    expect(
      stepsOf("c(2*y+k),ck->cy", [
        [4, 9],
        [4, 3],
      ]),
    ).toEqual([
      "dx[c, 2*y] = sum over k of dout[c, y - k padded] * w[c, 2*k]",
      "dx[c, 2*y + 1] = dout[c, y] * w[c, 1]",
    ]);
  });
});
