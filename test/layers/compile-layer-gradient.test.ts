/** The gradients of layers as kernels: what `layerGradients` gives on arrays. */
import { describe, expect, it } from "vitest";
import {
  compileLayerGradient,
  layerGradients,
  type GradientCompilation,
  type LayerSpec,
  type NdArray,
} from "../../src/index.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { LAYERS } from "../../src/layers/describe-layer.ts";
import { verifyCompilation } from "../../src/loops/verify-compilation.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { messageOf } from "../support/message-of.ts";
import { interpret } from "../support/plain-kernel.ts";
import { seededRandom } from "../support/random.ts";

const conv = { stride: 2, padding: 1, groups: 2 };
const CASES: readonly (readonly [string, readonly (readonly number[])[], object])[] = [
  ["conv1d", [[3, 9], [2, 3, 3]], {}],
  ["conv2d", [[2, 4, 7, 6], [6, 2, 3, 2]], { ...conv, bias: true }],
  ["conv2d", [[2, 4, 7, 6], [6, 2, 3, 2]], { ...conv, bias: true, residual: true, scale: 2, activation: "relu" }],
  ["conv2d", [[2, 4, 7, 6], [6, 2, 3, 2]], { ...conv, scale: 0.5, activation: "gelu" }],
  ["conv2d", [[1, 5, 6, 3], [4, 3, 3, 3]], { layout: "channels-last", padding: "same", dilation: 2, bias: true, activation: "silu" }],
  ["conv3d", [[1, 2, 4, 3, 5], [3, 2, 2, 2, 2]], { activation: "relu", residual: true }],
  ["convTranspose2d", [[2, 4, 3, 4], [4, 3, 3, 2]], { stride: [2, 3], padding: 1, groups: 2, bias: true, activation: "relu" }],
  ["convTranspose1d", [[1, 2, 5], [2, 3, 4]], { stride: 3, bias: true }],
  ["linear", [[3, 5], [4, 5]], { bias: true, activation: "tanh" }],
  ["linear", [[3, 5], [4, 5]], {}],
  ["maxPool2d", [[2, 2, 7, 8]], { kernelSize: [3, 2], stride: [2, 1], padding: 1, ceilMode: true }],
  ["maxPool1d", [[2, 6]], { kernelSize: 1 }],
  ["avgPool2d", [[2, 2, 7, 8]], { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }],
  ["avgPool2d", [[2, 2, 7, 8]], { kernelSize: 2 }],
  ["avgPool1d", [[2, 9]], { kernelSize: 4, divisorOverride: 5 }],
  ["globalAvgPool", [[2, 3, 4, 5]], {}],
  ["batchNorm", [[2, 3, 4, 5]], {}],
  ["pad", [[3, 4]], { pads: [[1, 0], [-1, 2]], value: 7 }],
  ["unfold", [[1, 2, 5, 5]], { kernelSize: 3, padding: 1 }],
  ["fold", [[1, 8, 9]], { outputSize: [4, 4], kernelSize: 2 }],
]; // prettier-ignore

function describeLayer(name: string, shapes: readonly (readonly number[])[], options: object): LayerSpec {
  const layer = LAYERS.get(name);
  if (!layer) throw new Error(`no layer ${name}`);
  return layer.describe(shapes[0] ?? [], shapes[1] ?? [], options);
}

/** What the layer takes. */
function arraysOf({ options, epilogue }: LayerSpec): [string, readonly number[]][] {
  const names = options.operands ?? [];
  return [
    ...names.map((name, at): [string, readonly number[]] => [name, options.shapes[at] as number[]]),
    ...(epilogue?.further ?? []).map(({ name, shape }): [string, readonly number[]] => [name, shape]),
  ];
}

/** The largest difference of two arrays, relative to the values. */
function errorOf(found: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): number {
  expect(found.length).toBe(expected.length);
  return Math.max(
    ...Array.from({ length: found.length }, (_, at) => {
      const [one, other] = [Number(found[at]), Number(expected[at])];
      return one === other ? 0 : Math.abs(one - other) / (1 + Math.abs(other));
    }),
  );
}

describe("compileLayerGradient", () => {
  it.each(CASES)("of %s of %j with %j gives what layerGradients does", (name, shapes, options) => {
    const random = seededRandom(21);
    const layer = describeLayer(name, shapes, options);
    const fill = (shape: readonly number[]): NdArray & { readonly data: Float64Array } => ({
      data: Float64Array.from({ length: elementCount(shape) }, () => random.integer(-8, 8) / 4 || 0.25),
      shape,
    });
    const taken = arraysOf(layer);
    const arrays = taken.map(([, shape]) => fill(shape));
    const cotangent = fill(layer.outputShape);
    const expected = layerGradients(layer, arrays, cotangent);
    for (const [at, [by]] of taken.entries()) {
      const compilation: GradientCompilation = compileLayerGradient(layer, by);
      verifyCompilation(compilation);
      const run = evaluateSource(compilation.source);
      const inputs = [...arrays.map(({ data }) => data), cotangent.data];
      const wanted = expected[at]?.data ?? [];
      const garbage = Float64Array.from({ length: wanted.length }, () => 7);
      for (const found of [interpret(compilation.kernel, inputs), run(...inputs, garbage), run(...inputs)]) {
        expect(errorOf(found, wanted), by).toBeLessThan(1e-12);
      }
    }
  });

  it("is one kernel, with the activation's derivative behind the value", () => {
    const layer = describeLayer("linear", [[3, 5], [4, 5]], { bias: true, activation: "relu" }); // prettier-ignore
    const { source, kernel } = compileLayerGradient(layer, "input", { name: "back", dtype: "float32" });
    expect(kernel.operands.map(({ name }) => name)).toEqual(["input", "weight", "bias", "dout"]);
    expect(source.toString()).toContain("dvalue");
    expect(compileLayerGradient(describeLayer("linear", [[3, 5], [4, 5]], { bias: true }), "input").source.toString()).not.toContain("value"); // prettier-ignore
  });

  it("refuses what is none of the layer's arrays, and integers", () => {
    const layer = describeLayer("linear", [[3, 5], [4, 5]], { bias: true }); // prettier-ignore
    expect(messageOf(() => compileLayerGradient(layer, "wieght"))).toBe(
      "there is no operand 'wieght' to take the gradient by [unknown-operand]\n" +
        "  remedy: did you mean 'weight'? the operands are input, weight, bias",
    );
    expect(messageOf(() => compileLayerGradient(layer, "bias", { dtype: "int32" }))).toContain(
      "[gradient-of-integers]",
    );
  });
});
