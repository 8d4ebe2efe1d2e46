/** The network of `examples/resnet34`, layer by layer, for libraries that have layers of their own. */
import { readFileSync } from "node:fs";
import { describeNetwork } from "../../examples/resnet34/network.ts";
import { makeClassifier, makeConvolution } from "../../examples/resnet34/weights.ts";

export interface Layer {
  readonly kind: "conv2d" | "maxPool2d" | "globalAvgPool" | "linear";
  /** The layer whose output it reads; -1 is the picture. */
  readonly input: number;
  /** The layer whose output is added behind the bias. */
  readonly residual?: number;
  /** Channels first, as PyTorch has them. */
  readonly weight?: Constant;
  readonly bias?: Constant;
  readonly window: number;
  readonly stride: number;
  readonly padding: number;
  /** What the sum with bias and residual is multiplied by. */
  readonly scale: number;
  readonly relu: boolean;
}

export interface Constant {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** An entry of the example's manifest. */
interface Entry {
  readonly name: string;
  readonly layer: Layer["kind"];
  readonly weight?: readonly number[];
  readonly kernelSize?: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly scale?: number;
  readonly activation?: string;
}

const MANIFEST = new URL("../../examples/resnet34/kernels.json", import.meta.url);

/** Where a layer reads a residual it has a second input; weights have the batch norm folded in. */
export function layersOfNetwork(): readonly Layer[] {
  const { kernels } = JSON.parse(readFileSync(MANIFEST, "utf8")) as { readonly kernels: readonly Entry[] };
  const entries = new Map(kernels.map((entry) => [entry.name, entry]));
  return describeNetwork().map(({ kernel, weights, input, residual }) => {
    const entry = entries.get(kernel);
    if (!entry) throw new Error(`the manifest has no kernel ${kernel}`);
    const { layer, weight: shape = [], kernelSize = 1, stride = 1, padding = 0, scale = 1, activation } = entry;
    const made =
      weights === "classifier" ? makeClassifier(shape) : weights !== undefined && makeConvolution(weights, shape);
    return {
      kind: layer,
      input,
      ...(residual !== undefined && { residual }),
      ...(made && { weight: rounded(made.weight), bias: rounded(made.bias) }),
      window: kernelSize,
      stride,
      padding,
      scale,
      relu: activation === "relu",
    };
  });
}

function rounded({ data, shape }: { readonly data: ArrayLike<unknown>; readonly shape: readonly number[] }): Constant {
  return { shape, data: Float32Array.from(data as ArrayLike<number>) };
}
