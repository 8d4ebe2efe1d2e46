/**
 * The written kernels, run: a few hundred elements of each result, all of a small one, are what the reference makes of
 * the operands. Operands hold small integers, so that every sum is exact in float32 as well.
 */
import { describe, expect, it } from "vitest";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { arrayOf, type TypedArray } from "../../src/ir/dtype.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { seededRandom } from "../support/random.ts";
import { referenceAt } from "../support/reference-at.ts";
import { compileOptionsOf, entries, writtenKernel } from "./kernels.ts";

const SAMPLES = 300;
/** The most elements of a result that is checked whole, and multiply-adds of it. */
const SMALL = 5_000;
const CHEAP = 2_000_000;

/** Floats stay exact below this. */
const EXACT = 2 ** 24;

function randomArrays({ reads }: Contraction, seed: number, most: number): TypedArray[] {
  const random = seededRandom(seed);
  return reads.map(({ tensor: { dtype, shape } }) => {
    const array = new (arrayOf(dtype))(elementCount(shape));
    for (let at = 0; at < array.length; at++) array[at] = random.integer(-most, most);
    return array;
  });
}

/** One element of a chain of matrices, as a row times one matrix after the other: all terms at once are too many. */
function chainAt({ reads }: Contraction, arrays: readonly TypedArray[], ordinal: number): number {
  const columns = reads.map(({ tensor }) => tensor.shape[1] as number);
  const last = columns.at(-1) as number;
  let row = [1];
  arrays.forEach((matrix, at) => {
    const width = columns[at] as number;
    const from = at === 0 ? Math.floor(ordinal / last) * width : 0;
    row = Array.from({ length: width }, (_, column) =>
      row.reduce((sum, value, k) => sum + value * Number(matrix[from + k * width + column]), 0),
    );
  });
  return row[ordinal % last] as number;
}

function samplesOf({ indices }: Contraction, length: number): number[] {
  const steps = indices.reduce((product, { size }) => product * size, 1);
  if (length <= SMALL && steps <= CHEAP) return Array.from({ length }, (_, at) => at);
  const random = seededRandom(length);
  // The corners, where padding is, and any others.
  const corners = [0, 1, length - 2, length - 1].filter((at) => at >= 0 && at < length);
  return [...new Set([...corners, ...Array.from({ length: SAMPLES }, () => random.integer(0, length - 1))])];
}

/** Kernels of any size have tests of their own. */
const fixed = entries.filter(({ shapes }) => shapes.flat().every((size) => typeof size === "number"));

describe.each(fixed)("the written kernel $name", (entry) => {
  const { name, spec } = entry;
  const kernel = writtenKernel(name);
  const contraction = bind(parseSpec(spec), compileOptionsOf(entry));
  const isChain = name === "matrixChain";
  // A product of four of three values, summed over hundreds of millions, stays small as random signs cancel.
  const most = isChain ? 1 : 3;
  const arrays = randomArrays(contraction, 1, most);
  const { dtype, shape } = contraction.output.tensor;
  const length = elementCount(shape);
  const Output = arrayOf(dtype);

  it("computes what the reference does", () => {
    const found = kernel(...arrays);
    expect(found).toBeInstanceOf(Output);
    expect(found.length).toBe(length);
    const expectedAt = isChain ? chainAt : referenceAt;
    const samples = samplesOf(contraction, length).slice(0, isChain ? 40 : undefined);
    const wrong = samples.filter((at) => {
      const expected = expectedAt(contraction, arrays, at);
      if (Math.abs(expected) >= EXACT) throw new Error(`element ${at}, ${expected}, is too large to be exact`);
      // A zero has no sign here.
      return found[at] !== expected;
    });
    expect(wrong.map((at) => [at, found[at], expectedAt(contraction, arrays, at)])).toEqual([]);
    const reached = samples.filter((at) => found[at] !== 0);
    expect(reached.length).toBeGreaterThan(0);
  });

  it("computes the same again, whatever it was given between", () => {
    const first = kernel(...arrays);
    kernel(...randomArrays(contraction, 2, most));
    const again = kernel(...arrays);
    expect(again).not.toBe(first);
    expect(Buffer.compare(bytesOf(again), bytesOf(first))).toBe(0);
  });

  it("writes into the array it is given, and returns it", () => {
    const out = new Output(length).fill(NaN as never);
    expect(kernel(...arrays, out)).toBe(out);
    expect(Buffer.compare(bytesOf(out), bytesOf(kernel(...arrays)))).toBe(0);
  });

  it("reads operands that are longer than it needs", () => {
    const longer = arrays.map((array) => {
      const copy = new Output(array.length + 3).fill(NaN as never);
      (copy as Float64Array).set(array as Float64Array);
      return copy;
    });
    expect(Buffer.compare(bytesOf(kernel(...longer)), bytesOf(kernel(...arrays)))).toBe(0);
  });

  it("refuses arrays of the wrong length", () => {
    const elements = (count: number): string => `${count} element${count === 1 ? "" : "s"}`;
    arrays.forEach((array, operand) => {
      const shorter = arrays.map((kept, at) => (at === operand ? array.slice(1) : kept));
      const what = contraction.reads[operand]?.tensor.name;
      const message = `${name}: ${what} needs ${elements(array.length)}, found ${array.length - 1}`;
      expect(() => kernel(...shorter)).toThrow(new RangeError(message));
    });
    for (const wrong of [length - 1, length + 1]) {
      const message = `${name}: out must have ${elements(length)}, found ${wrong}`;
      expect(() => kernel(...arrays, new Output(wrong))).toThrow(new RangeError(message));
    }
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
