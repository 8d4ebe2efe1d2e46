import { describe, expect, it } from "vitest";
import {
  array,
  avgPool2d,
  avgPoolGrad,
  batchNorm,
  batchNormGrad,
  batchNormSpec,
  conv1d,
  conv2d,
  convGrad,
  convTranspose2d,
  convTransposeGrad,
  globalAvgPool,
  globalAvgPoolGrad,
  layerGradients,
  linear,
  linearGrad,
  maxPool2d,
  maxPoolGrad,
  pad,
  padGrad,
  toNested,
  type Activation,
  type NdArray,
} from "../../src/index.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { messageOf } from "../support/message-of.ts";
import { seededRandom, type Random } from "../support/random.ts";

type Doubles = NdArray<Float64Array>;

/** Doubles between -2 and 2, none twice and none near 0, so that no maximum and no activation has its corner there. */
function doubles(random: Random, shape: readonly number[]): Doubles {
  const count = elementCount(shape);
  const steps = random.shuffle(Array.from({ length: count }, (_, at) => (at - count / 2 + 0.25) / count));
  return { data: Float64Array.from(steps, (step) => 4 * step), shape };
}

/** Compares gradients with central differences of `sum(cotangent * layer())`, at a few elements of each array. */
function checkDifferences(
  random: Random,
  layer: () => NdArray,
  gradients: (cotangent: Doubles) => readonly (NdArray | undefined)[],
  arrays: readonly Doubles[],
): void {
  const cotangent = doubles(random, layer().shape);
  const loss = (): number => {
    const { data } = layer();
    return cotangent.data.reduce((sum, weight, at) => sum + weight * Number(data[at]), 0);
  };
  const found = gradients(cotangent);
  expect(found.length).toBe(arrays.length);
  for (const [at, { data, shape }] of arrays.entries()) {
    expect(found[at]?.shape, `the shape of gradient ${at}`).toEqual(shape);
    for (let tries = 0; tries < 8; tries++) {
      const element = random.integer(0, data.length - 1);
      const before = data[element] as number;
      const step = 1e-5;
      data[element] = before + step;
      const above = loss();
      data[element] = before - step;
      const difference = (above - loss()) / (2 * step);
      data[element] = before;
      const gradient = Number(found[at]?.data[element]);
      expect(
        Math.abs(gradient - difference),
        `array ${at}, element ${element}: ${gradient} for ${difference}`,
      ).toBeLessThan(1e-6 * (1 + Math.abs(difference)));
    }
  }
}

describe("gradients of layers agree with finite differences", () => {
  const activations: readonly (Activation | undefined)[] = [
    undefined,
    "relu",
    "sigmoid",
    "tanh",
    "gelu",
    "geluTanh",
    "silu",
    "leakyRelu",
    { name: "leakyRelu", slope: 0.3 },
    { name: "clamp", min: -0.61, max: 0.73 },
  ];

  it.each(activations)("conv2d with a bias, a residual, a scale and %j", (activation) => {
    const random = seededRandom(11);
    const [x, w, bias] = [doubles(random, [2, 4, 7, 6]), doubles(random, [6, 2, 3, 2]), doubles(random, [6])];
    const options = { stride: [2, 1], padding: [[1, 0], [2, 1]], dilation: [1, 2], groups: 2, scale: 0.7, activation } as const; // prettier-ignore
    const residual = doubles(random, conv2d(x, w, options).shape);
    checkDifferences(
      random,
      () => conv2d(x, w, { ...options, bias, residual }),
      (cotangent) => {
        const found = convGrad(x, w, cotangent, { ...options, bias, residual });
        return [found.input, found.weight, found.bias, found.residual];
      },
      [x, w, bias, residual],
    );
  });

  it("conv1d without a batch, conv2d with the channels last and padding that keeps the size", () => {
    const random = seededRandom(12);
    const [x, w] = [doubles(random, [3, 9]), doubles(random, [2, 3, 3])];
    const gradients = (cotangent: Doubles) => Object.values(convGrad(x, w, cotangent, { stride: 2 })) as NdArray[];
    checkDifferences(random, () => conv1d(x, w, { stride: 2 }), gradients, [x, w]);
    const [image, kernel] = [doubles(random, [1, 5, 6, 3]), doubles(random, [4, 3, 3, 3])];
    const options = { layout: "channels-last", padding: "same", dilation: 2 } as const;
    checkDifferences(
      random,
      () => conv2d(image, kernel, options),
      (cotangent) => Object.values(convGrad(image, kernel, cotangent, options)) as NdArray[],
      [image, kernel],
    );
  });

  it.each([undefined, "relu", "silu"] as const)("convTranspose2d with a bias and %j", (activation) => {
    const random = seededRandom(13);
    const [x, w, bias] = [doubles(random, [2, 4, 3, 4]), doubles(random, [4, 3, 3, 2]), doubles(random, [6])];
    const options = { stride: [2, 3], padding: 1, outputPadding: [1, 0], groups: 2, activation, bias } as const;
    checkDifferences(
      random,
      () => convTranspose2d(x, w, options),
      (cotangent) => {
        const found = convTransposeGrad(x, w, cotangent, options);
        return [found.input, found.weight, found.bias];
      },
      [x, w, bias],
    );
  });

  it("linear with a bias and an activation", () => {
    const random = seededRandom(14);
    const [x, w, bias] = [doubles(random, [3, 5]), doubles(random, [4, 5]), doubles(random, [4])];
    checkDifferences(
      random,
      () => linear(x, w, { bias, activation: "gelu" }),
      (cotangent) => {
        const found = linearGrad(x, w, cotangent, { bias, activation: "gelu" });
        return [found.input, found.weight, found.bias];
      },
      [x, w, bias],
    );
  });

  it("batchNorm with and without its parameters", () => {
    const random = seededRandom(16);
    const [x, mean, weight, bias] = [[2, 3, 4, 2], [3], [3], [3]].map((shape) => doubles(random, shape)) as [
      Doubles,
      Doubles,
      Doubles,
      Doubles,
    ];
    const norm = { mean, variance: { data: Float64Array.of(0.5, 1, 2), shape: [3] }, eps: 0.1 };
    checkDifferences(
      random,
      () => batchNorm(x, { ...norm, weight, bias }),
      (cotangent) => {
        const found = batchNormGrad(x, { ...norm, weight, bias }, cotangent);
        return [found.input, found.weight, found.bias];
      },
      [x, weight, bias],
    );
    const found = batchNormGrad(x, norm, batchNorm(x, norm));
    expect(Object.keys(found)).toEqual(["input"]);
  });

  it("pools and padding", () => {
    const random = seededRandom(15);
    const x = doubles(random, [2, 2, 7, 8]);
    const pools = [
      { kernelSize: 2 },
      { kernelSize: [3, 2], stride: [2, 1], padding: 1, ceilMode: true },
      { kernelSize: 3, stride: 2, padding: 1 },
    ];
    for (const options of pools) {
      checkDifferences(random, () => maxPool2d(x, options), (cotangent) => [maxPoolGrad(x, 2, cotangent, options)], [x]); // prettier-ignore
      for (const more of [{}, { countIncludePad: false }, { divisorOverride: 5 }]) {
        const average = { ...options, ...more };
        checkDifferences(random, () => avgPool2d(x, average), (cotangent) => [avgPoolGrad(x, 2, cotangent, average)], [x]); // prettier-ignore
      }
    }
    checkDifferences(random, () => globalAvgPool(x), (cotangent) => [globalAvgPoolGrad(x, cotangent)], [x]); // prettier-ignore
    const pads = [[0, 0], [1, 2], [-1, 3], [-2, -1]] as const; // prettier-ignore
    checkDifferences(
      random,
      () => pad(x, pads, 7),
      (cotangent) => [padGrad(x, pads, cotangent)],
      [x],
    );
  });
});

describe("layerGradients", () => {
  it("gives those that are asked for by name", () => {
    const x = array([[[[1, 2], [3, 4]]]]); // prettier-ignore
    const arrays = [x, array([2]), array([5])];
    const found = layerGradients(batchNormSpec(x.shape), arrays, x, new Set(["input", "bias"]));
    expect(found.map((gradient) => gradient && toNested(gradient))).toEqual([
      [[[[2, 4], [6, 8]]]],
      undefined,
      [10],
    ]); // prettier-ignore
  });

  it("keeps the dtype of what it is the gradient by", () => {
    const x = { data: Float32Array.of(1, -2, 3), shape: [1, 3] };
    const w = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
    const found = linearGrad(x, w, array([[1, 1]]), { activation: "relu" });
    expect([found.input.data, found.weight.data]).toEqual([
      Float32Array.of(5, 7, 9),
      Float32Array.of(1, -2, 3, 1, -2, 3),
    ]);
  });

  it("refuses a cotangent of another shape than the layer's result", () => {
    const [x, w] = [array([[1, 2]]), array([[3, 4]])];
    expect(messageOf(() => linearGrad(x, w, array([1, 2])))).toBe(
      "the cotangent has shape [2], but the result has shape [1, 1] [cotangent-shape]\n" +
        "  remedy: the cotangent is the gradient by the result, and has one element for each of its elements",
    );
  });
});
