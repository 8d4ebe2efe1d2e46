import { describe, expect, it } from "vitest";
import { addAffine, constantAffine, variableAffine } from "../../src/affine/affine.ts";
import * as make from "../../src/ir/activations.ts";
import { ELEMENT_FUNCTIONS } from "../../src/ir/activations.ts";
import {
  elementOf,
  elementsIn,
  includes,
  mapLeaves,
  mapPositions,
  renumber,
  VALUE,
  type Elementwise,
} from "../../src/ir/elementwise.ts";
import { printElementwise } from "../../src/ir/print-elementwise.ts";
import { elementwiseDtype, elementwiseIn } from "../../src/ir/integer-elementwise.ts";
import { prepareElementwise } from "../../src/loops/evaluate-elementwise.ts";
import { UnsupportedError } from "../../src/support/errors.ts";
import { applyElementwise, type Point } from "../support/reference-elementwise.ts";

const x = VALUE;

/** A finish is applied to a value, here beside no elements and no indices. */
function at(value: number | bigint): Point {
  return { value, element: () => null, index: () => NaN };
}

function valueAt(expression: Elementwise, value: number): number {
  return applyElementwise(expression, "float64", at(value)) as number;
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
    const bias = elementOf(0);
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

describe("printing what asks", () => {
  it("shows comparisons looser than sums and closer than truths, choices loosest of all", () => {
    const [one, two] = [elementOf(0), elementOf(1)];
    const shown = [
      make.compare("ne", one, make.constantOf(0)),
      make.compare("lt", make.binary("add", one, two), make.constantOf(-2)),
      make.binary("and", make.compare("le", one, two), make.compare("eq", two, x)),
      make.binary("mul", make.compare("lt", one, two), x),
      make.select(make.compare("lt", x, make.constantOf(0)), make.constantOf(0), x),
      make.binary("add", make.select(one, two, x), make.constantOf(1)),
      make.select(make.select(one, two, x), x, make.select(two, x, one)),
      make.call("exp", make.select(one, two, x)),
    ].map((expression) => printElementwise(expression, "x"));
    expect(shown).toEqual([
      "y0 != 0",
      "y0 + y1 < -2",
      "y0 <= y1 and y1 == x",
      "(y0 < y1) * x",
      "x < 0 ? 0 : x",
      "(y0 ? y1 : x) + 1",
      "(y0 ? y1 : x) ? x : y1 ? x : y0",
      "exp(y0 ? y1 : x)",
    ]);
  });

  it("says nothing of what lies outside: the accesses do", () => {
    const inside: Elementwise = { kind: "inside", access: 0, value: make.relu(elementOf(0)), outside: 0 };
    const name = (): string => "a[i + k - 1 padded]";
    expect(printElementwise(make.binary("mul", inside, elementOf(1)), "x", (read) => (read === 0 ? name() : "b"))).toBe(
      "relu(a[i + k - 1 padded]) * b",
    );
  });

  it("shows positions as they are, in parentheses where they are sums", () => {
    const position: Elementwise = { kind: "integer", value: addAffine(variableAffine("i"), constantAffine(-1)) };
    const plain: Elementwise = { kind: "integer", value: variableAffine("i") };
    expect(printElementwise(make.binary("mul", plain, x), "x")).toBe("i * x");
    expect(printElementwise(make.binary("mul", position, x), "x")).toBe("(i - 1) * x");
    expect(printElementwise(make.compare("le", make.constantOf(0), position), "x")).toBe("0 <= i - 1");
    expect(printElementwise(plain, "x", undefined, (index) => `${index}_`)).toBe("i_");
  });
});

describe("comparing and choosing", () => {
  it.each([
    ["eq", [0, 0, 1, 0]],
    ["ne", [1, 1, 0, 1]],
    ["lt", [1, 0, 0, 0]],
    ["le", [1, 0, 1, 0]],
  ] as const)("%s is JavaScript's, NaN unequal to all", (operator, expected) => {
    const compare = make.compare(operator, x, make.constantOf(2));
    expect([1, 3, 2, NaN].map((value) => valueAt(compare, value))).toEqual(expected);
  });

  it("leaves no trace of what is not chosen", () => {
    const safe = make.select(make.compare("lt", x, make.constantOf(0)), make.constantOf(7), make.call("sqrt", x));
    expect([-4, 4, NaN].map((value) => valueAt(safe, value))).toEqual([7, 2, NaN]);
    expect(valueAt(make.select(x, make.constantOf(1), make.constantOf(2)), NaN)).toBe(1);
  });

  it("is computed as kernels compute it, where the reference does not", () => {
    const position: Elementwise = { kind: "integer", value: addAffine(variableAffine("i", 2), constantAffine(-3)) };
    const inside: Elementwise = { kind: "inside", access: 0, value: elementOf(0), outside: -1 };
    const expressions: readonly Elementwise[] = [
      make.select(make.compare("le", make.constantOf(0), position), elementOf(1), make.constantOf(9)),
      make.binary("add", inside, position),
      make.binary("or", make.compare("eq", elementOf(1), x), inside),
      make.compare("ne", make.binary("and", x, inside), make.constantOf(1)),
      make.silu(make.relu(make.binary("sub", elementOf(1), x))),
    ];
    for (const expression of expressions) {
      const prepared = prepareElementwise(expression, "float64");
      for (const [i, element, value] of [
        [0, 3, 0.5],
        [1, null, -2],
        [2, 0, NaN],
        [3, null, 2],
      ] as const) {
        // prettier-ignore
        const elementAt = (access: number): number | null => (access === 0 ? element : 2);
        const wanted = applyElementwise(expression, "float64", { value, element: elementAt, index: () => i });
        const found = prepared({ value, element: elementAt, position: ({ terms: [term], constant }) => i * (term?.coefficient ?? 0) + constant }); // prettier-ignore
        expect(found, printElementwise(expression, "x")).toBe(wanted);
      }
    }
  });
});

describe("expressions as trees", () => {
  it("name each further access once, in order", () => {
    const [one, two] = [elementOf(1), elementOf(0)];
    expect(elementsIn(make.binary("add", one, make.binary("mul", two, one)))).toEqual([1, 0]);
  });

  it("are looked into once where they are shared, however often they occur", () => {
    let doubled: Elementwise = elementOf(3);
    for (let level = 0; level < 20; level++) {
      const half = make.shared(doubled);
      doubled = make.binary("add", half, half);
    }
    let looks = 0;
    expect(includes(doubled, () => ++looks < 0)).toBe(false);
    expect(looks).toBe(41);
    expect(elementsIn(doubled)).toEqual([3]);
  });

  it("have the numbers of their accesses changed, where they ask about what lies inside, too", () => {
    const inside: Elementwise = { kind: "inside", access: 1, value: make.relu(elementOf(1)), outside: 0 };
    const product = make.binary("mul", elementOf(0), inside);
    const swapped = renumber(product, (access) => 1 - access);
    expect(swapped).toEqual(make.binary("mul", elementOf(1), { ...inside, access: 0, value: make.relu(elementOf(0)) }));
    expect(elementsIn(swapped)).toEqual([1, 0]);
  });

  it("have their positions over other indices", () => {
    const position: Elementwise = { kind: "integer", value: variableAffine("i") };
    const moved = mapPositions(make.select(make.compare("lt", position, x), position, x), (value) =>
      addAffine(value, constantAffine(1)),
    );
    expect(printElementwise(moved, "x")).toBe("i + 1 < x ? i + 1 : x");
  });

  it("stay shared where leaves are replaced", () => {
    const made = mapLeaves(make.silu(make.relu(x)), (leaf) => (leaf.kind === "value" ? elementOf(0) : leaf));
    if (made.kind !== "binary" || made.left.kind !== "shared") throw new Error("silu is a quotient of its argument");
    expect(printElementwise(made, "x")).toBe("relu(y0) / (1 + exp(-relu(y0)))");
    const negated = JSON.stringify(made.right);
    expect(negated).toContain(JSON.stringify(made.left));
  });
});

describe("integers", () => {
  it("keep their dtype where the expression is exact in it, and give float64 elsewhere", () => {
    expect(elementwiseDtype(make.relu(x), "int8", [])).toBe("int8");
    expect(elementwiseDtype(make.relu(make.binary("add", x, elementOf(0))), "int8", ["int16"])).toBe("int16");
    expect(elementwiseDtype(make.binary("mul", x, make.constantOf(0.5)), "int32", [])).toBe("float64");
    expect(elementwiseDtype(make.binary("add", x, make.constantOf(300)), "int8", [])).toBe("float64");
    expect(elementwiseDtype(make.call("exp", x), "int32", [])).toBe("float64");
    expect(elementwiseDtype(make.call("exp", x), "float32", [])).toBe("float32");
    expect(elementwiseDtype(make.binary("add", x, elementOf(0)), "int32", ["float32"])).toBe("float64");
  });

  it("wrap after every operation, as NumPy's do", () => {
    const negative = elementwiseIn(make.call("neg", x), "int8");
    const absolute = elementwiseIn(make.call("abs", x), "int8");
    expect(applyElementwise(negative, "int8", at(-128n))).toBe(-128n);
    expect(applyElementwise(absolute, "int8", at(-128n))).toBe(-128n);
    expect(applyElementwise(elementwiseIn(make.call("abs", x), "uint8"), "uint8", at(200n))).toBe(200n);
    expect(applyElementwise(elementwiseIn(make.call("neg", x), "uint32"), "uint32", at(1n))).toBe(4294967295n);
  });

  it("refuse what is not exact in them", () => {
    expect(() => elementwiseIn(make.sigmoid(x), "int32")).toThrow(
      new UnsupportedError("1 / (1 + exp(-x)) is not exact in int32: use a float dtype"),
    );
  });
});
