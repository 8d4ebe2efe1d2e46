/** Layers in the manifest: names, messages with their places, and modules that compute what the layer's function does. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { avgPool2d, conv2d, convGrad, convTranspose2d, type NdArray } from "../../src/index.ts";
import { generate, parseManifest, type ManifestData } from "../../src/writer/index.ts";
import { mistakeIn } from "../support/error-cases.ts";

const CONV = { layer: "conv2d", input: [1, 3, 6, 5], weight: [4, 3, 3, 3], padding: 1, bias: true, activation: "relu" };

function nameOf(entry: object): string | undefined {
  return parseManifest(JSON.stringify({ kernels: [entry] }), "kernels.json").kernels[0]?.name;
}

describe("a layer's name", () => {
  it.each([
    [CONV, "conv2d3x3From3x6x5To4x6x5BiasRelu"],
    [{ ...CONV, name: "first" }, "first"],
    [
      { layer: "conv1d", input: [2, 4, 9], weight: [6, 2, 3], stride: 2, groups: 2 },
      "conv1d3Stride2Groups2From2x4x9To2x6x4",
    ],
    [{ layer: "maxPool2d", input: [8, 6, 6], kernelSize: [2, 3] }, "maxPool2d2x3From8x6x6To8x3x2"],
    [
      { layer: "linear", input: [1, 5], weight: [4, 5], activation: { name: "clamp", min: 0, max: 6 } },
      "linearFrom5To4Clamp",
    ],
    [
      { layer: "convTranspose2d", input: [1, 3, 4, 4], weight: [3, 2, 2, 2], stride: [2, 2] },
      "convTranspose2d2x2Stride2x2From3x4x4To2x8x8",
    ],
  ])("says what it is made of: %#", (entry, name) => {
    expect(nameOf(entry)).toBe(name);
  });
});

describe("messages about layers of a manifest", () => {
  const messageOf = (entry: string): string =>
    mistakeIn(() => parseManifest(`{"kernels": [\n${entry}\n]}`, "kernels.json")).message;

  it("names the line and the column of a layer that does not fit", () => {
    expect(messageOf('{"layer": "conv2d", "input": [1, 3, 6, 5], "weight": [4, 2, 3, 3]}')).toBe(
      `kernels.json:2:11: conv2d: the input has 3 channels, the weight 2 on axis 1 [layer-channels]
  remedy: make both equal, or set groups`,
    );
  });

  it("knows the layers", () => {
    expect(messageOf('{"layer": "convd2", "input": [1, 3, 6, 5]}')).toMatch(
      /^kernels\.json:2:11: 'convd2' is none of conv1d, .*\[manifest-value\]\n {4}\{"layer": "convd2".*\n {14}\^{8}\n {2}remedy: did you mean 'conv2d'\?$/,
    );
  });

  it("knows the fields of each layer", () => {
    expect(messageOf('{"layer": "pad", "input": [3], "kernelSize": 2}')).toBe(
      `kernels.json:2:32: unknown field 'kernelSize' [manifest-field]
    {"layer": "pad", "input": [3], "kernelSize": 2}
                                   ^^^^^^^^^^^^
  remedy: the fields are layer, input, name, description, dtype, unroll, tile, gradients, pads, value`,
    );
  });

  it("misses what a layer needs", () => {
    expect(messageOf('{"layer": "linear", "input": [3]}')).toBe(
      `kernels.json:2:1: the layer has no 'weight' [manifest-missing-field]
    {"layer": "linear", "input": [3]}
    ^
  remedy: add a field "weight"`,
    );
  });

  it("expects shapes of numbers", () => {
    expect(messageOf('{"layer": "globalAvgPool", "input": [1, "c", 4]}')).toBe(
      `kernels.json:2:41: expected a size, found the text 'c' [manifest-type]
    {"layer": "globalAvgPool", "input": [1, "c", 4]}
                                            ^^^
  remedy: write a size`,
    );
  });
});

describe("a module of a layer", () => {
  const kernels: ManifestData["kernels"] = [
    { ...CONV, gradients: ["input", "weight", "bias"] },
    {
      layer: "convTranspose2d",
      name: "enlarge",
      input: [1, 3, 4, 4],
      weight: [3, 2, 3, 3],
      stride: 2,
      activation: "gelu",
    },
    {
      layer: "avgPool2d",
      name: "shrink",
      input: [1, 2, 5, 5],
      kernelSize: 3,
      stride: 2,
      padding: 1,
      countIncludePad: false,
    },
  ];
  let out: string;
  let modules: Readonly<Record<string, (...arrays: Float64Array[]) => Float64Array>>;
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "einsmith-layers-"));
    await generate({ kernels }, { out });
    modules = (await import(pathToFileURL(join(out, "index.ts")).href)) as typeof modules;
  });
  afterAll(() => rm(out, { recursive: true }));

  const integers = (...shape: number[]): NdArray<Float64Array> => ({
    data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => ((at * 7919) % 19) - 9),
    shape,
  });

  it("convolves, with bias and activation", () => {
    const [x, w, b] = [integers(1, 3, 6, 5), integers(4, 3, 3, 3), integers(4)];
    const found = modules["conv2d3x3From3x6x5To4x6x5BiasRelu"]?.(x.data, w.data, b.data);
    expect(found).toEqual(conv2d(x, w, { padding: 1, bias: b, activation: "relu" }).data);
  });

  it("has the gradients that it lists, each over all arrays and the cotangent", () => {
    const [x, w, b, cotangent] = [integers(1, 3, 6, 5), integers(4, 3, 3, 3), integers(4), integers(1, 4, 6, 5)];
    const expected = convGrad(x, w, cotangent, { padding: 1, bias: b, activation: "relu" });
    for (const by of ["input", "weight", "bias"] as const) {
      const name = `conv2d3x3From3x6x5To4x6x5BiasReluGrad${by.charAt(0).toUpperCase()}${by.slice(1)}`;
      expect(modules[name]?.(x.data, w.data, b.data, cotangent.data)).toEqual(expected[by]?.data);
    }
  });

  it("refuses gradients by what is none of its arrays", async () => {
    const manifest = { kernels: [{ layer: "linear", input: [2, 3], weight: [4, 3], gradients: ["bias"] }] };
    await expect(generate(manifest, { out })).rejects.toThrow(
      /manifest:4:16: kernel 'linearFrom2x3To2x4GradBias': there is no operand 'bias' to take the gradient by/,
    );
  });

  it("gathers a transposed convolution, and brings the functions that it calls", () => {
    const [x, w] = [integers(1, 3, 4, 4), integers(3, 2, 3, 3)];
    expect(modules["enlarge"]?.(x.data, w.data)).toEqual(convTranspose2d(x, w, { stride: 2, activation: "gelu" }).data);
  });

  it("takes the counts of windows that differ", () => {
    const x = integers(1, 2, 5, 5);
    const counts = Float64Array.of(2, 3, 2);
    const options = { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false };
    expect(modules["shrink"]?.(x.data, counts, counts)).toEqual(avgPool2d(x, options).data);
  });
});
