/**
 * Layers as one would write them first: loops over every element, bounds tested, nothing shared with the compiler. They
 * take any number of spatial axes, and arrays in row-major order.
 *
 * Invariant: every formula is that of PyTorch's documentation, written out here once more.
 */

/** A row-major array of doubles. */
export interface Dense {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

export interface NaiveWindow {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Before and after each axis. */
  readonly padding: readonly (readonly [number, number])[];
}

/** Makes an array, each element from its place. */
export function makeDense(shape: readonly number[], elementAt: (place: readonly number[]) => number): Dense {
  const places = placesOf(shape);
  return { data: Float64Array.from(places, elementAt), shape };
}

/** Every place of a shape, in row-major order. */
export function placesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (places, size) => places.flatMap((place) => Array.from({ length: size }, (_, at) => [...place, at])),
    [[]],
  );
}

/** The element at a place; undefined outside. */
export function elementAt({ data, shape }: Dense, place: readonly number[]): number | undefined {
  if (place.some((at, axis) => at < 0 || at >= (shape[axis] as number))) return undefined;
  return data[place.reduce((address, at, axis) => address * (shape[axis] as number) + at, 0)];
}

/** A convolution of `[N, I, ...]` with `[O, I / groups, ...]`. */
export function naiveConv(input: Dense, weight: Dense, groups: number, window: NaiveWindow, bias?: Dense): Dense {
  const [batch, , ...sizes] = input.shape as [number, number, ...number[]];
  const [outputs, inputs, ...kernel] = weight.shape as [number, number, ...number[]];
  const counts = sizes.map((size, axis) => countOf(size, kernel[axis] as number, window, axis, false));
  return makeDense([batch, outputs, ...counts], ([b = 0, o = 0, ...at]) => {
    const group = Math.floor(o / (outputs / groups));
    let sum = 0;
    for (let i = 0; i < inputs; i++) {
      for (const k of placesOf(kernel)) {
        const value = elementAt(input, [b, group * inputs + i, ...positionOf(at, k, window)]);
        if (value !== undefined) sum += value * (elementAt(weight, [o, i, ...k]) as number);
      }
    }
    return sum + (bias?.data[o] ?? 0);
  });
}

/** A transposed convolution of `[N, I, ...]` with `[I, O / groups, ...]`: each element of the input adds a window. */
export function naiveConvTranspose(
  input: Dense,
  weight: Dense,
  groups: number,
  window: NaiveWindow & { readonly outputPadding: readonly number[] },
  bias?: Dense,
): Dense {
  const [batch, inputs, ...sizes] = input.shape as [number, number, ...number[]];
  const [, outputs, ...kernel] = weight.shape as [number, number, ...number[]];
  const { stride, dilation, padding, outputPadding } = window;
  const lengths = sizes.map((size, axis) => {
    const [before, after] = padding[axis] as readonly [number, number];
    const span = (dilation[axis] as number) * ((kernel[axis] as number) - 1);
    return (size - 1) * (stride[axis] as number) - before - after + span + (outputPadding[axis] as number) + 1;
  });
  const result = makeDense([batch, outputs * groups, ...lengths], ([, o = 0]) => bias?.data[o] ?? 0);
  for (const [b = 0, i = 0, ...at] of placesOf(input.shape)) {
    const group = Math.floor(i / (inputs / groups));
    for (const [o = 0, ...k] of placesOf([outputs, ...kernel])) {
      const place = [b, group * outputs + o, ...positionOf(at, k, window)];
      if (elementAt(result, place) === undefined) continue;
      const address = place.reduce((sum, step, axis) => sum * (result.shape[axis] as number) + step, 0);
      const added = (elementAt(input, [b, i, ...at]) as number) * (elementAt(weight, [i, o, ...k]) as number);
      result.data[address] = (result.data[address] as number) + added;
    }
  }
  return result;
}

export interface NaivePool extends NaiveWindow {
  readonly kernel: readonly number[];
  readonly ceilMode: boolean;
}

/** The maximum over windows of `[N, C, ...]`; padding is -Infinity. */
export function naiveMaxPool(input: Dense, pool: NaivePool): Dense {
  return poolBy(input, pool, (values) => Math.max(...values));
}

/** The mean over windows of `[N, C, ...]`; what lies behind the padding is no element of a window. */
export function naiveAvgPool(
  input: Dense,
  pool: NaivePool,
  options: { readonly countIncludePad: boolean; readonly divisorOverride?: number | undefined },
): Dense {
  const sizes = input.shape.slice(2);
  return poolBy(input, pool, (values, at) => {
    const padded = placesOf(pool.kernel).filter((k) =>
      positionOf(at, k, pool).every((place, axis) => place < (sizes[axis] as number) + (pool.padding[axis]?.[1] ?? 0)),
    );
    const count = options.countIncludePad ? padded.length : values.length;
    return values.reduce((sum, value) => sum + value, 0) / (options.divisorOverride ?? count);
  });
}

/** The gradient of a maximum over windows: to the first element that is it. */
export function naiveMaxPoolGrad(input: Dense, pool: NaivePool, cotangent: Dense): Dense {
  return scatterBy(input, pool, cotangent, (places, value) => {
    const values = places.map((place) => elementAt(input, place) as number);
    const at = values.indexOf(Math.max(...values));
    return places.map((_, number) => (number === at ? value : 0));
  });
}

/** The gradient of a mean over windows. */
export function naiveAvgPoolGrad(
  input: Dense,
  pool: NaivePool,
  options: { readonly countIncludePad: boolean; readonly divisorOverride?: number | undefined },
  cotangent: Dense,
): Dense {
  // A mean is linear: what an element adds to a window's is the mean of ones, divided among the elements.
  const ones = makeDense(input.shape, () => 1);
  const sums = naiveAvgPool(ones, pool, { countIncludePad: true, divisorOverride: 1 });
  const means = naiveAvgPool(ones, pool, options);
  return scatterBy(input, pool, cotangent, (places, value, at) => {
    const share = (elementAt(means, at) as number) / (elementAt(sums, at) as number);
    return places.map(() => value * share);
  });
}

/** Adds up what each window gives to its elements, of which `share` takes the places. */
function scatterBy(
  input: Dense,
  pool: NaivePool,
  cotangent: Dense,
  share: (places: readonly number[][], value: number, at: readonly number[]) => readonly number[],
): Dense {
  const result = makeDense(input.shape, () => 0);
  for (const at of placesOf(cotangent.shape)) {
    const [b = 0, c = 0, ...position] = at;
    const window = placesOf(pool.kernel).map((k) => [b, c, ...positionOf(position, k, pool)]);
    const inside = window.filter((place) => elementAt(input, place) !== undefined);
    const shares = share(inside, elementAt(cotangent, at) as number, at);
    inside.forEach((place, number) => {
      const address = place.reduce((sum, step, axis) => sum * (input.shape[axis] as number) + step, 0);
      result.data[address] = (result.data[address] as number) + (shares[number] as number);
    });
  }
  return result;
}

function poolBy(
  input: Dense,
  pool: NaivePool,
  reduce: (values: readonly number[], at: readonly number[]) => number,
): Dense {
  const [batch, channels, ...sizes] = input.shape as [number, number, ...number[]];
  const counts = sizes.map((size, axis) => countOf(size, pool.kernel[axis] as number, pool, axis, pool.ceilMode));
  return makeDense([batch, channels, ...counts], ([b = 0, c = 0, ...at]) => {
    const values = placesOf(pool.kernel).flatMap((k) => elementAt(input, [b, c, ...positionOf(at, k, pool)]) ?? []);
    return reduce(values, at);
  });
}

/** An array in a larger one, or a part of it. */
export function naivePad(input: Dense, pads: readonly (readonly [number, number])[], value: number): Dense {
  const shape = input.shape.map((size, axis) => size + (pads[axis]?.[0] ?? 0) + (pads[axis]?.[1] ?? 0));
  return makeDense(
    shape,
    (place) =>
      elementAt(
        input,
        place.map((at, axis) => at - (pads[axis]?.[0] ?? 0)),
      ) ?? value,
  );
}

/** Windows of `[N, C, H, W]` as columns, the window's elements row by row. */
export function naiveUnfold(input: Dense, kernel: readonly number[], window: NaiveWindow): Dense {
  const [batch, channels, ...sizes] = input.shape as [number, number, ...number[]];
  const counts = sizes.map((size, axis) => countOf(size, kernel[axis] as number, window, axis, false));
  const rows = placesOf([channels, ...kernel]);
  const columns = placesOf(counts);
  return makeDense([batch, rows.length, columns.length], ([b = 0, row = 0, column = 0]) => {
    const [c = 0, ...k] = rows[row] as number[];
    return elementAt(input, [b, c, ...positionOf(columns[column] as number[], k, window)]) ?? 0;
  });
}

/** Columns `[N, C * kH * kW, windows]` added up where their windows were. */
export function naiveFold(
  columns: Dense,
  kernel: readonly number[],
  sizes: readonly number[],
  window: NaiveWindow,
): Dense {
  const [batch, rows] = columns.shape as [number, number];
  const channels = rows / kernel.reduce((product, size) => product * size, 1);
  const elements = placesOf([channels, ...kernel]);
  const counts = sizes.map((size, axis) => countOf(size, kernel[axis] as number, window, axis, false));
  const result = makeDense([batch, channels, ...sizes], () => 0);
  for (const [b = 0, row = 0, column = 0] of placesOf(columns.shape)) {
    const [c = 0, ...k] = elements[row] as number[];
    const place = [b, c, ...positionOf(placesOf(counts)[column] as number[], k, window)];
    if (elementAt(result, place) === undefined) continue;
    const address = place.reduce((sum, step, axis) => sum * (result.shape[axis] as number) + step, 0);
    result.data[address] = (result.data[address] as number) + (elementAt(columns, [b, row, column]) as number);
  }
  return result;
}

/** How many windows there are along an axis: with `ceil`, as long as elements are left over and one begins before the end. */
function countOf(
  size: number,
  kernel: number,
  { stride, dilation, padding }: NaiveWindow,
  axis: number,
  ceil: boolean,
): number {
  const [before, after] = padding[axis] as readonly [number, number];
  const step = stride[axis] as number;
  const span = (dilation[axis] as number) * (kernel - 1) + 1;
  const padded = before + size + after;
  let count = 0;
  for (let start = 0; ceil ? start < before + size : start + span <= padded; start += step) {
    if (ceil && count > 0 && start - step + span >= padded) break;
    count++;
  }
  return count;
}

/** Where an element of a window lies. */
function positionOf(at: readonly number[], k: readonly number[], { stride, dilation, padding }: NaiveWindow): number[] {
  return at.map(
    (position, axis) =>
      position * (stride[axis] as number) +
      (k[axis] as number) * (dilation[axis] as number) -
      (padding[axis]?.[0] ?? 0),
  );
}
