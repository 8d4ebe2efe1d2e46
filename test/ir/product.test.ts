/** Terms that are products of factors, one a read, and what they say of what lies outside. */
import { describe, expect, it } from "vitest";
import { variableAffine } from "../../src/affine/affine.ts";
import { binary, call, compare, constantOf, relu, select } from "../../src/ir/activations.ts";
import { identityOf } from "../../src/ir/algebra.ts";
import {
  COMBINATIONS,
  REDUCTIONS,
  type Access,
  type Combination,
  type Contraction,
  type ReduceOperator,
} from "../../src/ir/contraction.ts";
import { DTYPE_NAMES, isBig, type Dtype } from "../../src/ir/dtype.ts";
import { combineAll, elementOf, type Elementwise } from "../../src/ir/elementwise.ts";
import { printElementwise } from "../../src/ir/print-elementwise.ts";
import {
  countReads,
  factorsOf,
  isPadded,
  isPlainProduct,
  multiplyOutside,
  partsOfTerm,
  readOf,
  readsOfTerm,
  settle,
  skipOutside,
  skipping,
  surround,
  termOf,
  withoutInsides,
  wrapFor,
} from "../../src/ir/product.ts";
import { bind } from "../../src/ir/bind.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { reference } from "../support/reference.ts";
import { applyElementwise, type Point } from "../support/reference-elementwise.ts";

const [a, b, c] = [elementOf(0), elementOf(1), elementOf(2)];
const position: Elementwise = { kind: "integer", value: variableAffine("i") };

function inside(access: number, value: Elementwise, outside: number | bigint = 0): Elementwise {
  return { kind: "inside", access, value, outside };
}

/** A read of a vector, padded or not. */
function readAs(padded: boolean, dtype: Dtype = "float64"): Access {
  return {
    tensor: { name: "x", dtype, shape: [4], strides: [1], offset: 0 },
    axes: [{ expression: variableAffine("i"), padded }],
  };
}

function reducing(
  term: Elementwise,
  reduce: Contraction["reduce"] = "sum",
  dtype: Dtype = "float64",
): Pick<Contraction, "term" | "reduce" | "dtype"> {
  return { term, reduce, dtype };
}

/** The factors of a term as text. */
function factorsIn(given: Pick<Contraction, "term" | "reduce" | "dtype">): string {
  const found = factorsOf(given);
  if (found.kind === "none") return found.why;
  return `${found.combine} of ${found.factors.map((factor) => printElementwise(factor, "")).join("; ")}`;
}

describe("the recogniser of products", () => {
  it.each<readonly [string, Elementwise, string]>([
    ["the element of one read", a, "mul of y0"],
    ["a product of three", binary("mul", binary("mul", a, b), c), "mul of y0; y1; y2"],
    ["factors that compute", binary("mul", relu(a), call("exp", b)), "mul of relu(y0); exp(y1)"],
    ["factors in another order", binary("mul", binary("mul", c, a), b), "mul of y0; y1; y2"],
    ["two factors of one read", binary("mul", binary("mul", a, b), call("exp", a)), "mul of y0 * exp(y0); y1"],
    ["a constant factor", binary("mul", binary("mul", constantOf(3), a), b), "mul of y0 * 3; y1"],
    ["a choice over one read", binary("mul", select(compare("lt", a, constantOf(0)), constantOf(1), a), b), "mul of y0 < 0 ? 1 : y0; y1"], // prettier-ignore
    ["what lies outside of one", binary("mul", inside(0, relu(a), 7), b), "mul of relu(y0); y1"],
    ["a lone read and a position", binary("mul", a, position), "mul of y0 * i"],
    ["a constant alone", constantOf(4), "mul of 4"],
  ])("splits %s", (_, term, factors) => {
    expect(factorsIn(reducing(term))).toBe(factors);
  });

  it.each<readonly [string, Elementwise, Contraction["reduce"], Dtype, string]>([
    ["a sum of products", binary("add", binary("mul", a, b), c), "sum", "float64", "add does not distribute over sum"],
    ["a product under prod", binary("mul", a, b), "prod", "float64", "mul does not distribute over prod"],
    ["a product under max", binary("mul", a, b), "max", "float64", "mul does not distribute over max"],
    ["sums of integers under max", binary("add", a, b), "max", "int32", "add does not distribute over max"],
    ["a factor of two reads", binary("mul", binary("sub", a, b), c), "sum", "float64", "a factor of it reads several operands"], // prettier-ignore
    ["a difference", binary("sub", a, b), "sum", "float64", "a factor of it reads several operands"],
    ["a comparison", compare("eq", a, b), "sum", "float64", "a factor of it reads several operands"],
    ["a choice by another read", select(a, b, constantOf(0)), "sum", "float64", "a factor of it reads several operands"], // prettier-ignore
    ["a position among several", binary("mul", binary("mul", a, position), b), "sum", "float64", "a factor of it reads several operands"], // prettier-ignore
  ])("says why not for %s", (_, term, reduce, dtype, why) => {
    expect(factorsOf(reducing(term, reduce, dtype))).toEqual({ kind: "none", why });
  });

  it("takes combinations that distribute", () => {
    expect(factorsIn(reducing(binary("add", a, relu(b)), "max"))).toBe("add of y0; relu(y1)");
    expect(factorsIn(reducing(binary("min", a, b), "max", "int16"))).toBe("min of y0; y1");
    expect(factorsIn(reducing(binary("and", a, b), "any", "uint8"))).toBe("and of y0; y1");
  });

  it("gives factors that are the term again, each over one read", () => {
    const terms = [
      binary("mul", binary("mul", c, relu(a)), binary("mul", b, constantOf(-2))),
      binary("mul", binary("mul", a, inside(1, b, 5)), binary("mul", call("abs", a), c)),
    ];
    const elements = [-1.5, 3, 0.25];
    const at: Point = { element: (access) => elements[access] ?? null, index: () => NaN };
    for (const term of terms) {
      const found = factorsOf(reducing(term));
      if (found.kind === "none") throw new Error(found.why);
      expect(found.factors).toHaveLength(3);
      const again = combineAll(found.combine, found.factors);
      expect(applyElementwise(again, "float64", at)).toBe(applyElementwise(term, "float64", at));
    }
  });

  it("knows plain products of reads, padded or not", () => {
    const plain = [a, inside(0, a), binary("mul", a, inside(1, b)), inside(0, binary("mul", a, b))];
    expect(plain.map(isPlainProduct)).toEqual([true, true, true, true]);
    const others = [relu(a), binary("add", a, b), binary("mul", a, constantOf(2)), compare("ne", a, constantOf(0))];
    expect(others.map(isPlainProduct)).toEqual([false, false, false, false]);
    expect(isPlainProduct({ kind: "wrap", value: binary("mul", a, b) })).toBe(false);
  });
});

describe("the term of a spec", () => {
  it("combines the reads in order; what lies outside is the identity of the reduction", () => {
    for (const reduce of REDUCTIONS.filter((name) => name !== "mean")) {
      const term = termOf("mul", reduce, [readAs(true), readAs(false)], "float64");
      expect(term).toEqual(binary("mul", inside(0, a, identityOf(reduce, "float64")), b));
    }
  });

  it("is the truth of a lone operand under and, or", () => {
    for (const dtype of DTYPE_NAMES) {
      const valueOf = (value: number): Elementwise => ({
        kind: "constant",
        value: isBig(dtype) ? BigInt(value) : value,
      });
      expect(termOf("and", "sum", [readAs(false, dtype)], dtype)).toEqual(binary("and", a, valueOf(1)));
      expect(termOf("or", "sum", [readAs(false, dtype)], dtype)).toEqual(binary("or", a, valueOf(0)));
    }
    const truth = termOf("or", "any", [readAs(true)], "float64");
    expect(truth).toEqual(binary("or", inside(0, a), constantOf(0)));
    const values = [NaN, -0, 3, null].map((element) =>
      applyElementwise(truth, "float64", { element: () => element, index: () => NaN }),
    );
    expect(values).toEqual([1, 0, 1, 0]);
    expect(termOf("max", "sum", [readAs(false)], "float64")).toEqual(a);
  });

  it("wraps narrow integers where the reduction compares, and what can leave their dtype", () => {
    const two = [readAs(false, "int8"), readAs(false, "int8")];
    const kindOf = (combine: Combination, reduce: ReduceOperator, dtype: Dtype): string =>
      termOf(combine, reduce, two, dtype).kind;
    expect(kindOf("mul", "max", "int8")).toBe("wrap");
    expect(kindOf("add", "any", "uint16")).toBe("wrap");
    expect(kindOf("mul", "sum", "int8")).toBe("binary");
    expect(kindOf("mul", "prod", "int8")).toBe("binary");
    expect(kindOf("max", "max", "int8")).toBe("binary");
    expect(kindOf("mul", "max", "int32")).toBe("binary");
    expect(wrapFor("min", a, "float32")).toBe(a);
  });

  it("is taken apart into what it was made of", () => {
    const reads = [readAs(false), readAs(true), readAs(false)];
    for (const combine of COMBINATIONS) {
      const { combine: found, parts } = partsOfTerm(termOf(combine, "max", reads, "int8"));
      expect([found, parts]).toEqual([combine, reads.map((read, at) => readOf(read, at, -128))]);
    }
  });

  it("comes first among the reads", () => {
    const reads = [readAs(false), readAs(true), readAs(false)];
    const term = binary("mul", inside(1, b), a);
    expect(countReads(term)).toBe(2);
    expect(readsOfTerm({ term, reads })).toEqual(reads.slice(0, 2));
    expect(countReads(constantOf(1))).toBe(0);
  });
});

describe("what lies outside", () => {
  const product = binary("mul", a, b);

  it("is said of padded reads alone", () => {
    const reads = [readAs(true), readAs(false)];
    expect(reads.map(isPadded)).toEqual([true, false]);
    expect(isPadded(undefined)).toBe(false);
    expect(surround(product, reads, 3)).toEqual(binary("mul", inside(0, a, 3), b));
    expect(skipping(product, [readAs(true), readAs(true)], 0)).toEqual(inside(0, inside(1, product)));
    expect(skipping(product, [readAs(false), readAs(true)], 0)).toEqual(inside(1, product));
    expect(settle(binary("mul", inside(0, a), inside(1, b)), reads)).toEqual(binary("mul", inside(0, a), b));
    expect(withoutInsides(inside(0, inside(1, binary("mul", relu(inside(0, a)), b))))).toEqual(
      binary("mul", relu(a), b),
    );
  });

  it("is skipped where all contributes nothing there", () => {
    expect(skipOutside(reducing(inside(0, a)))).toEqual(a);
    expect(skipOutside(reducing(inside(0, a, -Infinity), "max"))).toEqual(a);
    expect(skipOutside(reducing(inside(0, inside(1, product))))).toEqual(product);
    expect(skipOutside(reducing(inside(0, compare("lt", a, b))))).toEqual(compare("lt", a, b));
    expect(skipOutside(reducing(product))).toEqual(product);
    const truth = binary("and", a, constantOf(1));
    expect(skipOutside(reducing(binary("and", inside(0, a), constantOf(1))))).toEqual(truth);
  });

  it("is skipped in sums of products of integers, for 0 times any integer is 0", () => {
    const padded = binary("mul", inside(0, a), b);
    expect(skipOutside(reducing(padded, "sum", "int32"))).toEqual(product);
    expect(skipOutside(reducing(padded, "sum", "float64"))).toBeNull();
    expect(skipOutside(reducing(padded, "max", "int32"))).toBeNull();
    expect(skipOutside(reducing(binary("add", inside(0, a), b), "sum", "int32"))).toBeNull();
    expect(skipOutside(reducing(binary("mul", inside(0, a, 2), b), "sum", "int32"))).toBeNull();
  });

  it("is not skipped where it takes part", () => {
    expect(skipOutside(reducing(inside(0, a, 0), "max"))).toBeNull();
    expect(skipOutside(reducing(inside(0, a, 7)))).toBeNull();
    expect(skipOutside(reducing(compare("ne", inside(0, a, -Infinity), constantOf(0)), "max"))).toBeNull();
    // The truth of what lies outside is 1; or it is 0, which is something to a minimum.
    expect(skipOutside(reducing(binary("or", inside(0, a, -Infinity), constantOf(0)), "max"))).toBeNull();
    expect(skipOutside(reducing(binary("and", inside(0, a, 2), constantOf(1))))).toBeNull();
    expect(skipOutside(reducing(binary("and", inside(0, a, 0), constantOf(1)), "min"))).toBeNull();
  });

  it("is multiplied by where a product would skip it, and nowhere else", () => {
    expect(multiplyOutside(inside(0, inside(1, product)))).toEqual(binary("mul", inside(0, a), inside(1, b)));
    expect(multiplyOutside(inside(1, binary("mul", product, c)))).toEqual(binary("mul", binary("mul", a, inside(1, b)), c)); // prettier-ignore
    for (const kept of [
      product,
      inside(0, a),
      inside(0, binary("add", a, b)),
      inside(0, relu(a)),
      compare("lt", a, b),
    ]) {
      expect(multiplyOutside(kept)).toBe(kept);
    }
  });

  it("gives the same for finite elements, skipped or multiplied by", () => {
    const { spec: _, ...bound } = bind(parseSpec("(x+k-1),(k+x-2)->x"), {
      shapes: [[5], [4]],
      sizes: { x: 5, k: 3 },
    });
    const arrays = [Float64Array.of(1, -2, 3, 4, 5), Float64Array.of(7, 11, -13, 17)];
    const skipped = { ...bound, term: skipping(bound.term, bound.reads, 0) };
    const multiplied = { ...bound, term: multiplyOutside(skipped.term) };
    expect(multiplied.term).toEqual(bound.term);
    expect(reference(skipped, arrays)).toEqual(reference(multiplied, arrays));
    const window = bind(parseSpec("(x+k-1),k->x"), { shapes: [[5], [3]] });
    const infinite = [arrays[0] as Float64Array, Float64Array.of(Infinity, 1, 1)];
    expect([...reference(window, infinite)]).toEqual([NaN, Infinity, -Infinity, Infinity, Infinity]);
    const without = { ...window, term: skipping(window.term, window.reads, 0) };
    expect([...reference(without, infinite)]).toEqual([-1, Infinity, -Infinity, Infinity, Infinity]);
  });
});
