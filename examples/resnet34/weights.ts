/**
 * Weights that anyone can make again: pseudo-random numbers from a seed and a position. Batch norm is folded into the
 * convolution before it.
 *
 * Invariant: numbers are made in float64; only the finished weights are rounded to the dtype that the network runs in.
 */
import { foldBatchNorm, type NdArray } from "../../src/index.ts";

/** A weight and a bias as the kernels take them. */
export interface Weights {
  readonly weight: NdArray;
  readonly bias: NdArray;
}

/** So many numbers between -0.5 and 0.5, the same for the same seed. */
export function makeNumbers(seed: number, count: number): Float64Array {
  const numbers = new Float64Array(count);
  const start = Math.imul(seed, 40503);
  for (let i = 0; i < count; i++) {
    let state = (Math.imul(i + 1, 2654435761) + start) >>> 0;
    state ^= state >>> 15;
    state = Math.imul(state, 2246822519);
    state ^= state >>> 13;
    numbers[i] = (state >>> 0) / 2 ** 32 - 0.5;
  }
  return numbers;
}

/** The weights of a convolution of the given number and shape `[O, I, kH, kW]`, with the batch norm behind it. */
export function makeConvolution(number: number, shape: readonly number[]): Weights {
  const [outputs = 0, ...rest] = shape;
  const fanIn = rest.reduce((product, size) => product * size, 1);
  const scale = Math.sqrt(24 / fanIn);
  const perChannel = (seed: number, center: number, spread: number): NdArray => ({
    data: makeNumbers(seed + number, outputs).map((u) => center + spread * u),
    shape: [outputs],
  });
  const weight = { data: makeNumbers(1000 + number, outputs * fanIn).map((u) => u * scale), shape };
  return foldBatchNorm(weight, {
    weight: perChannel(2000, 1, 0.2),
    bias: perChannel(3000, 0, 0.2),
    mean: perChannel(4000, 0, 0.2),
    variance: perChannel(5000, 1.25, 0.5),
    eps: 1e-5,
  });
}

/** The weights of the classifier, of shape `[O, I]`. */
export function makeClassifier(shape: readonly number[]): Weights {
  const [outputs = 0, inputs = 0] = shape;
  const scale = Math.sqrt(24 / inputs);
  return {
    weight: { data: makeNumbers(6000, outputs * inputs).map((u) => u * scale), shape },
    bias: { data: makeNumbers(6001, outputs).map((u) => 0.2 * u), shape: [outputs] },
  };
}
