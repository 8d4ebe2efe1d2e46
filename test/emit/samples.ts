/** Kernels whose emitted text is compared whole, beside those of `support/kernels.ts`. */
import type { Expression, Kernel, Statement } from "../../src/loops/kernel.ts";
import {
  at,
  binary,
  constant,
  convert,
  kernelOf,
  load,
  loop,
  operand,
  output,
  scratch,
  variable,
} from "../support/kernels.ts";

/** One statement that is too long for a line. */
export function longSum(): Kernel {
  const [a, b, out] = [operand("a", 8, "float32"), operand("b", 8, "float32"), output("out", 1, "float32")];
  const products = Array.from({ length: 8 }, (_, i) => binary("mul", load(a, at(i)), load(b, at(7 - i))));
  const value = products.reduce((left, right) => binary("add", left, right));
  return kernelOf("dot", [a, b], out, { kind: "store", buffer: out, address: at(0), value });
}

/** The largest product of int8, each wrapped before it is compared. */
export function largestProduct(): Kernel {
  const [a, b, out] = [operand("a", 9, "int8"), operand("b", 9, "int8"), output("out", 1, "int8")];
  const product = convert("int8", binary("mul", load(a, at([1, "i"])), load(b, at([-1, "i"], 8))));
  return kernelOf(
    "largest",
    [a, b],
    out,
    { kind: "accumulator", name: "acc0", initial: constant(-128, "i32") },
    loop("i", 0, 9, 1, { kind: "accumulate", name: "acc0", operator: "max", value: product }),
    { kind: "store", buffer: out, address: at(0), value: variable("acc0", "i32") },
  );
}

/** Mixed integers: a sum in u32, converted from u8 and i32. */
export function mixedSum(): Kernel {
  const [a, b, out] = [operand("a", 4, "uint8"), operand("b", 4, "int32"), output("out", 4, "uint32")];
  const sum = binary("add", convert("uint32", load(a, at([1, "i"]))), convert("uint32", load(b, at([1, "i"]))));
  const body: Statement[] = [
    { kind: "value", name: "sum", value: sum },
    { kind: "update", buffer: out, address: at([1, "i"]), operator: "prod", value: variable("sum", "u32") },
  ];
  return kernelOf("mixed", [a, b], out, loop("i", 0, 4, 1, ...body));
}

/** The smallest of BigInts, and a number made one. */
export function smallestBig(): Kernel {
  const [a, b, out] = [operand("a", 4, "int64"), operand("b", 4, "int16"), output("out", 1, "int64")];
  const smaller = binary("min", load(a, at([1, "i"])), convert("int64", load(b, at([1, "i"]))));
  return kernelOf(
    "smallest",
    [a, b],
    out,
    { kind: "fill", buffer: out, value: 9223372036854775807n },
    loop("i", 0, 4, 1, { kind: "update", buffer: out, address: at(0), operator: "min", value: smaller }),
  );
}

function truth(value: Expression): Expression {
  return {
    kind: "compare",
    type: value.type,
    operator: "ne",
    left: value,
    right: constant(value.type.endsWith("64") && value.type !== "f64" ? 0n : 0, value.type),
  };
}

/** Truth of doubles and of BigInts. */
export function anyAndAll(): Kernel {
  const [a, b, out] = [operand("a", 4), operand("b", 4), output("out", 4)];
  const both: Expression = binary("and", load(a, at([1, "i"])), load(b, at([1, "i"])));
  const either = binary("or", both, truth(load(b, at([-1, "i"], 3))));
  return kernelOf("some", [a, b], out, {
    kind: "loop",
    variable: "i",
    from: 0,
    to: 4,
    step: 1,
    unroll: 1,
    body: [{ kind: "update", buffer: out, address: at([1, "i"]), operator: "any", value: either }],
  });
}

/** A remainder in a scope of its own, and constants of every shape. */
export function remainder(): Kernel {
  const [a, out] = [operand("a", 5), output("out", 5)];
  const padded = { ...scratch("padded", 5, "float32", -Infinity) };
  const double = binary("mul", load(a, at([1, "i"])), constant(-2));
  return {
    ...kernelOf(
      "remainder",
      [a],
      out,
      loop("i", 0, 4, 2, { kind: "store", buffer: out, address: at([1, "i"]), value: double }),
      {
        kind: "block",
        body: [
          { kind: "offset", name: "i", value: at(4) },
          {
            kind: "store",
            buffer: out,
            address: at([1, "i"]),
            value: binary("sub", constant(-0), binary("sub", constant(Infinity), constant(NaN))),
          },
          {
            kind: "store",
            buffer: padded,
            address: at([-1, "i"], 4),
            value: binary("div", binary("mul", constant(1e21), constant(0.5)), binary("mul", constant(3), constant(7))),
          },
        ],
      },
    ),
    scratch: [padded],
  };
}
