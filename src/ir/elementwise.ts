/**
 * Elementwise expressions over the value a contraction accumulated: its epilogue. `mean` divides by a count.
 *
 * There is room for more. A bias or a residual is a leaf beside `accumulated` that holds an access over the output's
 * indices; an activation is a further operator; a prologue is the same expression over the element an operand's access
 * read, its padding included. Each switch over `kind` ends in `unreachable`, so that the compiler lists the places.
 */
import type { Affine } from "../affine/affine.ts";
import { printAffine } from "../affine/print.ts";
import { unreachable } from "../support/errors.ts";

export type Elementwise = AccumulatedValue | ElementwiseConstant | ElementwiseInteger | ElementwiseBinary;

/** The value the contraction accumulated for this element. */
export interface AccumulatedValue {
  readonly kind: "accumulated";
}

export interface ElementwiseConstant {
  readonly kind: "constant";
  readonly value: number;
}

/** An expression over integers of the kernel, such as the count of reduced values where sizes are left to run time. */
export interface ElementwiseInteger {
  readonly kind: "integer";
  readonly value: Affine;
}

export interface ElementwiseBinary {
  readonly kind: "binary";
  readonly operator: "add" | "sub" | "mul" | "div" | "max" | "min";
  readonly left: Elementwise;
  readonly right: Elementwise;
}

/** The accumulated value divided by a count: a mean. */
export function divideBy(count: Affine): Elementwise {
  const right: Elementwise =
    count.terms.length === 0 ? { kind: "constant", value: count.constant } : { kind: "integer", value: count };
  return { kind: "binary", operator: "div", left: { kind: "accumulated" }, right };
}

/** Prints an epilogue over the name of the accumulated value: `(out / 9)`. */
export function printElementwise(expression: Elementwise, accumulated: string): string {
  switch (expression.kind) {
    case "accumulated":
      return accumulated;
    case "constant":
      return String(expression.value);
    case "integer":
      return printAffine(expression.value).replaceAll("$", "");
    case "binary": {
      const left = printElementwise(expression.left, accumulated);
      const right = printElementwise(expression.right, accumulated);
      const sign = SIGNS[expression.operator];
      return sign ? `(${left} ${sign} ${right})` : `${expression.operator}(${left}, ${right})`;
    }
    default:
      return unreachable(expression);
  }
}

const SIGNS: Readonly<Partial<Record<ElementwiseBinary["operator"], string>>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
};
