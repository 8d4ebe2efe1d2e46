/** The network as other libraries are given it. */
import { describe, expect, it } from "vitest";
import { layersOfNetwork } from "../../bench/resnet/layers.ts";

describe("the ResNet-34 of the benchmark", () => {
  const layers = layersOfNetwork();

  it("is 36 convolutions of which 16 add what passed by, a pool, a mean and a classifier", () => {
    const kinds = layers.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "conv2d")).toHaveLength(36);
    expect(kinds.filter((kind) => kind !== "conv2d")).toEqual(["maxPool2d", "globalAvgPool", "linear"]);
    expect(layers.filter(({ residual }) => residual !== undefined)).toHaveLength(16);
    expect(layers.filter(({ weight }) => weight).length).toBe(37);
  });

  it("reads what was written before, with as many numbers as its shapes say", () => {
    layers.forEach(({ input, residual = -1, weight, bias }, at) => {
      expect(Math.max(input, residual)).toBeLessThan(at);
      for (const { shape, data } of [weight, bias].filter((constant) => constant !== undefined)) {
        expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
        expect(data.every(Number.isFinite)).toBe(true);
      }
      expect(bias?.shape).toEqual(weight && [weight.shape[0]]);
    });
  });
});
