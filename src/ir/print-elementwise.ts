/** Elementwise expressions as people write them: `relu(x + bias[o])`, `x / 9`. */
import { type Affine, printAffine } from "../affine/affine.ts";
import { unreachable } from "../support/errors.ts";
import { flatten, isTruth, type ComparisonOperator, type Elementwise, type ElementwiseBinary } from "./elementwise.ts";

/**
 * Prints an expression over the name of its value: `relu(x + bias[o])`, `x / 9`; `nameOf` prints the further accesses,
 * which are `y0`, `y1` and so on by default. Parentheses are those that precedence needs.
 */
export function printElementwise(
  expression: Elementwise,
  value: string,
  nameOf: (access: number) => string = (access) => `y${access}`,
  nameIndex: (index: string) => string = (index) => index,
): string {
  return print(expression, 0);

  function print(part: Elementwise, around: number): string {
    switch (part.kind) {
      case "value":
        return value;
      case "constant":
        return part.value < 0 && around > SUM ? `(${part.value})` : String(part.value);
      case "integer":
        return printPosition(part.value, around);
      case "element":
        return nameOf(part.access);
      case "call":
        return part.function.name === "neg"
          ? parenthesized(`-${print(part.value, PRODUCT + 1)}`, SUM, around)
          : `${part.function.name}(${print(part.value, 0)})`;
      case "binary":
        return printBinary(part, around);
      case "compare": {
        const sides = `${print(part.left, SUM)} ${COMPARISONS[part.operator]} ${print(part.right, SUM)}`;
        return parenthesized(sides, COMPARISON, around);
      }
      case "select": {
        const { condition, yes, no } = part;
        return parenthesized(`${print(condition, OR)} ? ${print(yes, 0)} : ${print(no, 0)}`, 0, around);
      }
      case "inside":
      case "shared":
      case "wrap":
        return print(part.value, around);
      case "tuple":
        return `(${part.parts.map((each) => print(each, 0)).join(", ")})`;
      default:
        return unreachable(part);
    }
  }

  function printPosition(position: Affine, around: number): string {
    const text = printAffine(position, nameIndex).replaceAll("$", "");
    return position.terms.length + Number(position.constant !== 0) > 1 ? parenthesized(text, SUM, around) : text;
  }

  function printBinary(part: ElementwiseBinary, around: number): string {
    const { operator, left, right } = part;
    if (isTruth(part)) return print(left, around);
    const infix = INFIX[operator];
    if (infix) {
      const { sign, precedence } = infix;
      return parenthesized(`${print(left, precedence)} ${sign} ${print(right, precedence + 1)}`, precedence, around);
    }
    if (operator === "max" && right.kind === "constant" && Number(right.value) === 0) return `relu(${print(left, 0)})`;
    return `${operator}(${flatten(part, operator)
      .map((each) => print(each, 0))
      .join(", ")})`;
  }
}

function parenthesized(text: string, precedence: number, around: number): string {
  return precedence < around ? `(${text})` : text;
}

/** How closely operators bind, loosest first. */
const [OR, AND, COMPARISON, SUM, PRODUCT] = [1, 2, 3, 4, 5];

const INFIX: Readonly<
  Partial<Record<ElementwiseBinary["operator"], { readonly sign: string; readonly precedence: number }>>
> = {
  or: { sign: "or", precedence: OR },
  and: { sign: "and", precedence: AND },
  add: { sign: "+", precedence: SUM },
  sub: { sign: "-", precedence: SUM },
  mul: { sign: "*", precedence: PRODUCT },
  div: { sign: "/", precedence: PRODUCT },
};

/** Signs of comparisons, for people. */
export const COMPARISONS: Readonly<Record<ComparisonOperator, string>> = { eq: "==", ne: "!=", lt: "<", le: "<=" };
