/**
 * The forward pass of a convolutional layer, as the course CS231n asks for it, three times: naive loops; an einsum over the
 * window of each output pixel; and one spec.
 *
 * Invariant: all three take `x` as `[N, C, H, W]`, `w` as `[F, C, HH, WW]` and `b` as `[F]`, and give `[N, F, H', W']`.
 */
import { asStrided, conv2d, einsum, pad, type NdArray } from "../../src/index.ts";

export interface ConvParameters {
  readonly stride: number;
  readonly pad: number;
}

type Dense = NdArray<Float64Array>;
type Forward = (x: Dense, w: Dense, b: Dense, parameters: ConvParameters) => NdArray;

function outputShape(x: Dense, w: Dense, { stride, pad: zeros }: ConvParameters): [number, number, number, number] {
  const [n = 0, , height = 0, width = 0] = x.shape;
  const [f = 0, , hh = 0, ww = 0] = w.shape;
  const count = (size: number, window: number): number => Math.floor((size + 2 * zeros - window) / stride) + 1;
  return [n, f, count(height, hh), count(width, ww)];
}

/** Seven nested loops. */
export const forwardNaive: Forward = (x, w, b, parameters) => {
  const { stride, pad: zeros } = parameters;
  const [, channels = 0, height = 0, width = 0] = x.shape;
  const [, , hh = 0, ww = 0] = w.shape;
  const shape = outputShape(x, w, parameters);
  const [n, f, rows, columns] = shape;
  const out = new Float64Array(n * f * rows * columns);
  let at = 0;
  for (let image = 0; image < n; image++) {
    for (let filter = 0; filter < f; filter++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = b.data[filter] ?? 0;
          for (let c = 0; c < channels; c++) {
            for (let i = 0; i < hh; i++) {
              for (let j = 0; j < ww; j++) {
                const [y, z] = [row * stride + i - zeros, column * stride + j - zeros];
                if (y < 0 || y >= height || z < 0 || z >= width) continue;
                const value = x.data[((image * channels + c) * height + y) * width + z] ?? 0;
                sum += value * (w.data[((filter * channels + c) * hh + i) * ww + j] ?? 0);
              }
            }
          }
          out[at++] = sum;
        }
      }
    }
  }
  return { data: out, shape };
};

/** A window of the padded input slides over it; at each place, all images and all filters meet in one einsum. */
export const forwardWindows: Forward = (x, w, b, parameters) => {
  const { stride, pad: zeros } = parameters;
  const padded = pad(x, [
    [0, 0],
    [0, 0],
    [zeros, zeros],
    [zeros, zeros],
  ]);
  const [n = 0, channels = 0, height = 0, width = 0] = padded.shape;
  const [, , hh = 0, ww = 0] = w.shape;
  const shape = outputShape(x, w, parameters);
  const [, f, rows, columns] = shape;
  const out = new Float64Array(n * f * rows * columns);
  const strides = [channels * height * width, height * width, width, 1];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const window = asStrided(padded, [n, channels, hh, ww], strides, (row * width + column) * stride);
      const place = {
        data: out,
        shape: [n, f],
        strides: [f * rows * columns, rows * columns],
        offset: row * columns + column,
      };
      einsum("ijkl,pjkl->ip", [window, w], { out: place });
    }
  }
  for (let at = 0; at < out.length; at++) {
    out[at] = (out[at] ?? 0) + (b.data[Math.floor(at / (rows * columns)) % f] ?? 0);
  }
  return { data: out, shape };
};

/** One spec, `b i (s*y + ky - p) (s*x + kx - p), o i ky kx -> b o y x`, and the bias behind it. */
export const forwardSpec: Forward = (x, w, b, { stride, pad: padding }) => conv2d(x, w, { stride, padding, bias: b });
