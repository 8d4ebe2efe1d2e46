/**
 * `einsum`: evaluates a spec on arrays. The kernel for these dtypes, shapes, strides and options is compiled at the
 * first call and kept in a bounded cache.
 */
import { checkOptionNames } from "../ir/options.ts";
import * as messages from "../support/messages/arrays.ts";
import { findKernel, type KernelChoice } from "./kernel-cache.ts";
import { checkArray, type NdArray } from "./nd-array.ts";
import { runOnArrays } from "./run-kernel.ts";

/** The options of `einsum`: those of `compile` that the arrays do not give, and two of its own. */
export interface EinsumOptions extends KernelChoice {
  /** Where to put the result: an array of its shape and dtype, of any strides; it may share memory with operands. */
  readonly out?: NdArray | undefined;
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
  specialize: 0,
  evaluate: 0,
  out: 0,
} satisfies Record<keyof EinsumOptions, 0>);

/**
 * Evaluates a spec (NumPy's or einops' notation, with index expressions) on arrays of any strides and dtypes, which
 * promote as NumPy's do. The result is a new row-major array, or `options.out`.
 *
 * Refuses, with an `EinsumError`, specs that do not parse, operands that do not fit, and views that leave their
 * buffer, before anything runs. Semantics: `numpy.einsum`; `einops.einsum` for named axes.
 */
export function einsum(spec: string, ...operands: NdArray[]): NdArray;
export function einsum(spec: string, operands: readonly NdArray[], options?: EinsumOptions): NdArray;
export function einsum(spec: string, ...rest: unknown[]): NdArray {
  const listed = Array.isArray(rest[0]);
  const operands = (listed ? rest[0] : rest) as unknown[];
  if (!listed && isOptions(rest.at(-1))) throw messages.optionsAmongOperands(rest.length - 1);
  const views = Array.from(operands, (operand, position) => checkArray(operand, `operand ${position}`));
  const options = (listed && rest[1] !== undefined ? rest[1] : {}) as EinsumOptions;
  checkOptionNames(options, OPTION_NAMES);
  const { out, ...choice } = options;
  return runOnArrays(views, (inputs) => findKernel(spec, inputs, choice), out);
}

/** Whether an argument in the place of an operand was meant as options. */
function isOptions(argument: unknown): boolean {
  if (typeof argument !== "object" || argument === null) return false;
  const names = Object.keys(argument);
  return names.length > 0 && names.every((name) => OPTION_NAMES.includes(name));
}
