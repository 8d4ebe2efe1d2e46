import { describe, expect, it } from "vitest";
import { differentiateElementwise, isZero, readsValue } from "../../src/grad/elementwise.ts";
import * as make from "../../src/ir/activations.ts";
import { ELEMENT_FUNCTIONS, type ElementFunctionName } from "../../src/ir/element-functions.ts";
import { printElementwise, type Elementwise } from "../../src/ir/elementwise.ts";
import { UnsupportedError } from "../../src/support/errors.ts";

const X = make.VALUE;
const BIAS = make.elementOf(0);

function derivative(expression: Elementwise, by: "value" | number = "value"): string {
  return printElementwise(differentiateElementwise(expression, by), "x", (at) => `y${at}`);
}

/** The value of an expression at x; it reads no further access. */
function valueAt(expression: Elementwise, x: number): number {
  switch (expression.kind) {
    case "value":
      return x;
    case "constant":
      return Number(expression.value);
    case "shared":
      return valueAt(expression.value, x);
    case "call":
      return expression.function.compute(valueAt(expression.value, x));
    case "binary": {
      const [left, right] = [valueAt(expression.left, x), valueAt(expression.right, x)];
      const { operator } = expression;
      const results = { add: left + right, sub: left - right, mul: left * right, div: left / right };
      return operator === "max"
        ? Math.max(left, right)
        : operator === "min"
          ? Math.min(left, right)
          : results[operator];
    }
    default:
      throw new Error(`no value of ${expression.kind}`);
  }
}

describe("the derivative of an elementwise expression", () => {
  it("leaves out factors of 1 and terms of 0", () => {
    expect(derivative(make.binary("add", X, BIAS))).toBe("1");
    expect(derivative(make.binary("add", X, BIAS), 0)).toBe("1");
    expect(derivative(make.binary("mul", X, BIAS))).toBe("y0");
    expect(derivative(make.binary("div", X, make.binary("mul", BIAS, make.elementOf(1))))).toBe("1 / (y0 * y1)");
    expect(derivative(make.binary("sub", BIAS, X), 0)).toBe("1");
    expect(isZero(differentiateElementwise(BIAS, 1))).toBe(true);
  });

  it("reads the value only where it depends on it", () => {
    const linear = differentiateElementwise(make.binary("mul", X, make.constantOf(3)), "value");
    const corner = differentiateElementwise(make.relu(X), "value");
    expect([readsValue(linear), readsValue(corner)]).toEqual([false, true]);
    expect(derivative(make.relu(make.binary("add", X, BIAS)))).toBe("step(x + y0)");
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
      const exact = differentiateElementwise(expression, "value");
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
    expect(() => differentiateElementwise(expression, "value")).toThrow(UnsupportedError);
  });
});
