/**
 * `einsumGrad`: the gradients of a spec on arrays. Its kernels are compiled at the first call for these dtypes, shapes,
 * strides and options, and kept in a bounded cache.
 */
import { buildKernelOfParts } from "../compile-gradient.ts";
import { checkDifferentiable } from "../grad/differentiate.ts";
import { cotangentOf } from "../grad/transpose.ts";
import { bindOperands } from "../ir/bind-operands.ts";
import type { Contraction } from "../ir/contraction.ts";
import { bytesOf, type Dtype, type TypedArray } from "../ir/dtype.ts";
import { checkOptionNames } from "../ir/options.ts";
import { elementCount, type TensorType } from "../ir/tensor.ts";
import { choosePath } from "../path/choose.ts";
import { findGradientSteps } from "../path/gradient-steps.ts";
import { splitSteps } from "../path/steps.ts";
import { parseSpec } from "../spec/parser.ts";
import * as messages from "../support/messages/gradients.ts";
import { createCache } from "./cache.ts";
import { evaluateKernel, type RunKernel } from "./evaluate.ts";
import { keyOfMeaning, keyOfView, tensorOf, type KernelChoice } from "./kernel-cache.ts";
import { allocate } from "./memory.ts";
import { checkArray, type NdArray, type View } from "./nd-array.ts";
import { trimBuffer } from "./run-kernel.ts";

/** The options of `einsumGrad`: those that give `einsum` its meaning and its path. */
export interface EinsumGradOptions extends Omit<KernelChoice, "specialize"> {
  /** The operands to take gradients by, as positions; all of them where absent. */
  readonly by?: readonly number[] | undefined;
}

/** The compiler sees to it that none is missing. */
const OPTION_NAMES = Object.keys({
  sizes: 0,
  params: 0,
  notation: 0,
  outputShape: 0,
  reduce: 0,
  combine: 0,
  optimize: 0,
  by: 0,
} satisfies Record<keyof EinsumGradOptions, 0>);

/** A kernel, and where among the arrays of a run its operands stand. */
interface CachedStep {
  readonly run: RunKernel;
  readonly inputs: readonly number[];
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The arrays of a run are the operands, the cotangent, and the result of each step. */
interface CachedGradients {
  readonly steps: readonly CachedStep[];
  readonly gradients: readonly number[];
}

const programs = createCache<CachedGradients>({ entries: 128, bytes: 2 ** 28 });

/**
 * The gradients of `sum(cotangent * einsum(spec, operands, options))` by the operands: one for each, or for each of
 * `options.by`, of its shape and dtype, row-major. The cotangent has the shape of the result, in any layout and dtype.
 * What several gradients need is computed once: the path is gone through forwards and then backwards.
 *
 * Refuses, with an `EinsumError`, what `einsum` refuses, a cotangent of another shape, operands of integers, and the
 * reductions `any` and `all`. Semantics: `torch.einsum` and `torch.autograd.grad`; `jax.vjp`.
 */
export function einsumGrad(
  spec: string,
  operands: readonly NdArray[],
  cotangent: NdArray,
  options: EinsumGradOptions = {},
): NdArray[] {
  checkOptionNames(options, OPTION_NAMES);
  const views = Array.from(operands as readonly unknown[], (operand, at) => checkArray(operand, `operand ${at}`));
  const inputs = [...views, checkArray(cotangent, "the cotangent")].map(trimBuffer);
  const { steps, gradients } = findProgram(spec, inputs, options);
  const arrays: TypedArray[] = inputs.map(({ data }) => data);
  for (const { run, inputs: read, dtype, shape } of steps) {
    const result = allocate(dtype, elementCount(shape));
    run(
      read.map((id) => arrays[id] as TypedArray),
      result,
    );
    arrays.push(result);
  }
  return gradients.map((id) => {
    const { shape } = steps[id - inputs.length] as CachedStep;
    return { data: arrays[id] as TypedArray, shape: [...shape] };
  });
}

function findProgram(spec: string, inputs: readonly View[], options: EinsumGradOptions): CachedGradients {
  const key = keyOfMeaning(spec, options) + inputs.map(keyOfView).join("");
  const cached = programs.get(key);
  if (cached) return cached;
  const operands = inputs.slice(0, -1);
  const { by: wanted, notation, optimize, ...meaning } = options;
  const parsed = parseSpec(spec, notation === undefined ? {} : { notation });
  const { contraction } = bindOperands(parsed, operands.map(tensorOf), meaning);
  const by = checkBy(wanted, contraction);
  checkDifferentiable(contraction, by);
  const cotangent = cotangentType(contraction, inputs.at(-1) as View);
  const path = splitSteps(contraction, choosePath(contraction, optimize));
  const program = findGradientSteps(operands.length, path, by, cotangent);
  let scratch = 0;
  const steps = program.steps.map(({ inputs: read, parts }): CachedStep => {
    const kernel = buildKernelOfParts(parts, { name: "einsumGrad" });
    scratch += kernel.scratch.reduce((sum, { dtype, length }) => sum + Number(length) * bytesOf(dtype), 0);
    const { shape, dtype } = (parts[0] as Contraction).output.tensor;
    return { run: evaluateKernel(kernel), inputs: read, dtype, shape };
  });
  const made = { steps, gradients: program.gradients };
  programs.set(key, made, scratch);
  return made;
}

/** The layout of the cotangent that was passed, under the name it has in the transposed contractions. */
function cotangentType(contraction: Contraction, view: View): TensorType {
  const { name, shape } = cotangentOf(contraction);
  if (view.shape.length !== shape.length || view.shape.some((size, axis) => size !== shape[axis])) {
    throw messages.cotangentShape(shape, view.shape);
  }
  return { name, dtype: view.dtype, shape, strides: view.strides, offset: view.offset };
}

/** Positions of operands, each once. */
function checkBy(by: unknown, { operands }: Contraction): readonly number[] {
  const all = operands.map((_, at) => at);
  if (by === undefined) return all;
  if (!Array.isArray(by)) throw messages.gradientOperand(by, operands.length);
  const seen = new Set<unknown>();
  for (const at of Array.from<unknown>(by)) {
    if (!all.some((known) => known === at) || seen.has(at)) throw messages.gradientOperand(at, operands.length);
    seen.add(at);
  }
  return by as number[];
}
