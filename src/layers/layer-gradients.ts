/**
 * The gradients of a layer by its operands and by the arrays of its epilogue.
 *
 *     out = relu(value + bias[o])     -->     value = the layer without its epilogue
 *                                             dvalue = value + bias[o] > 0 ? dout : 0
 *                                             dbias[o] = sum over all else of dvalue; and the gradients of the spec, from dvalue
 *
 * Invariant: what several gradients need is computed once; the value, only where the derivative of the epilogue depends on it.
 */
import type { EvaluateOption } from "../compile.ts";
import type { TensorType } from "../ir/tensor.ts";
import { runGradients } from "../jit/gradient-program.ts";
import { checkArrays, type NdArray, type View } from "../jit/nd-array.ts";
import { published } from "../support/errors.ts";
import { cotangentShape } from "../support/messages/gradients.ts";
import * as messages from "../support/messages/layers.ts";
import { reading, readOptions } from "../support/read.ts";
import { bindLayer } from "./bind-layer.ts";
import { arraysOf, checkLayer, checkShape, type LayerSpec } from "./layer-spec.ts";
import { viewOf } from "./run-layer.ts";

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
  const cotangent = viewOf(layer.layer, "the cotangent", incoming);
  if (cotangent.shape.join() !== layer.outputShape.join()) throw cotangentShape(layer.outputShape, cotangent.shape);
  const names = arraysOf(layer).map(({ name }) => name);
  const views = checkOperands(layer, arrays);
  const only = wanted === undefined ? undefined : checkNames(layer, names, wanted);
  const by = names.flatMap((name, at) => ((only?.has(name) ?? true) ? [at] : []));
  const request = {
    key: `${layer.layer}: ${String(layer)}; ${by.join()}; `,
    bind: (tensors: readonly TensorType[]) => bindLayer(layer, tensors),
    by: () => by,
    evaluate: chosen.evaluate,
  };
  const gradients = runGradients(request, views, cotangent);
  return names.map((_, at) => gradients[by.indexOf(at)]);
});

/** The operands of a layer, then the arrays of its epilogue; refuses other numbers and shapes of them than it has. */
function checkOperands(layer: LayerSpec, arrays: unknown): readonly View[] {
  const wanted = arraysOf(layer);
  const views = checkArrays(arrays, (at) => `${layer.layer}: the ${wanted[at]?.name ?? "array"}`);
  if (views.length !== wanted.length) {
    const names = wanted.map(({ name }) => name).join(", ");
    throw messages.layerOption(layer.layer, "the arrays", `a list of ${names}`, views.length);
  }
  wanted.forEach(({ name, shape }, at) => checkShape(layer.layer, `the ${name}`, shape, (views[at] as View).shape));
  return views;
}

/** The names of a set; a list would do as well, but for what it does with a mistake. */
function checkNames({ layer }: LayerSpec, known: readonly string[], wanted: unknown): GradientNames {
  const names = reading(() => (wanted instanceof Set ? [...(wanted as Set<unknown>)] : [undefined]));
  if (names.every((name) => typeof name === "string" && known.includes(name))) return new Set(names as string[]);
  throw messages.layerOption(layer, "the wanted gradients", `a Set of some of ${known.join(", ")}`, wanted);
}
