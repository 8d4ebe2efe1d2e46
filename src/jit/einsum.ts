/**
 * `einsum`: evaluates a spec on arrays. The kernel for these dtypes, shapes, strides and options is compiled at the
 * first call and kept in a bounded cache. `einsumGrad`: its gradients on arrays.
 */
import { namesOf } from "../compile.ts";
import { bindOperands } from "../ir/bind-operands.ts";
import { parseSpec } from "../spec/parser.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/arrays.ts";
import { gradientOperand } from "../support/messages/gradients.ts";
import { copyItems, reading, readOptions } from "../support/read.ts";
import { runGradients } from "./gradient-program.ts";
import { findKernel, type KernelChoice, keyOfMeaning } from "./kernel-cache.ts";
import { checkArray, checkArrays, type NdArray, runOnArrays } from "./nd-array.ts";

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
  if (!listed && isOptions(rest.at(-1))) throw messages.optionsAmongOperands(rest.length - 1);
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
    by: (operandCount: number) => checkBy(by, operandCount),
    optimize,
    evaluate,
  };
  return runGradients(request, views, checkArray(cotangent, "the cotangent"));
});

/** Positions of operands, each once. */
function checkBy(by: unknown, operandCount: number): readonly number[] {
  const all = Array.from({ length: operandCount }, (_, at) => at);
  if (by === undefined) return all;
  if (!Array.isArray(by)) throw gradientOperand(by, operandCount);
  const seen = new Set<unknown>();
  for (const at of by as unknown[]) {
    if (!all.some((known) => known === at) || seen.has(at)) throw gradientOperand(at, operandCount);
    seen.add(at);
  }
  return by as number[];
}
