import { describe, expect, it } from "vitest";
import { isZero, pullBack } from "../../src/grad/pull-back.ts";
import * as make from "../../src/ir/activations.ts";
import { ELEMENT_FUNCTIONS, type ElementFunctionName } from "../../src/ir/activations.ts";
import { elementOf, includes, VALUE as X, type Elementwise } from "../../src/ir/elementwise.ts";
import { printElementwise } from "../../src/ir/print-elementwise.ts";
import { prepareElementwise } from "../../src/loops/evaluate-elementwise.ts";
import { UnsupportedError } from "../../src/support/errors.ts";

const BIAS = elementOf(0);
const DOUT = elementOf(9);

/** The derivative times dout. */
function derivative(expression: Elementwise, by: "value" | number = "value"): string {
  return printElementwise(pullBack(expression, by, DOUT), "x", (at) => (at === 9 ? "dout" : `y${at}`));
}

/** The value of an expression at x, where every element is another number. */
function valueAt(expression: Elementwise, x: number, element = 1): number {
  return prepareElementwise(expression, "float64")({ value: x, element: () => element }) as number;
}

describe("the derivative of an elementwise expression", () => {
  it("leaves out factors of 1 and terms of 0", () => {
    expect(derivative(make.binary("add", X, BIAS))).toBe("dout");
    expect(derivative(make.binary("add", X, BIAS), 0)).toBe("dout");
    expect(derivative(make.binary("mul", X, BIAS))).toBe("dout * y0");
    expect(derivative(make.binary("mul", make.binary("mul", BIAS, X), elementOf(1)))).toBe("y0 * dout * y1");
    expect(derivative(make.binary("div", X, make.binary("mul", BIAS, elementOf(1))))).toBe("dout / (y0 * y1)");
    expect(derivative(make.binary("sub", BIAS, X))).toBe("-dout");
    expect(isZero(pullBack(BIAS, 1, DOUT))).toBe(true);
  });

  it("reads the value only where it depends on it", () => {
    const readsValue = (expression: Elementwise): boolean =>
      includes(pullBack(expression, "value", DOUT), ({ kind }) => kind === "value");
    expect([make.binary("mul", X, make.constantOf(3)), make.relu(X)].map(readsValue)).toEqual([false, true]);
    expect(derivative(make.relu(make.binary("add", X, BIAS)))).toBe("0 < x + y0 or x + y0 != x + y0 ? dout : 0");
  });

  it("gives what is not chosen 0, whatever is incoming, and a NaN everything", () => {
    const [relu, clamp] = [make.relu(X), make.clamp(X, -1, 1)].map((one) => pullBack(one, "value", DOUT)) as [
      Elementwise,
      Elementwise,
    ];
    for (const dout of [Infinity, -Infinity, NaN]) {
      expect([-1, 0, 2, NaN].map((x) => valueAt(relu, x, dout))).toEqual([0, 0, dout, dout]);
      expect([-2, -1, 0, 1, 2].map((x) => valueAt(clamp, x, dout))).toEqual([0, 0, dout, 0, 0]);
    }
  });

  it("agrees with differences for every function and activation", () => {
    const functions = (Object.keys(ELEMENT_FUNCTIONS) as ElementFunctionName[]).map((name) => make.call(name, X));
    const activations = [
      make.relu(X),
      make.leakyRelu(X),
      make.leakyRelu(X, 3),
      make.sigmoid(X),
      make.tanh(X),
      make.silu(X),
      make.gelu(X),
      make.gelu(X, "tanh"),
      make.clamp(X, -0.5, 0.7),
      make.power(X, 2),
      make.power(X, -1),
      make.power(X, 3),
      make.power(X, 0.5),
    ];
    for (const expression of [...functions, ...activations]) {
      const exact = pullBack(expression, "value", DOUT);
      for (const x of [-1.7, -0.3, 0.2, 0.6, 1.3]) {
        const difference = (valueAt(expression, x + 1e-5) - valueAt(expression, x - 1e-5)) / 2e-5;
        if (Number.isNaN(difference)) continue;
        const what = `${printElementwise(expression, "x")} at ${x}`;
        expect(Math.abs(valueAt(exact, x) - difference), what).toBeLessThan(1e-7 * (1 + Math.abs(difference)));
      }
    }
  });

  it("refuses functions that it does not know", () => {
    const strange = { name: "strange", compute: (x: number) => x, javascript: ["strange(", ")"] } as const;
    const expression: Elementwise = { kind: "call", function: strange, value: X };
    expect(() => pullBack(expression, "value", DOUT)).toThrow(UnsupportedError);
  });
});
