/**
 * Reductions whose state has several components, over random contractions of doubles: the first place of an extreme, which
 * gradients are made of, a mean as a sum and a count, and a logsumexp. What the interpreter gives as lowered and after every
 * pass, and what the emitted code gives, is the reference, bit for bit.
 *
 * A failure prints the seed: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run from the seed on.
 */
import { describe, expect, it } from "vitest";
import { firstExtreme } from "../../src/grad/extremes.ts";
import { binary, call, compare, constantOf, select, shared } from "../../src/ir/activations.ts";
import { countValues, type CompoundMonoid, type Contraction } from "../../src/ir/contraction.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { elementOf, VALUE, type Elementwise } from "../../src/ir/elementwise.ts";
import { readsOfTerm } from "../../src/ir/product.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { variableAffine, scaleAffine, sumAffines } from "../../src/affine/affine.ts";
import { READABLE } from "../../src/recipe/full.ts";
import { makeKernel, type Recipe } from "../../src/recipe/recipe.ts";
import { TUNED } from "../../src/recipe/unread.ts";
import { writeScript } from "../../src/emit/script.ts";
import { evaluateKernel } from "../../src/jit/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { randomContraction } from "../support/random-contractions.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(70_000);
const COUNT = caseCountFromEnvironment(400);

const [left, right, more, most] = [0, 1, 2, 3].map(elementOf) as [Elementwise, Elementwise, Elementwise, Elementwise];

/** A mean: sums and counts are exact on small integers, in any order. */
const MEAN: CompoundMonoid = {
  name: "mean",
  components: [
    { name: "sum", identity: 0 },
    { name: "count", identity: 0 },
  ],
  combine: [binary("add", left, more), binary("add", right, most)],
  result: binary("div", left, right),
  nothing: NaN,
};

/** The logarithm of a sum of exponentials: the greatest exponent, and the sum beside it. */
const LOG_SUM_EXP: CompoundMonoid = (() => {
  const greatest = shared(binary("max", left, more));
  const scaled = (sum: Elementwise, exponent: Elementwise): Elementwise =>
    select(
      compare("eq", sum, constantOf(0)),
      constantOf(0),
      binary("mul", sum, call("exp", binary("sub", exponent, greatest))),
    );
  return {
    name: "logsumexp",
    components: [
      { name: "greatest", identity: -Infinity },
      { name: "sum", identity: 0 },
    ],
    combine: [greatest, shared(binary("add", scaled(right, left), scaled(most, more)))],
    result: binary("add", left, call("log", right)),
    nothing: -Infinity,
  };
})();

interface Case {
  readonly seed: number;
  readonly contraction: Contraction;
  readonly arrays: readonly TypedArray[];
}

/** A random contraction of doubles with one of the monoids in the place of its own. */
function caseOf(seed: number): Case | null {
  const { contraction: made, operands } = randomContraction(seed);
  const random = seededRandom(seed + 1);
  if (made.dtype !== "float64" || made.symbols || countValues(made.indices) > 5000) return null;
  const reads = readsOfTerm(made);
  const output = { ...made.output, tensor: { ...made.output.tensor, dtype: "float64" as const } };
  const sizes = [...made.indices].reverse();
  const strides = sizes.map((_, at) => countValues(sizes.slice(0, at)));
  const place = sumAffines(sizes.map(({ name }, at) => scaleAffine(variableAffine(name), strides[at] ?? 1)));
  const [reduce, second] = random.pick<[CompoundMonoid, Elementwise]>([
    [firstExtreme("max"), { kind: "integer", value: place }],
    [firstExtreme("min"), { kind: "integer", value: place }],
    [MEAN, constantOf(1)],
    [LOG_SUM_EXP, constantOf(1)],
  ]);
  const contraction: Contraction = {
    ...made,
    reads,
    output,
    term: { kind: "tuple", parts: [made.term, second] },
    reduce,
    finish: VALUE,
  };
  const isHard = reduce.name.startsWith("first") && random.chance(0.3);
  const arrays = operands.slice(0, reads.length).map(({ data }) => {
    if (!isHard || typeof data[0] === "bigint") return data;
    const hard = (data as Float64Array).slice();
    return hard.map((value) => random.pick([value, value, NaN, Infinity, -Infinity]));
  });
  return { seed, contraction, arrays };
}

const cases = Array.from({ length: COUNT }, (_, at) => caseOf(FIRST_SEED + at)).filter((one) => one !== null);

describe(`${cases.length} random contractions over states, from seed ${FIRST_SEED}`, () => {
  it("has cases", () => expect(cases.length).toBeGreaterThan(0));

  it.each([
    ["tuned", TUNED],
    ["readable", READABLE],
  ] as const)("agree with the reference: %s", (_, recipe) => {
    const failures = cases.map((given) => failureOf(given, recipe)).filter((what) => what !== null);
    expect(failures.slice(0, 3).join("\n")).toBe("");
  });
});

function failureOf({ seed, contraction, arrays }: Case, recipe: Recipe): string | null {
  const inputs = [...contraction.reads.keys()];
  const steps = [{ inputs, result: inputs.length, contraction }];
  const expected = reference(contraction, arrays);
  // A logsumexp is rounded in the order of its loops.
  const isExact = contraction.reduce !== LOG_SUM_EXP;
  let stage = "";
  try {
    verifyContraction(contraction);
    const found: [string, TypedArray][] = [];
    const onPass = (pass: string, kernel: Kernel): void => {
      stage = pass;
      found.push([pass, interpret(kernel, arrays)]);
    };
    const { kernel } = makeKernel(recipe, [{ contraction, steps }], { name: "kernel", onPass });
    const out = new Float64Array(expected.length).fill(7);
    evaluateKernel(kernel, writeScript(kernel), true).run(arrays, out);
    found.push(["emitted", out]);
    for (const [pass, result] of found) {
      const at = expected.findIndex((value, at) => !agrees(value as number, result[at] as number, isExact));
      if (at >= 0) return `EINSMITH_SEED=${seed} ${pass}: [${at}] is ${result[at]}, expected ${expected[at]}`;
    }
    return found.length > 0 ? null : `EINSMITH_SEED=${seed}: nothing was run`;
  } catch (error) {
    return `EINSMITH_SEED=${seed} behind ${stage}: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

function agrees(expected: number, found: number, isExact: boolean): boolean {
  if (expected === found || (Number.isNaN(expected) && Number.isNaN(found))) return true;
  return !isExact && Math.abs(expected - found) < 1e-9 * Math.max(1, Math.abs(expected));
}
