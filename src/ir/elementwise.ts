/**
 * Elementwise expressions: what becomes of a value on its way in or out of a contraction. An *epilogue* is applied to
 * what the contraction accumulated, before it is stored: a mean's division, a bias, an activation, a residual. A
 * *prologue* is applied to each element that an operand's access read, before operands are combined.
 *
 * Floats are computed as doubles. Integers are computed in their dtype, by operators that are exact in it alone: see
 * `integer-elementwise.ts`, through which whoever makes a contraction of integers sends its expressions.
 */
import type { Affine } from "../affine/affine.ts";
import { printAffine } from "../affine/print.ts";
import { unreachable } from "../support/errors.ts";
import type { ElementFunction } from "./element-function.ts";

export type Elementwise =
  | ElementwiseValue
  | ElementwiseConstant
  | ElementwiseInteger
  | ElementwiseElement
  | ElementwiseBinary
  | ElementwiseCall
  | ElementwiseShared
  | ElementwiseWrap;

/** What the expression is applied to: the accumulated value of an epilogue, the element read of a prologue. */
export interface ElementwiseValue {
  readonly kind: "value";
}

/** A constant of the dtype that is computed in: a BigInt for integers of 64 bits. */
export interface ElementwiseConstant {
  readonly kind: "constant";
  readonly value: number | bigint;
}

/** An expression over integers of the kernel, such as the count of reduced values where sizes are left to run time. */
export interface ElementwiseInteger {
  readonly kind: "integer";
  readonly value: Affine;
}

/** The element that a further access of the contraction reads, by its number in `Contraction.further`. */
export interface ElementwiseElement {
  readonly kind: "element";
  readonly access: number;
}

/** Division is for floats alone. */
export interface ElementwiseBinary {
  readonly kind: "binary";
  readonly operator: "add" | "sub" | "mul" | "div" | "max" | "min";
  readonly left: Elementwise;
  readonly right: Elementwise;
}

/** A function of a double. */
export interface ElementwiseCall {
  readonly kind: "call";
  readonly function: ElementFunction;
  readonly value: Elementwise;
}

/** Computed once, however often the same object occurs: the x of `x / (1 + exp(-x))`. */
export interface ElementwiseShared {
  readonly kind: "shared";
  readonly value: Elementwise;
}

/** Wraps an integer to the dtype that is computed in, where that is narrower than its arithmetic. */
export interface ElementwiseWrap {
  readonly kind: "wrap";
  readonly value: Elementwise;
}

/** The value divided by a count: a mean. */
export function divideBy(count: Affine): Elementwise {
  const right: Elementwise =
    count.terms.length === 0 ? { kind: "constant", value: count.constant } : { kind: "integer", value: count };
  return { kind: "binary", operator: "div", left: { kind: "value" }, right };
}

/** The parts of an expression that are expressions. */
export function partsOf(expression: Elementwise): readonly Elementwise[] {
  switch (expression.kind) {
    case "value":
    case "constant":
    case "integer":
    case "element":
      return [];
    case "binary":
      return [expression.left, expression.right];
    case "call":
    case "shared":
    case "wrap":
      return [expression.value];
    default:
      return unreachable(expression);
  }
}

/** The further accesses that an expression reads, by number, each once, in order of appearance. */
export function elementsIn(expression: Elementwise): readonly number[] {
  if (expression.kind === "element") return [expression.access];
  return [...new Set(partsOf(expression).flatMap(elementsIn))];
}

/** Rebuilds an expression with others in the place of some leaves; what is shared stays shared. */
export function mapLeaves(
  expression: Elementwise,
  map: (leaf: ElementwiseValue | ElementwiseConstant | ElementwiseElement) => Elementwise,
  shared = new Map<Elementwise, Elementwise>(),
): Elementwise {
  const rebuild = (part: Elementwise): Elementwise => mapLeaves(part, map, shared);
  switch (expression.kind) {
    case "value":
    case "constant":
    case "element":
      return map(expression);
    case "integer":
      return expression;
    case "binary":
      return { ...expression, left: rebuild(expression.left), right: rebuild(expression.right) };
    case "shared": {
      const known = shared.get(expression) ?? { kind: "shared", value: rebuild(expression.value) };
      shared.set(expression, known);
      return known;
    }
    case "call":
    case "wrap":
      return { ...expression, value: rebuild(expression.value) };
    default:
      return unreachable(expression);
  }
}

/**
 * Prints an expression over the name of its value: `relu(x + bias[o])`, `x / 9`; `nameOf` prints the further accesses,
 * which are `y0`, `y1` and so on by default. Parentheses are those that precedence needs.
 */
export function printElementwise(
  expression: Elementwise,
  value: string,
  nameOf: (access: number) => string = (access) => `y${access}`,
): string {
  return print(expression, 0);

  function print(part: Elementwise, around: number): string {
    switch (part.kind) {
      case "value":
        return value;
      case "constant":
        return part.value < 0 && around > 1 ? `(${part.value})` : String(part.value);
      case "integer":
        return `(${printAffine(part.value).replaceAll("$", "")})`;
      case "element":
        return nameOf(part.access);
      case "call":
        return part.function.name === "neg"
          ? parenthesized(`-${print(part.value, 3)}`, 1, around)
          : `${part.function.name}(${print(part.value, 0)})`;
      case "binary":
        return printBinary(part, around);
      case "shared":
      case "wrap":
        return print(part.value, around);
      default:
        return unreachable(part);
    }
  }

  function printBinary({ operator, left, right }: ElementwiseBinary, around: number): string {
    const infix = INFIX[operator];
    if (infix) {
      const { sign, precedence } = infix;
      return parenthesized(`${print(left, precedence)} ${sign} ${print(right, precedence + 1)}`, precedence, around);
    }
    if (operator === "max" && right.kind === "constant" && Number(right.value) === 0) return `relu(${print(left, 0)})`;
    return `${operator}(${print(left, 0)}, ${print(right, 0)})`;
  }
}

function parenthesized(text: string, precedence: number, around: number): string {
  return precedence < around ? `(${text})` : text;
}

const INFIX: Readonly<
  Partial<Record<ElementwiseBinary["operator"], { readonly sign: string; readonly precedence: number }>>
> = {
  add: { sign: "+", precedence: 1 },
  sub: { sign: "-", precedence: 1 },
  mul: { sign: "*", precedence: 2 },
  div: { sign: "/", precedence: 2 },
};
