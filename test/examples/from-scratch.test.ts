/** The exercises of "convolutions from scratch": what a view gives and what a spec gives are what the layers give. */
import { describe, expect, it } from "vitest";
import * as exercises from "../../examples/from-scratch/exercises.ts";
import { asStrided, conv1d, conv2d, einsum, maxPool2d, toNested, type NdArray } from "../../src/index.ts";

function integers(shape: readonly number[], seed = 1): NdArray {
  const length = shape.reduce((product, size) => product * size, 1);
  return { data: Float64Array.from({ length }, (_, at) => ((at * 7919 + seed * 31) % 19) - 9), shape };
}

/** A view of every second row and column of a larger matrix, columns first. */
function spread(rows: number, columns: number, seed: number): NdArray {
  return { data: integers([2 * columns, 2 * rows], seed).data, shape: [rows, columns], strides: [2, 4 * rows] };
}

const counted = { data: Float64Array.from({ length: 20 }, (_, at) => at), shape: [4, 5] };

describe("views", () => {
  it.each<[readonly number[], readonly number[], unknown]>([
    [[5], [1], [0, 1, 2, 3, 4]],
    [[4], [5], [0, 5, 10, 15]],
    [
      [2, 3],
      [5, 1],
      [
        [0, 1, 2],
        [5, 6, 7],
      ],
    ],
    [
      [2, 3],
      [10, 1],
      [
        [0, 1, 2],
        [10, 11, 12],
      ],
    ],
    [[4], [6], [0, 6, 12, 18]],
    [
      [2, 3],
      [0, 1],
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
    ],
  ])("of shape %j and strides %j", (shape, strides, elements) => {
    expect(toNested(asStrided(counted, shape, strides))).toEqual(elements);
  });
});

describe("products by strides", () => {
  it("trace", () => {
    expect(exercises.trace({ data: counted.data, shape: [4, 4] })).toEqual({ data: Float64Array.of(30), shape: [] });
    const matrix = spread(3, 3, 2);
    expect(exercises.trace(matrix)).toEqual(einsum("ii->", matrix));
  });

  it("matrix times vector", () => {
    const vector = { data: integers([9]).data, shape: [3], strides: [3] };
    const matrix = spread(4, 3, 2);
    expect(exercises.matrixVector(matrix, vector)).toEqual(einsum("ij,j->i", matrix, vector));
  });

  it("matrix times matrix", () => {
    const [left, right] = [spread(4, 3, 2), spread(3, 5, 3)];
    expect(exercises.matrixMatrix(left, right)).toEqual(einsum("ij,jk->ik", left, right));
  });
});

describe("convolutions", () => {
  it("conv1d, minimal", () => {
    const [x, w] = [integers([2, 3, 10]), integers([4, 3, 3], 2)];
    const expected = conv1d(x, w);
    expect(exercises.conv1dMinimal(x, w)).toEqual(expected);
    expect(exercises.conv1dMinimalSpec(x, w)).toEqual(expected);
  });

  it("conv2d, minimal", () => {
    const [x, w] = [integers([2, 3, 7, 6]), integers([4, 3, 3, 2], 2)];
    const expected = conv2d(x, w);
    expect(exercises.conv2dMinimal(x, w)).toEqual(expected);
    expect(exercises.conv2dMinimalSpec(x, w)).toEqual(expected);
  });

  it("conv1d", () => {
    const [x, w] = [integers([2, 3, 11]), integers([4, 3, 3], 2)];
    const expected = conv1d(x, w, { stride: 2, padding: 3 });
    expect(exercises.conv1d(x, w, 2, 3)).toEqual(expected);
    expect(exercises.conv1dSpec(x, w, 2, 3)).toEqual(expected);
  });

  it("conv2d", () => {
    const [x, w] = [integers([2, 3, 9, 8]), integers([4, 3, 3, 2], 2)];
    const found = exercises.conv2dSpec(x, w, [2, 3], [1, 0]);
    expect(found).toEqual(conv2d(x, w, { stride: [2, 3], padding: [1, 0] }));
  });
});

describe("padding and pooling", () => {
  it("pad1d and pad2d", () => {
    const x = { data: Float64Array.of(0, 1, 2, 3), shape: [1, 1, 4] };
    expect(toNested(exercises.pad1d(x, 1, 3, -2))).toEqual([[[-2, 0, 1, 2, 3, -2, -2, -2]]]);
    const square = { data: Float64Array.of(0, 1, 2, 3), shape: [1, 1, 2, 2] };
    const padded = exercises.pad2d(square, { left: 0, right: 1, top: 2, bottom: 1 }, 7);
    expect(toNested(padded)).toEqual([
      [
        [
          [7, 7, 7],
          [7, 7, 7],
          [0, 1, 7],
          [2, 3, 7],
          [7, 7, 7],
        ],
      ],
    ]);
  });

  it("maxpool2d", () => {
    const x = integers([2, 3, 9, 8]);
    const expected = maxPool2d(x, { kernelSize: [3, 2], stride: [2, 1], padding: [1, 1] });
    expect(exercises.maxpool2d(x, [3, 2], [2, 1], [1, 1])).toEqual(expected);
    expect(exercises.maxpool2dLayer(x, [3, 2], [2, 1], [1, 1])).toEqual(expected);
  });
});
