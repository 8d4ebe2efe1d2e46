/**
 * Binds a spec to shapes, sizes and parameters: the result is a contraction in which every size is known and every
 * axis expression is affine with integer coefficients.
 */
import { iteratedBy, type AxisEquation } from "../affine/equation.ts";
import { inferSizesOf, type InferredSizes } from "../affine/infer-sizes.ts";
import { required } from "../support/errors.ts";
import { namesOf } from "../spec/names.ts";
import type { EinsumSpec } from "../spec/ast.ts";
import { resultDtype } from "./algebra.ts";
import { axisExpression } from "./axes.ts";
import type { Access, Contraction, ContractionIndex } from "./contraction.ts";
import { promote } from "./dtype.ts";
import type { Elementwise } from "./elementwise.ts";
import { checkOperands, checkOptions, nameOperands } from "./options.ts";
import type { BindOptions, BoundOptions, CheckOperands } from "./options.ts";
import { equationsOfSpec } from "./spec-equations.ts";
import { rowMajorStrides, type TensorType } from "./tensor.ts";

/** A contraction, and how its sizes were found. */
export interface BoundSpec {
  readonly contraction: Contraction;
  readonly inferred: InferredSizes;
}

/**
 * Gives a spec its meaning for operands of known shapes.
 * Refuses shapes that do not fit: conflicting or undetermined sizes, ranks, reads outside an axis without padding.
 */
export function bind(spec: EinsumSpec, options: BindOptions): Contraction {
  return bindSpec(spec, options, checkOperands).contraction;
}

/** As `bind`; also tells where every size came from. How the operands are checked is the caller's choice. */
export function bindSpec(parsed: EinsumSpec, options: BindOptions, operandsOf: CheckOperands): BoundSpec {
  const names = [...parsed.operands, ...(parsed.output ? [parsed.output] : [])].flatMap((term) => [...namesOf(term)]);
  const defaults = nameOperands(parsed.operands.length, new Set(names.map(({ name }) => name)));
  const bound = { ...checkOptions(options), operands: operandsOf(options, defaults) };
  const shapes = bound.operands.map(({ shape }) => shape);
  const { spec, inputs, outputs } = equationsOfSpec(parsed, { ...bound, shapes });
  const inferred = inferSizesOf(spec.text, [...inputs.flat(), ...outputs], bound.sizes);
  return { contraction: build(spec, bound, inputs, outputs, inferred), inferred };
}

function build(
  spec: EinsumSpec,
  bound: BoundOptions,
  inputs: readonly (readonly AxisEquation[])[],
  outputs: readonly AxisEquation[],
  inferred: InferredSizes,
): Contraction {
  const { sizes } = inferred;
  let next = 0;
  const accessOf = (tensor: TensorType, equations: readonly AxisEquation[]): Access => ({
    tensor,
    axes: equations.map((equation) => {
      const number = next++;
      const axisSize = required(inferred.axisSizes[number], "the size of an axis");
      return {
        expression: axisExpression(equation, axisSize, sizes),
        padded: required(inferred.padded[number], "the padding of an axis"),
      };
    }),
  });
  const operands = inputs.map((equations, operand) =>
    accessOf(required(bound.operands[operand], "an operand"), equations),
  );
  const dtype = operands.map(({ tensor }) => tensor.dtype).reduce(promote);
  const shape = inferred.axisSizes.slice(next);
  const result = resultDtype(bound.reduce, dtype);
  const output = accessOf({ name: "out", dtype: result, shape, strides: rowMajorStrides(shape), offset: 0 }, outputs);
  const indices = orderIndices(inputs.flat(), outputs, sizes);
  const epilogue = bound.reduce === "mean" ? divideByCount(indices) : undefined;
  return {
    spec,
    indices,
    operands,
    output,
    combine: bound.combine,
    reduce: bound.reduce,
    dtype: result,
    ...(epilogue && { epilogue }),
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

function divideByCount(indices: readonly ContractionIndex[]): Elementwise {
  const count = indices.reduce((product, { size, reduced }) => (reduced ? product * size : product), 1);
  return {
    kind: "binary",
    operator: "div",
    left: { kind: "accumulated" },
    right: { kind: "constant", value: count },
  };
}
