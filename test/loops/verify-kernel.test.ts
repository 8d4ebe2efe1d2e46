import { describe, expect, it } from "vitest";
import { InternalError } from "../../src/support/errors.ts";
import type { Kernel, Statement } from "../../src/loops/kernel.ts";
import { verifyKernel } from "../../src/loops/verify-kernel.ts";
import { anyAndAll, largestProduct, longSum, mixedSum, remainder, smallestBig } from "../emit/samples.ts";
import {
  at,
  binary,
  constant,
  convert,
  kernelOf,
  load,
  loop,
  naiveMatmul,
  operand,
  output,
} from "../support/kernels.ts";
import { paddedMean, scratch, stationaryMatmul, variable } from "../support/kernels.ts";

const a = operand("a", 12);
const n = operand("n", 4, "int32");
const out = output("out", 20);

/** Scratch, and two parts of it that share an element. */
const whole = scratch("w", 8);
const left = { ...scratch("left", 5), part: { of: whole, from: 0 } };
const right = { ...scratch("right", 4), part: { of: whole, from: 4 } };

/** A kernel `k` of these statements. */
function k(...body: Statement[]): Kernel {
  return kernelOf("k", [a, n], out, ...body);
}

function value(name: string, of = constant(1)): Statement {
  return { kind: "value", name, value: of };
}

function offset(name: string, of = at(0)): Statement {
  return { kind: "offset", name, value: of };
}

function store(address = at(0), of = constant(1), buffer = out): Statement {
  return { kind: "store", buffer, address, value: of };
}

function loopOf(from: number, to: number, step: number, unroll: number, ...body: Statement[]): Statement {
  return { kind: "loop", variable: "i", from, to, step, unroll, body };
}

describe("verifyKernel", () => {
  it("accepts sound kernels", () => {
    const kernels = [naiveMatmul(), stationaryMatmul("uint64"), paddedMean(), anyAndAll(), largestProduct(), longSum()];
    for (const kernel of [...kernels, mixedSum(), remainder(), smallestBig()]) {
      expect(() => verifyKernel(kernel)).not.toThrow();
    }
  });

  it("accepts names again beside each other, and addresses that loops of no passes never reach", () => {
    const twice = loop("i", 0, 2, 1, value("x"), store(at([1, "i"])));
    expect(() => verifyKernel(k(twice, twice, loop("i", 3, 3, 1, store(at(99)))))).not.toThrow();
  });

  it("takes the last value of a loop that is still to be unrolled for its bound", () => {
    expect(() => verifyKernel(k(loopOf(0, 20, 3, 2, store(at([1, "i"], 1)))))).not.toThrow();
  });

  it("counts what offsets share once", () => {
    const shared = [offset("p", at([5, "i"])), offset("q", at([1, "p"], 4)), store(at([1, "q"], [-1, "p"], [5, "i"]))];
    expect(() => verifyKernel(k(loop("i", 0, 4, 1, ...shared)))).not.toThrow();
  });

  it.each<[string, Kernel, string]>([
    [
      "a name declared inside its own scope",
      k(value("x"), loop("i", 0, 1, 1, value("x"))),
      "value x is declared where value x is",
    ],
    ["a loop that takes a name", k(offset("i"), loop("i", 0, 1, 1)), "loop i is declared where offset i is"],
    ["a value before its declaration", k(store(at(0), variable("x")), value("x")), "x is used before it is declared"],
    [
      "a value out of scope",
      k(loop("i", 0, 1, 1, value("x")), store(at(0), variable("x"))),
      "x is used before it is declared",
    ],
    [
      "a value out of its block",
      k({ kind: "block", body: [value("x")] }, store(at(0), variable("x"))),
      "x is used before it is declared",
    ],
    ["an integer as a value", k(loop("i", 0, 1, 1, store(at(0), variable("i")))), "loop i is used as a value"],
    ["an unknown name in an address", k(store(at([1, "j"]))), "j is used in an address before it is declared"],
    ["a value in an address", k(value("x"), store(at([1, "x"]))), "value x is used in an address"],
    [
      "an accumulation without accumulator",
      k(value("x"), { kind: "accumulate", name: "x", operator: "sum", value: constant(1) }),
      "x is reduced into, but no accumulator",
    ],
    [
      "an accumulation of another type",
      k(
        { kind: "accumulator", name: "x", initial: constant(0) },
        { kind: "accumulate", name: "x", operator: "sum", value: constant(1, "i32") },
      ),
      "x is f64, but 1 is i32",
    ],
    ["a store of another type", k(store(at(2), load(n, at(3)))), "out[2] is f64, but n[3] is i32"],
    [
      "sides of two types",
      k(store(at(0), binary("add", load(a, at(0)), load(n, at(1))))),
      "a[0] + n[1] is f64, but n[1] is i32",
    ],
    ["a variable of another type", k(value("x"), value("y", variable("x", "u32"))), "value x is f64, but x is u32"],
    [
      "a load of another type",
      k(value("x", { kind: "load", type: "i64", buffer: n, address: at(0) })),
      "buffer n is i32, but n[0] is i64",
    ],
    [
      "a conversion of another type",
      k(value("x", { kind: "convert", dtype: "int64", value: load(n, at(0)), type: "u64" })),
      "int64 is i64, but int64(n[0]) is u64",
    ],
    ["a double made an integer", k(value("x", convert("int8", load(a, at(0))))), "int8(a[0]) converts a double"],
    [
      "a comparison of another type",
      k(value("x", { kind: "compare", type: "f64", operator: "ne", left: load(n, at(0)), right: constant(0) })),
      "(n[0] != 0) is f64, but n[0] is i32",
    ],
    [
      "a comparison of two types",
      k(value("x", { kind: "compare", type: "i32", operator: "lt", left: load(n, at(0)), right: constant(0) })),
      "(n[0] < 0) is i32, but 0 is f64",
    ],
    [
      "a choice between two types",
      k(
        value("x", { kind: "select", type: "f64", condition: load(a, at(0)), yes: load(a, at(1)), no: load(n, at(0)) }),
      ),
      "(a[0] ? a[1] : n[0]) is f64, but n[0] is i32",
    ],
    [
      "a position over a stranger",
      k(value("x", { kind: "integer", type: "f64", value: at([1, "i"]) })),
      "i is used in an address before it is declared",
    ],
    ["a division of integers", k(value("x", binary("div", load(n, at(0)), load(n, at(1))))), "n[0] / n[1] divides i32"],
    ["a constant that its type does not have", k(value("x", constant(0.5, "i32"))), "the constant 0.5 is no i32"],
    ["a number for a BigInt", k(value("x", constant(1, "u64"))), "the constant 1 is no u64"],
    [
      "an address behind the buffer",
      k(loop("i", 0, 4, 1, store(at([7, "i"])))),
      "out[7*i] leaves its 20 elements: addresses 0 to 21",
    ],
    [
      "an address before the buffer",
      k(loop("i", 0, 4, 1, store(at([-1, "i"], 2)))),
      "out[-i + 2] leaves its 20 elements: addresses -1 to 2",
    ],
    ["a read behind the buffer", k(value("x", load(a, at(12)))), "a[12] leaves its 12 elements: address 12"],
    [
      "an offset that leads out",
      k(loop("i", 2, 6, 2, offset("p", at([4, "i"])), store(at([1, "p"], 5)))),
      "out[p + 5] leaves its 20 elements: addresses 13 to 21",
    ],
    ["a fraction in an address", k(store({ terms: [], constant: 0.5 })), "0.5 has a constant that is no integer"],
    [
      "a fraction of a variable",
      k(loop("i", 0, 1, 1, store({ terms: [{ variable: "i", coefficient: 0.5 }], constant: 0 }))),
      "0.5*i has a coefficient that is no integer",
    ],
    ["an operand that is written", k(store(at(0), constant(1), a)), "operand a is written"],
    ["a buffer of another kernel", k(store(at(0), constant(1), { ...out })), "buffer out is none of the kernel's"],
    [
      "a fill that the dtype does not hold",
      k({ kind: "fill", buffer: out, value: 0n }),
      "buffer out of float64 is filled with 0",
    ],
    ["a step of nothing", k(loop("i", 0, 4, 0)), "loop i = 0 to 4 step 0 unroll 1: the step is not positive"],
    ["an unroll of nothing", k(loopOf(0, 4, 1, 0)), "loop i = 0 to 4 step 1 unroll 0: unroll is not positive"],
    ["a bound that is no integer", k(loop("i", 0, 0.5, 1)), "0.5 has a constant that is no integer"],
    [
      "a loop that ends before it starts",
      k(loop("i", 4, 0, 1)),
      "loop i = 4 to 0 step 1 unroll 1: it ends before it starts",
    ],
    [
      "an extent that steps over its end",
      k(loop("i", 0, 5, 2)),
      "loop i = 0 to 5 step 2 unroll 1: the extent is no multiple of the step",
    ],
    [
      "a role out of place",
      { ...k(), scratch: [operand("b", 1)] },
      "buffer b has the role operand among those of scratch",
    ],
    ["two buffers of one name", { ...k(), scratch: [scratch("a", 1)] }, "two buffers are named a"],
    ["a buffer of no length", { ...k(), scratch: [scratch("t", -1)] }, "buffer t has -1 elements"],
    [
      "a start that the dtype does not hold",
      { ...k(), scratch: [scratch("t", 1, "int8", 128)] },
      "buffer t of int8 starts as 128",
    ],
    [
      "a part that leaves its whole",
      { ...k(), scratch: [whole, { ...scratch("t", 5), part: { of: whole, from: 4 } }] },
      "buffer t is no part of w",
    ],
    [
      "a part before its whole",
      { ...k(), scratch: [{ ...scratch("t", 5), part: { of: whole, from: 0 } }, whole] },
      "buffer t is no part of w",
    ],
    [
      "parts that overlap in one routine",
      { ...k(store(at(0), constant(1), left), store(at(0), constant(1), right)), scratch: [whole, left, right] },
      "right and left overlap, and a routine uses both",
    ],
    [
      "the index of a slice in a routine outside the loops",
      { ...k(store(at([1, "s"]))), slices: { indices: [{ name: "s", size: 2 }], first: 1, end: 1 } },
      "s is used in an address before it is declared",
    ],
    [
      "an address that leaves its buffer in some slice",
      { ...k(store(at([1, "s"]))), slices: { indices: [{ name: "s", size: 21 }], first: 0, end: 1 } },
      "out[s] leaves its 20 elements: addresses 0 to 20",
    ],
    [
      "a loop over the index of a slice",
      { ...k(loop("s", 0, 4, 1)), slices: { indices: [{ name: "s", size: 2 }], first: 0, end: 1 } },
      "loop s is declared where loop s is",
    ],
    [
      "a start of what is given",
      { ...k(), output: { ...out, initial: 0 } },
      "buffer out is no scratch, yet starts as 0",
    ],
  ])("refuses %s", (_, kernel, reason) => {
    expect(() => verifyKernel(kernel)).toThrow(new InternalError(`kernel k: ${reason}`));
  });
});
