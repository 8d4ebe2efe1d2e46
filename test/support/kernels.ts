/**
 * Kernels built by hand for the tests of what reads kernels: short constructors, and a few whole ones.
 */
import { addAffine, constantAffine, variableAffine, type Affine } from "../../src/affine/affine.ts";
import { valueTypeOf, type Dtype, type ValueType } from "../../src/ir/dtype.ts";
import type { BinaryOperator, Buffer, Expression, Kernel, Statement } from "../../src/loops/kernel.ts";

/** An affine expression from pairs of coefficients and variables, and a constant. */
export function at(...parts: readonly (readonly [number, string] | number)[]): Affine {
  return parts.reduce<Affine>((sum, part) => {
    return addAffine(sum, typeof part === "number" ? constantAffine(part) : variableAffine(part[1], part[0]));
  }, constantAffine(0));
}

export function operand(name: string, length: number, dtype: Dtype = "float64"): Buffer {
  return { name, role: "operand", dtype, length };
}

export function output(name: string, length: number, dtype: Dtype = "float64"): Buffer {
  return { name, role: "output", dtype, length };
}

export function scratch(name: string, length: number, dtype: Dtype = "float64", initial?: number | bigint): Buffer {
  return { name, role: "scratch", dtype, length, ...(initial === undefined ? {} : { initial }) };
}

export function load(buffer: Buffer, address: Affine): Expression {
  return { kind: "load", type: valueTypeOf(buffer.dtype), buffer, address };
}

export function variable(name: string, type: ValueType = "f64"): Expression {
  return { kind: "variable", type, name };
}

export function constant(value: number | bigint, type: ValueType = "f64"): Expression {
  return { kind: "constant", type, value };
}

export function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: "binary", type: left.type, operator, left, right };
}

export function convert(dtype: Dtype, value: Expression): Expression {
  return { kind: "convert", type: valueTypeOf(dtype), dtype, value };
}

export function loop(name: string, from: number, to: number, step: number, ...body: Statement[]): Statement {
  return { kind: "loop", variable: name, from, to, step, unroll: 1, body };
}

/** A kernel of one routine without a comment. */
export function kernelOf(name: string, operands: Buffer[], out: Buffer, ...body: Statement[]): Kernel {
  return { name, integers: [], checks: [], operands, output: out, scratch: [], routines: [{ comment: "", body }] };
}

/** A matrix product of 4x3 and 3x5 elements, one accumulator an element. */
export function naiveMatmul(dtype: Dtype = "float64"): Kernel {
  const [a, b, out] = [operand("a", 12, dtype), operand("b", 15, dtype), output("out", 20, dtype)];
  const type = valueTypeOf(dtype);
  const zero = constant(type === "i64" || type === "u64" ? 0n : 0, type);
  const product = binary("mul", load(a, at([3, "i"], [1, "j"])), load(b, at([5, "j"], [1, "k"])));
  return kernelOf(
    "matmul",
    [a, b],
    out,
    loop(
      "i",
      0,
      4,
      1,
      loop(
        "k",
        0,
        5,
        1,
        { kind: "accumulator", name: "acc0", initial: zero },
        loop("j", 0, 3, 1, { kind: "accumulate", name: "acc0", operator: "sum", value: product }),
        { kind: "store", buffer: out, address: at([5, "i"], [1, "k"]), value: variable("acc0", type) },
      ),
    ),
  );
}

/** The same product with a row of `a` in locals, streaming along the unit stride of `b` and `out`. */
export function stationaryMatmul(dtype: Dtype = "float64"): Kernel {
  const [a, b, out] = [operand("a", 12, dtype), operand("b", 15, dtype), output("out", 20, dtype)];
  const type = valueTypeOf(dtype);
  const taps = [0, 1, 2].map((j) => {
    return binary("mul", variable(`a${j}`, type), load(b, at([1, "k"], 5 * j)));
  });
  const sum = taps.reduce((left, right) => binary("add", left, right));
  return kernelOf(
    "matmul",
    [a, b],
    out,
    { kind: "fill", buffer: out, value: type === "i64" || type === "u64" ? 0n : 0 },
    loop(
      "i",
      0,
      4,
      1,
      { kind: "offset", name: "aAt", value: at([3, "i"]) },
      ...[0, 1, 2].map((j): Statement => {
        return { kind: "value", name: `a${j}`, value: load(a, at([1, "aAt"], j)) };
      }),
      loop("k", 0, 5, 1, { kind: "update", buffer: out, address: at([5, "i"], [1, "k"]), operator: "sum", value: sum }),
    ),
  );
}

/** A padded copy and a windowed mean over it: two routines that share scratch. */
export function paddedMean(): Kernel {
  const [a, out, padded] = [operand("a", 6), output("out", 6), scratch("padded", 8)];
  const window = [0, 1, 2]
    .map((k) => load(padded, at([1, "x"], k)))
    .reduce((left, right) => binary("add", left, right));
  return {
    name: "mean3",
    integers: [],
    checks: [],
    operands: [a],
    output: out,
    scratch: [padded],
    routines: [
      {
        comment: "copies a into padded",
        body: [
          loop("x", 0, 6, 1, { kind: "store", buffer: padded, address: at([1, "x"], 1), value: load(a, at([1, "x"])) }),
        ],
      },
      {
        comment: "averages windows of 3",
        body: [
          loop(
            "x",
            0,
            6,
            2,
            ...[0, 1].map((half): Statement => {
              const shifted = half === 0 ? window : shift(window, padded, half);
              return {
                kind: "store",
                buffer: out,
                address: at([1, "x"], half),
                value: binary("div", shifted, constant(3)),
              };
            }),
          ),
        ],
      },
    ],
  };
}

function shift(expression: Expression, buffer: Buffer, by: number): Expression {
  if (expression.kind === "load") return load(buffer, addAffine(expression.address, constantAffine(by)));
  if (expression.kind !== "binary") return expression;
  return { ...expression, left: shift(expression.left, buffer, by), right: shift(expression.right, buffer, by) };
}
