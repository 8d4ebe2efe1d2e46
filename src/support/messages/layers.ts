/** Messages of layers, in a layer's own words, with the formula and the numbers. One function a code. */
import { EinsumError } from "../errors.ts";
import { describe } from "../describe.ts";

/** One axis of a window, as its formula needs it. */
export interface WindowAxis {
  /** `y`. */
  readonly name: string;
  /** Elements of the input along the axis. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

export function layerChannels(
  layer: string,
  channels: number,
  groups: number | undefined,
  weight: { readonly axis: number; readonly size: number },
): EinsumError {
  const { axis, size } = weight;
  const grouped =
    groups === undefined || groups === 1
      ? ""
      : ` in ${groups} groups, ${channels} / ${groups} = ${channels / groups} in each`;
  return new EinsumError({
    code: "layer-channels",
    summary: `${layer}: the input has ${channels} channels${grouped}, the weight ${size} on axis ${axis}`,
    remedy: groups === undefined ? "make both equal" : "make both equal, or set groups",
  });
}

export function layerColumns(layer: string, found: number, windows: readonly number[]): EinsumError {
  const count = windows.reduce((product, size) => product * size, 1);
  return new EinsumError({
    code: "layer-columns",
    summary: `${layer}: the input has ${found} columns, but there are ${windows.join(" * ")} = ${count} windows`,
    remedy: "pass the outputSize, stride, padding and dilation that the input was unfolded with",
  });
}

export function layerCrop(layer: string, axis: number, size: number, [low, high]: readonly number[]): EinsumError {
  return new EinsumError({
    code: "layer-crop",
    summary: `${layer}: axis ${axis} of size ${size} is cropped to ${size} + (${low}) + (${high}) = ${size + (low ?? 0) + (high ?? 0)}`,
    remedy: "crop no more than there is",
  });
}

export function layerDtype(layer: string, wanted: string, found: string): EinsumError {
  return new EinsumError({
    code: "layer-dtype",
    summary: `${layer} needs ${wanted}, found ${found}`,
    remedy: "convert the arrays to float64 or float32",
  });
}

export function layerGroups(layer: string, groups: number, what: string, channels: number): EinsumError {
  return new EinsumError({
    code: "layer-groups",
    summary: `${layer}: ${groups} groups do not divide the ${channels} ${what}`,
    remedy: "groups must divide the channels of the input and those of the output",
  });
}

export function layerOption(layer: string, option: string, wanted: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "layer-option",
    summary: `${layer}: ${option} must be ${wanted}, found ${show(found)}`,
  });
}

export function layerOutputEmpty(layer: string, axis: string, formula: string, size: number): EinsumError {
  return new EinsumError({
    code: "layer-output-empty",
    summary: `${layer}: the output along ${axis} would have ${formula} = ${size} elements`,
    remedy: "pad less, or pass a larger input",
  });
}

export function layerOutputPadding(
  layer: string,
  axis: string,
  found: number,
  stride: number,
  dilation: number,
): EinsumError {
  return new EinsumError({
    code: "layer-output-padding",
    summary: `${layer}: outputPadding ${found} along ${axis} is not smaller than stride ${stride} or dilation ${dilation}`,
    remedy: "outputPadding chooses among the sizes that a strided convolution maps to one: at most stride - 1",
  });
}

export function layerPoolPadding(layer: string, { name, kernel, before, after }: WindowAxis): EinsumError {
  const most = Math.floor(kernel / 2);
  return new EinsumError({
    code: "layer-pool-padding",
    summary: `${layer}: padding ${Math.max(before, after)} along ${name} is more than half the window, ${kernel} / 2 = ${kernel / 2}`,
    remedy: `pad by at most ${most}, or ask for padRule "onnx", which allows windows of padding alone`,
  });
}

export function layerRank(
  layer: string,
  what: string,
  wanted: readonly string[],
  found: readonly number[],
): EinsumError {
  return new EinsumError({
    code: "layer-rank",
    summary: `${layer}: ${what} must have shape ${wanted.join(" or ")}, found [${found.join(", ")}]`,
  });
}

export function layerRows(layer: string, found: number, kernel: readonly number[]): EinsumError {
  const count = kernel.reduce((product, size) => product * size, 1);
  return new EinsumError({
    code: "layer-rows",
    summary: `${layer}: the input has ${found} rows, no multiple of the ${kernel.join(" * ")} = ${count} elements of a window`,
    remedy: "pass the kernelSize that the input was unfolded with",
  });
}

export function layerSameStride(layer: string, axis: string, stride: number): EinsumError {
  return new EinsumError({
    code: "layer-same-stride",
    summary: `${layer}: padding "same" keeps the size, but stride ${stride} along ${axis} divides it`,
    remedy: "give the padding in numbers",
  });
}

export function layerShape(
  layer: string,
  what: string,
  wanted: readonly number[],
  found: readonly number[],
): EinsumError {
  return new EinsumError({
    code: "layer-shape",
    summary: `${layer}: ${what} must have shape [${wanted.join(", ")}], found [${found.join(", ")}]`,
  });
}

export function layerWindow(layer: string, { name, size, kernel, dilation, before, after }: WindowAxis): EinsumError {
  const span = dilation * (kernel - 1) + 1;
  const formula = dilation === 1 ? `${span}` : `${dilation}*(${kernel} - 1) + 1 = ${span}`;
  return new EinsumError({
    code: "layer-window",
    summary: `${layer}: the window along ${name} spans ${formula} elements, but the padded input has ${size} + ${before} + ${after} = ${size + before + after}`,
    remedy: "pad more, or make the window smaller",
  });
}

export function notALayer(found: unknown): EinsumError {
  return new EinsumError({
    code: "not-a-layer",
    summary: `a layer must be one that convSpec and its like return, found ${describe(found)}`,
    remedy: "pass what they return as it is, not a copy of it",
  });
}

/** As `describe`, but short lists with what is in them. */
function show(value: unknown, levels = 3): string {
  try {
    if (levels === 0 || !Array.isArray(value) || value.length > 8) return describe(value);
    // Not by its iterator: a list may grow while it is read.
    return `[${Array.from({ length: value.length }, (_, at) => show(value[at], levels - 1)).join(", ")}]`;
  } catch {
    return describe(value);
  }
}
