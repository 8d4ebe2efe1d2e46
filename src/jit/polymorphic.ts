/**
 * Contractions that serve every size: sizes and strides of a bound spec become parameters, whose values for another
 * shape of the same kind are read from its contraction.
 *
 * Invariant: two contractions of one kind (see `kindOf`) differ in the values of these parameters and in nothing else.
 */
import { constantAffine, variableAffine, type Affine } from "../affine/affine.ts";
import type { AxisEquation } from "../affine/equation.ts";
import type { BoundSpec } from "../ir/bind-operands.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { divideBy } from "../ir/elementwise.ts";
import { denseLayout } from "../ir/symbolic-layout.ts";
import { countReduced, symbolicAxis } from "../ir/symbolic-axes.ts";
import { atValues, type SymbolicAccess } from "../ir/symbols.ts";
import { isRowMajor } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import type { View } from "./nd-array.ts";

/** A contraction whose sizes are parameters. */
export interface PolymorphicContraction {
  readonly contraction: Contraction;
  /** The values of its parameters, by name, for another contraction of the kind. */
  readonly parametersOf: (contraction: Contraction) => Map<string, number>;
}

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

/** Makes the sizes of a bound spec parameters; the strides, too, of operands that are not row-major. */
export function withParameters({ contraction, inferred, inputs, outputs }: BoundSpec): PolymorphicContraction {
  const readers = new Map<string, (other: Contraction) => number>();
  const parameter = (read: (other: Contraction) => number): Affine => {
    const name = `$n${readers.size}`;
    readers.set(name, read);
    return variableAffine(name);
  };
  const parametersOf = (other: Contraction): Map<string, number> =>
    new Map([...readers].map(([name, read]) => [name, read(other)]));
  const sizes = new Map(
    contraction.indices.map(({ name, size }, at) => {
      const source = inferred.sources.get(name);
      // A plain axis of size 0 or 1 is one in all of the kind; a size that the caller gave is the same.
      const isFixed = !source || (source.kind === "plain" && size <= 1);
      return [name, isFixed ? constantAffine(size) : parameter((other) => required(other.indices[at], name).size)];
    }),
  );
  const symbolize = (
    equations: readonly AxisEquation[],
    tensorOf: (other: Contraction) => Access["tensor"],
  ): SymbolicAccess => {
    const tensor = tensorOf(contraction);
    const shape = equations.map((equation, axis) => {
      const size = required(tensor.shape[axis], "a size");
      if (equation.kind !== "plain" && equation.kind !== "unit")
        return parameter((other) => tensorOf(other).shape[axis] as number);
      return equation.kind === "plain" && size > 1 ? (sizes.get(equation.index) as Affine) : constantAffine(size);
    });
    const dense = denseLayout(shape);
    const axes = equations.map((equation, axis) => symbolicAxis(equation, shape[axis] as Affine, sizes));
    if (isRowMajor(tensor.shape, tensor.strides)) return { ...dense, axes };
    const strides = tensor.strides.map((stride, axis) =>
      stride > 1 ? parameter((other) => tensorOf(other).strides[axis] as number) : constantAffine(stride),
    );
    return { ...dense, strides, axes };
  };
  const symbolic = [
    ...inputs.map((equations, at) => symbolize(equations, ({ operands }) => (operands[at] as Access).tensor)),
    symbolize(outputs, ({ output }) => output.tensor),
  ];
  const example = parametersOf(contraction);
  const given = [...inferred.sources.values()].includes(null);
  const general = ({ tensor, axes }: Access, at: number): Access => ({
    tensor,
    axes: axes.map(({ padded }, axis) => {
      const equation = (inputs[at] ?? outputs)[axis];
      // What declares padding here may need it at another size.
      const declares =
        equation?.kind === "affine" && (given || equation.constant.length > 0 || equation.paddingAfter !== null);
      return { expression: atValues(symbolic[at]?.axes[axis] as Affine, example), padded: padded || declares };
    }),
  });
  const accesses = [...contraction.operands, contraction.output];
  const symbols = {
    integers: [...readers.keys()].map((name) => ({ kind: "parameter", name }) as const),
    checks: [],
    sizes,
    accesses: new Map(accesses.map(({ tensor }, at) => [tensor.name, symbolic[at] as SymbolicAccess])),
    example,
  };
  const operands = contraction.operands.map(general);
  const output = general(contraction.output, operands.length);
  const epilogue = contraction.reduce === "mean" && { epilogue: divideBy(countReduced(contraction, sizes)) };
  return { contraction: { ...contraction, operands, output, ...epilogue, symbols }, parametersOf };
}
