/**
 * The algebra of reductions and combinations: identities, and which combinations may be pulled out of which
 * reductions, so that a contraction may be split into pairwise steps.
 */
import type { Combination, Monoid, ReduceOperator, Reduction } from "./contraction.ts";
import { InternalError } from "../support/errors.ts";
import { extremesOf, isBig, isFloat, valueTypeOf, type Dtype } from "./dtype.ts";

/** The value that changes nothing when it is reduced with another, as an element of the dtype: what no point gives. */
export function identityOf(reduce: Monoid, dtype: Dtype): number | bigint {
  if (typeof reduce !== "string") return reduce.nothing;
  const integer = (value: number): number | bigint => (isBig(dtype) ? BigInt(value) : value);
  switch (reduce) {
    case "sum":
    case "any":
      return integer(0);
    case "prod":
    case "all":
      return integer(1);
    case "max":
      return extremesOf(dtype).lowest;
    case "min":
      return extremesOf(dtype).highest;
  }
}

/**
 * Whether `combine` distributes over `reduce`: `sum(a*b_i) = a*sum(b_i)`, `max(a + b_i) = a + max(b_i)`. Only then
 * may three and more operands meet pairwise, each step reducing what no later one needs.
 *
 * Wrapping integers form a ring under sum and product, but adding does not keep their order: `max` of sums splits
 * over floats alone.
 */
export function distributes(combine: Combination, reduce: Monoid, dtype: Dtype): boolean {
  switch (reduce) {
    case "sum":
      return combine === "mul";
    case "max":
    case "min":
      return combine === "max" || combine === "min" || (combine === "add" && isFloat(dtype));
    case "any":
    case "all":
      return combine === "and" || combine === "or";
    default:
      return false;
  }
}

/** The operator that a monoid of one component is. */
export function operatorOf(reduce: Monoid): ReduceOperator {
  if (typeof reduce === "string") return reduce;
  throw new InternalError(`${reduce.name} reduces several components`);
}

/** What readers call a monoid. */
export function nameOfMonoid(reduce: Monoid): string {
  return typeof reduce === "string" ? reduce : reduce.name;
}

/** The dtype of the result: NumPy's mean of integers is a float64, everything else keeps the operands' dtype. */
export function resultDtype(reduce: Reduction, operands: Dtype): Dtype {
  return reduce === "mean" && !isFloat(operands) ? "float64" : operands;
}

/** What a reduction accumulates in, for the comment of a kernel: doubles for floats, the wrapping type for integers. */
export function accumulatesIn(dtype: Dtype): string {
  const names = { f64: "float64", i32: "int32", u32: "uint32", i64: "int64", u64: "uint64" } as const;
  return names[valueTypeOf(dtype)];
}
