/** Images and weights between the orders of their axes: channels first, as everybody's here, and channels last. */
import { type Floats } from "../workload.ts";

/** `[N, C, ...extents]` to `[N, ...extents, C]`. */
export function toChannelsLast(data: Floats, shape: readonly number[]): Float32Array {
  const [batches, channels, positions] = flatten(shape);
  const moved = new Float32Array(data.length);
  for (let b = 0; b < batches; b++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < positions; p++) {
        moved[(b * positions + p) * channels + c] = data[(b * channels + c) * positions + p]!;
      }
    }
  }
  return moved;
}

/** The way back: `shape` is the one with channels first. */
export function fromChannelsLast(data: ArrayLike<number>, shape: readonly number[]): Float32Array {
  const [batches, channels, positions] = flatten(shape);
  const moved = new Float32Array(data.length);
  for (let b = 0; b < batches; b++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < positions; p++) {
        moved[(b * channels + c) * positions + p] = data[(b * positions + p) * channels + c]!;
      }
    }
  }
  return moved;
}

/** `[out, in, ...taps]` to `[...taps, in, out]`; depthwise, `[C, ...taps]` to `[...taps, C, 1]`. */
export function weightsToChannelsLast(
  data: Floats,
  shape: readonly number[],
  depthwise: boolean,
): { data: Float32Array; shape: number[] } {
  const [outputs = 0, inputs = 0, ...kernel] = depthwise ? [1, ...shape] : shape;
  const taps = kernel.reduce((product, size) => product * size, 1);
  const moved = new Float32Array(data.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let t = 0; t < taps; t++) moved[(t * inputs + i) * outputs + o] = data[(o * inputs + i) * taps + t]!;
    }
  }
  return { data: moved, shape: [...kernel, inputs, outputs] };
}

function flatten([batches = 0, channels = 0, ...extents]: readonly number[]): [number, number, number] {
  return [batches, channels, extents.reduce((product, size) => product * size, 1)];
}
