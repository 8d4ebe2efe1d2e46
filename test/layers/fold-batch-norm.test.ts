/** Normalisations folded into the convolutions and transposed convolutions before them, against both in a row. */
import { describe, expect, it } from "vitest";
import * as einsmith from "../../src/index.ts";
import { batchNorm, foldBatchNorm, linear, type BatchNorm, type NdArray } from "../../src/index.ts";
import { messageOf } from "../support/message-of.ts";
import { seededRandom, type Random } from "../support/random.ts";

type Layer = (input: NdArray, weight: NdArray, options: object) => NdArray;

function fill(random: Random, shape: readonly number[], least = -8): { data: Float64Array; shape: readonly number[] } {
  const length = shape.reduce((product, size) => product * size, 1);
  return { data: Float64Array.from({ length }, () => random.integer(least, 8) / 4), shape };
}

function randomNorm(random: Random, channels: number, parts: Pick<BatchNorm, "eps"> & { affine: boolean }): BatchNorm {
  const { affine, eps } = parts;
  return {
    mean: fill(random, [channels]),
    variance: fill(random, [channels], 1),
    ...(affine && { weight: fill(random, [channels]), bias: fill(random, [channels]) }),
    ...(eps !== undefined && { eps }),
  };
}

/** Input channels, output channels, groups. */
const CHANNELS = [
  [4, 4, 1],
  [2, 6, 1],
  [6, 2, 1],
  [4, 4, 2],
  [4, 6, 2],
  [6, 3, 3],
  [3, 3, 3],
  [2, 8, 2],
] as const;

const CASES = [false, true].flatMap((transposed) =>
  [1, 2, 3].flatMap((spatial) =>
    CHANNELS.map(([inputs, outputs, groups], at) => ({ transposed, spatial, inputs, outputs, groups, at })),
  ),
);

describe("foldBatchNorm", () => {
  it.each(CASES)(
    "of $spatial axes, transposed $transposed, $inputs to $outputs channels in $groups groups",
    ({ transposed, spatial, inputs, outputs, groups, at }) => {
      const random = seededRandom(31 + at);
      const kernel = [3, 2, 2].slice(0, spatial);
      const input = fill(random, [2, inputs, ...[4, 5, 3].slice(0, spatial)]);
      const own = transposed ? [inputs, outputs / groups] : [outputs, inputs / groups];
      const weight = fill(random, [...own, ...kernel]);
      const bias = at % 2 === 0 ? undefined : fill(random, [outputs]);
      const norm = randomNorm(random, outputs, { affine: at % 3 !== 0, ...(at % 4 === 1 && { eps: 0.25 }) });
      const name = `${transposed ? "convTranspose" : "conv"}${spatial}d`;
      const layer = (einsmith as unknown as Readonly<Record<string, Layer>>)[name] as Layer;
      const options = { stride: 2, padding: 1, groups };

      const expected = batchNorm(layer(input, weight, { ...options, bias }), norm);
      const folded = foldBatchNorm(weight, norm, bias, { transposed, groups });
      const found = layer(input, folded.weight, { ...options, bias: folded.bias });
      expect(found.shape).toEqual(expected.shape);
      expected.data.forEach((value, element) => expect(found.data[element]).toBeCloseTo(Number(value), 9));
      // What is folded alike without groups is no test of them.
      if (groups > 1 && transposed) expect(() => foldBatchNorm(weight, norm, bias, { transposed })).toThrow();
    },
  );

  it("reads weights of any strides, and keeps their dtype", () => {
    const random = seededRandom(5);
    const norm = randomNorm(random, 3, { affine: true });
    const plain = fill(random, [2, 3, 2]);
    const turned = { data: new Float32Array(12), shape: [2, 3, 2], strides: [1, 2, 6] };
    plain.data.forEach((value, at) => {
      turned.data[Math.floor(at / 6) + 2 * (Math.floor(at / 2) % 3) + 6 * (at % 2)] = value;
    });
    const wanted = foldBatchNorm(plain, norm, undefined, { transposed: true });
    const found = foldBatchNorm(turned, norm, undefined, { transposed: true });
    expect(found.weight).toEqual({ data: Float32Array.from(wanted.weight.data as Float64Array), shape: [2, 3, 2] });
    expect(found.bias).toEqual({ data: Float32Array.from(wanted.bias.data as Float64Array), shape: [3] });
  });

  it("takes the weight of a linear layer", () => {
    const random = seededRandom(6);
    const [input, weight, norm] = [fill(random, [5, 3]), fill(random, [4, 3]), randomNorm(random, 4, { affine: true })];
    const folded = foldBatchNorm(weight, norm);
    const expected = batchNorm({ ...linear(input, weight), shape: [5, 4, 1] }, norm);
    const found = linear(input, folded.weight, { bias: folded.bias });
    expected.data.forEach((value, at) => expect(found.data[at]).toBeCloseTo(Number(value), 9));
  });
});

describe("foldBatchNorm refuses", () => {
  const weight = { data: new Float64Array(4 * 3 * 2), shape: [4, 3, 2] };
  const normOf = (channels: number): BatchNorm => {
    const ones = { data: new Float64Array(channels).fill(1), shape: [channels] };
    return { mean: ones, variance: ones };
  };
  const refusal = (channels: number, options: object, given: NdArray = weight, bias?: NdArray): string =>
    messageOf(() => foldBatchNorm(given, normOf(channels), bias, options));

  it("a normalisation of another number of channels than the transposed weight puts out", () => {
    expect(refusal(4, { transposed: true })).toBe(
      "foldBatchNorm: the mean must have shape [3], found [4] [layer-shape]",
    );
    expect(refusal(3, { transposed: true, groups: 2 })).toBe(
      "foldBatchNorm: the mean must have shape [6], found [3] [layer-shape]",
    );
  });

  it("a bias of another number of channels", () => {
    expect(refusal(6, { transposed: true, groups: 2 }, weight, normOf(3).mean)).toBe(
      "foldBatchNorm: the bias of the convolution must have shape [6], found [3] [layer-shape]",
    );
  });

  it("groups that do not divide its channels", () => {
    const remedy = "\n  remedy: groups must divide the channels of the input and those of the output";
    expect(refusal(9, { transposed: true, groups: 3 })).toBe(
      `foldBatchNorm: 3 groups do not divide the 4 input channels [layer-groups]${remedy}`,
    );
    expect(refusal(4, { groups: 3 })).toBe(
      `foldBatchNorm: 3 groups do not divide the 4 output channels [layer-groups]${remedy}`,
    );
    expect(refusal(4, { groups: 0 })).toBe(
      "foldBatchNorm: groups must be an integer of at least 1, found 0 [layer-option]",
    );
  });

  it("a weight with no axis for its channels, and one of integers", () => {
    const flat = { data: new Float64Array(4), shape: [4] };
    expect(refusal(4, { transposed: true }, flat)).toBe(
      "foldBatchNorm: the weight must have shape [I, O / groups, ...], found [4] [layer-rank]",
    );
    expect(refusal(1, {}, { data: new Float64Array(1), shape: [] })).toBe(
      "foldBatchNorm: the weight must have shape [O, ...], found [] [layer-rank]",
    );
    expect(refusal(3, { transposed: true }, { data: new Int32Array(24), shape: [4, 3, 2] })).toBe(
      "foldBatchNorm needs floats, found int32 [layer-dtype]\n  remedy: convert the arrays to float64 or float32",
    );
  });

  it("options that are none", () => {
    expect(refusal(3, { transposed: 1 })).toBe(
      "foldBatchNorm: transposed must be true or false, found 1 [layer-option]",
    );
    expect(refusal(3, { transpose: true })).toContain("did you mean 'transposed'?");
    expect(messageOf(() => foldBatchNorm(weight, normOf(4), undefined, null as never))).toContain(
      "[options-not-an-object]",
    );
  });
});
