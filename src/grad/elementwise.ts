/**
 * Derivatives of elementwise expressions, as elementwise expressions: by the value they are applied to, or by an element
 * that they read.
 *
 *     relu(x + bias)     by x:  step(x + bias)
 *     x / count          by x:  1 / count
 *
 * Where two sides of a maximum or minimum are equal, the right one has the derivative: that of relu is 0 at 0, as PyTorch's.
 *
 * Invariant: factors of 1 and terms of 0 are left out, so that what is linear has a derivative without the value.
 */
import { binary, call, constantOf, power } from "../ir/activations.ts";
import type { ElementFunction } from "../ir/element-function.ts";
import { partsOf, type Elementwise, type ElementwiseBinary, type ElementwiseCall } from "../ir/elementwise.ts";
import { UnsupportedError, unreachable } from "../support/errors.ts";

const ZERO = constantOf(0);
const ONE = constantOf(1);

/** The derivative by the value, or by the further access of a number. Expressions are over floats. */
export function differentiateElementwise(expression: Elementwise, by: "value" | number): Elementwise {
  switch (expression.kind) {
    case "value":
      return by === "value" ? ONE : ZERO;
    case "element":
      return by === expression.access ? ONE : ZERO;
    case "constant":
    case "integer":
      return ZERO;
    case "shared":
    case "wrap":
      return differentiateElementwise(expression.value, by);
    case "binary":
      return differentiateBinary(expression, by);
    case "call":
      return multiply(differentiateCall(expression), differentiateElementwise(expression.value, by));
    default:
      return unreachable(expression);
  }
}

/** Whether an expression depends on the value it is applied to. */
export function readsValue(expression: Elementwise): boolean {
  return expression.kind === "value" || partsOf(expression).some(readsValue);
}

/** Whether an expression is 0 everywhere. */
export function isZero(expression: Elementwise): boolean {
  return expression.kind === "constant" && Number(expression.value) === 0;
}

function differentiateBinary({ operator, left, right }: ElementwiseBinary, by: "value" | number): Elementwise {
  const [first, second] = [differentiateElementwise(left, by), differentiateElementwise(right, by)];
  switch (operator) {
    case "add":
      return add(first, second);
    case "sub":
      return subtract(first, second);
    case "mul":
      return add(multiply(first, right), multiply(left, second));
    case "div":
      return subtract(divide(first, right), divide(multiply(left, second), multiply(right, right)));
    case "max":
      return choose(subtract(left, right), first, second);
    case "min":
      return choose(subtract(right, left), first, second);
    default:
      return unreachable(operator);
  }
}

/** One derivative where a condition is positive, else another. */
function choose(condition: Elementwise, first: Elementwise, second: Elementwise): Elementwise {
  if (isZero(first) && isZero(second)) return ZERO;
  const share: Elementwise = { kind: "call", function: STEP, value: condition };
  return add(multiply(share, first), multiply(subtract(ONE, share), second));
}

/** 1 above 0, else 0. */
const STEP: ElementFunction = {
  name: "step",
  compute: (value) => (value > 0 ? 1 : 0),
  javascript: ["(", " > 0 ? 1 : 0)"],
  cheap: true,
};

/** The derivative of a function by its argument. */
function differentiateCall(expression: ElementwiseCall): Elementwise {
  const { function: called, value } = expression;
  const step = (argument: Elementwise): Elementwise => ({ kind: "call", function: STEP, value: argument });
  switch (called.name) {
    case "abs":
      return subtract(step(value), step(call("neg", value)));
    case "ceil":
    case "floor":
    case "step":
      return ZERO;
    case "cos":
      return call("neg", call("sin", value));
    case "erf":
      return multiply(constantOf(2 / Math.sqrt(Math.PI)), call("exp", call("neg", multiply(value, value))));
    case "exp":
      return expression;
    case "expm1":
      return call("exp", value);
    case "log":
      return divide(ONE, value);
    case "log1p":
      return divide(ONE, add(ONE, value));
    case "neg":
      return constantOf(-1);
    case "sin":
      return call("cos", value);
    case "sqrt":
      return divide(constantOf(0.5), expression);
    case "tanh":
      return subtract(ONE, multiply(expression, expression));
    default:
      return differentiatePower(called.name, value);
  }
}

function differentiatePower(name: string, base: Elementwise): Elementwise {
  const exponent = Number(/^pow\[(.+)\]$/.exec(name)?.[1] ?? NaN);
  if (Number.isNaN(exponent)) throw new UnsupportedError(`gradients are not there yet for the function '${name}'`);
  return multiply(constantOf(exponent), power(base, exponent - 1));
}

function add(left: Elementwise, right: Elementwise): Elementwise {
  if (isZero(left)) return right;
  return isZero(right) ? left : binary("add", left, right);
}

function subtract(left: Elementwise, right: Elementwise): Elementwise {
  if (isZero(right)) return left;
  return isZero(left) ? call("neg", right) : binary("sub", left, right);
}

/** The product; a factor of 1 is left out. */
export function multiply(left: Elementwise, right: Elementwise): Elementwise {
  if (isZero(left) || isZero(right)) return ZERO;
  if (isOne(left)) return right;
  return isOne(right) ? left : binary("mul", left, right);
}

function divide(left: Elementwise, right: Elementwise): Elementwise {
  return isZero(left) ? ZERO : binary("div", left, right);
}

function isOne(expression: Elementwise): boolean {
  return expression.kind === "constant" && Number(expression.value) === 1;
}
