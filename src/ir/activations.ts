/**
 * Elementwise expressions by their names: arithmetic, and the activations of neural networks as PyTorch defines them.
 *
 * Invariant: an expression that occurs twice in a result is shared, so that it is computed once.
 */
import { ELEMENT_FUNCTIONS, powerOf, type ElementFunctionName } from "./element-functions.ts";
import type { ComparisonOperator, Elementwise, ElementwiseBinary } from "./elementwise.ts";

export function constantOf(value: number): Elementwise {
  return { kind: "constant", value };
}

export function binary(operator: ElementwiseBinary["operator"], left: Elementwise, right: Elementwise): Elementwise {
  return { kind: "binary", operator, left, right };
}

export function compare(operator: ComparisonOperator, left: Elementwise, right: Elementwise): Elementwise {
  return { kind: "compare", operator, left, right };
}

export function select(condition: Elementwise, yes: Elementwise, no: Elementwise): Elementwise {
  return { kind: "select", condition, yes, no };
}

/** Calls a function. */
export function call(name: ElementFunctionName, value: Elementwise): Elementwise {
  return { kind: "call", function: ELEMENT_FUNCTIONS[name], value };
}

/** The power with a constant exponent; what a product or a quotient computes is one. */
export function power(x: Elementwise, exponent: number): Elementwise {
  if (exponent === 1) return x;
  if (exponent === -1) return binary("div", constantOf(1), x);
  if (exponent !== 2) return { kind: "call", function: powerOf(exponent), value: x };
  const value = shared(x);
  return binary("mul", value, value);
}

/** An expression that is to be used more than once; leaves cost nothing anyway. */
export function shared(value: Elementwise): Elementwise {
  const leaf = value.kind === "value" || value.kind === "constant" || value.kind === "element";
  return leaf || value.kind === "shared" ? value : { kind: "shared", value };
}

/** `max(x, 0)`; NaN stays NaN. */
export function relu(x: Elementwise): Elementwise {
  return binary("max", x, constantOf(0));
}

/** x where it is positive, `slope * x` elsewhere, whatever the sign of the slope: of two lines through 0, one is above. */
export function leakyRelu(x: Elementwise, slope = 0.01): Elementwise {
  const value = shared(x);
  return binary(slope > 1 ? "min" : "max", value, binary("mul", constantOf(slope), value));
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(x: Elementwise): Elementwise {
  return binary("div", constantOf(1), onePlusExp(x));
}

export function tanh(x: Elementwise): Elementwise {
  return call("tanh", x);
}

/** `x / (1 + exp(-x))`, which is `x * sigmoid(x)`. */
export function silu(x: Elementwise): Elementwise {
  const value = shared(x);
  return binary("div", value, onePlusExp(value));
}

/** `x * (1 + erf(x / sqrt(2))) / 2`; or, as an approximation, `x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3))) / 2`. */
export function gelu(x: Elementwise, approximate: "none" | "tanh" = "none"): Elementwise {
  const value = shared(x);
  const half = binary("mul", constantOf(0.5), value);
  const share =
    approximate === "none" ? call("erf", binary("mul", value, constantOf(Math.SQRT1_2))) : tanh(cubic(value));
  return binary("mul", half, binary("add", constantOf(1), share));
}

/** `min(max(x, low), high)`. */
export function clamp(x: Elementwise, low: number, high: number): Elementwise {
  return binary("min", binary("max", x, constantOf(low)), constantOf(high));
}

function onePlusExp(x: Elementwise): Elementwise {
  return binary("add", constantOf(1), call("exp", call("neg", x)));
}

/** `sqrt(2/pi) * (x + 0.044715 * x * x * x)`, in the order in which PyTorch multiplies. */
function cubic(x: Elementwise): Elementwise {
  const cube = binary("mul", binary("mul", x, x), x);
  const sum = binary("add", x, binary("mul", constantOf(0.044715), cube));
  return binary("mul", constantOf(Math.sqrt(2 / Math.PI)), sum);
}
