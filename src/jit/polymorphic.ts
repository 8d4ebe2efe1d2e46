/**
 * Contractions that serve every size: sizes and strides of a bound spec become parameters, whose values for another
 * shape of the same kind are read from its contraction.
 *
 * Invariant: two contractions of one kind (see `kindOf`) differ in the values of these parameters and in nothing else.
 */
import { constantAffine, variableAffine, type Affine } from "../affine/affine.ts";
import type { AxisEquation } from "../affine/equation.ts";
import type { BoundSpec } from "../ir/bind-operands.ts";
import { identityOf } from "../ir/algebra.ts";
import { isMean, type Access, type Contraction } from "../ir/contraction.ts";
import { divideBy, VALUE } from "../ir/elementwise.ts";
import { surround } from "../ir/product.ts";
import { denseLayout } from "../ir/symbolic-layout.ts";
import { countReduced, symbolicAxis } from "../ir/symbolic-axes.ts";
import { atValues, type SymbolicAccess, type Symbols } from "../ir/symbols.ts";
import { isRowMajor } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import type { View } from "./nd-array.ts";

/**
 * What two calls of one spec share exactly when one polymorphic kernel serves both: dtypes, which operands are row-major,
 * and which sizes and strides are 0 or 1. Undefined where none does: a negative stride may lead anywhere.
 */
export function kindOf(inputs: readonly View[]): string | undefined {
  if (inputs.some(({ strides }) => strides.some((stride) => stride < 0))) return undefined;
  const pattern = (numbers: readonly number[]): string => numbers.map((value) => (value > 1 ? "n" : value)).join();
  const kinds = inputs.map(({ dtype, shape, strides, rowMajor }) => [
    dtype,
    pattern(shape),
    rowMajor || pattern(strides),
  ]);
  return kinds.join("|");
}

/** What may differ between the contractions of a kind: sizes of indices, shapes and strides, by the name of a parameter. */
export function numbersOf({ indices, reads, output }: Contraction): Map<string, number> {
  const numbers = new Map(indices.map(({ size }, at) => [`$i${at}`, size]));
  for (const [at, { tensor }] of [...reads, output].entries()) {
    tensor.shape.forEach((size, axis) => numbers.set(`$s${at}x${axis}`, size));
    tensor.strides.forEach((stride, axis) => numbers.set(`$t${at}x${axis}`, stride));
  }
  return numbers;
}

/** Makes some numbers of a bound spec parameters: those named. Strides of row-major tensors follow from their shapes. */
export function withParameters(
  { contraction, inferred, inputs, outputs }: BoundSpec,
  varying: ReadonlySet<string>,
): Contraction {
  const example = numbersOf(contraction);
  const used = new Map<string, number>();
  const symbolOf = (name: string): Affine => {
    const value = required(example.get(name), name);
    if (!varying.has(name)) return constantAffine(value);
    used.set(name, value);
    return variableAffine(name);
  };
  const sizes = new Map(contraction.indices.map(({ name }, at) => [name, symbolOf(`$i${at}`)]));
  const symbolize = ({ tensor }: Access, equations: readonly AxisEquation[], at: number): SymbolicAccess => {
    const shape = equations.map((equation, axis) =>
      equation.kind === "plain" && (tensor.shape[axis] as number) > 1
        ? (sizes.get(equation.index) as Affine)
        : symbolOf(`$s${at}x${axis}`),
    );
    const dense = denseLayout(shape);
    const strides = isRowMajor(tensor.shape, tensor.strides)
      ? dense.strides
      : tensor.strides.map((_, axis) => symbolOf(`$t${at}x${axis}`));
    const axes = equations.map((equation, axis) => symbolicAxis(equation, shape[axis] as Affine, sizes));
    return { ...dense, strides, axes };
  };
  const accesses = [...contraction.reads, contraction.output];
  const equations = [...inputs, outputs];
  const symbolic = accesses.map((access, at) => symbolize(access, equations[at] ?? [], at));
  const given = [...inferred.sources.values()].includes(null);
  const general = ({ tensor, axes }: Access, at: number): Access => ({
    tensor,
    axes: axes.map(({ padded }, axis) => {
      const equation = equations[at]?.[axis];
      // What declares padding here may need it at another size.
      const declares =
        equation?.kind === "affine" && (given || equation.constant.length > 0 || equation.paddingAfter !== null);
      return { expression: atValues(symbolic[at]?.axes[axis] as Affine, example), padded: padded || declares };
    }),
  });
  const symbols: Symbols = {
    integers: [...used.keys()].map((name) => ({ kind: "parameter", name })),
    checks: [],
    sizes,
    accesses: new Map(accesses.map(({ tensor }, at) => [tensor.name, symbolic[at] as SymbolicAccess])),
    example: used,
  };
  const reads = contraction.reads.map(general);
  const output = general(contraction.output, reads.length);
  const term = surround(contraction.term, reads, identityOf(contraction.reduce, contraction.dtype));
  const finish = isMean(contraction) ? divideBy(countReduced(contraction, sizes)) : VALUE;
  return { ...contraction, reads, output, term, finish, symbols };
}
