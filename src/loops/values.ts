/**
 * Typed arithmetic for lowering: promotes operands, combines them, and converts where a value must be one that its
 * dtype can hold.
 *
 * Integers narrower than 32 bits are computed in 32. Under sum and product alone this needs no conversion before
 * the value is stored, because wrapping is a homomorphism of rings; anything that compares values needs it at once.
 */
import type { Affine } from "../affine/affine.ts";
import type { Combination } from "../ir/contraction.ts";
import { isFloat, valueTypeOf, type Dtype, type ValueType } from "../ir/dtype.ts";
import type { Elementwise } from "../ir/elementwise.ts";
import { InternalError } from "../support/errors.ts";
import type { Buffer, Expression, LoadExpression, ReduceOperator } from "./kernel.ts";
import type { LoopNest } from "./nest.ts";

export function constant(value: number | bigint, type: ValueType): Expression {
  return { kind: "constant", type, value };
}

export function load(buffer: Buffer, address: Affine): LoadExpression {
  return { kind: "load", type: valueTypeOf(buffer.dtype), buffer, address };
}

/** Converts a value of another type; a value that has the dtype's type already is left as it is. */
export function convertTo(value: Expression, dtype: Dtype): Expression {
  const type = valueTypeOf(dtype);
  return value.type === type ? value : { kind: "convert", type, dtype, value };
}

/** Combines the operands' values, promoted to one dtype, left to right; wrapped where the reduction would notice. */
export function combineOperands(nest: LoopNest, values: readonly Expression[]): Expression {
  const { reduce, dtype } = nest;
  // Who makes matches hands in what combines them.
  const combine = nest.combine as Combination;
  const type = valueTypeOf(dtype);
  const promoted = values.map((value) => convertTo(value, dtype));
  const logical = combine === "and" || combine === "or";
  const first = promoted[0] as Expression;
  if (promoted.length === 1) return logical ? { kind: "truth", type, value: first } : first;
  const combined = promoted
    .slice(1)
    .reduce<Expression>((left, right) => ({ kind: "binary", type, operator: combine, left, right }), first);
  return wrapCombined(combined, combine, reduce, dtype);
}

/** What a reduction makes of a single value: its truth under `any` and `all`, else the value. */
export function reduceValue(reduce: ReduceOperator, value: Expression): Expression {
  return reduce === "any" || reduce === "all" ? { kind: "truth", type: value.type, value } : value;
}

/**
 * Wraps a combined value to its dtype where the reduction would see the difference: a product of int8 in 32 bits
 * may be larger than one that wrapped.
 */
function wrapCombined(value: Expression, combine: Combination, reduce: ReduceOperator, dtype: Dtype): Expression {
  const narrow = dtype === "int8" || dtype === "int16" || dtype === "uint8" || dtype === "uint16";
  const grows = combine === "mul" || combine === "add";
  const ring = reduce === "sum" || reduce === "prod";
  if (!narrow || !grows || ring || value.kind !== "binary") return value;
  return { kind: "convert", type: valueTypeOf(dtype), dtype, value };
}

/** An epilogue that is one operator between its value and a constant: that of a mean divides. */
export function applyToConstant(epilogue: Elementwise, value: Expression): Expression {
  if (epilogue.kind === "binary" && epilogue.left.kind === "value") {
    const { operator, right } = epilogue;
    if (right.kind === "constant" || right.kind === "integer") {
      return { kind: "binary", operator, type: "f64", left: value, right: { ...right, type: "f64" } as Expression };
    }
  }
  throw new InternalError("no lowering");
}

/** The dtype scratch holds values of a dtype in: doubles for floats, which saves V8 a conversion a load. */
export function scratchDtype(dtype: Dtype): Dtype {
  return isFloat(dtype) ? "float64" : dtype;
}
