/**
 * The gradients of a layer by its operands and by the arrays of its epilogue: those of its spec, behind its epilogue.
 *
 *     out = relu(z + bias[o])     -->     z = the layer without its epilogue
 *                                         dz = dout * step(z + bias[o])
 *                                         dbias[o] = sum over all else of dz; and the gradients of the spec, from dz
 *
 * Invariant: what several gradients need is computed once; z, only where the derivative of the epilogue depends on it.
 */
import type { EvaluateOption } from "../compile.ts";
import { differentiateElementwise, isZero, multiply, readsValue } from "../grad/elementwise.ts";
import { VALUE, elementOf } from "../ir/activations.ts";
import { printElementwise, type Elementwise } from "../ir/elementwise.ts";
import type { TensorType } from "../ir/tensor.ts";
import { einsum } from "../jit/einsum.ts";
import { runGradients } from "../jit/gradient-program.ts";
import { checkArrays, type NdArray, type View } from "../jit/nd-array.ts";
import { gatherOrPeel } from "../loops/gather-nests.ts";
import { published, required } from "../support/errors.ts";
import { cotangentShape } from "../support/messages/gradients.ts";
import * as messages from "../support/messages/layers.ts";
import { reading, readOptions } from "../support/read.ts";
import { bindLayer } from "./bind-layer.ts";
import { checkLayer, layerSpec, type LayerEpilogue, type LayerSpec, type Shape } from "./layer-spec.ts";
import { runLayer, viewOf } from "./run-layer.ts";

/** Which gradients are wanted: of the operands and of the arrays of the epilogue, by their names in the layer. */
export type GradientNames = ReadonlySet<string>;

/**
 * The gradients by the operands of a layer, then by the arrays of its epilogue, in their order; `arrays` holds these too.
 * Those whose names are not `wanted` are absent; all are there by default. The last argument takes `evaluate`.
 */
export const layerGradients = /* @__PURE__ */ published(function layerGradients(
  given: LayerSpec,
  arrays: readonly NdArray[],
  incoming: NdArray,
  wanted?: GradientNames,
  how: EvaluateOption = {},
): (NdArray | undefined)[] {
  const chosen = readOptions(how, ["evaluate"]);
  const layer = checkLayer(given);
  const { options, epilogue } = layer;
  const cotangent = viewOf(layer.layer, "the cotangent", incoming);
  if (cotangent.shape.join() !== layer.outputShape.join()) throw cotangentShape(layer.outputShape, cotangent.shape);
  const names = options.operands ?? [];
  const views = checkOperands(layer, arrays);
  const operands = views.slice(0, names.length);
  const further = views.slice(names.length);
  const only = wanted === undefined ? undefined : checkNames(layer, wanted);
  const isWanted = (name: string): boolean => only?.has(name) ?? true;
  const by = names.flatMap((name, at) => (isWanted(name) ? [at] : []));
  const bare = withoutEpilogue(layer);
  if (!epilogue) return placed(names.length, by, bareGradients(bare, operands, by, cotangent, chosen));
  const before = gradientsBefore(bare, epilogue, operands, further, cotangent, chosen);
  const value = by.length > 0 ? bareGradients(bare, operands, by, before("value"), chosen) : [];
  const rest = epilogue.further.map(({ name, axes }, at) =>
    isWanted(name) ? sumOver(before(at), axes, chosen) : undefined,
  );
  return [...placed(names.length, by, value), ...rest];
});

/** The operands of a layer, then the arrays of its epilogue; refuses other numbers and shapes of them than it has. */
function checkOperands({ layer, options, epilogue }: LayerSpec, arrays: unknown): readonly View[] {
  const names = [...(options.operands ?? []), ...(epilogue?.further ?? []).map(({ name }) => name)];
  const shapes = [...options.shapes, ...(epilogue?.further ?? []).map(({ shape }) => shape)] as readonly Shape[];
  const views = checkArrays(arrays, (at) => `${layer}: the ${names[at] ?? "array"}`);
  if (views.length !== names.length) {
    throw messages.layerOption(layer, "the arrays", `a list of ${names.join(", ")}`, views.length);
  }
  views.forEach(({ shape }, at) => {
    const wanted = shapes[at] ?? [];
    if (shape.join() !== wanted.join()) throw messages.layerShape(layer, `the ${names[at]}`, wanted, shape);
  });
  return views;
}

/** The names of a set; a list would do as well, but for what it does with a mistake. */
function checkNames({ layer, options, epilogue }: LayerSpec, wanted: unknown): GradientNames {
  const known = [...(options.operands ?? []), ...(epilogue?.further ?? []).map(({ name }) => name)];
  const names = reading(() => (wanted instanceof Set ? [...(wanted as Set<unknown>)] : [undefined]));
  if (names.every((name) => typeof name === "string" && known.includes(name))) return new Set(names as string[]);
  throw messages.layerOption(layer, "the wanted gradients", `a Set of some of ${known.join(", ")}`, wanted);
}

/** Gradients at the positions that they were asked for. */
function placed(count: number, by: readonly number[], gradients: readonly NdArray[]): (NdArray | undefined)[] {
  return Array.from({ length: count }, (_, at) => gradients[by.indexOf(at)]);
}

function withoutEpilogue(layer: LayerSpec): LayerSpec {
  const { epilogue: _, ...rest } = layer;
  const { sizes = {}, reduce = "sum", outputShape } = layer.options;
  const text = `${layer.spec}; ${JSON.stringify([sizes, reduce, outputShape ?? null])}`;
  return { ...rest, toString: () => text };
}

function bareGradients(
  layer: LayerSpec,
  operands: readonly NdArray[],
  by: readonly number[],
  cotangent: NdArray,
  { evaluate }: EvaluateOption,
): NdArray[] {
  const names = layer.options.operands ?? [];
  const views = operands.map((operand, at) => viewOf(layer.layer, `the ${names[at] ?? "operand"}`, operand));
  const request = {
    key: `${layer.layer}: ${String(layer)}; ${by.join()}; `,
    bind: (tensors: readonly TensorType[]) => bindLayer(layer, tensors),
    by: () => by,
    evaluate,
  };
  return runGradients(request, views, viewOf(layer.layer, "the cotangent", cotangent));
}

/**
 * Gives the gradient before the epilogue: by the value it is applied to, or by the elements of one of its arrays, of the
 * shape of the output. Each is computed once; those whose derivatives are the same are one.
 */
function gradientsBefore(
  bare: LayerSpec,
  epilogue: LayerEpilogue,
  operands: readonly NdArray[],
  further: readonly NdArray[],
  cotangent: NdArray,
  given: EvaluateOption,
): (by: "value" | number) => NdArray {
  const known = new Map<string, NdArray>();
  let value: NdArray | undefined;
  const valueOf = (): NdArray =>
    (value ??= runLayer(
      bare,
      operands.map((operand) => viewOf(bare.layer, "an operand", operand)),
      given,
      gatherOrPeel,
    ));
  return (by) => {
    const factor = differentiateElementwise(epilogue.expression, by);
    const key = printElementwise(factor, "x");
    const found =
      known.get(key) ??
      (key === "1"
        ? cotangent
        : applyFactor(factor, epilogue, readsValue(factor) ? valueOf() : null, further, cotangent, given));
    known.set(key, found);
    return found;
  };
}

/** The cotangent times a factor, which reads the value where there is one, and the arrays of the epilogue. */
function applyFactor(
  factor: Elementwise,
  { further }: LayerEpilogue,
  value: NdArray | null,
  arrays: readonly NdArray[],
  cotangent: NdArray,
  given: EvaluateOption,
): NdArray {
  const { shape } = cotangent;
  const axes = axisNames(shape);
  const read = isZero(factor) || value === null ? cotangent : value;
  const dout = { name: "dout", shape, axes: shape.map((_, axis) => axis) };
  const expression = multiply(value ? elementOf(further.length) : VALUE, factor);
  const layer = layerSpec("epilogueGradient", [{ name: "input", axes, shape }], {
    output: axes,
    outputShape: shape,
    epilogue: { further: value ? [...further, dout] : further, expression },
  });
  const inputs = [read, ...arrays, ...(value ? [cotangent] : [])];
  return runLayer(
    layer,
    inputs.map((array) => viewOf("epilogueGradient", "an array", array)),
    given,
  );
}

/** Sums over the axes of the output that an array of the epilogue does not have. */
function sumOver(array: NdArray, axes: readonly number[], { evaluate }: EvaluateOption): NdArray {
  const names = axisNames(array.shape);
  const kept = axes.map((axis) => required(names[axis], "an axis of the output"));
  return einsum(`${names.join(" ")} -> ${kept.join(" ")}`, [array], { notation: "named", evaluate });
}

function axisNames(shape: readonly number[]): string[] {
  return shape.map((_, axis) => `a${axis}`);
}
