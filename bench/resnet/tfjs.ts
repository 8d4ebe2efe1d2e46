/** The network in TensorFlow.js: channels last, which its backends take; bias and rectifier fused where it can. */
import { toChannelsLast, weightsToChannelsLast } from "../contenders/channels-last.ts";
import { loadTfjs, type Tensor } from "../contenders/tfjs.ts";
import type { Contestant } from "./contestant.ts";
import type { Layer } from "./layers.ts";

interface FusedConvolution {
  readonly x: Tensor;
  readonly filter: Tensor;
  readonly strides: number;
  readonly pad: number;
  readonly bias: Tensor;
  readonly activation?: "relu";
}

/** What is used of the library, beside what all its contenders use. */
interface Tfjs {
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  tidy<T>(run: () => T): T;
  readonly fused: { conv2d(options: FusedConvolution): Tensor };
  add(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: number): Tensor;
  relu(a: Tensor): Tensor;
  mean(a: Tensor, axes: readonly number[]): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
  maxPool(x: Tensor, size: number, stride: number, pad: number): Tensor;
}

export function tfjsNetwork(backend: "cpu" | "wasm"): Contestant {
  return {
    name: `tfjs ${backend}`,
    open: async (layers, picture) => {
      const tf = await loadTfjs<Tfjs>(backend);
      const input = tf.tensor(toChannelsLast(picture, [1, 3, 224, 224]), [1, 224, 224, 3]);
      const steps = layers.map((layer) => stepOf(tf, layer));
      return async () => {
        const logits = tf.tidy(() => {
          const tensors: Tensor[] = [];
          for (const step of steps) tensors.push(step((at) => (at < 0 ? input : (tensors[at] as Tensor))));
          return tensors.at(-1) as Tensor;
        });
        const data = logits.dataSync();
        logits.dispose();
        return data;
      };
    },
  };
}

type Step = (tensorOf: (layer: number) => Tensor) => Tensor;

function stepOf(tf: Tfjs, layer: Layer): Step {
  const { kind, input, residual, weight, bias, window, stride, padding, scale, relu } = layer;
  if (kind === "maxPool2d") return (tensorOf) => tf.maxPool(tensorOf(input), window, stride, padding);
  if (kind === "globalAvgPool") return (tensorOf) => tf.mean(tensorOf(input), [1, 2]);
  if (!weight || !bias) throw new Error(`a ${kind} without weights`);
  const b = tf.tensor(bias.data, bias.shape);
  if (kind === "linear") {
    const w = tf.tensor(weight.data, weight.shape);
    return (tensorOf) => tf.add(tf.matMul(tensorOf(input), w, false, true), b);
  }
  const moved = weightsToChannelsLast(weight.data, weight.shape, false);
  const filter = tf.tensor(moved.data, moved.shape);
  const fused = { filter, strides: stride, pad: padding, bias: b };
  if (residual === undefined) {
    return (tensorOf) =>
      tf.fused.conv2d({ x: tensorOf(input), ...fused, ...(relu && { activation: "relu" as const }) });
  }
  return (tensorOf) => {
    const sum = tf.add(tf.fused.conv2d({ x: tensorOf(input), ...fused }), tensorOf(residual));
    return tf.relu(tf.mul(sum, scale));
  };
}
