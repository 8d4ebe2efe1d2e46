/**
 * Elementwise expressions of integers. Adding, subtracting, multiplying, comparing, negating and taking the absolute
 * value are exact in an integer dtype once they wrap, as NumPy's do; everything else gives a float: `exp` of an int32 is
 * a float64, as NumPy promotes it.
 *
 * Invariant: every intermediate value of an expression made here is one that the dtype holds.
 */
import { InternalError } from "../support/errors.ts";
import { UnsupportedError } from "../support/errors.ts";
import { bytesOf, isBig, isFloat, promote, valueTypeOf, type Dtype } from "./dtype.ts";
import { partsOf, type Elementwise, type ElementwiseBinary, type ElementwiseConstant } from "./elementwise.ts";
import { printElementwise } from "./print-elementwise.ts";

/**
 * The dtype of what an expression gives: that of its value and its further accesses together, or float64 where that is
 * an integer and the expression is not exact in it. A constant that the integers do not hold makes it a float64, too.
 */
export function elementwiseDtype(expression: Elementwise, value: Dtype, further: readonly Dtype[]): Dtype {
  const promoted = further.reduce(promote, value);
  return isFloat(promoted) || isExact(expression, promoted) ? promoted : "float64";
}

/** The expression as it is computed in a dtype: floats as they are, integers wrapped. Refuses what is not exact in them. */
export function elementwiseIn(expression: Elementwise, dtype: Dtype): Elementwise {
  if (isFloat(dtype)) return expression;
  if (!isExact(expression, dtype)) {
    throw new UnsupportedError(`${printElementwise(expression, "x")} is not exact in ${dtype}: use a float dtype`);
  }
  return integerForm(expression, dtype, new Map());
}

function isExact(expression: Elementwise, dtype: Dtype): boolean {
  switch (expression.kind) {
    case "constant":
      return isHeld(expression.value, dtype);
    case "binary":
      if (expression.operator === "div") return false;
      break;
    case "call":
      if (expression.function.name !== "neg" && expression.function.name !== "abs") return false;
      break;
    default:
  }
  return partsOf(expression).every((part) => isExact(part, dtype));
}

/** Whether a number is one that an integer dtype has. */
export function isHeld(value: number | bigint, dtype: Dtype): boolean {
  if (typeof value === "number" && !Number.isInteger(value)) return false;
  const bits = 8 * bytesOf(dtype);
  const wrapped = isUnsigned(dtype) ? BigInt.asUintN(bits, BigInt(value)) : BigInt.asIntN(bits, BigInt(value));
  return wrapped === BigInt(value);
}

function isUnsigned(dtype: Dtype): boolean {
  return dtype.startsWith("uint");
}

function integerForm(expression: Elementwise, dtype: Dtype, shared: Map<Elementwise, Elementwise>): Elementwise {
  const form = (part: Elementwise): Elementwise => integerForm(part, dtype, shared);
  const wrap = (value: Elementwise): Elementwise => (isNarrow(dtype) ? { kind: "wrap", value } : value);
  switch (expression.kind) {
    case "value":
    case "element":
      return wrap(expression);
    case "inside":
      return {
        ...expression,
        value: form(expression.value),
        outside: integerConstant(expression.outside, dtype).value,
      };
    case "compare":
      return { ...expression, left: form(expression.left), right: form(expression.right) };
    case "select": {
      const { condition, yes, no } = expression;
      return { kind: "select", condition: form(condition), yes: form(yes), no: form(no) };
    }
    case "constant":
      return integerConstant(expression.value, dtype);
    case "integer":
    case "tuple":
      throw new InternalError(`a ${expression.kind} is computed with as a double`);
    case "wrap":
      return form(expression.value);
    case "shared": {
      const known = shared.get(expression) ?? { kind: "shared", value: form(expression.value) };
      shared.set(expression, known);
      return known;
    }
    case "binary": {
      const made: Elementwise = { ...expression, left: form(expression.left), right: form(expression.right) };
      return GROWING.includes(made.operator) ? wrap(made) : made;
    }
    case "call": {
      const value = form(expression.value);
      const negative = (of: Elementwise): Elementwise =>
        wrap({ kind: "binary", operator: "sub", left: integerConstant(0, dtype), right: of });
      if (expression.function.name === "neg") return negative(value);
      if (isUnsigned(dtype)) return value;
      const twice: Elementwise = { kind: "shared", value };
      return { kind: "binary", operator: "max", left: twice, right: negative(twice) };
    }
  }
}

function integerConstant(value: number | bigint, dtype: Dtype): ElementwiseConstant {
  return { kind: "constant", value: isBig(dtype) ? BigInt(value) : Number(value) + 0 };
}

/** The operators whose results an integer dtype may not hold. */
const GROWING: readonly ElementwiseBinary["operator"][] = ["add", "sub", "mul"];

/** Whether the arithmetic of a dtype is wider than itself. */
function isNarrow(dtype: Dtype): boolean {
  return valueTypeOf(dtype) === "i32" && dtype !== "int32";
}
