/** What layers do beside computing: layouts, dtypes, `out`, epilogues; each against a plain formula. */
import { describe, expect, it } from "vitest";
import {
  array,
  avgPool1d,
  avgPool2d,
  batchNorm,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  fold,
  foldBatchNorm,
  globalAvgPool,
  linear,
  maxPool1d,
  maxPool2d,
  pad,
  toNested,
  unfold,
  type Activation,
  type NdArray,
} from "../../src/index.ts";
import { makeDense, naiveConvTranspose } from "../support/naive-layers.ts";

/** An array of small integers. */
function integers(shape: readonly number[], seed = 1): NdArray<Float64Array> & { strides?: never } {
  const length = shape.reduce((product, size) => product * size, 1);
  return { data: Float64Array.from({ length }, (_, at) => ((at * 7919 + seed * 31) % 19) - 9), shape };
}

/** The axes in another order, as a view. */
function permute({ data, shape }: NdArray, order: readonly number[]): NdArray {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  return {
    data,
    shape: order.map((axis) => shape[axis] as number),
    strides: order.map((axis) => strides[axis] as number),
  };
}

const x = integers([2, 4, 7, 6]);
const w = integers([6, 4, 3, 3], 2);

describe("inputs", () => {
  it("need no batch", () => {
    const one = { data: x.data.slice(0, 168), shape: [4, 7, 6] };
    const batched = conv2d({ ...one, shape: [1, 4, 7, 6] }, w, { padding: 1 });
    expect(conv2d(one, w, { padding: 1 })).toEqual({ data: batched.data, shape: [6, 7, 6] });
  });

  it("may have their channels last, through the option or as a view", () => {
    const expected = conv2d(x, w, { padding: 1, stride: 2 });
    const last = permute(x, [0, 2, 3, 1]);
    const found = conv2d(last, w, { padding: 1, stride: 2, layout: "channels-last" });
    expect(found.shape).toEqual([2, 4, 3, 6]);
    expect(toNested(permute(found, [0, 3, 1, 2]))).toEqual(toNested(expected));
    const rows = permute({ data: conv2d(x, w).data, shape: [2, 6, 5, 4] }, [0, 2, 3, 1]);
    expect(toNested(maxPool2d(rows, { kernelSize: 2, layout: "channels-last" }))).toEqual(
      toNested(permute(maxPool2d(conv2d(x, w), { kernelSize: 2 }), [0, 2, 3, 1])),
    );
  });

  it("may be views of any strides, negative ones included", () => {
    const { data } = x;
    const mirrored = { data, shape: x.shape, strides: [168, 42, 6, -1], offset: 5 };
    const copied = makeDense(
      x.shape,
      ([b = 0, c = 0, y = 0, at = 0]) => data[168 * b + 42 * c + 6 * y + 5 - at] as number,
    );
    expect(conv2d(mirrored, w)).toEqual(conv2d(copied, w));
  });

  it("may be empty where they stand for a batch", () => {
    expect(conv2d({ data: new Float64Array(0), shape: [0, 4, 7, 6] }, w).shape).toEqual([0, 6, 5, 4]);
  });
});

describe("dtypes", () => {
  it("stay what they are", () => {
    const input = { data: Int32Array.of(1, 2, 3, 4), shape: [1, 4] };
    const weight = { data: Int32Array.of(1, 10), shape: [1, 1, 2] };
    expect(conv1d(input, weight).data).toEqual(Int32Array.of(21, 32, 43));
    expect(maxPool1d(input, { kernelSize: 2 }).data).toEqual(Int32Array.of(2, 4));
    expect(
      pad(
        input,
        [
          [0, 0],
          [1, 0],
        ],
        9,
      ).data,
    ).toEqual(Int32Array.of(9, 1, 2, 3, 4));
    expect(pad({ data: BigInt64Array.of(5n), shape: [1] }, [[1, 1]], -3).data).toEqual(BigInt64Array.of(-3n, 5n, -3n));
  });

  it("promote with the weight and the bias", () => {
    const input = { data: Float32Array.of(1, 2), shape: [1, 2] };
    const weight = { data: Float64Array.of(0.5), shape: [1, 1, 1] };
    expect(conv1d(input, weight).data).toEqual(Float64Array.of(0.5, 1));
    const whole = { data: Int32Array.of(1, 2), shape: [1, 2] };
    const bias = { data: Float64Array.of(0.25), shape: [1] };
    expect(conv1d(whole, { data: Int32Array.of(3), shape: [1, 1, 1] }, { bias }).data).toEqual(
      Float64Array.of(3.25, 6.25),
    );
  });

  it("of a mean of integers are floats", () => {
    const input = { data: Int8Array.of(1, 2, 4, 8), shape: [1, 2, 2] };
    expect(avgPool2d(input, { kernelSize: 2 }).data).toEqual(Float64Array.of(3.75));
    const padded = avgPool2d(input, { kernelSize: 2, stride: 2, padding: 1, countIncludePad: false });
    expect(padded.data).toEqual(Float64Array.of(1, 2, 4, 8));
  });
});

describe("out", () => {
  it("takes the result, and may be the input", () => {
    const input = { data: Float64Array.of(1, 2, 3, 4), shape: [1, 4] };
    const weight = { data: Float64Array.of(1, 1, 1), shape: [1, 1, 3] };
    expect(conv1d(input, weight, { padding: 1, out: input })).toBe(input);
    expect(input.data).toEqual(Float64Array.of(3, 6, 9, 7));
  });
});

describe("an epilogue", () => {
  const bias = { data: Float64Array.of(1, -2, 3, -4, 5, -6), shape: [6] };
  const plain = conv2d(x, w);
  const residual = integers(plain.shape, 3);
  const channelOf = (at: number): number => Math.floor(at / 20) % 6;

  it("adds a bias and a residual, multiplies, and rectifies, in this order", () => {
    const expected = Float64Array.from(plain.data as Float64Array, (value, at) =>
      Math.max((value + (bias.data[channelOf(at)] as number) + (residual.data[at] as number)) * 0.5, 0),
    );
    expect(conv2d(x, w, { bias, residual, scale: 0.5, activation: "relu" }).data).toEqual(expected);
  });

  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  it.each<[Activation, (v: number) => number]>([
    ["relu", (v) => Math.max(v, 0)],
    ["leakyRelu", (v) => (v > 0 ? v : 0.01 * v)],
    [{ name: "leakyRelu", slope: 0.2 }, (v) => (v > 0 ? v : 0.2 * v)],
    ["sigmoid", sigmoid],
    ["tanh", Math.tanh],
    ["silu", (v) => v * sigmoid(v)],
    ["geluTanh", (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)))],
    [{ name: "clamp", min: -20, max: 6 }, (v) => Math.min(Math.max(v, -20), 6)],
  ])("applies %o", (activation, apply) => {
    const found = conv2d(x, w, { scale: 0.01, activation }).data;
    plain.data.forEach((value, at) => expect(found[at]).toBeCloseTo(apply(Number(value) * 0.01), 12));
  });

  it.each<[Activation, (v: number) => number]>([
    ["sigmoid", sigmoid],
    ["silu", (v) => v * sigmoid(v)],
    ["tanh", Math.tanh],
    ["relu", (v) => Math.max(v, 0)],
    [{ name: "clamp", min: 1, max: 2 }, (v) => Math.min(Math.max(v, 1), 2)],
    [{ name: "clamp", min: -2, max: -1 }, (v) => Math.min(Math.max(v, -2), -1)],
  ])("applies %o to what a transposed convolution leaves at 0", (activation, apply) => {
    const input = { data: Float64Array.of(1, -2, 3, 0.5), shape: [1, 4] };
    for (const [kernel, options] of [
      [[1], { stride: 2 }],
      [[1, 2], { stride: 3 }],
      [[1, 2], { stride: 4, dilation: 2 }],
      [[1, 2, -1], { stride: 5, padding: 1, outputPadding: 2 }],
      [[2], { stride: 2, bias: array([0.5]) }],
    ] as const) {
      const weight = array([[kernel]]);
      const unchanged = convTranspose1d(input, weight, options).data;
      const found = convTranspose1d(input, weight, { ...options, activation }).data;
      expect([...found]).toEqual([...unchanged].map((value) => expect.closeTo(apply(Number(value)), 14) as number));
    }
  });

  it("applies gelu by the error function", () => {
    const input = { data: Float64Array.of(-1, 0, 0.5, 2), shape: [1, 4] };
    const one = { data: Float64Array.of(1), shape: [1, 1, 1] };
    const found = [...conv1d(input, one, { activation: "gelu" }).data].map(Number);
    // 0.5 * x * (1 + erf(x / sqrt(2))), with erf from a table of 16 digits.
    const expected = [-0.15865525393145705, 0, 0.34573123063700656, 1.9544997361036416];
    found.forEach((value, at) => expect(value).toBeCloseTo(expected[at] as number, 14));
  });

  it("follows a transposed convolution in groups, element by element", () => {
    const weight = integers([4, 3, 2, 2], 4);
    const options = { stride: 3, groups: 2 };
    const found = convTranspose2d(x, weight, { ...options, bias, activation: "relu" });
    const expected = naiveConvTranspose(
      { data: x.data, shape: x.shape },
      { data: weight.data, shape: weight.shape },
      2,
      {
        stride: [3, 3],
        dilation: [1, 1],
        padding: [
          [0, 0],
          [0, 0],
        ],
        outputPadding: [0, 0],
      },
      bias,
    );
    expect(found.shape).toEqual(expected.shape);
    expect(found.data).toEqual(expected.data.map((value) => Math.max(value, 0)));
  });
});

describe("a transposed convolution", () => {
  it("of a stride with many remainders gives what naive loops do", () => {
    const [input, weight] = [integers([1, 2, 3, 3]), integers([2, 1, 12, 12], 7)];
    const window = {
      stride: [10, 9],
      dilation: [1, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
      outputPadding: [0, 3],
    } as const;
    const found = convTranspose2d(input, weight, window);
    // A sum that begins with its first value may be -0.
    expect((found.data as Float64Array).map((value) => value + 0)).toEqual(
      naiveConvTranspose(input, weight, 1, window).data.map((value) => value + 0),
    );
  });

  it("multiplies no padding where every element of the window has a class of its own", () => {
    const input = { data: Float64Array.of(1, 2), shape: [1, 2] };
    const weight = { data: Float64Array.of(Infinity, 1), shape: [1, 1, 2] };
    expect(convTranspose1d(input, weight, { stride: 2 }).data).toEqual(Float64Array.of(Infinity, 1, Infinity, 2));
  });
});

describe("padding above half a window", () => {
  const input = { data: Float64Array.of(1, 2), shape: [1, 2] };
  const options = { kernelSize: 2, stride: 1, padding: [[2, 0]], padRule: "onnx" } as const;

  it("leaves windows of padding alone, whose maximum is -Infinity", () => {
    expect(maxPool1d(input, options).data).toEqual(Float64Array.of(-Infinity, 1, 2));
  });

  it("counts as zeros in a mean, or leaves nothing to divide by", () => {
    expect(avgPool1d(input, options).data).toEqual(Float64Array.of(0, 0.5, 1.5));
    expect(avgPool1d(input, { ...options, countIncludePad: false }).data).toEqual(Float64Array.of(NaN, 1, 1.5));
  });
});

describe("linear", () => {
  it("multiplies along the last axis of any rank", () => {
    const weight = { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
    const bias = { data: Float64Array.of(10, 20), shape: [2] };
    const vector = { data: Float64Array.of(1, 0, -1), shape: [3] };
    expect(linear(vector, weight, { bias })).toEqual({ data: Float64Array.of(8, 18), shape: [2] });
    const deep = linear({ data: Float64Array.of(1, 0, -1, 0, 1, 0), shape: [1, 2, 3] }, weight);
    expect(deep).toEqual({ data: Float64Array.of(-2, -2, 2, 5), shape: [1, 2, 2] });
  });
});

describe("batch norm", () => {
  const norm = {
    mean: { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [6] },
    variance: { data: Float64Array.of(1, 4, 9, 16, 0.25, 1), shape: [6] },
    weight: { data: Float64Array.of(1, -1, 2, 1, 1, 3), shape: [6] },
    bias: { data: Float64Array.of(0, 1, 0, 2, 0, 3), shape: [6] },
    eps: 0,
  };

  it("normalises each channel", () => {
    const input = conv2d(x, w);
    const found = batchNorm(input, norm);
    input.data.forEach((value, at) => {
      const c = Math.floor(at / 20) % 6;
      const [mean, variance, gamma, beta] = [norm.mean, norm.variance, norm.weight, norm.bias].map(
        ({ data }) => data[c] as number,
      );
      const expected =
        ((Number(value) - (mean as number)) / Math.sqrt(variance as number)) * (gamma as number) + (beta as number);
      expect(found.data[at]).toBeCloseTo(expected, 10);
    });
  });

  it("folds into the convolution before it, bias included", () => {
    const bias = integers([6], 8);
    const expected = batchNorm(conv2d(x, w, { bias }), norm);
    const folded = foldBatchNorm(w, norm, bias);
    const found = conv2d(x, folded.weight, { bias: folded.bias });
    expected.data.forEach((value, at) => expect(found.data[at]).toBeCloseTo(Number(value), 9));
  });
});

describe("windows as columns", () => {
  it("add up to the array times how often each element was in a window", () => {
    const options = { kernelSize: [3, 2], stride: [2, 1], padding: 1 };
    const ones = { data: new Float64Array(336).fill(1), shape: x.shape };
    const times = fold(unfold(ones, options), { ...options, outputSize: [7, 6] });
    const back = fold(unfold(x, options), { ...options, outputSize: [7, 6] });
    expect(back.data).toEqual(x.data.map((value, at) => value * Number(times.data[at])));
  });

  it("make a matrix product of a convolution", () => {
    const columns = unfold(x, { kernelSize: 3 });
    const product = conv2d({ data: columns.data, shape: [2, 36, 20, 1] }, { data: w.data, shape: [6, 36, 1, 1] });
    expect(product.data).toEqual(conv2d(x, w).data);
  });
});

describe("globalAvgPool", () => {
  it("is the mean of each plane", () => {
    const found = globalAvgPool({ data: Float64Array.of(1, 2, 3, 6, 5, 5, 5, 5), shape: [1, 2, 2, 2] });
    expect(found).toEqual({ data: Float64Array.of(3, 5), shape: [1, 2] });
  });
});
