import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { array, asStrided, einsum, toNested, type Dtype, type NdArray, type Nested } from "../../src/index.ts";
import { messageOf } from "../support/message-of.ts";

describe("array", () => {
  it.each<[string, Nested, NdArray]>([
    ["a number", 7, { data: Float64Array.of(7), shape: [] }],
    ["a BigInt", 7n, { data: BigInt64Array.of(7n), shape: [] }],
    ["a truth value", true, { data: Float64Array.of(1), shape: [] }],
    ["a list", [1, -0, NaN], { data: Float64Array.of(1, -0, NaN), shape: [3] }],
    ["an empty list", [], { data: new Float64Array(0), shape: [0] }],
    ["empty lists", [[], []], { data: new Float64Array(0), shape: [2, 0] }],
    [
      "lists of lists",
      [
        [[1], [2]],
        [[3], [4]],
      ],
      { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2, 1] },
    ],
    ["numbers beside BigInts", [1, 2n], { data: BigInt64Array.of(1n, 2n), shape: [2] }],
  ])("makes an array of %s", (_, nested, expected) => {
    expect(array(nested)).toEqual(expected);
  });

  it.each<[Dtype, Nested, NdArray["data"]]>([
    ["float32", [0.1, 2n], Float32Array.of(0.1, 2)],
    ["int8", [127, 128, -129, true], Int8Array.of(127, -128, 127, 1)],
    ["uint8", [-1, 256], Uint8Array.of(255, 0)],
    ["int16", [32768], Int16Array.of(-32768)],
    ["uint16", [-1], Uint16Array.of(65535)],
    ["int32", [2 ** 31, 2n ** 60n + 1n, -1n], Int32Array.of(-(2 ** 31), 1, -1)],
    ["uint32", [-1, 2n ** 60n + 3n], Uint32Array.of(2 ** 32 - 1, 3)],
    ["int64", [1, 2n ** 63n, true], BigInt64Array.of(1n, -(2n ** 63n), 1n)],
    ["uint64", [-1], BigUint64Array.of(2n ** 64n - 1n)],
  ])("wraps integers to %s", (dtype, nested, expected) => {
    expect(array(nested, dtype).data).toEqual(expected);
  });

  it("takes as many levels as NumPy does", () => {
    const nest = (levels: number): Nested => (levels === 0 ? 5 : [nest(levels - 1)]);
    expect(array(nest(64)).shape).toEqual(new Array(64).fill(1));
    expect(() => array(nest(65))).toThrow("more than 64 levels");
  });
});

describe("toNested", () => {
  const data = Float64Array.of(1, 2, 3, 4, 5, 6);

  it.each<[string, NdArray, Nested]>([
    ["a scalar", { data, shape: [], offset: 2 }, 3],
    ["a vector", { data, shape: [6] }, [1, 2, 3, 4, 5, 6]],
    ["a matrix read backwards", { data, shape: [2, 2], strides: [-3, -1], offset: 5 }, [[6, 5], [3, 2]]], // prettier-ignore
    ["a repeated element", { data, shape: [2, 2], strides: [0, 0] }, [[1, 1], [1, 1]]], // prettier-ignore
    ["an array without elements", { data, shape: [2, 0, 3] }, [[], []]],
    ["BigInts", { data: BigInt64Array.of(1n), shape: [1] }, [1n]],
  ])("lists %s", (_, given, expected) => {
    expect(toNested(given)).toEqual(expected);
  });

  it("refuses what is no array", () => {
    expect(messageOf(() => toNested([1, 2] as unknown as NdArray))).toContain(
      "the array must be an array with data and shape, found a list of 2 [not-an-array]",
    );
  });

  it("refuses a view too large to list", () => {
    expect(messageOf(() => toNested({ data, shape: [2 ** 27, 2 ** 27], strides: [0, 0] }))).toContain(
      "[too-large-to-allocate]",
    );
  });

  it("gives back what array was given, of any shape and dtype (seed 7)", () => {
    const dtype = fc.constantFrom<Dtype>("float64", "float32", "int8", "int16", "int32", "uint8", "uint16", "uint32");
    const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(shape, dtype, fc.integer({ min: 0, max: 100 }), (sizes, chosen, first) => {
        const reached = sizes.includes(0) ? sizes.slice(0, sizes.indexOf(0) + 1) : sizes;
        let next = first;
        const build = (axis: number): Nested => {
          const size = reached[axis];
          return size === undefined ? next++ % 128 : Array.from({ length: size }, () => build(axis + 1));
        };
        const nested = build(0);
        const made = array(nested, chosen);
        expect(made.shape).toEqual(reached);
        expect(toNested(made)).toEqual(nested);
      }),
      { seed: 7 },
    );
  });

  it("makes lists of any depth, and reads views of any rank", () => {
    const axes = new Array<number>(20_000).fill(1);
    let deep = toNested({ data: Float64Array.of(1, 2), shape: [...axes, 2], strides: [...axes, -1], offset: 1 });
    for (const _ of axes) [deep] = deep as readonly Nested[] as [Nested];
    expect(deep).toEqual([2, 1]);
    const out = { data: new Float64Array(5), shape: [...axes, 2, 2], strides: [...axes, 1, 3] };
    einsum("...->...", [{ data: Float64Array.of(1, 2, 3, 4), shape: [...axes, 2, 2] }], { out });
    expect(out.data).toEqual(Float64Array.of(1, 3, 0, 2, 4));
  });

  it("makes no more empty lists than there is memory for", () => {
    const empty = (...shape: number[]): Nested => toNested({ data: new Float64Array(0), shape });
    expect(empty(0, 2 ** 53 - 1)).toEqual([]);
    expect(empty(2, 0, 2 ** 53 - 1)).toEqual([[], []]);
    expect(empty(2, 3, 0)).toEqual([[[], [], []], [[], [], []]]); // prettier-ignore
    expect(messageOf(() => empty(2 ** 53 - 1, 0)).split("\n")[0]).toBe(
      "too many lists: 9,007,199,254,740,991; the most is 16,777,216 [too-large]",
    );
    expect(messageOf(() => empty(2 ** 31, 0, 5))).toContain("too many lists: 2,147,483,648");
    expect(messageOf(() => empty(2 ** 20, 2 ** 20, 0))).toContain("too many lists: 1,099,511,627,776");
  });
});

describe("asStrided", () => {
  const data = Float64Array.of(0, 1, 2, 3, 4, 5);
  const base: NdArray<Float64Array> = { data, shape: [2, 3] };

  it("is a view of the same buffer, with its own shape, strides and offset", () => {
    const view = asStrided(base, [2, 2], [2, 1], 1);
    expect(view).toEqual({ data, shape: [2, 2], strides: [2, 1], offset: 1 });
    expect(view.data).toBe(data);
    expect(toNested(view)).toEqual([[1, 2], [3, 4]]); // prettier-ignore
  });

  it("starts where the array does, unless told otherwise", () => {
    expect(asStrided({ data, shape: [2], offset: 3 }, [3], [1]).offset).toBe(3);
    expect(asStrided({ data, shape: [2], offset: 3 }, [3], [1], 0).offset).toBe(0);
    expect(asStrided(base, [3], [1]).offset).toBe(0);
  });

  it("makes windows that einsum reads", () => {
    const windows = asStrided(base, [4, 3], [1, 1]);
    expect(toNested(einsum("xk->x", windows))).toEqual([3, 6, 9, 12]);
  });

  it("keeps nothing of the lists it was given", () => {
    const [shape, strides] = [[2], [1]];
    const view = asStrided(base, shape, strides);
    [shape[0], strides[0]] = [6, 5];
    expect(view).toEqual({ data, shape: [2], strides: [1], offset: 0 });
  });

  it.each<[string, () => unknown, string]>([
    [
      "reading behind the buffer",
      () => asStrided(base, [4], [2]),
      "the view reaches elements 0 to 6 of a buffer of 6 [outside-buffer]",
    ],
    [
      "reading before the buffer",
      () => asStrided(base, [2], [-1]),
      "the view reaches elements -1 to 0 of a buffer of 6 [outside-buffer]",
    ],
    ["more strides than axes", () => asStrided(base, [2], [1, 1]), "the view has 2 strides for rank 1 [stride-rank]"],
    [
      "absent strides",
      () => asStrided(base, [2], undefined as never),
      "the strides of the view must be a list of integers, found undefined [malformed-array]",
    ],
    [
      "null for strides",
      () => asStrided(base, [2], null as never),
      "the strides of the view must be a list of integers, found null [malformed-array]",
    ],
    [
      "fractions for strides",
      () => asStrided(base, [2], [0.5]),
      "the strides of the view must be a list of integers, found a list of 1 [malformed-array]",
    ],
    [
      "negative sizes",
      () => asStrided(base, [-1], [1]),
      "the shape of the view must be a list of sizes, found a list of 1 [malformed-array]",
    ],
    [
      "holes in a shape",
      () => asStrided(base, [, 2] as never, [1, 1]),
      "the shape of the view must be a list of sizes, found a list of 2 [malformed-array]",
    ],
    [
      "NaN for an offset",
      () => asStrided(base, [2], [1], NaN),
      "the offset of the view must be an integer, found NaN [malformed-array]",
    ],
    [
      "an array outside its buffer",
      () => asStrided({ data, shape: [7] }, [2], [1]),
      "the array reaches elements 0 to 6 of a buffer of 6 [outside-buffer]",
    ],
  ])("refuses %s", (_, action, summary) => {
    expect(messageOf(action).split("\n")[0]).toBe(summary);
  });
});
