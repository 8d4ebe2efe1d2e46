/** Layers as specs: what they print, and that spec and function are one. */
import { describe, expect, it } from "vitest";
import {
  avgPoolSpec,
  batchNormSpec,
  compile,
  compileLayer,
  convSpec,
  convTransposeSpec,
  einsum,
  conv2d,
  foldSpec,
  globalAvgPoolSpec,
  linearSpec,
  maxPool2d,
  maxPoolSpec,
  padSpec,
  unfoldSpec,
  type LayerSpec,
  type NdArray,
} from "../../src/index.ts";
import { printNest } from "../../src/loops/describe-nests.ts";

/** An array of small integers. */
function integers(shape: readonly number[], seed = 1): NdArray {
  const length = shape.reduce((product, size) => product * size, 1);
  return { data: Float64Array.from({ length }, (_, at) => ((at * 7919 + seed * 31) % 19) - 9), shape };
}

describe("a layer prints the spec that it stands for", () => {
  const image = [2, 6, 9, 8];
  it.each<[LayerSpec, string]>([
    [convSpec(image, [4, 6, 3, 3], { padding: 1 }), "b i (y + ky - 1) (x + kx - 1), o i ky kx -> b o y x"],
    [
      convSpec(image, [4, 6, 3, 3], { stride: [2, 1], dilation: [1, 2], padding: [2, [0, 1] as never] as never }),
      "b i (2*y + ky - 2) (x + 2*kx : 1), o i ky kx -> b o y x",
    ],
    [convSpec(image, [4, 6, 1, 1]), "b i y x, o i 1 1 -> b o y x"],
    [convSpec(image, [4, 6, 1, 1], { stride: 2 }), "b i (2*y) (2*x), o i 1 1 -> b o y x"],
    [convSpec(image, [4, 3, 2, 2], { groups: 2 }), "b (g i) (y + ky) (x + kx), (g o) i ky kx -> b (g o) y x, |g| = 2"],
    [convSpec(image, [12, 1, 2, 2], { groups: 6 }), "b g (y + ky) (x + kx), (g o) 1 ky kx -> b (g o) y x"],
    [convSpec(image, [6, 1, 2, 2], { groups: 6 }), "b g (y + ky) (x + kx), g 1 ky kx -> b g y x"],
    [convSpec([6, 9], [4, 6, 4], { padding: "same" }), "i (x + kx - 1 : 2), o i kx -> o x"],
    [
      convSpec([1, 3, 4, 5, 2], [4, 2, 1, 3, 3], { layout: "channels-last" }),
      "b z (y + ky) (x + kx) i, o i 1 ky kx -> b z y x o",
    ],
    [
      convSpec(image, [4, 6, 3, 3], { bias: true, residual: true, scale: 0.5, activation: "relu" }),
      "b i (y + ky) (x + kx), o i ky kx -> b o y x, then relu((x + bias[o] + residual[b, o, y, x]) * 0.5)",
    ],
    [
      convTransposeSpec(image, [6, 4, 3, 3], { stride: 2, padding: 1, outputPadding: [1, 0] }),
      "b i y x, i o ky kx -> b o (2*y + ky - 1) (2*x + kx - 1), to 2 x 4 x 18 x 15",
    ],
    [
      maxPoolSpec(image, 2, { kernelSize: 3, stride: 2, padding: 1 }),
      "b c (2*y + ky - 1) (2*x + kx - 1) -> b c y x, reduced by max, |ky| = 3, |kx| = 3",
    ],
    [
      maxPoolSpec(image, 2, { kernelSize: [2, 3], ceilMode: true }),
      "b c (2*y + ky) (3*x + kx) -> b c y x, reduced by max, |ky| = 2, |kx| = 3, |y| = 5, |x| = 3",
    ],
    [
      avgPoolSpec(image, 2, { kernelSize: 2 }),
      "b c (2*y + ky) (2*x + kx) -> b c y x, reduced by mean, |ky| = 2, |kx| = 2",
    ],
    [
      avgPoolSpec(image, 2, { kernelSize: 2, padding: [1, 0], countIncludePad: false }),
      "b c (2*y + ky - 1) (2*x + kx) -> b c y x, |ky| = 2, |kx| = 2, then x / (countY[y] * 2)",
    ],
    [avgPoolSpec([3, 8], 1, { kernelSize: 2, divisorOverride: 3 }), "c (2*x + kx) -> c x, |kx| = 2, then x / 3"],
    [
      padSpec(
        [4, 5],
        [
          [1, 0],
          [-2, 3],
        ],
        7.5,
      ),
      "a (b + 2) -> (a + 1) (b + 0), |b| = 3, to 5 x 6, elsewhere 7.5",
    ],
    [unfoldSpec(image, { kernelSize: 2 }), "b c (y + ky) (x + kx) -> b (c ky kx) (y x), |ky| = 2, |kx| = 2"],
    [
      foldSpec([24, 20], { kernelSize: 2, outputSize: [5, 6] }),
      "(c ky kx) (y x) -> c (y + ky) (x + kx), |ky| = 2, |kx| = 2, |y| = 4, |x| = 5, to 6 x 5 x 6",
    ],
    [linearSpec([2, 3, 5], [4, 5], { bias: true }), "b0 b1 i, o i -> b0 b1 o, then x + bias[o]"],
    [globalAvgPoolSpec(image), "b c y x -> b c, reduced by mean"],
    [batchNormSpec(image), "b c y x, c -> b c y x, then x + bias[c]"],
  ])("%s", (layer, text) => {
    expect(String(layer)).toBe(text);
  });
});

describe("a layer's spec", () => {
  it("is what its function computes: einsum gives the same", () => {
    const [x, w] = [integers([2, 4, 7, 6]), integers([6, 2, 3, 2], 5)];
    const options = { stride: 2, padding: 1, groups: 2 };
    const { spec, options: fixed } = convSpec(x.shape, w.shape, options);
    const { sizes } = fixed;
    expect(einsum(spec, [x, w], { notation: "named", sizes })).toEqual(conv2d(x, w, options));
    const pool = maxPoolSpec(x.shape, 2, { kernelSize: 3, ceilMode: true });
    const pooled = einsum(pool.spec, [x], { notation: "named", sizes: pool.options.sizes, reduce: "max" });
    expect(pooled).toEqual(maxPool2d(x, { kernelSize: 3, ceilMode: true }));
  });

  it("compiles with its options", () => {
    const { spec, options, outputShape } = convSpec([2, 4, 7, 6], [6, 2, 3, 2], {
      groups: 2,
      padding: [
        [1, 2],
        [0, 1],
      ],
    });
    expect(compile(spec, options).contraction.output.tensor.shape).toEqual(outputShape);
  });

  it("compiles with its epilogue, under the layer's name", () => {
    const layer = convSpec([1, 3, 8, 8], [4, 3, 3, 3], { bias: true, activation: "relu" });
    const { kernel, source } = compileLayer(layer, { dtype: "float32" });
    expect(kernel.operands.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
      "input float32",
      "weight float32",
      "bias float32",
    ]);
    expect(source.text).toContain("export function conv2d(input, weight, bias, out = new Float32Array(144))");
  });
});

describe("the kernel of a layer", () => {
  it.each<[string, LayerSpec, string]>([
    [
      "a 3 x 3 convolution",
      convSpec([1, 64, 56, 56], [64, 64, 3, 3], { padding: 1 }),
      "b i (y + ky - 1) (x + kx - 1), o i ky kx -> b o y x",
    ],
    [
      "a strided convolution",
      convSpec([1, 3, 224, 224], [64, 3, 7, 7], { stride: 2, padding: 3 }),
      "b i (2*y + 1*ky - 3) (2*x + 1*kx - 3), o i ky kx -> b o y x",
    ],
    ["a 1 x 1 convolution", convSpec([1, 64, 56, 56], [256, 64, 1, 1]), "b i y x, o i ky kx -> b o y x"],
    [
      "a depthwise convolution",
      convSpec([1, 144, 56, 56], [144, 1, 3, 3], { padding: 1, groups: 144 }),
      "b g (y + ky - 1) (x + kx - 1), g j ky kx -> b g y x",
    ],
    [
      "a pool",
      maxPoolSpec([1, 64, 112, 112], 2, { kernelSize: 3, stride: 2, padding: 1 }),
      "b c (2*y + ky - 1) (2*x + kx - 1) -> b c y x",
    ],
  ])("of %s has the nests of the spec that one would write, and so its speed", (_, layer, spec) => {
    const { shapes, operands, sizes, reduce } = layer.options;
    const written = compile(spec, { shapes, operands, sizes, reduce, dtype: "float32" });
    const nestsOf = ({ nests }: Pick<typeof written, "nests">): string[] => nests.map(printNest);
    expect(nestsOf(compileLayer(layer, { dtype: "float32" }))).toEqual(nestsOf(written));
  });
});

describe("a layer's kernel", () => {
  it.each<[string, LayerSpec, string]>([
    [
      "3x3",
      convSpec([1, 8, 14, 14], [8, 8, 3, 3], { padding: 1 }),
      "b i (y + ky - 1) (x + kx - 1), o i ky kx -> b o y x",
    ],
    [
      "3x3/2",
      convSpec([1, 8, 14, 14], [8, 8, 3, 3], { padding: 1, stride: 2 }),
      "b i (2*y + ky - 1) (2*x + kx - 1), o i ky kx -> b o y x",
    ],
    ["1x1", convSpec([1, 8, 14, 14], [16, 8, 1, 1]), "b i y x, o i 1 1 -> b o y x"],
    ["1-d", convSpec([1, 4, 200], [8, 4, 9]), "b i (x + kx), o i kx -> b o x"],
  ])("of a convolution %s is the code that its spec gives, written by hand", (_, layer, spec) => {
    const operands = layer.options.operands;
    const options = {
      shapes: layer.options.shapes,
      name: "k",
      dtype: "float32" as const,
      ...(operands && { operands }),
    };
    const byHand = compile(spec, options).source.toString();
    expect(withoutComments(compileLayer(layer, { name: "k", dtype: "float32" }).source.toString())).toBe(
      withoutComments(byHand),
    );
  });
});

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*\*.*?\*\//gsu, "");
}
