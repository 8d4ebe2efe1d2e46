/** Kernels whose sizes are left to run time, called as a program would: sizes as arguments, from arrays, and wrong. */
import { describe, expect, it } from "vitest";
import { compile, einsum, jit, type CompileOptions } from "../../src/index.ts";
import { messageOf } from "../support/message-of.ts";

const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, (_, at) => at % 7);

describe("a kernel over symbols", () => {
  const matmul = jit("ij,jk->ik", {
    shapes: [
      ["n", "p"],
      ["p", "m"],
    ],
    name: "matmul",
  });

  it("takes the sizes that no array tells behind its operands", () => {
    expect([...matmul(numbers(6), numbers(6), 2, 3, 2)]).toEqual([10, 13, 28, 40]);
    expect([...matmul(numbers(2), numbers(3), 2, 1, 3)]).toEqual([0, 0, 0, 0, 1, 2]);
  });

  it("writes into the array behind the sizes, which may share memory with an operand", () => {
    const a = numbers(4);
    expect(matmul(a, Float64Array.of(0, 1, 1, 0), 2, 2, 2, a)).toBe(a);
    expect([...a]).toEqual([1, 0, 3, 2]);
  });

  it("serves sizes of 0: what reduces nothing is 0, what keeps nothing is empty", () => {
    expect([...matmul(numbers(0), numbers(0), 2, 0, 2)]).toEqual([0, 0, 0, 0]);
    expect(matmul(numbers(0), numbers(6), 0, 3, 2).length).toBe(0);
  });

  it("reads a size from the length of an array that knows all others", () => {
    const kernel = jit("ij,jk->ik", {
      shapes: [
        ["n", 3],
        [3, "m"],
      ],
    });
    expect(kernel.compilation.source.integers).toEqual([]);
    expect([...kernel(numbers(6), numbers(3))]).toEqual([5, 14]);
    expect([...kernel(numbers(6), numbers(3), 2, 1)]).toEqual([5, 14]);
  });

  it("solves the size of a window's output for every image", () => {
    const blur = jit("(2*y + k - 1), k -> y", { shapes: [["n"], [3]] });
    expect([...blur(numbers(5), Float64Array.of(1, 1, 1))]).toEqual([1, 6, 7]);
    expect([...blur(numbers(6), Float64Array.of(1, 1, 1))]).toEqual([1, 6, 12]);
    expect([...blur(numbers(5), Float64Array.of(1, 1, 1))]).toEqual([1, 6, 7]);
  });

  it("takes strides as arguments", () => {
    const rows = jit("ij->i", { shapes: [["n", 2]], strides: [["pitch", 1]] });
    expect([...rows(numbers(7), 2, 5)]).toEqual([1, 11]);
  });

  it("keeps a name apart from an index of the same name", () => {
    const kernel = jit("nm->n", { shapes: [["m", "n"]] });
    expect([...kernel(numbers(6), 2, 3)]).toEqual([3, 12]);
    expect(kernel.source).toContain("for (let n = 0; n < mSize; n++)");
  });

  it.each([1, 4, 5, 6, 7, 8, 12, 18])("takes tensors of %i axes of any size", (rank) => {
    const axes = [..."abcdefghijklmnopqr"].slice(0, rank);
    const shape = axes.map((axis) => `n${axis}`);
    const total = jit(`${axes.join("")}->`, { shapes: [shape] });
    const sizes: number[] = axes.map((_, at) => (at < 3 ? 2 : 1));
    const ones = new Float64Array(sizes.reduce((product, size) => product * size, 1)).fill(1);
    expect([
      ...total(ones, ...sizes.slice(0, total.compilation.kernel.integers.length - (rank === 1 ? 1 : 0))),
    ]).toEqual([ones.length]);
  });

  it("takes a product whose result alone would be too large at long sizes", () => {
    const outer = jit("abcd,efgh->abcdefgh", { shapes: [[..."abcd"], [..."efgh"]] });
    expect([...outer(Float64Array.of(2), Float64Array.of(3, 5), 1, 1, 1, 1, 2, 1, 1, 1)]).toEqual([6, 10]);
  });

  it.each([
    ["the other way round", "x,(|x| - 1 - x)->x", [["n"], ["m"]], undefined, [3, 3], [], [3, 4, 3]],
    ["behind itself", "x,(-x + |x|)->", [["n"], ["m"]], undefined, [2, 3], [], [7]],
    ["by steps", "x,(|x|*y + x)->y", [["n"], ["m"]], { y: 2 }, [3, 6], [], [14, 32]],
    ["out of padding", "x,(y + x - |x|)->y", [["n"], ["m"]], { y: 4 }, [2, 5], [], [0, 2, 5, 8]],
    ["from there on", "x,(y + x + |x|)->y", [["n"], ["m"]], { y: 4 }, [2, 7], [], [11, 14, 17, 20]],
    ["by the product of two sizes", "xz,(x + |x|*|z|)->z", [["n", "q"], ["m"]], undefined, [4, 8], [2, 2], [23, 34]],
    ["into a part of the output", "x->(x + |x|)", [["n"]], undefined, [2], [], [0, 0, 1, 2]],
  ])("reads %s, where an expression adds the size of an index", (_, spec, shapes, sizes, lengths, given, wanted) => {
    const kernel = jit(spec, { shapes, ...(sizes && { sizes }) });
    const arrays = lengths.map((length) => Float64Array.from({ length }, (_, at) => at + 1));
    expect([...kernel(...arrays, ...given)]).toEqual(wanted);
  });

  it.each([
    ["ij,jk->ik", [4, 16], ["pitch", 1], 16],
    ["ij,jk->ik", [4, 16], ["pitch", 1], 21],
    ["ij,kj->ik", [16, 4], ["pitch", 1], 5],
    ["ij,jk->ik", [4, 16], [40, "step"], 2],
    ["ij,(j + k)->ik", [20], ["step"], 3],
    ["ij,(2*j + k - 1)->ik", [20], ["step"], 1],
  ])("copies nothing of %s by the strides of its example: %j, %j, at %i", (spec, shape, strides, stride) => {
    const a = Float32Array.from({ length: 16 }, (_, at) => (at * 7) % 11);
    const b = Float32Array.from({ length: 160 }, (_, at) => (at * 5) % 13);
    const options = { dtype: "float32", operands: ["a", "b"], stage: ["b"] } as const;
    const sizes = spec.includes("2*") ? { sizes: { k: 12 } } : {};
    const kernel = jit(spec, { shapes: [[4, 4], shape], strides: [undefined, strides], ...options, ...sizes });
    const known = strides.map((own) => (typeof own === "string" ? stride : own));
    const wanted = einsum(
      spec,
      [
        { data: a, shape: [4, 4] },
        { data: b, shape, strides: known },
      ],
      sizes,
    );
    expect([...kernel(a, b, stride)]).toEqual([...wanted.data]);
  });

  it("prints its sizes in the comment, its cost among them", () => {
    const { source } = compile("ij,jk->ik", {
      shapes: [
        ["n", 64],
        [64, "m"],
      ],
    });
    expect(source.main.documentation).toEqual([
      "`ij,jk->ik`",
      "",
      "    a    float64  n x 64  i j",
      "    b    float64  64 x m  j k",
      "    out  float64  n x m   i k",
      "",
      "128*n*m flops, accumulated in float64. `out` must not share memory with the operands.",
    ]);
  });
});

describe("what does not fit is refused in words, by the function and by the module it was made of", () => {
  const cases = [
    {
      title: "too few sizes",
      spec: "ij,jk->ik",
      shapes: [
        ["n", "p"],
        ["p", "m"],
      ],
      given: [numbers(6), numbers(6), 2, 3],
      message:
        "kernel takes 3 sizes behind its operands, found 2 [size-count]\n  remedy: pass n, p, m as integers, in this order",
    },
    {
      title: "a size that is no integer",
      spec: "ij->i",
      shapes: [["n", "p"]],
      given: [numbers(6), 2.5, 2],
      words: "kernel: n must be an integer of at least 0, found 2.5",
    },
    {
      title: "an array that no size explains",
      spec: "ij->i",
      shapes: [["n", 4]],
      given: [numbers(6)],
      words: "kernel: a must have a multiple of 4 elements, found 6",
    },
    {
      title: "two sizes of one index",
      spec: "ij,jk->ik",
      shapes: [
        ["n", "p"],
        ["q", "m"],
      ],
      given: [numbers(6), numbers(8), 2, 3, 4, 2],
      words: "kernel: axis 0 of operand 1 is 4, but must be 3, the size of j",
    },
    {
      title: "a window larger than what it moves over",
      spec: "(y + k), k -> y",
      shapes: [["n"], [3]],
      given: [numbers(2), numbers(3)],
      words: "kernel: the size of y is 0, but must be at least 1, so that its window fits into axis 0 of operand 0",
    },
    {
      title: "a split that does not divide",
      spec: "(h w)->h",
      shapes: [["n"]],
      sizes: { w: 3 },
      given: [numbers(7)],
      words: "kernel: axis 0 of operand 0 is 7, but must be 6, the sizes of h and w multiplied",
    },
    {
      title: "an operand that is too short",
      spec: "ij->i",
      shapes: [["n", "p"]],
      given: [numbers(5), 2, 3],
      message:
        "a needs at least 6 elements, found 5 [array-length]\n" +
        "  remedy: pass the flat buffer of an array of the shape this kernel was compiled for",
      words: "kernel: a needs 6 elements, found 5",
    },
    {
      title: "a size that the length of an array contradicts",
      spec: "ij,jk->ik",
      shapes: [
        ["n", 3],
        [3, "m"],
      ],
      given: [numbers(6), numbers(3), 2, 2],
      message:
        "kernel: m is 2, but the length of b says 1 [kernel-size]\n" +
        "  remedy: pass sizes that fit the arrays, in the order of kernel.compilation.kernel.integers",
    },
  ];

  it.each(cases)("$title", ({ spec, shapes, sizes, given, words, message }) => {
    const kernel = jit(spec, { shapes, ...(sizes && { sizes }) });
    const remedy = "\n  remedy: pass sizes that fit the arrays, in the order of kernel.compilation.kernel.integers";
    expect(messageOf(() => kernel(...given))).toBe(message ?? `${words} [kernel-size]${remedy}`);
    if (words === undefined) return;
    const { name } = kernel.compilation.source;
    const module = kernel.source.replace("export function", "function");
    const emitted = new Function(`${module}\nreturn ${name};`)() as (...given: unknown[]) => unknown;
    expect(() => emitted(...given)).toThrow(new RangeError(words));
  });
});

describe("what symbols have nothing to do with", () => {
  it.each<[string, string, Omit<CompileOptions, "shapes">, (string | number)[][]]>([
    [
      "sizes in conflict",
      "ij,jk->ik",
      {},
      [
        ["n", 3],
        [4, 5],
      ],
    ],
    ["a split of which nothing tells a part", "(h w)i->h", {}, [["n", 2]]],
    [
      "a size of no index",
      "ij,jk->ik",
      { sizes: { n: 3 } },
      [
        ["n", 2],
        [2, 2],
      ],
    ],
    [
      "a size that is none",
      "ij,jk->ik",
      { sizes: { k: -1 } },
      [
        ["n", 2],
        [2, 2],
      ],
    ],
    [
      "a parameter that is not used",
      "ij,jk->ik",
      { params: { z: 3 } },
      [
        ["n", 2],
        [2, 2],
      ],
    ],
    [
      "a reduction that there is not",
      "ij,jk->ik",
      { reduce: "average" as never },
      [
        ["n", 2],
        [2, 2],
      ],
    ],
    ["too few shapes", "ij,jk->ik", {}, [["n", 2]]],
    [
      "too few dtypes",
      "ij,jk->ik",
      { dtypes: ["float64"] },
      [
        ["n", 2],
        [2, 2],
      ],
    ],
    ["a rank that does not fit", "ij,jk->ik", {}, [["n"], [2, 2]]],
    [
      "an index of no operand",
      "ij,jk->iz",
      {},
      [
        ["n", 2],
        [2, 2],
      ],
    ],
    [
      "a product of indices",
      "(s*i)j,jk->ik",
      {},
      [
        ["n", 2],
        [2, 2],
      ],
    ],
  ])("is refused as without them: %s", (_, spec, options, shapes) => {
    // The size that is tried first.
    const numbers = shapes.map((shape) => shape.map((size) => (size === "n" ? 64 : Number(size))));
    const message = messageOf(() => compile(spec, { ...options, shapes }));
    expect(message).toBe(messageOf(() => compile(spec, { ...options, shapes: numbers })));
    expect(message).not.toContain("none fits");
  });
});
