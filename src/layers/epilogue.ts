/**
 * What becomes of a layer's values before they are stored: a bias, a residual, a factor, an activation, in this order.
 *
 *     activation((x + bias[o] + residual[b, o, y, x]) * scale)
 *
 * Invariant: a part that is not asked for costs nothing.
 */
import * as activations from "../ir/activations.ts";
import { elementOf, VALUE, type Elementwise } from "../ir/elementwise.ts";
import * as messages from "../support/messages/layers.ts";
import type { LayerEpilogue, LayerFurther, Shape } from "./layer-spec.ts";
import { readFlag } from "./windows.ts";

/** An activation by its name, as PyTorch's function of that name; with parameters where it has some. */
export type Activation =
  | "relu"
  | "leakyRelu"
  | "sigmoid"
  | "tanh"
  | "gelu"
  | "geluTanh"
  | "silu"
  | { readonly name: "leakyRelu"; readonly slope: number }
  | { readonly name: "clamp"; readonly min: number; readonly max: number };

/** What follows a layer. */
export interface EpilogueOptions {
  /** Whether one number an output channel is added. */
  readonly bias?: boolean | undefined;
  /** Whether an array of the output's shape is added, behind the bias. */
  readonly residual?: boolean | undefined;
  /** Multiplies what there is so far; 1 where absent. */
  readonly scale?: number | undefined;
  /** Applied last; none where absent. */
  readonly activation?: Activation | undefined;
}

/** The compiler sees to it that none is missing. */
export const EPILOGUE_OPTIONS = { bias: 0, residual: 0, scale: 0, activation: 0 } satisfies Record<
  keyof EpilogueOptions,
  0
>;

const BY_NAME = {
  relu: activations.relu,
  leakyRelu: (x) => activations.leakyRelu(x),
  sigmoid: activations.sigmoid,
  tanh: activations.tanh,
  gelu: (x) => activations.gelu(x),
  geluTanh: (x) => activations.gelu(x, "tanh"),
  silu: activations.silu,
} satisfies Record<string, (x: Elementwise) => Elementwise>;

/** The names of the activations that need no parameter. */
export const ACTIVATION_NAMES: readonly string[] = Object.keys(BY_NAME);

/** The epilogue of a layer whose output has some shape, with its channels on an axis; undefined where there is none. */
export function readEpilogue(
  layer: string,
  { bias, residual, scale = 1, activation }: EpilogueOptions,
  outputShape: Shape,
  channelAxis: number,
): LayerEpilogue | undefined {
  const further: LayerFurther[] = [];
  let expression: Elementwise = VALUE;
  if (readFlag(layer, "bias", bias)) {
    further.push({ name: "bias", shape: [outputShape[channelAxis] as number], axes: [channelAxis] });
  }
  if (readFlag(layer, "residual", residual)) {
    further.push({ name: "residual", shape: outputShape, axes: outputShape.map((_, axis) => axis) });
  }
  for (const access of further.keys()) expression = activations.binary("add", expression, elementOf(access));
  if (typeof scale !== "number" || !Number.isFinite(scale)) {
    throw messages.layerOption(layer, "scale", "a finite number", scale);
  }
  if (scale !== 1) expression = activations.binary("mul", expression, activations.constantOf(scale));
  expression = activate(layer, expression, activation);
  return expression === VALUE ? undefined : { further, expression };
}

function activate(layer: string, value: Elementwise, activation: unknown): Elementwise {
  if (activation === undefined) return value;
  if (typeof activation === "string" && Object.hasOwn(BY_NAME, activation)) {
    return BY_NAME[activation as keyof typeof BY_NAME](value);
  }
  const given = typeof activation === "object" && activation !== null ? activation : {};
  const { name, slope, min, max } = given as Readonly<Record<string, unknown>>;
  if (name === "leakyRelu" && isNumber(slope)) return activations.leakyRelu(value, slope);
  if (name === "clamp" && isNumber(min) && isNumber(max)) return activations.clamp(value, min, max);
  const words = ACTIVATION_NAMES.map((word) => `"${word}"`).join(", ");
  const wanted = `one of ${words}, or { name: "leakyRelu", slope }, or { name: "clamp", min, max }`;
  throw messages.layerOption(layer, "activation", wanted, activation);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
