/** `einsumGrad`: the gradients of a spec on arrays. */
import { bindOperands } from "../ir/bind-operands.ts";
import { parseSpec } from "../spec/parser.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/gradients.ts";
import { readOptions } from "../support/read.ts";
import { runGradients } from "./gradient-program.ts";
import { keyOfMeaning, type KernelChoice } from "./kernel-cache.ts";
import { checkArray, checkArrays, type NdArray } from "./nd-array.ts";

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
  evaluate: 0,
  by: 0,
} satisfies Record<keyof EinsumGradOptions, 0>);

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
  const options = readOptions(given, OPTION_NAMES);
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
  if (!Array.isArray(by)) throw messages.gradientOperand(by, operandCount);
  const seen = new Set<unknown>();
  for (const at of by as unknown[]) {
    if (!all.some((known) => known === at) || seen.has(at)) throw messages.gradientOperand(at, operandCount);
    seen.add(at);
  }
  return by as number[];
}
