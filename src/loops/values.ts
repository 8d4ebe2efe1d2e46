/** Typed values for lowering: constants, loads, conversions to what a dtype can hold, truths. */
import type { Affine } from "../affine/affine.ts";
import type { ReduceOperator } from "../ir/contraction.ts";
import { isBig, isFloat, valueTypeOf, type Dtype, type ValueType } from "../ir/dtype.ts";
import type { BinaryOperator, Buffer, Expression, LoadExpression } from "./kernel.ts";

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

/** What a reduction makes of a single value: its truth under `any` and `all`, else the value. */
export function reduceValue(reduce: ReduceOperator, value: Expression): Expression {
  return reduce === "any" || reduce === "all" ? truthOf(value) : value;
}

/** 1 where a value is not 0, NaN included, else 0; what is one of the two already stays. */
export function truthOf(value: Expression): Expression {
  const { type } = value;
  const isTruth = value.kind === "compare" || (value.kind === "binary" && LOGICAL.includes(value.operator));
  return isTruth ? value : { kind: "compare", type, operator: "ne", left: value, right: constant(zeroOf(type), type) };
}

const LOGICAL: readonly BinaryOperator[] = ["and", "or"];

function zeroOf(type: ValueType): number | bigint {
  return isBig(type) ? 0n : 0;
}

/** The dtype scratch holds values of a dtype in: doubles for floats, which saves V8 a conversion a load. */
export function scratchDtype(dtype: Dtype): Dtype {
  return isFloat(dtype) ? "float64" : dtype;
}
