/**
 * `einsum`: evaluates a spec on arrays. The kernel for these dtypes, shapes, strides and options is compiled at the
 * first call and kept in a bounded cache. `einsumGrad`: its gradients on arrays.
 *
 * A gradient program is the kernels that compute the gradients of one contraction, in their order, and the arrays that they
 * hand to each other: `einsumGrad` and the gradients of layers run one.
 *
 * Invariant: the kernels that are kept are bounded in number and in scratch.
 */
import { kernelOfGradient } from "../compile-gradient.ts";
import { type EvaluateOption, namesOf } from "../compile.ts";
import { writeScript } from "../emit/script.ts";
import { checkDifferentiable } from "../grad/differentiate.ts";
import { cotangentOf } from "../grad/transpose.ts";
import { bindOperands } from "../ir/bind-operands.ts";
import type { Contraction } from "../ir/contraction.ts";
import type { Dtype, TypedArray } from "../ir/dtype.ts";
import { elementCount, type TensorType } from "../ir/tensor.ts";
import type { Kernel } from "../loops/kernel.ts";
import { choosePath, type Optimize } from "../path/choose.ts";
import { findGradientSteps, type GradientStep } from "../path/gradient-steps.ts";
import { splitSteps } from "../path/steps.ts";
import { makeKernel } from "../recipe/recipe.ts";
import { QUICK } from "../recipe/unread.ts";
import { parseSpec } from "../spec/parser.ts";
import { published, required } from "../support/errors.ts";
import { optionsAmongOperands } from "../support/messages/arrays.ts";
import * as messages from "../support/messages/gradients.ts";
import { copyItems, reading, readOptions } from "../support/read.ts";
import { evaluateKernel, type RunKernel, wantsEvaluation } from "./evaluate.ts";
import { findKernel, type KernelChoice, keyOfMeaning, keyOfView, tensorOf } from "./kernel-cache.ts";
import { allocate, createCache, scratchBytes, sum } from "./memory.ts";
import { checkArray, checkArrays, type NdArray, runOnArrays, trimBuffer, type View } from "./nd-array.ts";

/** The options of `einsum`: those of `compile` that the arrays do not give, and two of its own. */
export interface EinsumOptions extends KernelChoice {
  /** Where to put the result: an array of its shape and dtype, of any strides; it may share memory with operands. */
  readonly out?: NdArray | undefined;
}

interface Einsum {
  (spec: string, ...operands: NdArray[]): NdArray;
  (spec: string, operands: readonly NdArray[], options?: EinsumOptions): NdArray;
}

const OPTIONS = /* @__PURE__ */ namesOf<EinsumOptions>()(
  "sizes params notation outputShape reduce combine optimize specialize evaluate out",
);

/**
 * Evaluates a spec (NumPy's or einops' notation, with index expressions) on arrays of any strides and dtypes, which
 * promote as NumPy's do. The result is a new row-major array, or `options.out`.
 *
 * Refuses, with an `EinsumError`, specs that do not parse, operands that do not fit, and views that leave their
 * buffer, before anything runs. Semantics: `numpy.einsum`; `einops.einsum` for named axes.
 */
export const einsum = /* @__PURE__ */ published(function einsum(spec: string, ...rest: unknown[]): NdArray {
  const [list] = rest;
  const listed = reading(() => Array.isArray(list));
  if (!listed && isOptions(rest.at(-1))) throw optionsAmongOperands(rest.length - 1);
  const operands = listed ? reading(() => copyItems(list as unknown[])) : rest;
  const views = operands.map((operand, position) => checkArray(operand, `operand ${position}`));
  const given = listed ? rest[1] : undefined;
  const { out, ...choice } = given === undefined ? NO_OPTIONS : readOptions(given as EinsumOptions, OPTIONS, ["out"]);
  return runOnArrays(views, (inputs) => findKernel(spec, inputs, choice), out);
} as Einsum);

const NO_OPTIONS: EinsumOptions = {};

/** Whether an argument in the place of an operand was meant as options. */
function isOptions(argument: unknown): boolean {
  if (typeof argument !== "object" || argument === null) return false;
  const names = reading(() => Object.keys(argument));
  return names.length > 0 && names.every((name) => OPTIONS.includes(name));
}

/** The options of `einsumGrad`: those that give `einsum` its meaning and its path. */
export interface EinsumGradOptions extends Omit<KernelChoice, "specialize"> {
  /** The operands to take gradients by, as positions; all of them where absent. */
  readonly by?: readonly number[] | undefined;
}

const GRADIENT_OPTIONS = /* @__PURE__ */ namesOf<EinsumGradOptions>()(
  "sizes params notation outputShape reduce combine optimize evaluate by",
);

/**
 * The gradients of `sum(cotangent * einsum(spec, operands, options))` by the operands: one for each, or for each of
 * `options.by`, of its shape and dtype, row-major. The cotangent has the shape of the result, in any layout and dtype.
 * What several gradients need is computed once: the path is gone through forwards and then backwards.
 *
 * The gradient of an extreme goes to the first point, in row-major order, that is it; along a path of several steps, to the
 * first of each step; of operands that are combined by one, to the first operand. PyTorch's `amax` and `maximum` share it among
 * all that are equal. That of a product multiplies all other factors.
 *
 * Refuses, with an `EinsumError`, what `einsum` refuses, a cotangent of another shape, operands of integers, and the
 * reductions `any` and `all`. Semantics: `torch.einsum` and `torch.autograd.grad`; `jax.vjp`; but for ties, as said.
 */
export const einsumGrad = /* @__PURE__ */ published(function einsumGrad(
  spec: string,
  operands: readonly NdArray[],
  cotangent: NdArray,
  given: EinsumGradOptions = {},
): NdArray[] {
  const options = readOptions(given, GRADIENT_OPTIONS);
  const views = checkArrays(operands, (at) => `operand ${at}`);
  const { by, notation, optimize, evaluate, ...meaning } = options;
  const request = {
    key: keyOfMeaning(spec, options),
    bind: (tensors: Parameters<typeof bindOperands>[1]) =>
      bindOperands(parseSpec(spec, notation === undefined ? {} : { notation }), tensors, meaning).contraction,
    by,
    optimize,
    evaluate,
  };
  return runGradients(request, views, checkArray(cotangent, "the cotangent"));
});

/** The contraction of a call, once it has to be bound, and what is asked of it. */
interface GradientRequest extends EvaluateOption {
  /** A text that calls share exactly when they ask for the same, but for the layouts of their arrays. */
  readonly key: string;
  /** Gives the contraction for operands of some layouts. */
  readonly bind: (operands: readonly TensorType[]) => Contraction;
  /** The operands to take gradients by, as positions; all of them where absent. */
  readonly by: readonly number[] | undefined;
  readonly optimize?: Optimize | undefined;
}

/** A kernel, and where among the arrays of a run its operands stand. */
interface CachedStep {
  readonly run: RunKernel;
  readonly inputs: readonly number[];
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The arrays of a run are the operands, the cotangent, and the result of each step. */
interface CachedProgram {
  readonly steps: readonly CachedStep[];
  readonly gradients: readonly number[];
}

const programs = /* @__PURE__ */ createCache<CachedProgram>(128);

/** Computes the gradients that a request asks for, each a new row-major array of the operand's shape and dtype. */
export function runGradients(request: GradientRequest, operands: readonly View[], cotangent: View): NdArray[] {
  const inputs = [...operands, cotangent].map(trimBuffer);
  const { steps, gradients } = findProgram(request, inputs);
  const arrays: TypedArray[] = inputs.map(({ data }) => data);
  const arrayOf = (id: number): TypedArray => required(arrays[id], `array ${id} of a gradient`);
  for (const { run, inputs: read, dtype, shape } of steps) {
    const result = allocate(dtype, elementCount(shape));
    run(read.map(arrayOf), result);
    arrays.push(result);
  }
  return gradients.map((id) => {
    const { shape } = required(steps[id - inputs.length], "the step of a gradient");
    return { data: arrayOf(id), shape: [...shape] };
  });
}

function findProgram(request: GradientRequest, inputs: readonly View[]): CachedProgram {
  const wanted = wantsEvaluation(request.evaluate);
  const key = `${wanted}|${request.key}${inputs.map(keyOfView).join("")}`;
  const cached = programs.get(key);
  if (cached) return cached;
  const operands = inputs.slice(0, -1);
  const contraction = request.bind(operands.map(tensorOf));
  const by = checkBy(request.by, operands.length);
  checkDifferentiable(contraction, by);
  const cotangent = cotangentType(contraction, required(inputs.at(-1), "the cotangent"));
  const path = splitSteps(contraction, choosePath(contraction, request.optimize).path);
  const program = findGradientSteps(operands.length, path, by, cotangent);
  let scratch = 0;
  const steps = program.steps.map((step): CachedStep => {
    const kernel = kernelOf(step);
    scratch += sum(scratchBytes(kernel));
    const { contraction: made } = step.kind === "forward" ? step : step.gradient;
    const { shape, dtype } = made.output.tensor;
    return { run: evaluateKernel(kernel, writeScript(kernel), wanted).run, inputs: step.inputs, dtype, shape };
  });
  const made = { steps, gradients: program.gradients };
  programs.set(key, made, scratch);
  return made;
}

/** Positions of operands, each once. */
function checkBy(by: unknown, operandCount: number): readonly number[] {
  const all = Array.from({ length: operandCount }, (_, at) => at);
  if (by === undefined) return all;
  if (!Array.isArray(by)) throw messages.gradientOperand(by, operandCount);
  const seen = new Set<unknown>();
  for (const at of by as unknown[]) {
    if (!all.some((known) => known === at) || seen.has(at)) throw messages.gradientOperand(at, operandCount);
    seen.add(at);
  }
  return by as number[];
}

function kernelOf(step: GradientStep): Kernel {
  if (step.kind === "gradient") return kernelOfGradient(step.gradient);
  return makeKernel(QUICK, [QUICK.plan(step.contraction, {})], { name: "forward" }).kernel;
}

/** The layout of the cotangent that was passed, under the name it has in the transposed contractions. */
function cotangentType(contraction: Contraction, { dtype, shape, strides, offset }: View): TensorType {
  const { name, shape: wanted } = cotangentOf(contraction);
  if (shape.length !== wanted.length || shape.some((size, axis) => size !== wanted[axis])) {
    throw messages.cotangentShape(wanted, shape);
  }
  return { name, dtype, shape, strides, offset };
}
