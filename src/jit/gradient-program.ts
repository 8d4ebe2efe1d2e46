/**
 * Gradient programs: the kernels that compute the gradients of one contraction, in their order, and the arrays that they
 * hand to each other. `einsumGrad` and the gradients of layers end here.
 *
 * Invariant: the kernels that are kept are bounded in number and in scratch.
 */
import { kernelOfGradient } from "../compile-gradient.ts";
import type { EvaluateOption } from "../compile.ts";
import { writeScript } from "../emit/script.ts";
import { checkDifferentiable } from "../grad/differentiate.ts";
import { cotangentOf } from "../grad/transpose.ts";
import type { Contraction } from "../ir/contraction.ts";
import type { Dtype, TypedArray } from "../ir/dtype.ts";
import { elementCount, type TensorType } from "../ir/tensor.ts";
import type { Kernel } from "../loops/kernel.ts";
import { choosePath, type Optimize } from "../path/choose.ts";
import { findGradientSteps, type GradientStep } from "../path/gradient-steps.ts";
import { splitSteps } from "../path/steps.ts";
import { makeKernel } from "../recipe/recipe.ts";
import { QUICK } from "../recipe/unread.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/gradients.ts";
import { evaluateKernel, type RunKernel, wantsEvaluation } from "./evaluate.ts";
import { keyOfView, tensorOf } from "./kernel-cache.ts";
import { allocate, createCache, scratchBytes, sum } from "./memory.ts";
import { type NdArray, trimBuffer, type View } from "./nd-array.ts";

/** The contraction of a call, once it has to be bound, and what is asked of it. */
export interface GradientRequest extends EvaluateOption {
  /** A text that calls share exactly when they ask for the same, but for the layouts of their arrays. */
  readonly key: string;
  /** Gives the contraction for operands of some layouts. */
  readonly bind: (operands: readonly TensorType[]) => Contraction;
  /** The operands to take gradients by, given how many there are. */
  readonly by: (operandCount: number) => readonly number[];
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

const programs = createCache<CachedProgram>(128);

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
  const by = request.by(operands.length);
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
