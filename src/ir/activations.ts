/**
 * Elementwise expressions by their names: arithmetic, and the activations of neural networks as PyTorch defines them.
 *
 * Invariant: an expression that occurs twice in a result is shared, so that it is computed once.
 */
import type { ComparisonOperator, Elementwise, ElementwiseBinary } from "./elementwise.ts";
import type { ElementFunction, FunctionDefinition } from "./element-function.ts";

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

//  * The functions that elementwise expressions may call, by name. `einsum` calls none of them, and does not carry them.
//
// Invariant: what `erf` computes is what its definition says, number by number.

/**
 * The error function, within 5e-16 of its value: W. J. Cody, "Rational Chebyshev approximation for the error function",
 * Mathematics of Computation 23 (1969), whose quotient for 0.46875 to 4 serves beyond, too, where 1 - erf(x) is so small
 * that eight digits of it do.
 */
function erf(x: number): number {
  const size = Math.abs(x);
  const square = x * x;
  if (size <= 0.46875) {
    return (x * polynomial(NEAR_ABOVE, square)) / polynomial(NEAR_BELOW, square);
  }
  if (size > 6) return Math.sign(x);
  const tail = (Math.exp(-square) * polynomial(FAR_ABOVE, size)) / polynomial(FAR_BELOW, size);
  return x < 0 ? tail - 1 : 1 - tail;
}

/** By Horner's rule, the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient);
}

const NEAR_ABOVE = [
  0.185777706184603153, 3.1611237438705656, 113.864154151050156, 377.485237685302021, 3209.37758913846947,
];
const NEAR_BELOW = [1, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062];
const FAR_ABOVE = [
  2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131,
  881.95222124176909, 1712.04761263407058, 2051.07837782607147, 1230.33935479799725,
];
const FAR_BELOW = [
  1, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
  4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
];

/** The polynomial as text, by the same rule, two coefficients a line. */
function hornerText([first, ...others]: readonly number[], x: string): string {
  const open = "(".repeat(Math.max(0, others.length - 1));
  const steps = others.map((coefficient, at) => {
    const close = at < others.length - 1 ? ")" : "";
    const gap = at % 2 === 1 && close ? "\n    " : " ";
    return `${at === 0 && first === 1 ? x : `* ${x}`} + ${coefficient}${close}${gap}`;
  });
  return `${open}${first === 1 ? "" : `${first} `}${steps.join("").trimEnd()}`;
}

const ERF_BODY = `const size = Math.abs(x);
const square = x * x;
if (size <= 0.46875) {
  const above = ${hornerText(NEAR_ABOVE, "square")};
  const below = ${hornerText(NEAR_BELOW, "square")};
  return (x * above) / below;
}
if (size > 6) return Math.sign(x);
const above = ${hornerText(FAR_ABOVE, "size")};
const below = ${hornerText(FAR_BELOW, "size")};
const tail = (Math.exp(-square) * above) / below;
return x < 0 ? tail - 1 : 1 - tail;`;

const ERF: FunctionDefinition = {
  name: "erf",
  documentation: ["The error function, by the rational approximations of W. J. Cody (1969)."],
  parameters: [{ name: "x", type: "number" }],
  returns: "number",
  body: ERF_BODY,
  bytecode: 400,
};

/** A function of `Math`. */
function mathFunction(name: string, compute: (value: number) => number, cheap = false): ElementFunction {
  return { name, compute, javascript: [`Math.${name}(`, ")"], cheap };
}

/** The functions, by name. */
export const ELEMENT_FUNCTIONS = {
  abs: mathFunction("abs", Math.abs, true),
  ceil: mathFunction("ceil", Math.ceil, true),
  cos: mathFunction("cos", Math.cos),
  erf: { name: "erf", compute: erf, javascript: ["erf(", ")"], definition: ERF },
  exp: mathFunction("exp", Math.exp),
  expm1: mathFunction("expm1", Math.expm1),
  floor: mathFunction("floor", Math.floor, true),
  log: mathFunction("log", Math.log),
  log1p: mathFunction("log1p", Math.log1p),
  neg: { name: "neg", compute: (value) => -value, javascript: ["-", ""], cheap: true },
  sin: mathFunction("sin", Math.sin),
  sqrt: mathFunction("sqrt", Math.sqrt, true),
  tanh: mathFunction("tanh", Math.tanh),
} as const satisfies Readonly<Record<string, ElementFunction>>;

export type ElementFunctionName = keyof typeof ELEMENT_FUNCTIONS;

/** The power with a constant exponent. */
export function powerOf(exponent: number): ElementFunction {
  return {
    name: `pow[${exponent}]`,
    compute: (base) => Math.pow(base, exponent),
    javascript: ["Math.pow(", `, ${exponent})`],
  };
}
