/**
 * What a layer stands for: a spec, and what `compile` needs beside it. No layer has a kernel of its own.
 *
 * Invariant: the sizes of a layer's spec fit; whatever could be wrong was refused in the layer's own words before.
 */
import type { CompileOptions } from "../compile.ts";
import type { Reduction } from "../ir/contraction.ts";
import { printElementwise, type Elementwise } from "../ir/elementwise.ts";
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
