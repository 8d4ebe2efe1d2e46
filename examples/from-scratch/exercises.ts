/**
 * "Convolutions from scratch": the exercises of the ARENA course on `as_strided`, einsum and windows, each solved as it is
 * stated, and, where a spec says the same, once more by that spec.
 *
 * Invariant: nothing here loops over elements.
 */
import { asStrided, einsum, maxPool2d as layer, pad, type NdArray } from "../../src/index.ts";

/** The strides of a row-major array. */
function stridesOf({ shape, strides }: NdArray): readonly number[] {
  return strides ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

/** The sum of the diagonal, by a view that steps over a row and a column at once. */
export function trace(matrix: NdArray): NdArray {
  const [rows = 0, columns = 0] = stridesOf(matrix);
  const diagonal = asStrided(matrix, [matrix.shape[0] ?? 0], [rows + columns]);
  return einsum("i ->", diagonal);
}

/** A matrix times a vector: the vector repeats along the rows with a stride of 0. */
export function matrixVector(matrix: NdArray, vector: NdArray): NdArray {
  const [stride = 0] = stridesOf(vector);
  const repeated = asStrided(vector, matrix.shape, [0, stride]);
  return einsum("ij,ij->i", matrix, repeated);
}

/** A matrix times a matrix: both are seen in three dimensions, of which each lacks one. */
export function matrixMatrix(left: NdArray, right: NdArray): NdArray {
  const [rows = 0, inner = 0] = left.shape;
  const shape = [rows, inner, right.shape[1] ?? 0];
  const [leftRow = 0, leftColumn = 0] = stridesOf(left);
  const [rightRow = 0, rightColumn = 0] = stridesOf(right);
  return einsum(
    "ijk,ijk->ik",
    asStrided(left, shape, [leftRow, leftColumn, 0]),
    asStrided(right, shape, [0, rightRow, rightColumn]),
  );
}

/** A convolution without stride and padding, over a view of all windows: `x[b, ic, w + kw]` has the stride of w twice. */
export function conv1dMinimal(x: NdArray, weights: NdArray): NdArray {
  const [batch = 0, channels = 0, width = 0] = x.shape;
  const kernel = weights.shape[2] ?? 0;
  const [sb = 0, sc = 0, sw = 0] = stridesOf(x);
  const windows = asStrided(x, [batch, channels, width - kernel + 1, kernel], [sb, sc, sw, sw]);
  return einsum("b ic w kw, oc ic kw -> b oc w", windows, weights);
}

/** The same by one spec: the window is an index expression. */
export function conv1dMinimalSpec(x: NdArray, weights: NdArray): NdArray {
  return einsum("b ic (w + kw), oc ic kw -> b oc w", x, weights);
}

/** A convolution of images without stride and padding, over a view of all windows. */
export function conv2dMinimal(x: NdArray, weights: NdArray): NdArray {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const [kernelHeight = 0, kernelWidth = 0] = weights.shape.slice(2);
  const [sb = 0, sc = 0, sh = 0, sw = 0] = stridesOf(x);
  const windows = asStrided(
    x,
    [batch, channels, height - kernelHeight + 1, width - kernelWidth + 1, kernelHeight, kernelWidth],
    [sb, sc, sh, sw, sh, sw],
  );
  return einsum("b ic h w kh kw, oc ic kh kw -> b oc h w", windows, weights);
}

/** The same by one spec. */
export function conv2dMinimalSpec(x: NdArray, weights: NdArray): NdArray {
  return einsum("b ic (h + kh) (w + kw), oc ic kh kw -> b oc h w", x, weights);
}

/** Pads the last axis of `[batch, channels, width]` with a value. */
export function pad1d(x: NdArray, left: number, right: number, value: number): NdArray {
  return pad(
    x,
    [
      [0, 0],
      [0, 0],
      [left, right],
    ],
    value,
  );
}

/** Pads the last two axes of `[batch, channels, height, width]` with a value. */
export function pad2d(x: NdArray, sides: PadSides, value: number): NdArray {
  const { left, right, top, bottom } = sides;
  return pad(
    x,
    [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ],
    value,
  );
}

export interface PadSides {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A convolution with stride and padding: pad, then step over the windows. */
export function conv1d(x: NdArray, weights: NdArray, stride: number, padding: number): NdArray {
  const padded = pad1d(x, padding, padding, 0);
  const [batch = 0, channels = 0, width = 0] = padded.shape;
  const kernel = weights.shape[2] ?? 0;
  const [sb = 0, sc = 0, sw = 0] = stridesOf(padded);
  const count = Math.floor((width - kernel) / stride) + 1;
  const windows = asStrided(padded, [batch, channels, count, kernel], [sb, sc, stride * sw, sw]);
  return einsum("b ic w kw, oc ic kw -> b oc w", windows, weights);
}

/** The same by one spec: stride and padding are parameters of the expression. */
export function conv1dSpec(x: NdArray, weights: NdArray, s: number, p: number): NdArray {
  return einsum("b ic (s*w + kw - p), oc ic kw -> b oc w", [x, weights], { params: { s, p } });
}

/** A convolution of images with strides and padding, by one spec. */
export function conv2dSpec(x: NdArray, weights: NdArray, stride: Pair, padding: Pair): NdArray {
  const [sh, sw] = stride;
  const [ph, pw] = padding;
  const spec = "b ic (sh*h + kh - ph) (sw*w + kw - pw), oc ic kh kw -> b oc h w";
  return einsum(spec, [x, weights], { params: { sh, sw, ph, pw } });
}

export type Pair = readonly [number, number];

/** The largest element of each window, by one spec; padding is -Infinity, the identity of a maximum. */
export function maxpool2d(x: NdArray, kernel: Pair, stride: Pair, padding: Pair): NdArray {
  const [sh, sw] = stride;
  const [ph, pw] = padding;
  const [kh, kw] = kernel;
  const spec = "b c (sh*h + kh - ph) (sw*w + kw - pw) -> b c h w";
  return einsum(spec, [x], { params: { sh, sw, ph, pw }, sizes: { kh, kw }, reduce: "max" });
}

/** The same by the layer, which stands for that spec. */
export function maxpool2dLayer(x: NdArray, kernelSize: Pair, stride: Pair, padding: Pair): NdArray {
  return layer(x, { kernelSize, stride, padding });
}
