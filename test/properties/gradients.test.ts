/**
 * Gradients of random contractions. Values are small integers, so the gradient's parts as the reference evaluates them,
 * the kernel in the interpreter and as emitted, and `einsumGrad` must agree with the reference gradient bit for bit (a
 * mean divides at different places: there, to the last digits).
 *
 * A failure prints the seed: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run.
 */
import { describe, expect, it } from "vitest";
import { compileGradientOf } from "../../src/compile-gradient.ts";
import { differentiate } from "../../src/grad/differentiate.ts";
import { einsum, einsumGrad, type NdArray } from "../../src/index.ts";
import type { Combination, Reduction } from "../../src/ir/contraction.ts";
import { isFloat, promote, type TypedArray } from "../../src/ir/dtype.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { randomContraction, withOperators, type RandomContraction } from "../support/random-contractions.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";
import { referenceGradients } from "../support/reference-gradient.ts";

const FIRST_SEED = seedFromEnvironment(70_000);
const COUNT = caseCountFromEnvironment(1_200);
const TIMEOUT = 180_000;

interface Case extends Omit<RandomContraction, "options"> {
  readonly options: RandomContraction["options"] & { readonly reduce: Reduction; readonly combine: Combination };
  /** The operands that have a gradient. */
  readonly by: readonly number[];
  readonly cotangent: Float64Array;
  readonly expected: readonly Float64Array[];
}

/** The contraction of a seed as a sum or a mean, of products or of sums; undefined where there is no gradient by anything. */
function caseOf(seed: number): Case | undefined {
  const made = randomContraction(seed);
  const random = seededRandom(seed + 1);
  const reduce = random.chance(0.8) ? "sum" : "mean";
  const combine = random.chance(0.8) ? "mul" : "add";
  const dtypes = made.operands.map(({ dtype }) => dtype);
  const dtype = dtypes.reduce(promote);
  const isFinite = made.operands.every(({ data }) =>
    (data as Float64Array).every((value) => Number.isFinite(Number(value))),
  );
  const by = dtypes.flatMap((one, at) => (isFloat(one) ? [at] : []));
  if (!isFloat(dtype) || !isFinite || by.length === 0) return undefined;
  const { output: written } = made.contraction;
  const output = { ...written, tensor: { ...written.tensor, dtype } };
  const contraction = withOperators({ ...made.contraction, output, dtype }, combine, reduce);
  const cotangent = Float64Array.from({ length: elementCount(output.tensor.shape) }, () => random.integer(-3, 3));
  const expected = referenceGradients(
    { contraction, combine, reduce },
    made.operands.map(({ data }) => data),
    cotangent,
  );
  return { ...made, contraction, options: { ...made.options, reduce, combine }, by, cotangent, expected };
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

function difference(
  found: ArrayLike<number | bigint>,
  expected: Float64Array,
  given: Case,
  what: string,
): string | null {
  if (found.length !== expected.length) return `${what}: ${found.length} elements, expected ${expected.length}`;
  const exact = given.options.reduce === "sum";
  for (let at = 0; at < expected.length; at++) {
    const [one, other] = [Number(found[at]), expected[at] as number];
    if (
      one === other ||
      (!exact && Math.abs(one - other) <= 1e-6 * (1 + Math.abs(other))) ||
      (one !== one && other !== other)
    )
      continue;
    return `${what}: element ${at} is ${one}, expected ${other}`;
  }
  return null;
}

/** What the parts of a gradient read: the operands, with the cotangent in the place of one. */
function inputsOf({ operands, cotangent, options }: Case, by: number): TypedArray[] {
  if (options.combine === "add") return [cotangent];
  return operands.map(({ data }, at) => (at === by ? cotangent : data));
}

/** As the contraction under test, with a cotangent of doubles whatever the dtype of the result. */
function gradientOf(given: Case, by: number) {
  const { contraction } = given;
  const doubled = { ...contraction.output, tensor: { ...contraction.output.tensor, dtype: "float64" as const } };
  return {
    contraction: { ...contraction, output: doubled },
    gradient: differentiate({ ...contraction, output: doubled }, by),
  };
}

describe(`the gradients of ${cases.length} random contractions from seed ${FIRST_SEED}`, () => {
  it("gather, accumulate and divide", () => {
    const gradients = cases.flatMap((given) => given.by.map((by) => gradientOf(given, by).gradient));
    const share = (has: (gradient: (typeof gradients)[number]) => boolean): number =>
      gradients.filter(has).length / gradients.length;
    const shares = {
      "in several parts": share(({ parts }) => parts.length > 1),
      gathered: share(({ contraction, parts }) => parts[0] !== contraction),
      accumulated: share(({ accumulates }) => accumulates !== ""),
      "of means": share(({ contraction }) => contraction.finish.kind !== "value"),
    };
    if (cases.length < 100) return;
    for (const [what, found] of Object.entries(shares)) expect(found, what).toBeGreaterThan(0);
  });

  it(
    "are what the parts say, in the reference",
    () => {
      const check = (given: Case): string | null => {
        for (const by of given.by) {
          const { gradient } = gradientOf(given, by);
          const expected = given.expected[by] as Float64Array;
          const sum = new Float64Array(expected.length);
          const writers = new Uint8Array(expected.length);
          for (const part of gradient.parts) {
            verifyContraction(part);
            reference(part, inputsOf(given, by)).forEach((value, at) => {
              if (Number(value) !== 0) writers[at] = (writers[at] ?? 0) + 1;
              sum[at] = (sum[at] ?? NaN) + Number(value);
            });
          }
          const found = difference(sum, expected, given, `operand ${by}`);
          if (found) return found;
          if (writers.some((count) => count > 1)) return `operand ${by}: two parts write one element`;
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
          const { contraction } = gradientOf(given, by);
          const compilation = compileGradientOf(contraction, by, {});
          const inputs = inputsOf(given, by);
          const expected = given.expected[by] as Float64Array;
          const interpreted = difference(
            interpret(compilation.kernel, inputs),
            expected,
            given,
            `interpreted, by ${by}`,
          );
          if (interpreted) return interpreted;
          const run = evaluateSource(compilation.source);
          const garbage = run(...inputs).fill(7 as never);
          const emitted = difference(run(...inputs, garbage), expected, given, `emitted, by ${by}`);
          if (emitted) return emitted;
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
        const { spec, operands, options, by, cotangent, contraction } = given;
        const incoming: NdArray = { data: cotangent, shape: contraction.output.tensor.shape };
        const gradients = einsumGrad(spec, operands, incoming, { ...options, by });
        for (const [at, { data, shape }] of gradients.entries()) {
          const operand = operands[by[at] as number] as NdArray;
          if (shape.join() !== operand.shape.join()) return `gradient ${at} has shape [${shape.join()}]`;
          if (data.constructor !== operand.data.constructor) return `gradient ${at} is a ${data.constructor.name}`;
          const found = difference(data, given.expected[by[at] as number] as Float64Array, given, `gradient ${at}`);
          if (found) return found;
        }
        return null;
      };
      expect(firstFailure(check)).toBeNull();
    },
    TIMEOUT,
  );

  it(
    "agree with finite differences in doubles",
    () => {
      const check = (given: Case): string | null => {
        const { spec, options, contraction, seed } = given;
        const random = seededRandom(seed + 2);
        const operands = given.operands.map(({ shape }) => ({
          shape,
          data: Float64Array.from({ length: elementCount(shape) }, () => random.integer(-50, 50) / 32),
        }));
        const cotangent = { data: given.cotangent, shape: contraction.output.tensor.shape };
        const loss = (): number => {
          const { data } = einsum(spec, operands, options);
          return given.cotangent.reduce((sum, weight, at) => sum + weight * Number(data[at]), 0);
        };
        const gradients = einsumGrad(spec, operands, cotangent, options);
        for (const [by, { data }] of operands.entries()) {
          if (data.length === 0) continue;
          const at = random.integer(0, data.length - 1);
          const before = data[at] as number;
          // The result is linear in each operand: any step is exact.
          data[at] = before + 1;
          const above = loss();
          data[at] = before;
          const expected = above - loss();
          const found = Number(gradients[by]?.data[at]);
          const scale = 1 + Math.abs(above) + Math.abs(expected);
          if (Math.abs(found - expected) > 1e-9 * scale)
            return `by ${by}, element ${at}: ${found}, expected ${expected}`;
        }
        return null;
      };
      expect(firstFailure(check)).toBeNull();
    },
    TIMEOUT,
  );
});
