import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { array, einsum, toNested, type EinsumOptions, type NdArray } from "../../src/index.ts";
import { messageOf } from "../support/message-of.ts";

const data = Float64Array.of(1, 2, 3, 4, 5, 6);
const matrix: NdArray = { data, shape: [2, 3] };

/** A function of another program's types: what a caller without a type checker passes. */
const loosely = einsum as (...given: unknown[]) => NdArray;

describe("einsum", () => {
  it("takes operands one by one and as a list", () => {
    const other = array([[1], [0], [2]]);
    expect(toNested(einsum("ij,jk->ik", matrix, other))).toEqual([[7], [16]]);
    expect(toNested(einsum("ij,jk->ik", [matrix, other]))).toEqual([[7], [16]]);
    expect(toNested(einsum("ij,jk->ik", [matrix, other], {}))).toEqual([[7], [16]]);
    expect(toNested(einsum("ij,jk->ik", [matrix, other], { reduce: "max" }))).toEqual([[6], [12]]);
  });

  it("gives a new row-major array each time", () => {
    const [first, second] = [einsum("ij->ji", matrix), einsum("ij->ji", matrix)];
    expect(first).toEqual({ data: Float64Array.of(1, 4, 2, 5, 3, 6), shape: [3, 2] });
    expect(first.data).not.toBe(second.data);
    expect(first.shape).not.toBe(second.shape);
  });

  it("gives an array without axes for a scalar", () => {
    expect(einsum("ij->", matrix)).toEqual({ data: Float64Array.of(21), shape: [] });
  });

  it("refuses to run without operands", () => {
    const message = [
      "the spec has 1 operand, found 0 [operand-count]",
      "  remedy: give one array or shape for each term before the arrow; terms are separated by commas",
    ].join("\n");
    expect(messageOf(() => einsum(""))).toBe(message);
    expect(messageOf(() => einsum("->", []))).toBe(message);
    expect(messageOf(() => einsum("i->i"))).toBe(message);
  });
});

describe("the layout of an operand", () => {
  it.each<[string, NdArray, unknown]>([
    ["an offset", { data, shape: [2], offset: 4 }, [5, 6]],
    ["a negative stride", { data, shape: [3], strides: [-2], offset: 5 }, [6, 4, 2]],
    ["a zero stride", { data, shape: [3], strides: [0], offset: 1 }, [2, 2, 2]],
    ["overlapping windows", { data, shape: [3, 2], strides: [1, 2] }, [[1, 3], [2, 4], [3, 5]]], // prettier-ignore
    ["negative strides on both axes", { data, shape: [2, 2], strides: [-3, -1], offset: 5 }, [[6, 5], [3, 2]]], // prettier-ignore
    ["strides of axes of size 1 that lead anywhere", { data, shape: [1, 2], strides: [-99, 1] }, [[1, 2]]],
    ["strides and an offset of an empty array", { data, shape: [0], strides: [-7], offset: 99 }, []],
    [
      "sizes and strides in typed arrays",
      { data, shape: Int32Array.of(2), strides: Int32Array.of(3) } as never,
      [1, 4],
    ],
  ])("may have %s", (_, view, expected) => {
    const spec = view.shape.length === 1 ? "i->i" : "ij->ij";
    expect(toNested(einsum(spec, view))).toEqual(expected);
    expect(toNested(view)).toEqual(expected);
  });

  it("may be that of an scijs ndarray, whose strides are called stride", () => {
    class View2d {
      constructor(
        readonly data: Float64Array,
        readonly _shape0: number,
        readonly _shape1: number,
      ) {}
      get shape(): number[] {
        return [this._shape0, this._shape1];
      }
      get stride(): number[] {
        return [1, 2];
      }
      get offset(): number {
        return 1;
      }
    }
    const view = new View2d(data, 2, 2);
    expect(toNested(einsum("ij->ij", view))).toEqual([[2, 4], [3, 5]]); // prettier-ignore
  });

  it.each<[string, NdArray, string]>([
    [
      "behind its end",
      { data, shape: [2, 3], offset: 1 },
      "operand 1 reaches elements 1 to 6 of a buffer of 6 [outside-buffer]\n  remedy: its layout is shape [2, 3], strides [3, 1], offset 1; all in elements",
    ],
    [
      "before its beginning",
      { data, shape: [2], strides: [-1] },
      "operand 1 reaches elements -1 to 0 of a buffer of 6 [outside-buffer]\n  remedy: its layout is shape [2], strides [-1], offset 0; all in elements",
    ],
  ])("is refused where it leaves the buffer %s, before anything runs", (_, view, message) => {
    const out = { data: new Float64Array(3), shape: [3] };
    expect(messageOf(() => einsum("i,...->i", [{ data, shape: [3] }, view], { out }))).toBe(message);
    expect(out.data).toEqual(new Float64Array(3));
  });

  it("is refused where the buffer was detached", () => {
    const moved = Float64Array.of(1, 2);
    structuredClone(moved.buffer, { transfer: [moved.buffer] });
    expect(messageOf(() => einsum("i->", { data: moved, shape: [2] }))).toContain(
      "operand 0 reaches elements 0 to 1 of a buffer of 0 [outside-buffer]",
    );
  });

  it("is refused where the buffer has shrunk", () => {
    type Resizable = ArrayBuffer & { resize(length: number): void };
    const ResizableBuffer = ArrayBuffer as unknown as new (
      length: number,
      options: { maxByteLength: number },
    ) => Resizable;
    const buffer = new ResizableBuffer(32, { maxByteLength: 64 });
    const view = { data: new Float64Array(buffer), shape: [4] };
    expect(toNested(einsum("i->", view))).toBe(0);
    buffer.resize(16);
    expect(messageOf(() => einsum("i->", view))).toContain("of a buffer of 2 [outside-buffer]");
    buffer.resize(64);
    expect(toNested(einsum("i->", view))).toBe(0);
  });
});

describe("the array of an operand", () => {
  it("may lie in shared memory", () => {
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    expect(toNested(einsum("i,i->", { data: shared, shape: [4] }, { data: shared, shape: [4] }))).toBe(30);
  });

  it("may come from another realm", () => {
    const foreign = runInContext("({ data: new Int16Array([1, 2, 3]), shape: [2], offset: 1 })", createContext({}));
    expect(foreign.data).not.toBeInstanceOf(Int16Array);
    expect(einsum("i->i", foreign as NdArray)).toEqual({ data: Int16Array.of(2, 3), shape: [2] });
    const list = runInContext("[{ data: new Int16Array([1, 2]), shape: [2] }]", createContext({})) as NdArray[];
    expect(einsum("i->", list)).toEqual({ data: Int16Array.of(3), shape: [] });
  });

  it("may be a Node buffer", () => {
    const bytes = Buffer.from([1, 2, 3, 4, 255]);
    expect(einsum("i->", { data: bytes, shape: [2], offset: 3 })).toEqual({ data: Uint8Array.of(3), shape: [] });
  });

  it("may be of a subclass whose constructor takes something else", () => {
    class Vector extends Float64Array {
      constructor(x: number, y: number) {
        super([x, y]);
      }
    }
    const vector = new Vector(3, 4);
    expect(toNested(einsum("i->i", { data: vector, shape: [1], offset: 1 }))).toEqual([4]);
    einsum("i->i", [array([7])], { out: { data: vector, shape: [1], offset: 1 } });
    expect([...vector]).toEqual([3, 7]);
  });

  it.each<[string, unknown, string]>([
    ["Uint8ClampedArray", new Uint8ClampedArray(2), "a Uint8ClampedArray"],
    ["DataView", new DataView(new ArrayBuffer(2)), "a DataView"],
  ])("is refused as a %s", (_, given, shown) => {
    expect(messageOf(() => loosely("i->", { data: given, shape: [2] }))).toBe(
      [
        `the data of operand 0 is ${shown}, whose elements have no dtype here [array-class]`,
        "  remedy: copy it into one of Float64Array, Float32Array, Int8Array, Int16Array, Int32Array, BigInt64Array, " +
          "Uint8Array, Uint16Array, Uint32Array, BigUint64Array, as in Float64Array.from(data)",
      ].join("\n"),
    );
  });

  const Float16 = (globalThis as Record<string, unknown>)["Float16Array"] as Float64ArrayConstructor | undefined;
  it.runIf(Float16)("is refused as a Float16Array", () => {
    const given = Float16 && new Float16(2);
    expect(messageOf(() => loosely("i->", { data: given, shape: [2] }))).toContain("is a Float16Array");
  });

  it.each<[string, unknown[], string]>([
    ["a nested list", [[[1, 2]], [[3], [4]]], "operand 0 must be an array with data and shape, found a list of 2"],
    ["a list", [[1, 2]], "operand 0 must be an array with data and shape, found 1"],
    ["a flat typed array", [data], "operand 0 must be an array with data and shape, found a Float64Array"],
    ["null", [matrix, null], "operand 1 must be an array with data and shape, found null"],
    ["a hole in a list", [[matrix, , matrix]], "operand 1 must be an array with data and shape, found undefined"], // prettier-ignore
    ["a text", ["ij"], "operand 0 must be an array with data and shape, found 'ij'"],
  ])("is refused as %s, with the remedy", (_, operands, summary) => {
    expect(messageOf(() => loosely("ij,jk->ik", ...operands))).toBe(
      `${summary} [not-an-array]\n` +
        "  remedy: pass { data: new Float64Array(...), shape: [...] }, or make one with array([[1, 2], [3, 4]])",
    );
  });
});

describe("out", () => {
  it("takes the result and is returned", () => {
    const out = { data: new Float64Array(6), shape: [3, 2] };
    expect(einsum("ij->ji", [matrix], { out })).toBe(out);
    expect([...out.data]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it("may have an offset and gaps, which keep what they hold", () => {
    const target = new Float64Array(12).fill(-1);
    einsum("ij->ji", [matrix], { out: { data: target, shape: [3, 2], strides: [-4, 2], offset: 9 } });
    expect([...target]).toEqual([-1, 3, -1, 6, -1, 2, -1, 5, -1, 1, -1, 4]);
    target.fill(-1);
    einsum("ij->ji", [matrix], { out: { data: target, shape: [3, 2], offset: 3 } });
    expect([...target]).toEqual([-1, -1, -1, 1, 4, 2, 5, 3, 6, -1, -1, -1]);
  });

  it("may have strides that interleave without meeting", () => {
    const target = new Float64Array(8);
    einsum("ij->ji", [matrix], { out: { data: target, shape: [3, 2], strides: [2, 3] } });
    expect([...target]).toEqual([1, 0, 2, 4, 3, 5, 0, 6]);
  });

  it("may be an operand", () => {
    const square = array([[1, 2], [3, 4]]); // prettier-ignore
    expect(einsum("ij,jk->ik", [square, square], { out: square })).toBe(square);
    expect(toNested(square)).toEqual([[7, 10], [15, 22]]); // prettier-ignore
    einsum("ij->ji", [square], { out: square });
    expect(toNested(square)).toEqual([[7, 15], [10, 22]]); // prettier-ignore
  });

  it("may lie in the memory of an operand of another element size", () => {
    const memory = new ArrayBuffer(16);
    const bytes = new Uint8Array(memory, 0, 4);
    bytes.set([1, 2, 3, 4]);
    const wide = { data: new Float64Array(memory), shape: [2] };
    const weights = array([[1, 0], [1, 0], [0, 1], [0, 1]]); // prettier-ignore
    einsum("i,ij->j", [{ data: bytes, shape: [4] }, weights], { out: wide });
    expect([...wide.data]).toEqual([3, 7]);
  });

  it("may lie in the shared memory of an operand, seen through another object", () => {
    const shared = new SharedArrayBuffer(32);
    const again = structuredClone(shared);
    expect(again).not.toBe(shared);
    const view = { data: new Float64Array(shared), shape: [4] };
    view.data.set([1, 2, 3, 4]);
    const out = { data: new Float64Array(again), shape: [4] };
    einsum("i,ij->j", [view, array([[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]])], { out }); // prettier-ignore
    expect([...view.data]).toEqual([4, 3, 2, 1]);
  });

  it("may be empty, wherever it starts", () => {
    const out = { data: new Float64Array(2), shape: [0], offset: 99 };
    expect(einsum("i->i", [{ data, shape: [0] }], { out })).toBe(out);
  });

  it.each<[string, NdArray, string]>([
    [
      "of another shape",
      { data: new Float64Array(6), shape: [2, 3] },
      "out has shape [2, 3], the result [3, 2] [out-mismatch]",
    ],
    [
      "of another rank",
      { data: new Float64Array(6), shape: [6] },
      "out has shape [6], the result [3, 2] [out-mismatch]",
    ],
    [
      "of another dtype",
      { data: new Float32Array(6), shape: [3, 2] },
      "out has dtype float32, the result float64 [out-mismatch]",
    ],
    [
      "with a zero stride",
      { data: new Float64Array(6), shape: [3, 2], strides: [0, 1] },
      "several elements of out share one place in memory [out-overlaps-itself]",
    ],
    [
      "with strides that meet",
      { data: new Float64Array(6), shape: [3, 2], strides: [1, 2] },
      "several elements of out share one place in memory [out-overlaps-itself]",
    ],
    [
      "with strides that meet here and there",
      { data: new Float64Array(9), shape: [3, 2], strides: [2, 4] },
      "several elements of out share one place in memory [out-overlaps-itself]",
    ],
    [
      "that leaves its buffer",
      { data: new Float64Array(5), shape: [3, 2] },
      "out reaches elements 0 to 5 of a buffer of 5 [outside-buffer]",
    ],
  ])("is refused %s, and keeps what it holds", (_, out, summary) => {
    const before = out.data.slice();
    expect(messageOf(() => einsum("ij->ji", [matrix], { out })).split("\n")[0]).toBe(summary);
    expect(out.data).toEqual(before);
  });

  it.each([null, 3, data, [[1]]])("is refused as %s", (out) => {
    expect(messageOf(() => loosely("ij->ji", [matrix], { out }))).toMatch(/^out must be an array with data and shape/);
  });
});

describe("the options of einsum", () => {
  it("may be left out, undefined or empty", () => {
    expect(toNested(einsum("ij->", [matrix], undefined))).toBe(21);
    expect(toNested(einsum("ij->", [matrix], { reduce: undefined, sizes: undefined }))).toBe(21);
  });

  it.each<[unknown, string]>([
    [null, "the options must be an object, found null"],
    [3, "the options must be an object, found 3"],
    ["max", "the options must be an object, found 'max'"],
    [[matrix], "the options must be an object, found a list"],
  ])("are refused as %s", (options, summary) => {
    expect(messageOf(() => loosely("ij->", [matrix], options))).toBe(
      `${summary} [options-not-an-object]\n  remedy: pass { name: value }, or nothing`,
    );
  });

  it("are refused where they hold an unknown name", () => {
    expect(messageOf(() => loosely("i->ij", [{ data, shape: [2] }], { size: { j: 3 } }))).toBe(
      [
        "there is no option 'size' [unknown-option]",
        "  remedy: did you mean 'sizes'? the options are sizes, params, notation, outputShape, reduce, combine, " +
          "optimize, specialize, evaluate, out",
      ].join("\n"),
    );
    expect(messageOf(() => loosely("ij->", [matrix], { shapes: [[2, 3]] }))).toContain("there is no option 'shapes'");
    expect(messageOf(() => loosely("ij->", [matrix], matrix))).toContain("there is no option 'data'");
    expect(messageOf(() => loosely("ij->", [matrix], JSON.parse('{ "__proto__": 1 }')))).toContain("'__proto__'");
  });

  it("are refused among operands", () => {
    expect(messageOf(() => loosely("ij->", matrix, { reduce: "max" }))).toBe(
      [
        "operand 1 is an object of options [options-among-operands]",
        "  remedy: options follow a list of operands: einsum(spec, [a, b], options)",
      ].join("\n"),
    );
  });

  it("may be an object that changes between calls", () => {
    const sizes: Record<string, number> = { j: 2 };
    const options: EinsumOptions & { reduce?: "sum" | "max" } = { sizes };
    const vector = array([1, 2]);
    const run = (): unknown => toNested(einsum("i->j", [vector], options));
    expect(run()).toEqual([3, 3]);
    sizes["j"] = 3;
    expect(run()).toEqual([3, 3, 3]);
    options.reduce = "max";
    expect(run()).toEqual([2, 2, 2]);
    sizes["j"] = 2;
    delete options.reduce;
    expect(run()).toEqual([3, 3]);
  });

  it("may change the result's shape without changing the kernel's", () => {
    const shape = [3];
    const first = einsum("i -> (2*i)", [array([1, 2])], { outputShape: shape });
    (first.shape as number[])[0] = 99;
    shape[0] = 4;
    expect(einsum("i -> (2*i)", [array([1, 2])], { outputShape: [3] }).shape).toEqual([3]);
    expect(toNested(einsum("i -> (2*i)", [array([1, 2])], { outputShape: shape }))).toEqual([1, 0, 2, 0]);
  });
});
