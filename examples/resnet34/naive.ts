/**
 * The layers of the network as plain nested loops, to compare with: what one would write by hand, bounds tested, with
 * bias, residual, factor and activation where each element is stored.
 *
 * Invariant: a function takes the arrays that the generated kernel of its layer takes, in the same order.
 */
import type { LayerKernel } from "../../src/writer/index.ts";

type Floats = Float32Array | Float64Array;
type Run = (...arrays: Floats[]) => Floats;

/** The options of a layer that the loops need, as the manifest gives them. */
export interface NaiveOptions {
  readonly kernelSize?: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly bias?: boolean;
  readonly residual?: boolean;
  readonly scale?: number;
  readonly activation?: string;
}

/** Plain loops for a layer of the network. */
export function naiveLayer({ layer }: LayerKernel, options: NaiveOptions): Run {
  const shapes = layer.options.shapes.map((shape) => shape.map(Number));
  const [input = [], weight = []] = shapes;
  if (layer.layer === "maxPool2d") return naivePool(input, layer.outputShape, options);
  if (layer.layer === "globalAvgPool") return naiveMean(input);
  if (layer.layer === "linear") {
    return naiveConvolution([...input, 1, 1], [...weight, 1, 1], [...layer.outputShape, 1, 1], options);
  }
  return naiveConvolution(input, weight, layer.outputShape, options);
}

function naiveConvolution(
  input: readonly number[],
  weight: readonly number[],
  output: readonly number[],
  { stride = 1, padding = 0, residual = false, scale = 1, activation }: NaiveOptions,
): Run {
  const [, channels = 0, height = 0, width = 0] = input;
  const [outputs = 0, , kernelHeight = 0, kernelWidth = 0] = weight;
  const [, , rows = 0, columns = 0] = output;
  return (...arrays) => {
    const [x, w, b] = arrays as [Floats, Floats, Floats];
    const passed = residual ? (arrays[3] as Floats) : undefined;
    const out = arrays.at(-1) as Floats;
    for (let o = 0; o < outputs; o++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = 0;
          for (let c = 0; c < channels; c++) {
            for (let i = 0; i < kernelHeight; i++) {
              const y = row * stride + i - padding;
              if (y < 0 || y >= height) continue;
              for (let j = 0; j < kernelWidth; j++) {
                const z = column * stride + j - padding;
                if (z < 0 || z >= width) continue;
                sum +=
                  (x[(c * height + y) * width + z] as number) *
                  (w[((o * channels + c) * kernelHeight + i) * kernelWidth + j] as number);
              }
            }
          }
          const at = (o * rows + row) * columns + column;
          const value = (sum + (b[o] as number) + (passed ? (passed[at] as number) : 0)) * scale;
          out[at] = activation === "relu" && value < 0 ? 0 : value;
        }
      }
    }
    return out;
  };
}

function naivePool(
  input: readonly number[],
  output: readonly number[],
  { kernelSize = 1, stride = 1, padding = 0 }: NaiveOptions,
): Run {
  const [, channels = 0, height = 0, width = 0] = input;
  const [, , rows = 0, columns = 0] = output;
  return (...arrays) => {
    const [x, out] = arrays as [Floats, Floats];
    for (let c = 0; c < channels; c++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let largest = -Infinity;
          for (let i = 0; i < kernelSize; i++) {
            const y = row * stride + i - padding;
            if (y < 0 || y >= height) continue;
            for (let j = 0; j < kernelSize; j++) {
              const z = column * stride + j - padding;
              if (z < 0 || z >= width) continue;
              largest = Math.max(largest, x[(c * height + y) * width + z] as number);
            }
          }
          out[(c * rows + row) * columns + column] = largest;
        }
      }
    }
    return out;
  };
}

function naiveMean([, channels = 0, ...planes]: readonly number[]): Run {
  const plane = planes.reduce((product, size) => product * size, 1);
  return (...arrays) => {
    const [x, out] = arrays as [Floats, Floats];
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let at = 0; at < plane; at++) sum += x[c * plane + at] as number;
      out[c] = sum / plane;
    }
    return out;
  };
}
