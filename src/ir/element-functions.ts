/**
 * The functions that elementwise expressions may call, by name. `einsum` calls none of them, and does not carry them.
 *
 * Invariant: what `erf` computes is what its definition says, number by number.
 */
import type { ElementFunction, FunctionDefinition } from "./element-function.ts";

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
