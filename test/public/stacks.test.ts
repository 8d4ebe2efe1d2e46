/** The stack of an error begins where a program called, whatever it called; and arrays of other realms are arrays. */
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  array,
  conv2d,
  convSpec,
  convTransposeSpec,
  einsum,
  EinsumError,
  jit,
  toNested,
  UnsupportedError,
  type NdArray,
  type Nested,
} from "../../src/index.ts";
import { tensor } from "../../src/lazy/index.ts";
import { PUBLIC_CALLS } from "../support/public-calls.ts";

/** What a call with nothing sound throws, or rejects with. */
async function failureOf(call: (...given: never[]) => unknown, given: readonly unknown[]): Promise<unknown> {
  try {
    await call(...(given as never[]));
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("the stack of an error", () => {
  it.each(PUBLIC_CALLS)("of $name begins at the caller's line", async ({ prepare }) => {
    const wrong = [Symbol("wrong"), Symbol("wrong"), Symbol("wrong"), Symbol("wrong")];
    const error = await failureOf(prepare().call, wrong);
    // Some take nothing, and so refuse nothing.
    if (!(error instanceof EinsumError || error instanceof UnsupportedError)) return expect(error).toBeUndefined();
    const { stack = "", message } = error;
    expect(stack.startsWith(`${error.name}: ${message}\n`)).toBe(true);
    expect(stack.slice(`${error.name}: ${message}\n`.length).split("\n")[0]).toMatch(/stacks\.test\.ts/);
  });
});

const realm = createContext({});
const foreign = (code: string): unknown => runInContext(`(${code})`, realm);

describe("arrays of another realm", () => {
  const matrix = foreign("{ data: Float64Array.of(1, 2, 3, 4), shape: [2, 2], strides: [2, 1] }") as NdArray;

  it("are no instances of this realm's classes", () => {
    expect(matrix.data instanceof Float64Array).toBe(false);
    expect(matrix.shape instanceof Array).toBe(false);
  });

  it("are operands, options and results of einsum", () => {
    const out = foreign("{ data: new Float64Array(4), shape: [2, 2] }") as NdArray;
    const options = foreign('{ sizes: { i: 2 }, notation: "compact", optimize: [[0, 1]] }') as object;
    expect(einsum("ij,jk->ik", foreign("[]") instanceof Array ? [] : [matrix, matrix], { ...options, out })).toBe(out);
    expect([...out.data]).toEqual([7, 10, 15, 22]);
    expect(toNested(einsum("ij->ji", matrix))).toEqual([
      [1, 3],
      [2, 4],
    ]);
    const list = runInContext("(...given) => given", realm) as (...given: unknown[]) => readonly NdArray[];
    expect(toNested(einsum("ij,ij->", list(matrix, matrix)))).toBe(30);
  });

  it("share memory with what they share it with", () => {
    const { data } = matrix;
    const moved = { data: foreign("(b) => new Float64Array(b)") as unknown as (b: unknown) => Float64Array };
    const twin = moved.data(data.buffer.slice(0));
    expect([
      ...(einsum("ij->ji", [{ data: twin, shape: [2, 2] }], { out: { data: twin, shape: [2, 2] } })
        .data as Float64Array),
    ]).toEqual([1, 3, 2, 4]);
  });

  it("are what kernels of jit take, and give into", () => {
    const kernel = jit(
      "ij,j->i",
      foreign("{ shapes: [[2, 2], [2]], dtypes: ['float64', 'float64'] }") as { shapes: number[][] },
    );
    const out = foreign("new Float64Array(2)") as Float64Array;
    expect(kernel(matrix.data, foreign("Float64Array.of(1, 10)") as Float64Array, out)).toBe(out);
    expect([...out]).toEqual([21, 43]);
  });

  it("are what array, layers and lazy graphs take", () => {
    expect(toNested(array(foreign("[[1, 2], [3, 4]]") as Nested))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const image = foreign("{ data: Float32Array.of(1, 2, 3, 4), shape: [1, 2, 2] }") as NdArray;
    const weight = foreign("{ data: Float32Array.of(1, 1, 1, 1), shape: [1, 1, 2, 2] }") as NdArray;
    const options = foreign("{ padding: [[0, 1], [0, 0]], activation: { name: 'clamp', min: 0, max: 9 } }") as object;
    expect([...(conv2d(image, weight, options).data as Float32Array)]).toEqual([9, 7]);
    const x = tensor(2, 2, { name: "x" });
    expect(toNested(x.mul(2).compute(foreign("{ x: [[1, 2], [3, 4]] }") as { x: Nested }))).toEqual([
      [2, 4],
      [6, 8],
    ]);
    expect(toNested(x.sum().compute({ x: matrix }))).toBe(10);
  });
});

describe("what answers otherwise the second time", () => {
  /** An object whose field is one thing when it is read first, and another afterwards. */
  const turning = (field: string, first: unknown, then: unknown, rest: object = {}): never => {
    let reads = 0;
    return Object.defineProperty({ ...rest }, field, {
      enumerable: true,
      get: () => (reads++ === 0 ? first : then),
    }) as never;
  };
  const a = array([
    [1, 2],
    [3, 4],
  ]);

  it("is read once, so that honest callers find no kernel of another meaning", () => {
    expect(toNested(einsum("ij->i", [a], turning("reduce", "max", "min")))).toEqual([2, 4]);
    expect(toNested(einsum("ij->i", [a], { reduce: "max" }))).toEqual([2, 4]);
    expect(toNested(einsum("ij->i", [a], turning("reduce", "min", "max")))).toEqual([1, 3]);
    expect(toNested(einsum("ij->i", [a], { reduce: "min" }))).toEqual([1, 3]);
    expect(einsum("i->ij", [array([5])], turning("sizes", { j: 2 }, { j: 3 })).shape).toEqual([1, 2]);
    expect(einsum("i->ij", [array([5])], { sizes: { j: 2 } }).shape).toEqual([1, 2]);
    expect(einsum("i->ij", [array([5])], { sizes: turning("j", 4, 5) }).shape).toEqual([1, 4]);
    expect(einsum("i->ij", [array([5])], { sizes: { j: 4 } }).shape).toEqual([1, 4]);
  });

  it("is read once by jit and layers", () => {
    expect([...(jit("ij->i", turning("reduce", "max", "min", { shapes: [[2, 2]] }))(a.data) as Float64Array)]).toEqual([
      2, 4,
    ]);
    const image = { data: Float64Array.of(1, 2, 3, 4), shape: [1, 2, 2] };
    const weight = { data: Float64Array.of(1), shape: [1, 1, 1, 1] };
    expect(conv2d(image, weight, turning("padding", 1, 0)).shape).toEqual([1, 4, 4]);
    expect(conv2d(image, weight, { padding: 1 }).shape).toEqual([1, 4, 4]);
  });

  it("is no length and no class of an array", () => {
    const long = Object.defineProperty(Float64Array.of(1, 2), "length", { value: 100 });
    expect(() => einsum("i->i", { data: long, shape: [100] })).toThrow("reaches elements 0 to 99 of a buffer of 2");
    const named = Object.defineProperty(Float64Array.of(1, 2), Symbol.toStringTag, { value: "Int32Array" });
    expect(einsum("i->i", { data: named, shape: [2] }).data).toEqual(Float64Array.of(1, 2));
    class Mine extends Float32Array {
      override get [Symbol.toStringTag](): "Float32Array" {
        return "BigInt64Array" as never;
      }
    }
    expect(einsum("i->", { data: new Mine([1, 2]), shape: [2] }).data).toEqual(Float32Array.of(3));
    class Failing extends Float64Array {
      override get length(): never {
        throw new Error("a getter of the class");
      }
    }
    const sized = jit("ij->i", { shapes: [["n", 2]] });
    for (const kernel of [jit("i->i", { shapes: [[2]] }), sized]) {
      expect(() => kernel(new Failing(2))).toThrow("says that its length is NaN, but has 2 elements");
      const twice = Object.defineProperty(Float64Array.of(1, 2), "length", { value: 4 });
      expect(() => kernel(twice)).toThrow("says that its length is 4, but has 2 elements");
      const odd = Object.defineProperty(Float64Array.of(1, 2), "length", { value: 3 });
      expect(() => kernel(odd)).toThrow("says that its length is 3, but has 2 elements");
    }
    expect(() => sized(Float64Array.of(1, 2), new Failing(1))).toThrow("says that its length is NaN");
    expect(() => convSpec([1, 2, 4], new Failing(3) as never)).toThrow("must be a list of sizes");
    expect(() => convTransposeSpec([1, 2, 4], new Failing(3) as never)).toThrow("must be a list of sizes");
    const proxied = new Proxy(Float64Array.of(1), {});
    expect(() => einsum("i->i", { data: proxied, shape: [1] })).toThrow("must be a typed array");
    const shrunk = new Float64Array(4);
    structuredClone(shrunk, { transfer: [shrunk.buffer] });
    expect(() => einsum("i->i", { data: shrunk, shape: [4] })).toThrow("of a buffer of 0");
    expect(() => jit("i->i", { shapes: [[4]] })(shrunk)).toThrow("needs at least 4 elements, found 0");
  });
});
