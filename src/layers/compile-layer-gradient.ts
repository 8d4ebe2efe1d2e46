/**
 * Compiles the gradient of a layer by one of its arrays to one kernel, its epilogue differentiated with it.
 *
 *     out = relu(value + bias[o])     -->     value = the layer without its epilogue
 *                                             dvalue = dout * step(value + bias[o])
 *                                             dinput: that of the layer without its epilogue, from dvalue
 *
 * Invariant: the kernel takes what the layer's takes, in its order, then the cotangent, whether it reads them or not.
 */
import { compileFound, findGradient, type GradientCompilation } from "../compile-gradient.ts";
import type { Gradient } from "../grad/differentiate.ts";
import { differentiateElementwise, multiply, readsValue } from "../grad/elementwise.ts";
import type { GradientStage } from "../grad/plan.ts";
import { axisIndices, cotangentOf, denseTensor, gradientAccess, orderIndices, plainAxis } from "../grad/transpose.ts";
import { elementOf, VALUE } from "../ir/activations.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { isFloat } from "../ir/dtype.ts";
import type { Elementwise } from "../ir/elementwise.ts";
import type { TensorType } from "../ir/tensor.ts";
import { published, required } from "../support/errors.ts";
import { gradientOfIntegers, unknownOperand } from "../support/messages/gradients.ts";
import { bindLayer } from "./bind-layer.ts";
import { readLayerOptions, tensorsOf, type CompileLayerOptions } from "./compile-layer.ts";
import { checkLayer, type LayerSpec } from "./layer-spec.ts";

/**
 * Compiles the gradient of a layer by one of its operands, or of the arrays of its epilogue, by name: "input", "weight",
 * "bias". Arrays are row-major and of one dtype.
 *
 * Refuses a name that is none of the layer's, and integers.
 */
export const compileLayerGradient = /* @__PURE__ */ published(function compileLayerGradient(
  given: LayerSpec,
  by: string,
  options: CompileLayerOptions = {},
): GradientCompilation {
  const { dtype, ...kernel } = readLayerOptions(options);
  const layer = checkLayer(given);
  const tensors = tensorsOf(layer, dtype);
  const at = tensors.findIndex(({ name }) => name === by);
  if (at < 0) {
    const names = tensors.map(({ name }) => name);
    throw unknownOperand(by, names);
  }
  if (!isFloat(dtype)) throw gradientOfIntegers(at, dtype);
  return compileFound(findLayerGradient(layer, tensors, at), { name: `${layer.layer}Grad`, ...kernel });
});

function findLayerGradient({ epilogue, ...bare }: LayerSpec, tensors: readonly TensorType[], by: number): Gradient {
  const count = bare.options.operands?.length ?? 0;
  const contraction = bindLayer(bare, tensors.slice(0, count));
  const { operands, output, dtype } = contraction;
  const rows = axisIndices(output);
  const whole = (tensor: TensorType): Access => ({ tensor, axes: rows.map(({ name }) => plainAxis(name)) });
  const incoming = whole(cotangentOf(contraction));
  const further = (epilogue?.further ?? []).map(({ axes }, number): Access => {
    const tensor = required(tensors[count + number], "an array of an epilogue");
    return { tensor, axes: axes.map((axis) => plainAxis(required(rows[axis], "an axis of the output").name)) };
  });
  const beside = [...further, incoming];
  const taken = [...operands, ...beside];
  const before: GradientStage[] = [];
  const add = (stage: Contraction, inputs: readonly number[]): number =>
    taken.length + before.push({ contraction: stage, inputs }) - 1;
  // The derivative of the epilogue, which may depend on the value before it.
  const factor = epilogue && differentiateElementwise(epilogue.expression, by < count ? "value" : by - count);
  let [read, id, dout]: [Access, number, Elementwise] = [incoming, taken.length - 1, VALUE];
  if (factor && readsValue(factor)) {
    read = whole(denseTensor("value", "float64", bare.outputShape));
    id = add({ ...contraction, output: { ...output, tensor: read.tensor } }, [...operands.keys()]);
    dout = elementOf(further.length);
  }
  const prologue = factor ? multiply(dout, factor) : VALUE;
  /** The cotangent times the factor, summed over the axes that what is written does not have. */
  const scaled = (written: Access): Contraction => ({
    indices: orderIndices(rows, [read], written),
    operands: [prologue === VALUE ? read : { ...read, prologue }],
    output: written,
    combine: "mul",
    reduce: "sum",
    dtype,
    further: beside,
  });
  const access = further[by - count];
  if (access) {
    const last = scaled(gradientAccess(access, taken));
    const found = { contraction: last, parts: [last], inputs: [id], accumulates: "" };
    return { ...found, operands: taken, beside: beside.length, before };
  }
  let cotangent = incoming;
  if (prologue !== VALUE) {
    cotangent = whole(denseTensor("dvalue", "float64", bare.outputShape));
    id = add(scaled(cotangent), [id]);
  }
  const inner = findGradient(contraction, by, undefined, cotangent.tensor);
  const ids = inner.operands.map(({ tensor: { name } }) =>
    name === cotangent.tensor.name ? id : operands.findIndex(({ tensor }) => tensor.name === name),
  );
  const first = taken.length + before.length - ids.length;
  const moved = (stage: GradientStage): GradientStage => ({
    contraction: stage.contraction,
    inputs: stage.inputs.map((one) => (one < 0 ? one : (ids[one] ?? first + one))),
  });
  const stages = { operands: taken, beside: beside.length, before: [...before, ...inner.before.map(moved)] };
  return { ...inner, ...stages, inputs: moved(inner).inputs };
}
