/** Sizes of constraints and of specs with unknown shapes: one direction after the other, and what is told about them. */
import { describe, expect, it } from "vitest";
import { deriveSizes, inferSizes, solveSizes } from "../../src/index.ts";
import { codeIn, mistakeIn } from "../support/error-cases.ts";

type Known = Record<string, number>;

function codeOf(constraints: readonly string[], known: Known): string | undefined {
  return codeIn(mistakeIn(() => solveSizes(constraints, known)).message);
}

const CONV = ["x = 2*y + k"];
const TRANSPOSED = ["x = t - k"];
const CONCATENATION = ["kj = j + |k|", "kj = k"];
const PADDING = ["Np = N + 1", "|Np| = |N| + 2"];
const SAME = ["xi + |k|//2 = xp", "|xp| = |xi| + 2*(|k|//2)", "xp = xo + k"];

describe("solveSizes", () => {
  it.each<[string, readonly string[], Known, Known]>([
    ["forward, leaving less than a stride", CONV, { x: 10, k: 3 }, { y: 4 }],
    ["backward, to the smallest axis", CONV, { y: 4, k: 3 }, { x: 9 }],
    ["sideways, to the window that reads all", CONV, { x: 10, y: 4 }, { k: 4 }],
    ["of which nothing is unknown", CONV, { x: 10, y: 4, k: 3 }, {}],
    ["of a full convolution, backward", TRANSPOSED, { t: 10, k: 4 }, { x: 7 }],
    ["of a full convolution, forward", TRANSPOSED, { x: 7, k: 4 }, { t: 10 }],
    ["of a full convolution, sideways", TRANSPOSED, { x: 7, t: 10 }, { k: 4 }],
    ["with padding", ["x = 2*y + 3*k - 1"], { x: 10, k: 2 }, { y: 5 }],
    ["with padding on one side", ["x = y + k - 2 : 0"], { x: 10, k: 3 }, { y: 10 }],
    ["with padding that is half a window", ["x = y + k - |k|//2"], { x: 10, k: 5 }, { y: 10 }],
    ["of an index that runs backwards", ["x = 4 - y"], { x: 5 }, { y: 5 }],
    ["of a window that runs backwards", ["x = y - k + |k| - 1"], { y: 8, k: 3 }, { x: 10 }],
    ["of two concatenated axes", CONCATENATION, { j: 16, k: 8 }, { kj: 24 }],
    ["of the first of them", CONCATENATION, { kj: 24, k: 8 }, { j: 16 }],
    ["of the second, which is the offset of the first", ["kj = j + |k|"], { kj: 24, j: 16 }, { k: 8 }],
    ["of three pieces", ["x = a", "x = b + |a|", "x = c + |a| + |b|"], { a: 2, b: 3, c: 4 }, { x: 9 }],
    ["of a padded axis", PADDING, { N: 5 }, { Np: 7 }],
    ["of the axis inside the padding", PADDING, { Np: 7 }, { N: 5 }],
    ["of an axis padded at its end alone", ["Np = N", "|Np| = |N| + 2"], { N: 5 }, { Np: 7 }],
    ["of an axis without its padding", ["N = Np - 1", "|Np| = |N| + 2"], { Np: 7 }, { N: 5 }],
    ["of a convolution that keeps its size", SAME, { xi: 100, k: 3 }, { xp: 102, xo: 100 }],
    ["of its input", SAME, { xo: 100, k: 3 }, { xp: 102, xi: 100 }],
    ["of a composition", ["x = (a b c)"], { a: 2, b: 3, c: 5 }, { x: 30 }],
    ["of a part of one", ["x = (a b c)"], { x: 30, a: 2, c: 5 }, { b: 3 }],
    ["of a composition that is written out", ["x = |b|*a + b"], { x: 12, b: 4 }, { a: 3 }],
    ["of its inner part", ["x = |b|*a + b"], { x: 12, a: 3 }, { b: 4 }],
    ["of compositions on both sides", ["(a b) = (c d)"], { a: 4, b: 6, c: 8 }, { d: 3 }],
    ["of expressions on both sides", ["2*x = y + k"], { x: 5, k: 3 }, { y: 7 }],
    ["of a window on both sides", ["x + k = t + l"], { x: 5, k: 3, l: 2 }, { t: 6 }],
    ["of one index by another", ["x = y"], { y: 3 }, { x: 3 }],
    ["between sizes, forward", ["|d| = |a| + 2*|c|"], { a: 5, c: 3 }, { d: 11 }],
    ["between sizes, sideways", ["|d| = |a| + 2*|c|"], { d: 11, a: 5 }, { c: 3 }],
    ["of a product of sizes", ["|a|*|b| = |c|"], { a: 3, c: 12 }, { b: 4 }],
    ["of a square", ["|a|*|a| = |c|"], { c: 49 }, { a: 7 }],
    ["by an integer", ["|k| = 3"], {}, { k: 3 }],
    ["of a quotient, the smallest dividend", ["|x| = |k|//2"], { x: 3 }, { k: 6 }],
    ["of a quotient that is subtracted", ["|x| = 10 - |k|//2"], { x: 7 }, { k: 6 }],
    ["of a quotient by the unknown", ["|x| = 100//|k|"], { x: 7 }, { k: 13 }],
    ["of a quotient by a negative number", ["|x| = 10 + |k|//(0 - 2)"], { x: 7 }, { k: 5 }],
    ["of what rises and falls", ["|x| = |k| - |k|//2"], { x: 3 }, { k: 5 }],
    ["of a chain, forward", ["x = y + k", "y = 2*z + l"], { x: 17, k: 5, l: 3 }, { y: 13, z: 6 }],
    ["of a chain, backward", ["x = y + k", "y = 2*z + l"], { z: 6, k: 5, l: 3 }, { y: 13, x: 17 }],
    ["of two strides that share an axis", ["x = 2*y + k", "x = 3*z + l"], { y: 4, k: 3, z: 3, l: 4 }, { x: 10 }],
    ["without a size of 0 where another would do", ["|p| = |k|//2"], { p: 0 }, { k: 1 }],
    ["of an axis whose window is empty", CONV, { y: 4, k: 0 }, { x: 0 }],
    ["in no constraint at all", [], { i: 2 }, {}],
    ["with decomposed letters", ["x = \u00e9 + k"], { "e\u0301": 4, k: 2 }, { x: 5 }],
  ])("solves a constraint %s", (_, constraints, known, found) => {
    const normal = Object.fromEntries(Object.entries(known).map(([name, size]) => [name.normalize("NFC"), size]));
    expect(solveSizes(constraints, known)).toEqual({ ...normal, ...found });
    expect(solveSizes(constraints.toReversed(), known)).toEqual({ ...normal, ...found });
  });

  it("treats names of the language's own as any other", () => {
    const known = JSON.parse('{ "__proto__": 5, "k": 2 }') as Known;
    const sizes = solveSizes(["__proto__ = constructor + k"], known);
    expect(Object.entries(sizes)).toEqual([
      ["__proto__", 5],
      ["k", 2],
      ["constructor", 4],
    ]);
  });

  it.each<[string, readonly string[], Known, string]>([
    ["a tail that no stride explains", ["x = y + k"], { x: 20, k: 3, y: 17 }, "axis-misfit"],
    ["a tail of a whole stride", CONV, { x: 11, k: 3, y: 4 }, "axis-misfit"],
    ["an axis too short", CONV, { x: 8, k: 3, y: 4 }, "axis-misfit"],
    ["a window that is not whole", ["x = y + 2*k"], { x: 20, y: 15 }, "no-window"],
    [
      "constants in conflict, which loop_tool keeps",
      ["|x| = |a| + 1", "|x| = |b| + 1"],
      { a: 3, b: 4 },
      "unequal-sides",
    ],
    ["a split that does not divide", ["x = (a b)"], { x: 30, a: 4 }, "indivisible-split"],
    ["a split, written out, that does not divide", ["x = |b|*a + b"], { x: 13, b: 4 }, "indivisible-split"],
    ["a window larger than its axis", ["x = y + 2*k"], { x: 3, k: 4 }, "window-too-large"],
    ["a size below 0", ["|a| = |b| + 5"], { a: 3 }, "no-whole-size"],
    ["what nothing determines", ["x = y + k"], { x: 3 }, "undetermined-index"],
    ["what every size solves", ["x = 0*y + k"], { x: 3, k: 3 }, "undetermined-index"],
    ["a piece that leaves its axis", CONCATENATION, { kj: 24, j: 17, k: 8 }, "axis-misfit"],
  ])("refuses %s", (_, constraints, known, code) => {
    const found = codeOf(constraints, known);
    expect(found === "read-outside" ? "axis-misfit" : found).toBe(code);
    expect(codeOf(constraints.toReversed(), known)).toBe(found);
  });
});

describe("deriveSizes", () => {
  it("tells which constraint gave which size, in which round, and where others would do", () => {
    const constraints = ["x = y + k", "y = 2*z + l", "|k| = |l|"];
    const { steps, choices } = deriveSizes(constraints, { z: 6, l: 3 });
    expect(steps).toEqual([
      { round: 0, name: "z", size: 6, from: "given" },
      { round: 0, name: "l", size: 3, from: "given" },
      { round: 1, name: "k", size: 3, from: "|k| = |l|" },
      { round: 2, name: "y", size: 13, from: "y = 2*z + l" },
      { round: 3, name: "x", size: 15, from: "x = y + k" },
    ]);
    expect(choices).toEqual([{ name: "y", size: 13, least: 13, most: 14 }]);
  });

  it("tells the windows that a stride cannot tell apart", () => {
    const { choices } = deriveSizes(["x = 3*y + k"], { x: 16, y: 5 });
    expect(choices).toEqual([{ name: "k", size: 4, least: 2, most: 4 }]);
    for (const k of [2, 3, 4]) expect(solveSizes(["x = 3*y + k"], { x: 16, k })["y"]).toBe(5);
    for (const k of [1, 5]) expect(solveSizes(["x = 3*y + k"], { x: 16, k })["y"]).not.toBe(5);
  });

  it("tells what rounding leaves open", () => {
    expect(deriveSizes(["|x| = |k|//2"], { x: 3 }).choices).toEqual([{ name: "k", size: 6, least: 6, most: 7 }]);
  });

  it("keeps axes without a name to itself", () => {
    const { sizes, steps, choices } = deriveSizes(["2*x = y + k"], { y: 7, k: 3 });
    expect(sizes).toEqual({ y: 7, k: 3, x: 5 });
    expect(steps.map(({ name }) => name)).toEqual(["y", "k", "x"]);
    expect(choices).toEqual([]);
  });
});

describe("inferSizes", () => {
  const CONVOLUTION = "b i (2*x + k), o i k -> b o x";

  it("infers an output, an input and a window", () => {
    const whole = { shapes: [[2, 3, 33], [8, 3, 3]], outputShape: [2, 8, 16] }; // prettier-ignore
    const forward = inferSizes(CONVOLUTION, whole.shapes);
    const backward = inferSizes(CONVOLUTION, [[2, 3, null], [8, null, 3]], { outputShape: [null, null, 16] }); // prettier-ignore
    const sideways = inferSizes(CONVOLUTION, [[2, 3, 33], [8, 3, null]], { outputShape: [2, 8, 16] }); // prettier-ignore
    for (const { shapes, outputShape, sizes } of [forward, backward, sideways]) {
      expect({ shapes, outputShape }).toEqual(whole);
      expect(sizes).toEqual({ b: 2, i: 3, o: 8, x: 16, k: 3 });
    }
    expect(backward.choices).toEqual([{ name: "axis 2 of operand 0", size: 33, least: 33, most: 34 }]);
    expect(forward.steps.at(-1)).toEqual({ round: 2, name: "x", size: 16, from: "axis 2 of operand 0, (2*x + k)" });
  });

  it("infers through compositions, ellipses and parameters", () => {
    const patches = inferSizes("b c (h p) (w q) -> b (h w) (p q c)", [[2, 3, null, 64]], {
      sizes: { p: 8, q: 8 },
      outputShape: [2, 64, null],
    });
    expect(patches.shapes).toEqual([[2, 3, 64, 64]]);
    expect(patches.outputShape).toEqual([2, 64, 192]);
    const any = inferSizes("... (s*y + k - p), k -> ... y", [[5, 6, 10], [3]], { params: { s: 1, p: 1 } });
    expect(any.outputShape).toEqual([5, 6, 10]);
    expect(any.sizes).toEqual({ k: 3, y: 10 });
  });

  it("gives a transposed convolution's input the size that its output was asked for", () => {
    expect(inferSizes("x, k -> (2*x + k - 1)", [[null], [3]], { outputShape: [12] }).shapes).toEqual([[6], [3]]);
  });

  it("is stricter than einsum about tails, and as generous about declared padding", () => {
    const misfit = mistakeIn(() => inferSizes("(x + k), k -> x", [[20], [3]], { outputShape: [17] }));
    expect(misfit.code).toBe("axis-misfit");
    expect(inferSizes("(x + k), k -> x", [[20], [3]], { sizes: { x: 20 } }).outputShape).toEqual([20]);
  });

  it.each([
    ["options", [[[3]], { shapes: [] }], "unknown-option"],
    ["a list that is none", [{}], "invalid-option"],
    ["a shape that is none", [[3]], "invalid-option"],
    ["a size that is none", [[[1.5]]], "invalid-option"],
    ["too many shapes", [[[3], [3]]], "operand-count"],
    ["a rank", [[[3, 3]]], "rank-mismatch"],
    ["an unknown name", [[[3]], { sizes: { z: 3 } }], "unknown-size"],
  ])("refuses %s that it does not know", (_, given, code) => {
    const call = (): unknown => inferSizes("i -> i", ...(given as [[]]));
    expect(mistakeIn(call).code).toBe(code);
  });
});

describe("the page on sizes", () => {
  it("gives the sizes that its examples find", () => {
    expect(solveSizes(["x = y + k", "y = 2*z + l"], { x: 17, k: 5, l: 3 })).toEqual({ x: 17, k: 5, l: 3, y: 13, z: 6 });
    expect(solveSizes(["kj = j + |k|", "kj = k"], { kj: 24, k: 8 })["j"]).toBe(16);
    const same = solveSizes(["|xp| = |x| + 2*(|k|//2)", "xp = y + k"], { x: 100, k: 3 });
    expect(same).toEqual({ x: 100, k: 3, xp: 102, y: 100 });
    expect(deriveSizes(["x = y + k", "|k| = |l|"], { y: 8, l: 3 }).steps.map(({ round }) => round)).toEqual([
      0, 0, 1, 2,
    ]);
  });
});
