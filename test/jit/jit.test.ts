import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { compile, jit, type CompileOptions, type TypedArray } from "../../src/index.ts";
import { messageOf } from "../support/message-of.ts";

const shapes = [[2, 3], [3, 2]] as const; // prettier-ignore
const a = Float64Array.of(1, 2, 3, 4, 5, 6);
const b = Float64Array.of(1, 0, 0, 1, 1, 1);
const product = [4, 5, 10, 11];

/** Calls a kernel as a program without a type checker may. */
function loosely(kernel: (...arrays: TypedArray[]) => TypedArray): (...given: unknown[]) => TypedArray {
  return kernel as (...given: unknown[]) => TypedArray;
}

describe("a kernel of jit", () => {
  const kernel = jit("ij,jk->ik", { shapes });

  it("returns a new array each time", () => {
    const [first, second] = [kernel(a, b), kernel(a, b)];
    expect([...first]).toEqual(product);
    expect(first).toBeInstanceOf(Float64Array);
    expect(second).toEqual(first);
    expect(second).not.toBe(first);
  });

  it("writes into an array it is given, and returns it", () => {
    const out = new Float64Array(4);
    expect(kernel(a, b, out)).toBe(out);
    expect([...out]).toEqual(product);
    expect([...loosely(kernel)(a, b, undefined)]).toEqual(product);
  });

  it("has its compilation and its source", () => {
    const { compilation, source } = kernel;
    const expected = compile("ij,jk->ik", { shapes });
    expect(source).toBe(expected.source.text);
    expect(JSON.stringify(compilation.contraction)).toBe(JSON.stringify(expected.contraction));
  });

  it("runs, whatever language its source is asked for in", () => {
    const typed = jit("ij,jk->ik", { shapes, target: "typescript" });
    expect(typed.source).toContain("a: Float64Array");
    expect(typed.source).toBe(compile("ij,jk->ik", { shapes, target: "typescript" }).source.text);
    expect([...typed(a, b)]).toEqual(product);
  });

  it("takes operands that are longer than what it reads", () => {
    expect([...kernel(Float64Array.of(...a, 9), Float64Array.of(...b, 9))]).toEqual(product);
  });

  it("reads operands by their strides and offsets", () => {
    const strided = jit("ij,jk->ik", { shapes, strides: [[-3, -1], undefined], offsets: [5, 1] });
    expect([...strided(a, Float64Array.of(9, ...b))]).toEqual([10, 9, 4, 3]);
  });

  it("computes into memory that an operand lies in", () => {
    const memory = Float64Array.of(1, 2, 3, 4, 5, 6, 0);
    for (const from of [0, 1, 2, 3]) {
      const operand = memory.slice();
      kernel(operand, b, operand.subarray(from, from + 4));
      expect([...operand.subarray(from, from + 4)]).toEqual(product);
    }
  });

  it("computes into shared memory that an operand sees through another object", () => {
    const shared = new SharedArrayBuffer(48);
    const operand = new Float64Array(shared);
    operand.set(a);
    const out = new Float64Array(structuredClone(shared), 0, 4);
    expect([...kernel(operand, b, out)]).toEqual(product);
  });

  it("takes arrays of another realm", () => {
    const foreign = runInContext("new Float64Array([1, 2, 3, 4, 5, 6])", createContext({})) as Float64Array;
    expect(foreign).not.toBeInstanceOf(Float64Array);
    expect([...kernel(foreign, b)]).toEqual(product);
  });

  it("takes an empty result and empty operands", () => {
    const empty = jit("i,j->ij", { shapes: [[0], [3]] });
    expect(empty(new Float64Array(0), a)).toEqual(new Float64Array(0));
    expect(empty(new Float64Array(0), a, new Float64Array(0))).toEqual(new Float64Array(0));
    expect([...jit("i->", { shapes: [[0]] })(new Float64Array(0))]).toEqual([0]);
  });

  it.each<[string, unknown[], string]>([
    ["too few arrays", [a], "kernel takes 2 arrays and an optional out, found 1 [array-count]"],
    ["too many arrays", [a, b, a, b], "kernel takes 2 arrays and an optional out, found 4 [array-count]"],
    [
      "an array of another class",
      [a, Float32Array.from(b)],
      "b must be of class Float64Array, found a Float32Array [array-dtype]",
    ],
    [
      "an unknown array",
      [a, new Uint8ClampedArray(9)],
      "b must be of class Float64Array, found a Uint8ClampedArray [array-dtype]",
    ],
    [
      "an array with a shape",
      [{ data: a, shape: [2, 3] }, b],
      "a must be of class Float64Array, found an object [array-dtype]",
    ],
    ["a list", [[1, 2, 3, 4, 5, 6], b], "a must be of class Float64Array, found a list of 6 [array-dtype]"],
    ["nothing for an array", [undefined, b], "a must be of class Float64Array, found undefined [array-dtype]"],
    ["null for out", [a, b, null], "out must be of class Float64Array, found null [array-dtype]"],
    ["a short operand", [a, b.subarray(1)], "b needs at least 6 elements, found 5 [array-length]"],
    ["a short out", [a, b, new Float64Array(3)], "out needs exactly 4 elements, found 3 [array-length]"],
    ["a long out", [a, b, new Float64Array(5)], "out needs exactly 4 elements, found 5 [array-length]"],
    [
      "an out of another class",
      [a, b, new Int32Array(4)],
      "out must be of class Float64Array, found an Int32Array [array-dtype]",
    ],
  ])("refuses %s", (_, arrays, summary) => {
    expect(messageOf(() => loosely(kernel)(...arrays)).split("\n")[0]).toBe(summary);
  });

  it("refuses a detached array", () => {
    const moved = a.slice();
    structuredClone(moved.buffer, { transfer: [moved.buffer] });
    expect(messageOf(() => kernel(moved, b))).toContain("a needs at least 6 elements, found 0");
  });
});

describe("the options of jit and compile", () => {
  it.each([jit, compile])("are refused where they are none: %o", (entry) => {
    for (const [given, shown] of [
      [undefined, "undefined"],
      [null, "null"],
      [[[2]], "a list"],
      ["typescript", "'typescript'"],
    ] as const) {
      expect(messageOf(() => entry("i->i", given as unknown as CompileOptions))).toBe(
        `the options must be an object, found ${shown} [options-not-an-object]\n  remedy: pass { name: value }, or nothing`,
      );
    }
  });

  it.each([jit, compile])("are refused where a name is mistyped: %o", (entry) => {
    const options = { shapes: [[2]], dtpye: "float32" } as unknown as CompileOptions;
    expect(messageOf(() => entry("i->i", options))).toBe(
      [
        "there is no option 'dtpye' [unknown-option]",
        "  remedy: did you mean 'dtype'? the options are shapes, strides, offsets, dtype, dtypes, sizes, params, " +
          "notation, outputShape, reduce, combine, operands, optimize, seed, maxTime, minimize, memoryLimit, onProgress, " +
          "unroll, tile, order, stage, name, target, evaluate, onPass",
      ].join("\n"),
    );
  });
});
