/**
 * Plain loops over windows: convolutions and pools of one or two spatial axes, every bound tested where it is read.
 * One spatial axis is a plane of one row.
 */
import type { Floats, Operation } from "../workload.ts";

type Convolution = Extract<Operation, { kind: "convolution" }>;
type Pool = Extract<Operation, { kind: "pool" }>;
type Shape = readonly number[];

/** Batch, channels, height and width. */
function planesOf(shape: Shape | undefined): [number, number, number, number] {
  const [batch = 0, channels = 0, ...extents] = shape ?? [];
  const [height = 1, width = 1] = extents.length === 1 ? [1, extents[0]] : extents;
  return [batch, channels, height, width];
}

export function convolve(
  input: Floats,
  weights: Floats,
  out: Floats,
  shapes: readonly Shape[],
  outputShape: Shape,
  { window, depthwise }: Convolution,
): void {
  const { size, stride, padding, dilation } = window;
  const [batches, channels, height, width] = planesOf(shapes[0]);
  const [, outputs, rows, columns] = planesOf(outputShape);
  const tapRows = shapes[0]?.length === 3 ? 1 : size;
  const paddingRows = shapes[0]?.length === 3 ? 0 : padding;
  const depth = depthwise ? 1 : channels;
  for (let b = 0; b < batches; b++) {
    for (let o = 0; o < outputs; o++) {
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          let sum = 0;
          for (let i = 0; i < depth; i++) {
            const channel = depthwise ? o : i;
            for (let u = 0; u < tapRows; u++) {
              const row = y * stride + u * dilation - paddingRows;
              if (row < 0 || row >= height) continue;
              for (let v = 0; v < size; v++) {
                const column = x * stride + v * dilation - padding;
                if (column < 0 || column >= width) continue;
                const value = input[((b * channels + channel) * height + row) * width + column]!;
                sum += value * weights[((o * depth + i) * tapRows + u) * size + v]!;
              }
            }
          }
          out[((b * outputs + o) * rows + y) * columns + x] = sum;
        }
      }
    }
  }
}

/** The mean divides by the window's size: none of the workloads pads one. */
export function pool(
  input: Floats,
  out: Floats,
  shapes: readonly Shape[],
  outputShape: Shape,
  { window, reduce }: Pool,
): void {
  const { size, stride, padding } = window;
  const [batches, channels, height, width] = planesOf(shapes[0]);
  const [, , rows, columns] = planesOf(outputShape);
  for (let plane = 0; plane < batches * channels; plane++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        let total = reduce === "max" ? -Infinity : 0;
        for (let u = 0; u < size; u++) {
          const row = y * stride + u - padding;
          if (row < 0 || row >= height) continue;
          for (let v = 0; v < size; v++) {
            const column = x * stride + v - padding;
            if (column < 0 || column >= width) continue;
            const value = input[(plane * height + row) * width + column]!;
            if (reduce === "mean") total += value;
            else if (value > total) total = value;
          }
        }
        out[(plane * rows + y) * columns + x] = reduce === "mean" ? total / (size * size) : total;
      }
    }
  }
}
