/**
 * `einsum`: evaluates a spec on arrays. The kernel for these dtypes, shapes, strides and options is compiled at the
 * first call and kept in a bounded cache.
 */
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/arrays.ts";
import { copyItems, readOptions, reading } from "../support/read.ts";
import { findKernel, type KernelChoice } from "./kernel-cache.ts";
import { checkArray, type NdArray } from "./nd-array.ts";
import { runOnArrays } from "./run-kernel.ts";

/** The options of `einsum`: those of `compile` that the arrays do not give, and two of its own. */
export interface EinsumOptions extends KernelChoice {
  /** Where to put the result: an array of its shape and dtype, of any strides; it may share memory with operands. */
  readonly out?: NdArray | undefined;
}

interface Einsum {
  (spec: string, ...operands: NdArray[]): NdArray;
  (spec: string, operands: readonly NdArray[], options?: EinsumOptions): NdArray;
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
export const einsum = /* @__PURE__ */ published(function einsum(spec: string, ...rest: unknown[]): NdArray {
  const [list] = rest;
  const listed = reading(() => Array.isArray(list));
  if (!listed && isOptions(rest.at(-1))) throw messages.optionsAmongOperands(rest.length - 1);
  const operands = listed ? reading(() => copyItems(list as unknown[])) : rest;
  const views = operands.map((operand, position) => checkArray(operand, `operand ${position}`));
  const given = listed ? rest[1] : undefined;
  const { out, ...choice } =
    given === undefined ? NO_OPTIONS : readOptions(given as EinsumOptions, OPTION_NAMES, ["out"]);
  return runOnArrays(views, (inputs) => findKernel(spec, inputs, choice), out);
} as Einsum);

const NO_OPTIONS: EinsumOptions = {};

/** Whether an argument in the place of an operand was meant as options. */
function isOptions(argument: unknown): boolean {
  if (typeof argument !== "object" || argument === null) return false;
  const names = reading(() => Object.keys(argument));
  return names.length > 0 && names.every((name) => OPTION_NAMES.includes(name));
}
