/**
 * Derivatives of elementwise expressions, as elementwise expressions: what of an incoming gradient belongs to the value that
 * an expression is applied to, or to an element that it reads.
 *
 *     relu(x + bias)     by x:  x + bias > 0 ? incoming : 0
 *     x / count          by x:  incoming / count
 *     a * x * b          by x:  a * incoming * b
 *
 * A maximum or minimum selects: what is not the extreme has the gradient 0, whatever is incoming. Where two sides are equal,
 * the right one has it: that of relu is 0 at 0, as PyTorch's. A NaN is the extreme, the left one of two.
 *
 * Invariant: factors of 1 and terms of 0 are left out, so that what is linear has a derivative without the value.
 */
import { binary, call, compare, constantOf, power, select, shared } from "../ir/activations.ts";
import {
  combineAll,
  flatten,
  includes,
  type Elementwise,
  type ElementwiseBinary,
  type ElementwiseCall,
} from "../ir/elementwise.ts";
import { InternalError, UnsupportedError, unreachable } from "../support/errors.ts";

/** What a derivative is taken by: the value of a finish, or the element of a read. */
export type By = "value" | number;

export const ZERO = constantOf(0);
const ONE = constantOf(1);

/** What of an incoming gradient belongs to the value, or to the element of a read. Expressions are over floats. */
export function pullBack(expression: Elementwise, by: By, incoming: Elementwise): Elementwise {
  if (!includes(expression, (part) => isLeaf(part, by))) return ZERO;
  switch (expression.kind) {
    case "value":
    case "element":
      return incoming;
    case "constant":
    case "integer":
    case "compare":
      return ZERO;
    case "shared":
    case "wrap":
      return pullBack(expression.value, by, incoming);
    case "inside": {
      const value = pullBack(expression.value, by, incoming);
      return isZero(value) ? ZERO : { ...expression, value, outside: 0 };
    }
    case "binary":
      return pullBackBinary(expression, by, incoming);
    case "select": {
      const { condition } = expression;
      const [yes, no] = [pullBack(expression.yes, by, incoming), pullBack(expression.no, by, incoming)];
      return isZero(yes) && isZero(no) ? ZERO : select(condition, yes, no);
    }
    case "call":
      return pullBack(expression.value, by, pullBackCall(expression, incoming));
    case "tuple":
      throw new InternalError("no state of several components is differentiated");
    default:
      return unreachable(expression);
  }
}

function isLeaf(part: Elementwise, by: By): boolean {
  return by === "value" ? part.kind === "value" : part.kind === "element" && part.access === by;
}

/** Whether an expression is 0 everywhere. */
export function isZero(expression: Elementwise): boolean {
  return expression.kind === "constant" && Number(expression.value) === 0;
}

/** Whether a value is the extreme of several: equal to it, or NaN, which is the extreme of all. */
export function matches(value: Elementwise, extreme: Elementwise): Elementwise {
  return binary("or", compare("eq", value, extreme), compare("ne", value, value));
}

function pullBackBinary(expression: ElementwiseBinary, by: By, incoming: Elementwise): Elementwise {
  const { operator, left, right } = expression;
  switch (operator) {
    case "add":
      return add(pullBack(left, by, incoming), pullBack(right, by, incoming));
    case "sub":
      return add(pullBack(left, by, incoming), pullBack(right, by, negate(incoming)));
    case "mul":
      return pullBackProduct(flatten(expression, "mul"), by, incoming);
    case "div": {
      const square = shared(right);
      const quotient = divide(multiply(incoming, left), binary("mul", square, square));
      return add(pullBack(left, by, divide(incoming, right)), pullBack(right, by, negate(quotient)));
    }
    case "max":
    case "min": {
      const [one, other] = [shared(left), shared(right)];
      const isBeyond = operator === "max" ? compare("lt", other, one) : compare("lt", one, other);
      const isLeft = shared(binary("or", isBeyond, compare("ne", one, one)));
      return add(
        pullBack(left, by, select(isLeft, incoming, ZERO)),
        pullBack(right, by, select(isLeft, ZERO, incoming)),
      );
    }
    case "and":
    case "or":
      return ZERO;
    default:
      return unreachable(operator);
  }
}

/** The incoming gradient stands where the factor stood. */
function pullBackProduct(factors: readonly Elementwise[], by: By, incoming: Elementwise): Elementwise {
  const terms = factors.flatMap((factor, at) => {
    if (!includes(factor, (part) => isLeaf(part, by))) return [];
    const given = pullBack(factor, by, incoming);
    const others = factors.map((other, place) => (place === at ? given : other)).filter(isNoOne);
    return others.length > 0 ? [combineAll("mul", others)] : [ONE];
  });
  return terms.reduce(add, ZERO);
}

/** The incoming gradient times the derivative of a function by its argument. */
function pullBackCall(expression: ElementwiseCall, incoming: Elementwise): Elementwise {
  const { name } = expression.function;
  const value = shared(expression.value);
  const own = CALLS[name];
  return own ? own(incoming, value, expression) : multiply(incoming, derivativeOfPower(name, value));
}

/** The same for each function but powers: of what is incoming, the argument, and the function of it. */
const CALLS: Readonly<
  Partial<Record<string, (incoming: Elementwise, value: Elementwise, result: Elementwise) => Elementwise>>
> = {
  abs: (incoming, value) => {
    const below = select(compare("lt", value, ZERO), negate(incoming), ZERO);
    return select(compare("lt", ZERO, value), incoming, below);
  },
  ceil: () => ZERO,
  cos: (incoming, value) => multiply(incoming, call("neg", call("sin", value))),
  erf: (incoming, value) => {
    const density = multiply(constantOf(2 / Math.sqrt(Math.PI)), call("exp", call("neg", multiply(value, value))));
    return multiply(incoming, density);
  },
  exp: (incoming, _, result) => multiply(incoming, result),
  expm1: (incoming, value) => multiply(incoming, call("exp", value)),
  floor: () => ZERO,
  log: (incoming, value) => divide(incoming, value),
  log1p: (incoming, value) => divide(incoming, add(ONE, value)),
  neg: negate,
  sin: (incoming, value) => multiply(incoming, call("cos", value)),
  sqrt: (incoming, _, result) => multiply(incoming, divide(constantOf(0.5), result)),
  tanh: (incoming, _, result) => multiply(incoming, binary("sub", ONE, multiply(result, result))),
};

function derivativeOfPower(name: string, base: Elementwise): Elementwise {
  const exponent = Number(/^pow\[(.+)\]$/.exec(name)?.[1] ?? NaN);
  if (Number.isNaN(exponent)) throw new UnsupportedError(`gradients are not there yet for the function '${name}'`);
  return multiply(constantOf(exponent), power(base, exponent - 1));
}

function add(left: Elementwise, right: Elementwise): Elementwise {
  if (isZero(left)) return right;
  return isZero(right) ? left : binary("add", left, right);
}

function negate(value: Elementwise): Elementwise {
  return isZero(value) ? ZERO : call("neg", value);
}

function multiply(left: Elementwise, right: Elementwise): Elementwise {
  if (isZero(left) || isZero(right)) return ZERO;
  if (!isNoOne(left)) return right;
  return isNoOne(right) ? binary("mul", left, right) : left;
}

function divide(left: Elementwise, right: Elementwise): Elementwise {
  return isZero(left) ? ZERO : binary("div", left, right);
}

/** Whether an expression is another than 1. */
function isNoOne(expression: Elementwise): boolean {
  return expression.kind !== "constant" || Number(expression.value) !== 1;
}
