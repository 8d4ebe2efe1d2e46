/**
 * Binds a spec whose shapes hold symbols. Its sizes are solved at an example first, which tells what determines what;
 * the same derivation over symbols then gives every size as an expression, and what is left over are checks.
 *
 * Invariant: at the example, every expression has the value that binding found.
 */
import {
  addAffine,
  constantAffine,
  equalAffine,
  multiplyAffines,
  scaleAffine,
  shiftAffine,
  sumAffines,
  symbolicDerivative,
  variableAffine,
  type Affine,
} from "../affine/affine.ts";
import { iteratedBy, unknownsOf, type AffineEquation, type AxisEquation } from "../affine/equation.ts";
import type { EinsumSpec } from "../spec/ast.ts";
import { InternalError, required, UnsupportedError } from "../support/errors.ts";
import * as messages from "../support/messages/bind.ts";
import { bindSpec } from "./bind.ts";
import type { BoundSpec } from "./bind-operands.ts";
import { isMean, type Access, type Contraction } from "./contraction.ts";
import type { BindOptions } from "./options.ts";
import { checkLimits } from "./address.ts";
import { identityOf } from "./algebra.ts";
import { divideBy, VALUE } from "./elementwise.ts";
import { surround } from "./product.ts";
import { findExample, symbolsOf } from "./symbol-example.ts";
import {
  computeInteger,
  denseLayout,
  rangeOf,
  type Integers,
  constantOf,
  countReduced,
  symbolicAxis,
} from "./symbolic-layout.ts";
import { atValues, evaluateSymbolic, type Parameter, type SizeCheck, type SymbolicAccess } from "./symbols.ts";

/** As `bindSpec`, for shapes and strides that may hold symbols. */
export function bindSymbolic(parsed: EinsumSpec, options: BindOptions): BoundSpec {
  const symbols = symbolsOf(options);
  if (symbols.length === 0) return bindSpec(parsed, options);
  const { example, result: bound } = findExample(options, symbols, (filled) => {
    const bound = bindSpec(parsed, filled);
    checkLimits(bound.contraction);
    return bound;
  });
  return { ...bound, contraction: withSymbols(bound, options, symbols, example) };
}

/** A binding while its sizes are derived once more. */
interface Derivation extends Integers {
  readonly bound: BoundSpec;
  readonly sizes: Map<string, Affine>;
  readonly checks: SizeCheck[];
  /** The size of the axis of each equation: of an operand, or the one that is wanted of the output. */
  readonly axisSizes: ReadonlyMap<AxisEquation, Affine>;
}

function withSymbols(
  bound: BoundSpec,
  options: BindOptions,
  symbols: readonly string[],
  values: ReadonlyMap<string, number>,
): Contraction {
  const { contraction, inputs, outputs } = bound;
  const indices = new Set(contraction.indices.map(({ name }) => name));
  const names = new Map(symbols.map((symbol) => [symbol, indices.has(symbol) ? `$${symbol}Size` : `$${symbol}`]));
  const affineOf = (size: number | string): Affine =>
    typeof size === "number"
      ? constantAffine(size)
      : variableAffine(required(names.get(size.normalize("NFC")), "a symbol"));
  const shapes = options.shapes.map((shape) => shape.map(affineOf));
  const derivation: Derivation = {
    bound,
    integers: symbols.map((symbol) =>
      parameterOf(symbol, required(names.get(symbol), "a symbol"), options, contraction),
    ),
    example: new Map(symbols.map((symbol) => [names.get(symbol) as string, values.get(symbol) as number])),
    sizes: new Map(),
    checks: [],
    axisSizes: new Map([
      ...inputs.flatMap((equations, operand) =>
        equations.map((equation, axis) => [equation, required(shapes[operand]?.[axis], "a size")] as const),
      ),
      ...outputs.map((equation) => [equation, constantAffine(equation.axisSize ?? 0)] as const),
    ]),
  };
  deriveSizes(derivation);
  for (const equation of inputs.flat()) checkAxis(derivation, equation);
  const operands = inputs.map((equations, operand): SymbolicAccess => {
    const shape = required(shapes[operand], "a shape");
    const { offset } = required(contraction.reads[operand], "an operand").tensor;
    const strides = options.strides?.[operand]?.map(affineOf);
    refuseNegative(operand, shape, strides ?? []);
    return {
      ...denseLayout(shape),
      ...(strides && { strides }),
      offset: constantAffine(offset),
      axes: equations.map((equation, axis) => symbolicAxis(equation, shape[axis] as Affine, derivation.sizes)),
    };
  });
  const outputShape = outputs.map((equation, axis) => outputSize(derivation, equation, axis, options));
  const output = {
    ...denseLayout(outputShape),
    axes: outputs.map((equation, axis) => symbolicAxis(equation, outputShape[axis] as Affine, derivation.sizes)),
  };
  const { integers, checks, sizes, example } = derivation;
  const accesses = new Map(
    [...contraction.reads, contraction.output].map((access, at) => [access.tensor.name, operands[at] ?? output]),
  );
  const reads = contraction.reads.map((access, operand) =>
    atExample(access, required(operands[operand], "an operand"), required(inputs[operand], "an operand"), derivation),
  );
  return {
    ...contraction,
    reads,
    output: atExample(contraction.output, output, outputs, derivation),
    term: surround(contraction.term, reads, identityOf(contraction.reduce, contraction.dtype)),
    finish: isMean(contraction) ? divideBy(countReduced(contraction, sizes)) : VALUE,
    symbols: { integers, checks, sizes, accesses, example },
  };
}

/** A parameter that is the only symbol of a dense operand's shape is read from the length of its array. */
function parameterOf(symbol: string, name: string, options: BindOptions, { reads }: Contraction): Parameter {
  for (const [operand, shape] of options.shapes.entries()) {
    const symbols = shape.filter((size) => typeof size === "string");
    const per = shape.reduce<number>((product, size) => (typeof size === "number" ? product * size : product), 1);
    const dense = options.strides?.[operand] === undefined && (options.offsets?.[operand] ?? 0) === 0;
    if (!dense || symbols.length !== 1 || symbols[0]?.normalize("NFC") !== symbol || per === 0) continue;
    return {
      kind: "parameter",
      name,
      length: { operand, name: required(reads[operand], "an operand").tensor.name, per },
    };
  }
  return { kind: "parameter", name };
}

/** Gives every index its size, from the equation that gave it at the example. */
function deriveSizes(derivation: Derivation): void {
  const { bound, sizes } = derivation;
  const { sources } = bound.inferred;
  const waiting = new Set(sources.keys());
  while (waiting.size > 0) {
    const before = waiting.size;
    for (const index of waiting) {
      const source = sources.get(index);
      const size = source
        ? deriveSize(derivation, index, source as AxisEquation)
        : constantAffine(sizeAtExample(bound, index));
      if (!size) continue;
      const value = evaluateSymbolic(size, derivation.example);
      if (value !== sizeAtExample(bound, index)) throw new InternalError(`${index} is ${value} over symbols`);
      sizes.set(index, size);
      waiting.delete(index);
    }
    if (waiting.size === before)
      throw new InternalError(`the sizes of ${[...waiting].join(", ")} depend on each other`);
  }
}

function sizeAtExample({ inferred }: BoundSpec, index: string): number {
  return required(inferred.sizes.get(index), `the size of ${index}`);
}

/** The size an equation gives an index; undefined while it depends on one that is not derived yet. */
function deriveSize(derivation: Derivation, index: string, equation: AxisEquation): Affine | undefined {
  const { sizes, bound } = derivation;
  const axis = required(derivation.axisSizes.get(equation), "the size of an axis");
  if (unknownsOf(equation).some((other) => other !== index && !sizes.has(other))) return undefined;
  switch (equation.kind) {
    case "plain":
      return knownAxis(derivation, index) ?? axis;
    case "product": {
      const others = equation.indices.filter((other) => other !== index);
      if (others.length < equation.indices.length - 1) {
        throw new UnsupportedError(`(${equation.indices.join(" ")}) splits a symbolic size into equal parts`);
      }
      const known = others
        .map((other) => sizes.get(other) as Affine)
        .reduceRight((product, size) => multiplyAffines(size, product), constantAffine(1));
      return quotient(derivation, index, axis, known);
    }
    case "affine":
      return solveAffine(derivation, index, equation, axis);
    default:
      throw new InternalError(`${bound.contraction.output.tensor.name}: a ${equation.kind} axis determines nothing`);
  }
}

/** A size that some plain axis names as a number, which is better than any expression. */
function knownAxis({ axisSizes }: Derivation, index: string): Affine | undefined {
  for (const [equation, size] of axisSizes) {
    const isPlain = equation.kind === "plain" && equation.index === index && equation.place.side === "input";
    if (isPlain && size.terms.length === 0 && size.constant !== 1) return size;
  }
  return undefined;
}

/** `floor((n + 2p - d*(|k| - 1) - 1) / s) + 1`, as one quotient. */
function solveAffine(derivation: Derivation, index: string, equation: AffineEquation, axis: Affine): Affine {
  const { sizes, example } = derivation;
  const guess = new Map(sizes).set(index, constantAffine(1));
  const expression = symbolicAxis(equation, axis, guess);
  const coefficient = addAffine(symbolicDerivative(expression, index), constantAffine(0));
  const rising = evaluateSymbolic(coefficient, example) > 0;
  const { before, after } = paddingOf(derivation, equation);
  const { min, max } = rangeOf(expression, (name) =>
    name === index ? constantAffine(1) : (sizes.get(name) as Affine),
  );
  const room = rising ? sumAffines([axis, after, scaleAffine(max, -1), constantAffine(-1)]) : addAffine(min, before);
  const step = rising ? coefficient : scaleAffine(coefficient, -1);
  return quotient(derivation, index, addAffine(room, step), step);
}

function quotient(derivation: Derivation, index: string, left: Affine, right: Affine): Affine {
  if (equalAffine(right, constantAffine(1))) return left;
  return computeInteger(derivation, "quotient", `${index}Size`, left, right);
}

/** The padding an equation declares; whether a symbolic constant is padding, the example tells. */
function paddingOf({ sizes, example }: Derivation, equation: AffineEquation): { before: Affine; after: Affine } {
  const constant = constantOf(equation.constant, sizes);
  const before = evaluateSymbolic(constant, example) < 0 ? scaleAffine(constant, -1) : constantAffine(0);
  return { before, after: equation.paddingAfter === null ? before : constantAffine(equation.paddingAfter) };
}

/** What must hold of an axis beyond what its equation was solved for. */
function checkAxis(derivation: Derivation, equation: AxisEquation): void {
  const { sizes, checks, bound } = derivation;
  const axis = required(derivation.axisSizes.get(equation), "the size of an axis");
  const { what } = equation.place;
  const requireEqual = (wanted: Affine, why: string): void => {
    if (!equalAffine(axis, wanted)) checks.push({ relation: "equal", found: axis, wanted, what, why });
  };
  const requireLeast = (found: Affine, wanted: number, subject: string, why: string): void => {
    if (found.terms.length === 0 && found.constant >= wanted) return;
    checks.push({ relation: "least", found, wanted: constantAffine(wanted), what: subject, why });
  };
  switch (equation.kind) {
    case "plain":
      if (equalAffine(axis, constantAffine(1))) return;
      return requireEqual(sizes.get(equation.index) as Affine, `the size of ${equation.index}`);
    case "unit":
      return requireEqual(constantAffine(1), "as the spec says");
    case "product": {
      const product = equation.indices.reduceRight(
        (count, index) => multiplyAffines(sizes.get(index) as Affine, count),
        constantAffine(1),
      );
      return requireEqual(product, `the sizes of ${equation.indices.join(" and ")} multiplied`);
    }
    case "affine": {
      if (iteratedBy(equation).some((index) => bound.inferred.sources.get(index) === null)) return;
      for (const index of iteratedBy(equation)) {
        if (bound.inferred.sources.get(index) !== equation) continue;
        requireLeast(sizes.get(index) as Affine, 1, `the size of ${index}`, `so that its window fits into ${what}`);
        return;
      }
      const { before, after } = paddingOf(derivation, equation);
      const { min, max } = rangeOf(symbolicAxis(equation, axis, sizes), (index) => sizes.get(index) as Affine);
      requireLeast(addAffine(min, before), 0, `the first element read of ${what}`, "where the axis begins");
      const unread = sumAffines([axis, after, scaleAffine(max, -1), constantAffine(-1)]);
      requireLeast(unread, 0, `what is left of ${what} behind the last element read`, "where the axis ends");
    }
  }
}

/** The size of an axis of the output: as wanted, or what is written of it. */
function outputSize(derivation: Derivation, equation: AxisEquation, axis: number, options: BindOptions): Affine {
  const { sizes, bound } = derivation;
  const wanted = options.outputShape?.[axis];
  if (typeof wanted === "number") return constantAffine(wanted);
  switch (equation.kind) {
    case "plain":
      return sizes.get(equation.index) as Affine;
    case "unit":
      return constantAffine(1);
    case "product":
      return equation.indices.reduceRight(
        (count, index) => multiplyAffines(sizes.get(index) as Affine, count),
        constantAffine(1),
      );
    case "affine": {
      const { after } = paddingOf(derivation, equation);
      const { max } = rangeOf(symbolicAxis(equation, constantAffine(0), sizes), (index) => sizes.get(index) as Affine);
      const size = addAffine(shiftAffine(max, 1), scaleAffine(after, -1));
      if (evaluateSymbolic(size, derivation.example) !== bound.contraction.output.tensor.shape[axis]) {
        throw new InternalError(`axis ${axis} of the output is another one over symbols`);
      }
      return size.terms.length > 0 ? computeInteger(derivation, "size", `out${axis}`, size, constantAffine(0)) : size;
    }
  }
}

/**
 * An access at the example, with what holds for every size: it depends on indices that have a single value there, and an
 * axis that declares padding, or whose index has a given size, may be left at other sizes.
 */
function atExample(
  access: Access,
  symbolic: SymbolicAccess,
  equations: readonly AxisEquation[],
  derivation: Derivation,
): Access {
  const { sources } = derivation.bound.inferred;
  const mayLeave = (equation: AxisEquation | undefined): boolean => {
    if (equation?.kind !== "affine") return false;
    const { before, after } = paddingOf(derivation, equation);
    const declares = [before, after].some(({ terms, constant }) => terms.length > 0 || constant > 0);
    return declares || unknownsOf(equation).some((index) => sources.get(index) === null);
  };
  const axes = access.axes.map(({ padded }, at) => ({
    expression: atValues(required(symbolic.axes[at], "an axis"), derivation.example),
    padded: padded || mayLeave(equations[at]),
  }));
  return { ...access, axes };
}

function refuseNegative(operand: number, shape: readonly Affine[], strides: readonly Affine[]): void {
  const axis = strides.findIndex(({ constant }, at) => constant < 0 && (shape[at]?.terms.length ?? 0) > 0);
  if (axis >= 0) throw messages.negativeStride(operand, axis);
}
