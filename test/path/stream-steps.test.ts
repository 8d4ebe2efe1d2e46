import { describe, expect, it } from "vitest";
import { compileGradientOf } from "../../src/compile-gradient.ts";
import { bind } from "../../src/ir/bind.ts";
import { isMean, type Contraction } from "../../src/ir/contraction.ts";
import { printFormula } from "../../src/ir/print.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { seededRandom } from "../support/random.ts";
import { referenceGradients } from "../support/reference-gradient.ts";

function contractionOf(spec: string, shapes: number[][], operands: readonly string[]): Contraction {
  return bind(parseSpec(spec, { notation: "named" }), { shapes, operands });
}

/** The formulas of the steps, once their kernel has been checked against the reference gradient, bit for bit. */
function stepsOf(contraction: Contraction, by: number): string[] {
  const random = seededRandom(3);
  const integers = (count: number) => Float64Array.from({ length: count }, () => random.integer(-3, 3));
  const arrays = contraction.reads.map(({ tensor }) => integers(elementCount(tensor.shape)));
  const cotangent = integers(elementCount(contraction.output.tensor.shape));
  const reduce = isMean(contraction) ? "mean" : "sum";
  const expected = referenceGradients({ contraction, combine: "mul", reduce }, arrays, cotangent)[by] as Float64Array;
  const { kernel, source, steps } = compileGradientOf(contraction, by, {});
  const inputs = arrays.map((array, at) => (at === by ? cotangent : array));
  const run = evaluateSource(source);
  expect(interpret(kernel, inputs)).toEqual(expected);
  expect(run(...inputs)).toEqual(expected);
  expect(run(...inputs, new Float64Array(expected.length).fill(7))).toEqual(expected);
  return steps.map((step) => printFormula(step.contraction));
}

describe("a gradient whose rows are short", () => {
  it("streams along a channel of an operand that is copied with its border", () => {
    const contraction = contractionOf("i (y + k - 1), o i k -> o y", [[17, 40], [18, 17, 3]], ["x", "w"]); // prettier-ignore
    expect(stepsOf(contraction, 1)).toEqual([
      "xT[axis1 + 1, i] = x[i, axis1]",
      "dwPart[o, k, i] = sum over y of xT[y + k, i] * dout[o, y]",
      "dw[o, i, k] = dwPart[o, k, i]",
    ]);
  });

  it("streams through windows with strides and dilation", () => {
    const spec = "i (2*y + 3*k - 2), o i k -> o y";
    const steps = stepsOf(contractionOf(spec, [[17, 80], [18, 17, 4]], ["x", "w"]), 1); // prettier-ignore
    expect(steps[1]).toBe("dwPart[i, k, o] = sum over y of x[i, 2*y + 3*k - 2 padded] * doutT[y, o]");
  });

  it("transposes a matrix, but no output that ends in the row", () => {
    const contraction = contractionOf("i j, j k -> i k", [[40, 40], [40, 40]], ["a", "b"]); // prettier-ignore
    expect(stepsOf(contraction, 0)).toEqual([
      "bT[axis1, j] = b[j, axis1]",
      "da[i, j] = sum over k of dout[i, k] * bT[k, j]",
    ]);
  });

  it("is divided once, where it is one of a mean", () => {
    const spec = parseSpec("i y, o i -> o y", { notation: "named" });
    const mean = bind(spec, { shapes: [[32, 64], [32, 32]], reduce: "mean" }); // prettier-ignore
    expect(stepsOf(mean, 1).length).toBeGreaterThan(1);
  });
});

describe("a gradient is left as it is", () => {
  const stepCount = (spec: string, shapes: number[][], by: number): number =>
    stepsOf(contractionOf(spec, shapes, ["a", "b"]), by).length;

  it("where it streams already", () => {
    expect(stepCount("i j, j k -> i k", [[40, 40], [40, 40]], 1)).toBe(1); // prettier-ignore
  });

  it("where it is small, or uses no element often", () => {
    expect(stepCount("i j, j k -> i k", [[4, 40], [40, 4]], 0)).toBe(1); // prettier-ignore
    expect(stepCount("i j, j -> i", [[200, 200], [200]], 1)).toBe(1);
  });

  it("where no index of the output is in one operand alone", () => {
    expect(stepCount("c (y + k), c k -> c y", [[32, 66], [32, 3]], 1)).toBe(1); // prettier-ignore
  });
});
