/**
 * Evaluates elementwise expressions, point by point, without a kernel: by the arithmetic that kernels have.
 *
 * Invariant: the value is the one that a kernel computes, bit for bit.
 */
import type { Affine } from "../affine/affine.ts";
import { valueTypeOf, type Dtype } from "../ir/dtype.ts";
import type { Elementwise } from "../ir/elementwise.ts";
import { InternalError, required, unreachable } from "../support/errors.ts";
import { binaryFunction, comparisonOf, convertFunction, isTrue, truthValue, type Value } from "./arithmetic.ts";

/** What an expression finds at the point where it is evaluated: elements are values of its dtype. */
export interface Point {
  /** Null where the access leaves a padded axis. */
  element(access: number): Value | null;
  position?(over: Affine): number;
  readonly value?: Value;
}

/** Prepares an expression over values of a dtype. */
export function prepareElementwise(expression: Elementwise, dtype: Dtype): (point: Point) => Value {
  const type = valueTypeOf(dtype);
  const prepare = (part: Elementwise): ((point: Point) => Value) => {
    switch (part.kind) {
      case "value":
        return ({ value }) => required(value, "a reduced value");
      case "constant":
        return () => part.value;
      case "integer":
        return (point) => required(point.position?.(part.value), "a position");
      case "element":
        return (point) => required(point.element(part.access) ?? undefined, "an element");
      case "inside": {
        const value = prepare(part.value);
        return (point) => (point.element(part.access) === null ? part.outside : value(point));
      }
      case "binary": {
        const compute = binaryFunction(part.operator, type);
        const [left, right] = [prepare(part.left), prepare(part.right)];
        return (point) => compute(left(point), right(point));
      }
      case "compare": {
        const compares = comparisonOf(part.operator);
        const [left, right] = [prepare(part.left), prepare(part.right)];
        return (point) => truthValue(compares(left(point), right(point)), type);
      }
      case "select": {
        const [condition, yes, no] = [prepare(part.condition), prepare(part.yes), prepare(part.no)];
        return (point) => (isTrue(condition(point)) ? yes(point) : no(point));
      }
      case "call": {
        const value = prepare(part.value);
        return (point) => part.function.compute(value(point) as number);
      }
      case "shared":
        return prepare(part.value);
      case "wrap": {
        const [wrap, value] = [convertFunction(type, dtype), prepare(part.value)];
        return (point) => wrap(value(point));
      }
      case "tuple":
        throw new InternalError("a state is evaluated component by component");
      default:
        return unreachable(part);
    }
  };
  return prepare(expression);
}
