/**
 * Random contractions without a kernel: walking the steps of a path gives what the contraction means, bit for bit, but
 * for the sign of zeros.
 *
 * A failure names the seed: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run from it on.
 */
import { describe, expect, it } from "vitest";
import { COMBINATIONS, isMean, REDUCTIONS } from "../../src/ir/contraction.ts";
import { partsOfTerm } from "../../src/ir/product.ts";
import { arrayOf, DTYPE_NAMES, type TypedArray } from "../../src/ir/dtype.ts";
import { walkSteps } from "../../src/jit/walk-steps.ts";
import { choosePath, type Optimize } from "../../src/path/choose.ts";
import { splitSteps } from "../../src/path/steps.ts";
import { randomContraction, type RandomContraction } from "../support/random-contractions.ts";
import { caseCountFromEnvironment, seedFromEnvironment } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(70_000);
const COUNT = caseCountFromEnvironment(2_000);
const cases = Array.from({ length: COUNT }, (_, at) => randomContraction(FIRST_SEED + at));

function walk({ contraction, operands }: RandomContraction, optimize: Optimize): TypedArray {
  const expected = contraction.output.tensor;
  const out = new (arrayOf(expected.dtype))(expected.shape.reduce((count, size) => count * size, 1));
  const steps = splitSteps(contraction, choosePath(contraction, optimize).path);
  const arrays = operands.map(({ data }) => data);
  walkSteps(steps, arrays, out);
  return out;
}

/** Zeros are one zero. */
function elementsOf(array: TypedArray): string {
  return `${array.constructor.name} ${Array.from(array as ArrayLike<number | bigint>, String).join(" ")}`;
}

describe("the steps of random contractions", () => {
  for (const optimize of ["auto", "left-to-right"] as const) {
    it(`give what the contraction means when they are walked, ${optimize}`, () => {
      for (const given of cases) {
        const arrays = given.operands.map(({ data }) => data);
        const expected = elementsOf(reference(given.contraction, arrays));
        expect(elementsOf(walk(given, optimize)), `EINSMITH_SEED=${given.seed} ${given.spec}`).toBe(expected);
      }
    });
  }

  it("cover every reduction, combination and dtype, padding, and paths of several steps", () => {
    if (COUNT < 2_000) return;
    const contractions = cases.map(({ contraction }) => contraction);
    const reductions = contractions.map((contraction) => (isMean(contraction) ? "mean" : contraction.reduce));
    expect(new Set(reductions)).toEqual(new Set(REDUCTIONS));
    expect(new Set(contractions.map(({ term }) => partsOfTerm(term).combine))).toEqual(new Set(COMBINATIONS));
    expect(new Set(contractions.map(({ dtype }) => dtype))).toEqual(new Set(DTYPE_NAMES));
    const padded = contractions.filter(({ reads, output }) =>
      [...reads, output].some(({ axes }) => axes.some((axis) => axis.padded)),
    );
    expect(padded.length).toBeGreaterThan(100);
    const several = contractions.filter((contraction) => choosePath(contraction).path.length > 1);
    expect(several.length).toBeGreaterThan(100);
  });
});
