/** The laws that splitting a contraction into steps relies on, tried on every triple of a few values. */
import { describe, expect, it } from "vitest";
import { distributes, identityOf, resultDtype } from "../../src/ir/algebra.ts";
import { COMBINATIONS, REDUCTIONS, type Combination, type ReduceOperator } from "../../src/ir/contraction.ts";
import { DTYPE_NAMES, isBig, isFloat, type Dtype } from "../../src/ir/dtype.ts";

type Operation = (a: number, b: number) => number;

const COMBINE: Record<Combination, Operation> = {
  mul: (a, b) => a * b,
  add: (a, b) => a + b,
  min: Math.min,
  max: Math.max,
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
};

/** A mean is a sum, as far as laws go. */
const OPERATORS = REDUCTIONS.filter((reduce) => reduce !== "mean");

const REDUCE: Record<ReduceOperator, Operation> = {
  sum: COMBINE.add,
  prod: COMBINE.mul,
  max: Math.max,
  min: Math.min,
  any: COMBINE.or,
  all: COMBINE.and,
};

/** Wraps as int8 does, so that overflow comes soon; floats stay as they are. */
function arithmeticOf(dtype: "float64" | "int8"): (value: number) => number {
  return dtype === "int8" ? (value) => (value << 24) >> 24 : (value) => value;
}

const VALUES = { float64: [-2, -1, 0, 1, 3, 0.5], int8: [-128, -3, 0, 1, 2, 100, 127] };

/** Whether `combine(a, reduce(b, c)) = reduce(combine(a, b), combine(a, c))` for all of the values. */
function holds(combine: Combination, reduce: ReduceOperator, dtype: "float64" | "int8"): boolean {
  const wrap = arithmeticOf(dtype);
  const join: Operation = (a, b) => wrap(COMBINE[combine](a, b));
  const fold: Operation = (a, b) => wrap(REDUCE[reduce](a, b));
  const values = VALUES[dtype];
  // What `any` and `all` reduce is a truth value, and so is what they give.
  const same = (a: number, b: number): boolean =>
    reduce === "any" || reduce === "all" ? (a !== 0) === (b !== 0) : a === b;
  return values.every((a) =>
    values.every((b) => values.every((c) => same(join(a, fold(b, c)), fold(join(a, b), join(a, c))))),
  );
}

describe("distributes", () => {
  const cases = COMBINATIONS.flatMap((combine) =>
    OPERATORS.flatMap((reduce) => (["float64", "int8"] as const).map((dtype) => [combine, reduce, dtype] as const)),
  );

  it.each(cases.filter(([combine, reduce, dtype]) => distributes(combine, reduce, dtype)))(
    "promises only what holds: %s over %s of %s",
    (combine, reduce, dtype) => {
      expect(holds(combine, reduce, dtype)).toBe(true);
    },
  );

  // Products and extremes of truth values hold only while no product underflows, or need no splitting.
  it("knows every law that holds, but for those of numbers that stand for truth values", () => {
    const missed = cases.filter(
      ([combine, reduce, dtype]) => holds(combine, reduce, dtype) && !distributes(combine, reduce, dtype),
    );
    expect(missed.map((names) => names.join(" "))).toEqual([
      "mul any float64",
      "mul all float64",
      "and prod float64",
      "or prod float64",
    ]);
  });

  it("names the pairs of the language", () => {
    expect(distributes("mul", "sum", "int32")).toBe(true);
    expect(distributes("add", "max", "float32")).toBe(true);
    expect(distributes("add", "max", "int32")).toBe(false);
    expect(distributes("add", "min", "float64")).toBe(true);
    expect(distributes("and", "any", "uint8")).toBe(true);
    expect(distributes("mul", "max", "float64")).toBe(false);
    expect(distributes("add", "sum", "float64")).toBe(false);
    expect(distributes("mul", "prod", "float64")).toBe(false);
  });
});

describe("identityOf", () => {
  it.each(OPERATORS)("changes nothing under %s", (reduce) => {
    const identity = identityOf(reduce, "float64") as number;
    const values = reduce === "any" || reduce === "all" ? [0, 1] : VALUES.float64;
    for (const value of values) expect(REDUCE[reduce](identity, value)).toBe(value);
  });

  it.each([
    ["float64", -Infinity, Infinity],
    ["float32", -Infinity, Infinity],
    ["int8", -128, 127],
    ["int16", -32768, 32767],
    ["int32", -2147483648, 2147483647],
    ["int64", -(2n ** 63n), 2n ** 63n - 1n],
    ["uint8", 0, 255],
    ["uint16", 0, 65535],
    ["uint32", 0, 4294967295],
    ["uint64", 0n, 2n ** 64n - 1n],
  ] as const)("of max and min is the smallest and the largest %s", (dtype, lowest, highest) => {
    expect(identityOf("max", dtype)).toBe(lowest);
    expect(identityOf("min", dtype)).toBe(highest);
  });

  it.each(DTYPE_NAMES)("is an element of %s", (dtype) => {
    for (const reduce of OPERATORS) {
      expect(typeof identityOf(reduce, dtype)).toBe(isBig(dtype) ? "bigint" : "number");
    }
  });
});

describe("resultDtype", () => {
  it("is float64 for the mean of integers, else what the operands are", () => {
    for (const dtype of DTYPE_NAMES) {
      const mean: Dtype = isFloat(dtype) ? dtype : "float64";
      for (const reduce of REDUCTIONS) expect(resultDtype(reduce, dtype)).toBe(reduce === "mean" ? mean : dtype);
    }
  });
});
