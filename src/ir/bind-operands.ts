/**
 * Binds a spec to shapes, sizes and parameters: the result is a contraction in which every size is known and every
 * axis expression is affine with integer coefficients.
 */
import { constantAffine } from "../affine/affine.ts";
import { iteratedBy, type AxisEquation } from "../affine/equation.ts";
import { inferSizesOf, type InferredSizes } from "../affine/infer-sizes.ts";
import { required } from "../support/errors.ts";
import { operandCount } from "../support/messages/options.ts";
import type { EinsumSpec } from "../spec/ast.ts";
import { misreading } from "../spec/names.ts";
import { resultDtype } from "./algebra.ts";
import type { Access, Contraction, ContractionIndex } from "./contraction.ts";
import { promote } from "./dtype.ts";
import { divideBy, VALUE } from "./elementwise.ts";
import { checkMeaning, type BoundOptions, type MeaningOptions } from "./options.ts";
import { termOf } from "./product.ts";
import { equationsOfSpec, type SpecEquations } from "./spec-equations.ts";
import { countReduced, symbolicAxis } from "./symbolic-layout.ts";
import { denseTensor, type TensorType } from "./tensor.ts";

/** A contraction, and how its sizes were found. */
export interface BoundSpec extends Pick<SpecEquations, "inputs" | "outputs"> {
  readonly contraction: Contraction;
  readonly inferred: InferredSizes;
}

/** Gives a spec its meaning for operands that are checked. Refuses shapes that do not fit, as `bind` does. */
export function bindOperands(parsed: EinsumSpec, operands: readonly TensorType[], options: MeaningOptions): BoundSpec {
  if (operands.length !== parsed.operands.length)
    throw operandCount(parsed.operands.length, operands.length, misreading(parsed));
  const bound = checkMeaning(options, parsed.notation);
  const shapes = operands.map(({ shape }) => shape);
  const { spec, inputs, outputs } = equationsOfSpec(parsed, { ...bound, shapes });
  const inferred = inferSizesOf(spec.text, [...inputs.flat(), ...outputs], bound.sizes);
  return { contraction: build(spec, operands, bound, inputs, outputs, inferred), inferred, inputs, outputs };
}

function build(
  spec: EinsumSpec,
  tensors: readonly TensorType[],
  bound: BoundOptions,
  inputs: readonly (readonly AxisEquation[])[],
  outputs: readonly AxisEquation[],
  inferred: InferredSizes,
): Contraction {
  const { sizes } = inferred;
  const symbolic = new Map([...sizes].map(([index, size]) => [index, constantAffine(size)]));
  let next = 0;
  const accessOf = (tensor: TensorType, equations: readonly AxisEquation[]): Access => ({
    tensor,
    axes: equations.map((equation) => {
      const number = next++;
      const axisSize = constantAffine(inferred.axisSizes[number] as number);
      return {
        expression: symbolicAxis(equation, axisSize, symbolic),
        padded: inferred.padded[number] as boolean,
      };
    }),
  });
  const reads = inputs.map((equations, operand) => accessOf(tensors[operand] as TensorType, equations));
  const dtype = reads.map(({ tensor }) => tensor.dtype).reduce(promote);
  const shape = inferred.axisSizes.slice(next);
  const result = resultDtype(bound.reduce, dtype);
  const output = accessOf(denseTensor("out", result, shape), outputs);
  const indices = orderIndices(inputs.flat(), outputs, sizes);
  const isMean = bound.reduce === "mean";
  const reduce = isMean ? "sum" : bound.reduce;
  return {
    spec,
    indices,
    reads,
    output,
    term: termOf(bound.combine, reduce, reads, result),
    reduce,
    finish: isMean ? divideBy(countReduced({ indices }, symbolic)) : VALUE,
    dtype: result,
  };
}

function orderIndices(
  inputs: readonly AxisEquation[],
  outputs: readonly AxisEquation[],
  sizes: ReadonlyMap<string, number>,
): ContractionIndex[] {
  const kept = new Set(outputs.flatMap(iteratedBy));
  return [...new Set([...kept, ...inputs.flatMap(iteratedBy)])].map((name) => ({
    name,
    size: required(sizes.get(name), `the size of ${name}`),
    reduced: !kept.has(name),
  }));
}
