import { describe, expect, it } from "vitest";
import * as make from "../../src/ir/activations.ts";
import { ELEMENT_FUNCTIONS } from "../../src/ir/element-functions.ts";
import { elementsIn, mapLeaves, printElementwise, type Elementwise } from "../../src/ir/elementwise.ts";
import { elementwiseDtype, elementwiseIn } from "../../src/ir/integer-elementwise.ts";
import { UnsupportedError } from "../../src/support/errors.ts";
import { applyElementwise } from "../support/reference-elementwise.ts";

const x = make.VALUE;

function valueAt(expression: Elementwise, value: number): number {
  return applyElementwise(expression, value, "float64", () => NaN) as number;
}

describe("the error function", () => {
  it("is within 5e-16 of its value", () => {
    // To 17 digits, by an arbitrary-precision series.
    const values: readonly (readonly [number, number])[] = [
      [1e-8, 1.1283791670955126e-8],
      [0.01, 0.011283415555849617],
      [0.02018882659328014, 0.022777556668875853],
      [0.1, 0.1124629160182849],
      [0.25, 0.27632639016823693],
      [0.4, 0.42839235504666848],
      [0.46875, 0.49261347321793799],
      [0.46876, 0.49262253110684653],
      [0.5, 0.52049987781304654],
      [0.6, 0.60385609084792591],
      [0.75, 0.71115563365351513],
      [0.9, 0.79690821242283214],
      [1, 0.84270079294971487],
      [1.25, 0.92290012825645823],
      [1.5, 0.96610514647531073],
      [1.75, 0.98667167121918244],
      [2, 0.99532226501895273],
      [2.5, 0.99959304798255504],
      [3, 0.99997790950300141],
      [3.5, 0.99999925690162766],
      [4, 0.9999999845827421],
      [4.5, 0.99999999980338396],
      [5, 0.99999999999846254],
      [5.5, 0.99999999999999264],
      [5.9, 0.99999999999999993],
    ];
    for (const [at, value] of values) {
      const { compute } = ELEMENT_FUNCTIONS.erf;
      expect(Math.abs(compute(at) - value), `erf(${at})`).toBeLessThanOrEqual(5e-16 * Math.abs(value));
      expect(compute(-at)).toBe(-compute(at));
    }
  });

  it("is 1 far out, and NaN of NaN", () => {
    const { compute } = ELEMENT_FUNCTIONS.erf;
    expect([6.1, 1e300, Infinity, -Infinity, NaN, 0, -0].map(compute)).toEqual([1, 1, 1, -1, NaN, 0, -0]);
  });
});

describe("activations", () => {
  const points = [-Infinity, -800, -3, -1.5, -0.25, 0, 0.25, 1.5, 3, 800, Infinity];
  const close = (found: number, expected: number): boolean =>
    Object.is(found, expected) || found === expected || Math.abs(found - expected) <= 1e-15 * Math.abs(expected);

  it.each([
    ["relu", make.relu(x), (at: number) => (at > 0 ? at : 0)],
    ["leaky relu", make.leakyRelu(x, 0.1), (at: number) => (at > 0 ? at : 0.1 * at)],
    ["leaky relu with a slope above 1", make.leakyRelu(x, 3), (at: number) => (at > 0 ? at : 3 * at)],
    ["leaky relu with a negative slope", make.leakyRelu(x, -2), (at: number) => (at > 0 ? at : -2 * at)],
    ["sigmoid", make.sigmoid(x), (at: number) => 1 / (1 + Math.exp(-at))],
    ["tanh", make.tanh(x), Math.tanh],
    ["silu", make.silu(x), (at: number) => at / (1 + Math.exp(-at))],
    ["clamp", make.clamp(x, -1, 2), (at: number) => (at < -1 ? -1 : at > 2 ? 2 : at)],
  ])("%s is what its definition says", (_, expression, definition) => {
    const wrong = points.filter((at) => !close(valueAt(expression, at), definition(at)));
    expect(wrong).toEqual([]);
    expect(valueAt(expression, NaN)).toBeNaN();
  });

  it("gelu is what PyTorch gives, exactly and by tanh", () => {
    // torch.nn.functional.gelu in float64.
    expect(valueAt(make.gelu(x), 1)).toBeCloseTo(0.8413447460685429, 15);
    expect(valueAt(make.gelu(x), -1)).toBeCloseTo(-0.15865525393145707, 15);
    expect(valueAt(make.gelu(x), 0.5)).toBeCloseTo(0.34573123063700656, 15);
    expect(valueAt(make.gelu(x, "tanh"), 1)).toBeCloseTo(0.8411919906082768, 15);
    expect(valueAt(make.gelu(x, "tanh"), -1)).toBeCloseTo(-0.15880800939172324, 15);
  });

  it("powers that are products or quotients are", () => {
    const printed = [1, -1, 2, 2.5].map((exponent) => printElementwise(make.power(x, exponent), "x"));
    expect(printed).toEqual(["x", "1 / x", "x * x", "pow[2.5](x)"]);
  });
});

describe("printing", () => {
  it("shows parentheses where precedence needs them, and relu by its name", () => {
    const bias = make.elementOf(0);
    const sum = make.binary("add", x, bias);
    const shown = [
      make.relu(sum),
      make.binary("mul", sum, make.constantOf(-2)),
      make.binary("sub", x, make.binary("sub", bias, x)),
      make.binary("div", make.binary("mul", x, x), make.binary("mul", x, bias)),
      make.sigmoid(sum),
      make.call("neg", make.call("neg", x)),
      make.gelu(x),
    ].map((expression) => printElementwise(expression, "out", () => "bias[o]"));
    expect(shown).toEqual([
      "relu(out + bias[o])",
      "(out + bias[o]) * (-2)",
      "out - (bias[o] - out)",
      "out * out / (out * bias[o])",
      "1 / (1 + exp(-(out + bias[o])))",
      "-(-out)",
      "0.5 * out * (1 + erf(out * 0.7071067811865476))",
    ]);
  });
});

describe("expressions as trees", () => {
  it("name each further access once, in order", () => {
    const [one, two] = [make.elementOf(1), make.elementOf(0)];
    expect(elementsIn(make.binary("add", one, make.binary("mul", two, one)))).toEqual([1, 0]);
  });

  it("stay shared where leaves are replaced", () => {
    const made = mapLeaves(make.silu(make.relu(x)), (leaf) => (leaf.kind === "value" ? make.elementOf(0) : leaf));
    if (made.kind !== "binary" || made.left.kind !== "shared") throw new Error("silu is a quotient of its argument");
    expect(printElementwise(made, "x")).toBe("relu(y0) / (1 + exp(-relu(y0)))");
    const negated = JSON.stringify(made.right);
    expect(negated).toContain(JSON.stringify(made.left));
  });
});

describe("integers", () => {
  it("keep their dtype where the expression is exact in it, and give float64 elsewhere", () => {
    expect(elementwiseDtype(make.relu(x), "int8", [])).toBe("int8");
    expect(elementwiseDtype(make.relu(make.binary("add", x, make.elementOf(0))), "int8", ["int16"])).toBe("int16");
    expect(elementwiseDtype(make.binary("mul", x, make.constantOf(0.5)), "int32", [])).toBe("float64");
    expect(elementwiseDtype(make.binary("add", x, make.constantOf(300)), "int8", [])).toBe("float64");
    expect(elementwiseDtype(make.call("exp", x), "int32", [])).toBe("float64");
    expect(elementwiseDtype(make.call("exp", x), "float32", [])).toBe("float32");
    expect(elementwiseDtype(make.binary("add", x, make.elementOf(0)), "int32", ["float32"])).toBe("float64");
  });

  it("wrap after every operation, as NumPy's do", () => {
    const negative = elementwiseIn(make.call("neg", x), "int8");
    const absolute = elementwiseIn(make.call("abs", x), "int8");
    expect(applyElementwise(negative, -128n, "int8", () => 0n)).toBe(-128n);
    expect(applyElementwise(absolute, -128n, "int8", () => 0n)).toBe(-128n);
    expect(applyElementwise(elementwiseIn(make.call("abs", x), "uint8"), 200n, "uint8", () => 0n)).toBe(200n);
    expect(applyElementwise(elementwiseIn(make.call("neg", x), "uint32"), 1n, "uint32", () => 0n)).toBe(4294967295n);
  });

  it("refuse what is not exact in them", () => {
    expect(() => elementwiseIn(make.sigmoid(x), "int32")).toThrow(
      new UnsupportedError("1 / (1 + exp(-x)) is not exact in int32: use a float dtype"),
    );
  });
});
