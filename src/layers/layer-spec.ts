/**
 * What a layer stands for: a spec, and what `compile` needs beside it. No layer has a kernel of its own. What becomes of its
 * values before they are stored is its epilogue: a bias, a residual, a factor, an activation, in this order.
 *
 *     activation((x + bias[o] + residual[b, o, y, x]) * scale)
 *
 * Invariant: the sizes of a layer's spec fit; whatever could be wrong was refused in the layer's own words before. A part of
 * an epilogue that is not asked for costs nothing.
 */
import type { CompileOptions } from "../compile.ts";
import * as activations from "../ir/activations.ts";
import type { Reduction } from "../ir/contraction.ts";
import { elementOf, type Elementwise, VALUE } from "../ir/elementwise.ts";
import { printElementwise } from "../ir/print-elementwise.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/layers.ts";
import { copyOf } from "../support/read.ts";

export type Shape = readonly number[];

/** The options of `compile` that a layer fixes. */
export type LayerSpecOptions = Pick<
  CompileOptions,
  "shapes" | "operands" | "notation" | "sizes" | "reduce" | "outputShape"
>;

/** A layer as the spec that it stands for: `compile(layer.spec, layer.options)` compiles it. */
export interface LayerSpec {
  /** The layer's name: `conv2d`. */
  readonly layer: string;
  /** In the named notation. */
  readonly spec: string;
  readonly options: LayerSpecOptions;
  readonly outputShape: Shape;
  /** What elements of the output hold that nothing reaches, where that is not 0. */
  readonly fill?: number;
  /** What becomes of each value before it is stored. */
  readonly epilogue?: LayerEpilogue;
  /** The spec, and what it does not say itself: reductions other than the sum, sizes that no operand has. */
  toString(): string;
}

/** An expression over each value, and the arrays that it reads beside it: they follow the operands. */
export interface LayerEpilogue {
  readonly further: readonly LayerFurther[];
  readonly expression: Elementwise;
}

/** An array that an epilogue reads along some axes of the output. */
export interface LayerFurther {
  readonly name: string;
  readonly shape: Shape;
  /** Which axis of the output each of its own is. */
  readonly axes: readonly number[];
}

/** A term of a spec, with the shape of its operand and what the operand is called. */
export interface LayerOperand {
  readonly name: string;
  readonly axes: readonly string[];
  readonly shape: Shape;
}

/** What a layer is made of, beside its operands. */
export interface LayerParts {
  readonly output: readonly string[];
  readonly outputShape: Shape;
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  readonly reduce?: Reduction;
  /** Whether the output's shape is not the one that would be inferred. */
  readonly fixed?: boolean;
  readonly fill?: number;
  readonly epilogue?: LayerEpilogue | undefined;
}

/** Puts a layer together. */
export function layerSpec(layer: string, operands: readonly LayerOperand[], parts: LayerParts): LayerSpec {
  const { output, outputShape, sizes = {}, reduce, fixed = false, fill = 0, epilogue } = parts;
  const spec = `${operands.map(({ axes }) => axes.join(" ")).join(", ")} -> ${output.join(" ")}`.trim();
  const options: LayerSpecOptions = Object.freeze({
    shapes: operands.map(({ shape }) => shape),
    operands: operands.map(({ name }) => name),
    notation: "named",
    ...(Object.keys(sizes).length > 0 && { sizes: Object.freeze(sizes) }),
    ...(reduce && { reduce }),
    ...(fixed && { outputShape }),
  });
  const notes = [
    ...(reduce ? [`reduced by ${reduce}`] : []),
    ...Object.entries(sizes).map(([name, size]) => `|${name}| = ${size}`),
    ...(fixed ? [`to ${outputShape.join(" x ")}`] : []),
    ...(Object.is(fill, 0) ? [] : [`elsewhere ${fill}`]),
    ...(epilogue ? [`then ${printEpilogue(epilogue, output)}`] : []),
  ];
  // What a layer prints decides which kernel is found for it: nobody changes one afterwards.
  const made = Object.freeze({
    layer,
    spec,
    options,
    outputShape,
    ...(Object.is(fill, 0) ? {} : { fill }),
    ...(epilogue && { epilogue }),
    toString: () => [spec, ...notes].join(", "),
  });
  layers.add(made);
  return made;
}

/** The layers that were put together here, and so are sound. */
const layers = /* @__PURE__ */ new WeakSet<LayerSpec>();

/** The arrays that a layer takes, in order: its operands, then those of its epilogue. */
export function arraysOf({ options, epilogue }: LayerSpec): readonly Pick<LayerFurther, "name" | "shape">[] {
  const own = (options.operands ?? []).map((name, at) => ({ name, shape: options.shapes[at] as Shape }));
  return [...own, ...(epilogue?.further ?? [])];
}

/** Refuses what is no layer. */
export function checkLayer(layer: LayerSpec): LayerSpec {
  if (!layers.has(layer)) throw messages.notALayer(layer);
  return layer;
}

/** `relu(x + bias[o])`, where x is the value. */
function printEpilogue({ further, expression }: LayerEpilogue, output: readonly string[]): string {
  return printElementwise(expression, "x", (access) => {
    const { name, axes } = required(further[access], "an array of an epilogue");
    return `${name}[${axes.map((axis) => output[axis]).join(", ")}]`;
  });
}

/** Refuses an array of another shape than the one that is wanted. */
export function checkShape(layer: string, what: string, wanted: Shape, found: Shape): void {
  if (found.join() !== wanted.join()) throw messages.layerShape(layer, what, wanted, found);
}

/** A copy of a shape; refuses what is none. Arrays have been checked, but a spec may be asked for without any. */
export function readShape(layer: string, what: string, shape: unknown): Shape {
  const sizes = copyOf(shape, 1);
  if (Array.isArray(sizes) && sizes.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)) return sizes;
  throw messages.layerOption(layer, `the shape of ${what}`, "a list of sizes", shape);
}

/** Reads a choice that is on or off. */
export function readFlag(layer: string, option: string, value: unknown = false): boolean {
  if (typeof value === "boolean") return value;
  throw messages.layerOption(layer, option, "true or false", value);
}

/** An activation by its name, as PyTorch's function of that name; with parameters where it has some. */
export type Activation =
  | keyof typeof BY_NAME
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

const BY_NAME = {
  relu: activations.relu,
  leakyRelu: (x) => activations.leakyRelu(x),
  sigmoid: activations.sigmoid,
  tanh: activations.tanh,
  gelu: (x) => activations.gelu(x),
  geluTanh: (x) => activations.gelu(x, "tanh"),
  silu: activations.silu,
} satisfies Record<string, (x: Elementwise) => Elementwise>;

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
  const words = Object.keys(BY_NAME)
    .map((word) => `"${word}"`)
    .join(", ");
  const wanted = `one of ${words}, or { name: "leakyRelu", slope }, or { name: "clamp", min, max }`;
  throw messages.layerOption(layer, "activation", wanted, activation);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
