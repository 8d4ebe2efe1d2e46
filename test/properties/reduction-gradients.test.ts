/**
 * Gradients of random contractions that reduce by a maximum, minimum or product, or combine by a maximum or minimum. Values
 * are small integers, with ties and zeros among them, so the parts as the reference evaluates them, the kernel in the
 * interpreter and as emitted, and `einsumGrad` must agree with the reference gradient bit for bit. Where a path has
 * several steps, ties go to the first in each step: here, it has one.
 *
 * A failure prints the seed: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run.
 */
import { describe, expect, it } from "vitest";
import { compileGradientOf, type GradientCompilation } from "../../src/compile-gradient.ts";
import { einsum, einsumGrad, type NdArray } from "../../src/index.ts";
import { bindOperands } from "../../src/ir/bind-operands.ts";
import type { Combination, Contraction, Reduction } from "../../src/ir/contraction.ts";
import { isFloat, promote, type TypedArray } from "../../src/ir/dtype.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { randomContraction, withOperators, type RandomContraction } from "../support/random-contractions.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom, type Random } from "../support/random.ts";
import { reference } from "../support/reference.ts";
import { referenceGradients } from "../support/reference-gradient.ts";

const FIRST_SEED = seedFromEnvironment(90_000);
const COUNT = caseCountFromEnvironment(600);
const TIMEOUT = 180_000;

/** Beyond, a float32 would round. */
const LARGEST = 2 ** 20;

interface Case extends Omit<RandomContraction, "options"> {
  readonly options: RandomContraction["options"] & { readonly reduce: Reduction; readonly combine: Combination };
  readonly optimize: readonly number[][];
  /** The operands that have a gradient. */
  readonly by: readonly number[];
  readonly cotangent: Float64Array;
  readonly expected: readonly Float64Array[];
}

const KINDS: readonly (readonly [Reduction, Combination])[] = [
  ...(["max", "min", "prod", "prod", "prod"] as const).flatMap((reduce) =>
    (["mul", "mul", "add", "add", "max", "min"] as const).map((combine) => [reduce, combine] as const),
  ),
  ["sum", "max"],
  ["sum", "min"],
  ["mean", "max"],
];

/** The contraction of a seed with another reduction and combination; undefined where it has no gradient, or rounds. */
function caseOf(seed: number): Case | undefined {
  const made = randomContraction(seed);
  const random = seededRandom(seed + 1);
  const [reduce, combine] = random.pick(KINDS);
  const dtypes = made.operands.map(({ dtype }) => dtype);
  const dtype = dtypes.reduce(promote);
  const by = dtypes.flatMap((one, at) => (isFloat(one) ? [at] : []));
  if (!isFloat(dtype) || by.length === 0) return undefined;
  for (const { data, dtype: own } of made.operands) fill(data as Float64Array, own.startsWith("u"), reduce, random);
  const { output: written } = made.contraction;
  const output = { ...written, tensor: { ...written.tensor, dtype } };
  const indices = inOrderOfSpec(made);
  if (!indices) return undefined;
  const contraction = withOperators({ ...made.contraction, indices, output, dtype }, combine, reduce);
  const cotangent = Float64Array.from({ length: elementCount(output.tensor.shape) }, () => random.integer(-3, 3));
  const arrays = made.operands.map(({ data }) => data);
  const expected = referenceGradients({ contraction, combine, reduce }, arrays, cotangent);
  const factors = arrays.map((array) => Float64Array.from(array as Float64Array, largestOf));
  const bounds =
    reduce === "prod"
      ? referenceGradients({ contraction, combine, reduce }, factors, cotangent.map(Math.abs))
      : expected;
  if (bounds.some((bound) => bound.some((value) => !(Math.abs(value) < LARGEST)))) return undefined;
  const optimize = [made.operands.map((_, at) => at)];
  return { ...made, contraction, options: { ...made.options, reduce, combine }, optimize, by, cotangent, expected };
}

function largestOf(value: number | bigint): number {
  return Math.max(1, Math.abs(Number(value)));
}

/** Which point is the first depends on the order of the indices: that of the spec, if it names those that meet. */
function inOrderOfSpec({
  spec,
  operands,
  options,
  contraction,
}: RandomContraction): Contraction["indices"] | undefined {
  const { indices } = bindOperands(
    parseSpec(spec, options.notation ? { notation: options.notation } : {}),
    operands.map(({ dtype, shape, strides, offset }, at) => ({ name: `operand ${at}`, dtype, shape, strides, offset })),
    options,
  ).contraction;
  const placeOf = (name: string): number => indices.findIndex((index) => index.name === name);
  if (contraction.indices.every(({ name }) => placeOf(name) >= 0)) {
    return [...contraction.indices].sort((one, other) => placeOf(one.name) - placeOf(other.name));
  }
  const scatters = contraction.output.axes.some(({ expression }) => expression.terms.length > 1);
  return scatters ? undefined : contraction.indices;
}

/** Of a product, most factors are 1 or -1: few are 0, fewer 2. */
function fill(data: Float64Array, isUnsigned: boolean, reduce: Reduction, random: Random): void {
  for (let at = 0; at < data.length; at++) {
    const value = reduce === "prod" ? random.pick([1, 1, 1, -1, -1, 2, -2, 0]) : random.integer(-2, 3);
    const signed = isUnsigned ? Math.abs(value) : value;
    data[at] = (typeof data[at] === "bigint" ? BigInt(signed) : signed) as number;
  }
}

const cases = Array.from({ length: COUNT }, (_, at) => caseOf(FIRST_SEED + at)).filter((given) => given !== undefined);

/** Runs a check on every case, and reports the first that fails. */
function firstFailure(check: (given: Case) => string | null): string | null {
  for (const given of cases) {
    let what: string | null;
    try {
      what = check(given);
    } catch (error) {
      what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    if (what === null) continue;
    const layouts = given.operands.map(({ shape, strides, offset, dtype }) => ({ dtype, shape, strides, offset }));
    const lines = [
      `EINSMITH_SEED=${given.seed}`,
      given.spec,
      JSON.stringify(given.options),
      JSON.stringify(layouts),
      what,
    ];
    return lines.join("\n  ");
  }
  return null;
}

/** The mean divides at another place, and rounds there. */
function difference(found: ArrayLike<number | bigint>, expected: Float64Array, what: string, given: Case) {
  const tolerance = given.options.reduce === "mean" ? 1e-6 : 0;
  if (found.length !== expected.length) return `${what}: ${found.length} elements, expected ${expected.length}`;
  for (const [at, wanted] of expected.entries()) {
    const value = Number(found[at]);
    if (!(Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted)))) {
      return `${what}: element ${at} is ${value}, expected ${wanted}`;
    }
  }
  return null;
}

/** As the contraction under test, with a cotangent of doubles whatever the dtype of the result, and the division of a mean. */
function compileOf({ contraction, optimize }: Case, by: number): GradientCompilation {
  const { output } = contraction;
  const whole: Contraction = { ...contraction, output: { ...output, tensor: { ...output.tensor, dtype: "float64" } } };
  return compileGradientOf(whole, by, { optimize });
}

/** What a gradient takes: operands by their names, and the cotangent. */
function inputsOf({ operands, contraction, cotangent }: Case, { gradient }: GradientCompilation): TypedArray[] {
  return gradient.operands.map(({ tensor }) => {
    const at = contraction.reads.findIndex((access) => access.tensor.name === tensor.name);
    return operands[at]?.data ?? cotangent;
  });
}

describe(`the gradients of ${cases.length} random reductions from seed ${FIRST_SEED}`, () => {
  it("are of every kind", () => {
    const found = new Map<string, number>();
    for (const { options, operands, expected } of cases) {
      const kind = `${options.reduce} of ${operands.length === 1 ? "one" : options.combine}`;
      if (expected.some((gradient) => gradient.some((value) => value !== 0)))
        found.set(kind, (found.get(kind) ?? 0) + 1);
    }
    if (COUNT >= 600) expect(Math.min(...found.values()), JSON.stringify([...found])).toBeGreaterThan(1);
    if (COUNT >= 600) expect(found.size).toBe(20);
  });

  it(
    "are what their stages say, in the reference",
    () => {
      const check = (given: Case): string | null => {
        for (const by of given.by) {
          const compilation = compileOf(given, by);
          const { before, inputs, parts } = compilation.gradient;
          const arrays: TypedArray[] = inputsOf(given, compilation);
          const evaluate = (contraction: Contraction, ids: readonly number[]): TypedArray => {
            verifyContraction(contraction);
            return reference(
              contraction,
              ids.map((id) => arrays[id] ?? new Float64Array(0)),
            );
          };
          for (const stage of before) arrays.push(evaluate(stage.contraction, stage.inputs));
          const sum = new Float64Array((given.expected[by] as Float64Array).length);
          for (const part of parts) {
            evaluate(part, inputs).forEach((value, at) => (sum[at] = (sum[at] ?? NaN) + Number(value)));
          }
          const found = difference(sum, given.expected[by] as Float64Array, `by ${by}`, given);
          if (found) return found;
        }
        return null;
      };
      expect(firstFailure(check)).toBeNull();
    },
    TIMEOUT,
  );

  it(
    "are what the kernel gives, interpreted and emitted",
    () => {
      const check = (given: Case): string | null => {
        for (const by of given.by) {
          const compilation = compileOf(given, by);
          const inputs = inputsOf(given, compilation);
          const expected = given.expected[by] as Float64Array;
          const run = evaluateSource(compilation.source);
          const garbage = run(...inputs).fill(7 as never);
          const found =
            difference(interpret(compilation.kernel, inputs), expected, `interpreted, by ${by}`, given) ??
            difference(run(...inputs, garbage), expected, `emitted, by ${by}`, given);
          if (found) return found;
        }
        return null;
      };
      expect(firstFailure(check)).toBeNull();
    },
    TIMEOUT,
  );

  it(
    "are what einsumGrad gives",
    () => {
      const check = (given: Case): string | null => {
        const { spec, operands, options, by, cotangent, contraction, optimize } = given;
        const incoming: NdArray = { data: cotangent, shape: contraction.output.tensor.shape };
        const gradients = einsumGrad(spec, operands, incoming, { ...options, by, optimize });
        for (const [at, { data, shape }] of gradients.entries()) {
          const operand = operands[by[at] as number] as NdArray;
          if (shape.join() !== operand.shape.join()) return `gradient ${at} has shape [${shape.join()}]`;
          if (data.constructor !== operand.data.constructor) return `gradient ${at} is a ${data.constructor.name}`;
          const found = difference(data, given.expected[by[at] as number] as Float64Array, `gradient ${at}`, given);
          if (found) return found;
        }
        return null;
      };
      expect(firstFailure(check)).toBeNull();
    },
    TIMEOUT,
  );

  it(
    "agree with finite differences in doubles, along any path",
    () => {
      const STEP = 1e-6;
      const check = (given: Case): string | null => {
        const { spec, options, contraction, seed } = given;
        const random = seededRandom(seed + 2);
        const operands = given.operands.map(({ shape }) => ({
          shape,
          data: Float64Array.from(
            { length: elementCount(shape) },
            () => random.pick([-1, 1]) * (0.7 + random.integer(0, 600_000) / 1e6),
          ),
        }));
        const cotangent = { data: given.cotangent, shape: contraction.output.tensor.shape };
        const loss = (measure = (value: number): number => value): number => {
          const { data } = einsum(spec, operands, options);
          return given.cotangent.reduce((sum, weight, at) => sum + (weight && measure(weight * Number(data[at]))), 0);
        };
        const gradients = einsumGrad(spec, operands, cotangent, options);
        for (const [by, { data }] of operands.entries()) {
          if (data.length === 0) continue;
          const at = random.integer(0, data.length - 1);
          const before = data[at] as number;
          data[at] = before + STEP;
          const above = loss();
          data[at] = before - STEP;
          const below = loss();
          data[at] = before;
          if (!Number.isFinite(above) || !Number.isFinite(below)) continue;
          const expected = (above - below) / (2 * STEP);
          const found = Number(gradients[by]?.data[at]);
          const scale = 1 + loss(Math.abs) + Math.abs(expected);
          if (!(Math.abs(found - expected) <= 1e-5 * scale)) {
            return `by ${by}, element ${at}: ${found}, expected ${expected}`;
          }
        }
        return null;
      };
      expect(firstFailure(check)).toBeNull();
    },
    TIMEOUT,
  );
});
