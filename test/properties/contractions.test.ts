/**
 * Random contractions through every way in. Values are small integers, so everything must agree bit for bit: the
 * meaning that the generator knows, the bound contraction, the interpreter before and after every pass, the emitted
 * code and `einsum`.
 *
 * A failure prints the seed of each contraction: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many
 * are run from the seed on.
 */
import "../../src/entries/path.ts";
import { describe, expect, it } from "vitest";
import { compile, einsum, jit, type CompileOptions } from "../../src/index.ts";
import { identityOf } from "../../src/ir/algebra.ts";
import { bind } from "../../src/ir/bind.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { PASSES } from "../../src/loops/pipeline.ts";
import { OPTIMIZER_NAMES } from "../../src/path/choose.ts";
import type { EinsumSpec } from "../../src/spec/ast.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { printSpec } from "../../src/spec/print.ts";
import { interpret, interpretPlainly } from "../support/plain-kernel.ts";
import { randomContraction, type RandomContraction } from "../support/random-contractions.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(20_000);
const COUNT = caseCountFromEnvironment(2_000);
const TIMEOUT = 180_000;
const MOST_SHOWN = 3;

interface Case extends RandomContraction {
  readonly arrays: readonly TypedArray[];
  readonly expected: TypedArray;
}

const cases = Array.from({ length: COUNT }, (_, at): Case => {
  const made = randomContraction(FIRST_SEED + at);
  const arrays = made.operands.map(({ data }) => data);
  return { ...made, arrays, expected: reference(made.contraction, arrays) };
});

/** Runs a check on every case; the report shows the smallest failures. A check returns what differs, or null. */
function failuresOf(check: (given: Case) => string | null): string {
  const failures = cases.flatMap((given) => {
    const what = attempt(check, given);
    return what === null ? [] : [{ given, what }];
  });
  const sizeOf = ({ given }: { given: Case }): number => given.spec.length + given.operands.length * 10;
  const shown = failures.sort((left, right) => sizeOf(left) - sizeOf(right)).slice(0, MOST_SHOWN);
  const count = failures.length > 0 ? [`${failures.length} of ${cases.length} contractions fail`] : [];
  return [...count, ...shown.map(({ given, what }) => describeCase(given, what))].join("\n\n");
}

function attempt(check: (given: Case) => string | null, given: Case): string | null {
  try {
    return check(given);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function describeCase({ seed, spec, operands, options }: Case, what: string): string {
  const layouts = operands.map(({ shape, strides, offset, dtype }) => ({ dtype, shape, strides, offset }));
  return [
    `EINSMITH_SEED=${seed}`,
    `  spec     ${JSON.stringify(spec)}`,
    `  options  ${JSON.stringify(options)}`,
    ...layouts.map((layout, at) => `  operand ${at} ${JSON.stringify(layout)}`),
    `  ${what}`,
  ].join("\n");
}

/** Says where two results differ; zeros are one zero, and NaN is NaN. */
function difference(found: TypedArray, expected: TypedArray, stage: string): string | null {
  if (found.constructor !== expected.constructor) return `${stage}: a ${found.constructor.name}`;
  if (found.length !== expected.length) return `${stage}: ${found.length} elements, expected ${expected.length}`;
  for (let at = 0; at < expected.length; at++) {
    const [one, other] = [found[at], expected[at]];
    if (one === other || (Number.isNaN(one) && Number.isNaN(other))) continue;
    return `${stage}: element ${at} is ${String(one)}, expected ${String(other)}`;
  }
  return null;
}

function parse({ spec, options: { notation } }: Case): EinsumSpec {
  return parseSpec(spec, { ...(notation && { notation }) });
}

/** How to compile a case; the path is one of every optimizer's, at random. */
function compileOptionsOf({ operands, options, seed }: Case): CompileOptions {
  return {
    ...options,
    shapes: operands.map(({ shape }) => shape),
    strides: operands.map(({ strides }) => strides),
    offsets: operands.map(({ offset }) => offset),
    dtypes: operands.map(({ dtype }) => dtype),
    optimize: seededRandom(seed).pick(OPTIMIZER_NAMES),
  };
}

describe(`${COUNT} random contractions from seed ${FIRST_SEED}`, () => {
  it("use everything the language has", () => {
    const share = (has: (given: Case) => boolean): number => cases.filter(has).length / cases.length;
    const termsOf = ({ contraction: { reads, output } }: Case) =>
      [...reads, output].flatMap(({ axes }) => axes.flatMap(({ expression }) => expression.terms));
    const writes = (pattern: RegExp): number => share(({ spec }) => pattern.test(spec));
    const inputsPad = ({ contraction }: Case): boolean =>
      contraction.reads.some(({ axes }) => axes.some(({ padded }) => padded));
    const shares = {
      named: share(({ spec, options }) => options.notation === "named" || /\p{L} \p{L}/u.test(spec)),
      ellipsis: writes(/\.\.\./),
      implicit: share(({ spec }) => !spec.includes("->")),
      "stride or dilation": share((given) => termsOf(given).some(({ coefficient }) => coefficient > 1)),
      "negative coefficient": share((given) => termsOf(given).some(({ coefficient }) => coefficient < 0)),
      "padding behind a colon": writes(/:/),
      "padding in operands": share(inputsPad),
      "padding in the output": share(({ contraction }) => contraction.output.axes.some(({ padded }) => padded)),
      "expression in the output": writes(/->.*[*+(]/),
      "empty index": share(({ contraction }) => contraction.indices.some(({ size }) => size === 0)),
      "size 1": share(({ contraction }) => contraction.indices.some(({ size }) => size === 1)),
      "negative stride": share(({ operands }) => operands.some(({ strides }) => strides.some((stride) => stride < 0))),
      "zero stride": share(({ operands }) => operands.some(({ strides }) => strides.includes(0))),
      offset: share(({ operands }) => operands.some(({ offset }) => offset > 0)),
      params: share(({ options }) => options.params !== undefined),
      sizes: share(({ options }) => options.sizes !== undefined),
      "several dtypes": share(({ operands }) => new Set(operands.map(({ dtype }) => dtype)).size > 1),
      BigInt: share(({ expected }) => typeof expected[0] === "bigint"),
      "4 operands and more": share(({ operands }) => operands.length > 3),
      reduce: share(({ options }) => options.reduce !== undefined),
      combine: share(({ options }) => options.combine !== undefined),
    };
    const rare = Object.entries(shares).filter(([, found]) => found < 0.02);
    expect(COUNT < 500 ? [] : rare).toEqual([]);
  });

  it("print as specs that read the same", () => {
    const failures = failuresOf((given) => {
      const spec = parse(given);
      const again = parseSpec(printSpec(spec), { notation: spec.notation });
      const [left, right] = [withoutSpans(spec), withoutSpans(again)].map((tree) => JSON.stringify(tree));
      return left === right ? null : `printed as ${JSON.stringify(printSpec(spec))}`;
    });
    expect(failures).toBe("");
  });

  it(
    "bind to what they mean",
    () => {
      const failures = failuresOf((given) => {
        const bound = bind(parse(given), compileOptionsOf(given));
        const [shape, expected] = [bound, given.contraction].map(({ output }) => JSON.stringify(output.tensor.shape));
        if (shape !== expected) return `shape ${shape}, expected ${expected}`;
        return difference(reference(bound, given.arrays), given.expected, "the bound contraction");
      });
      expect(failures).toBe("");
    },
    TIMEOUT,
  );

  it(
    "are what the interpreter makes of the plain kernel",
    () => {
      const failures = failuresOf((given) => {
        const { contraction } = compile(given.spec, compileOptionsOf(given));
        const { optimize } = compileOptionsOf(given);
        return difference(interpretPlainly(contraction, given.arrays, optimize), given.expected, "the plain kernel");
      });
      expect(failures).toBe("");
    },
    TIMEOUT,
  );

  it(
    "stay the same in the scheduled kernel and after every pass",
    () => {
      const failures = failuresOf((given) => differenceAfterPasses(given, compileOptionsOf(given)));
      expect(failures).toBe("");
    },
    TIMEOUT,
  );

  it(
    "stay the same however they are unrolled and tiled, whatever the operands are called",
    () => {
      const failures = failuresOf((given) =>
        differenceAfterPasses(given, { ...compileOptionsOf(given), ...randomSchedule(given) }),
      );
      expect(failures).toBe("");
    },
    TIMEOUT,
  );

  it(
    "are computed by the emitted JavaScript, into a new array and into a given one, twice",
    () => {
      const failures = failuresOf((given) => {
        const kernel = jit(given.spec, compileOptionsOf(given));
        const found = kernel(...given.arrays);
        const out = found.slice().fill(identityOf("prod", given.contraction.output.tensor.dtype) as never);
        return (
          difference(found, given.expected, "the emitted code") ??
          difference(kernel(...given.arrays, out), given.expected, "the emitted code, given an array") ??
          (kernel(...given.arrays, out) === out ? null : "the emitted code does not return the array it was given")
        );
      });
      expect(failures).toBe("");
    },
    TIMEOUT,
  );

  it(
    "are computed by einsum",
    () => {
      const failures = failuresOf((given) => {
        const result = einsum(given.spec, given.operands, given.options);
        const expected = given.contraction.output.tensor.shape;
        if (JSON.stringify(result.shape) !== JSON.stringify(expected)) return `shape ${JSON.stringify(result.shape)}`;
        return difference(result.data as TypedArray, given.expected, "einsum");
      });
      expect(failures).toBe("");
    },
    TIMEOUT,
  );
});

/** Names that emitted code gives to values of its own, or that become one with a digit behind. */
const AWKWARD = [
  "a",
  "a0",
  "a1",
  "a11",
  "aAt",
  "aPadded",
  "a0Value",
  "acc",
  "acc0",
  "accumulated",
  "i",
  "iTile",
  "outAt",
];

/** Steps and tiles for some of the indices, and awkward names for the operands. */
function randomSchedule({ seed, contraction, operands }: Case): Partial<CompileOptions> {
  const random = seededRandom(seed);
  const steps = (probability: number, most: number): Record<string, number> =>
    Object.fromEntries(
      contraction.indices
        .filter(({ name }) => !name.startsWith("...") && random.chance(probability))
        .map(({ name }) => [name, random.integer(1, most)]),
    );
  const names = random.shuffle([...AWKWARD, "t0", "t1", "t10", "p", "pValue"]).slice(0, operands.length);
  return { unroll: steps(0.4, 5), tile: steps(0.3, 4), operands: names };
}

/** The scheduled kernel as it is lowered and after each pass; the last of them is the compilation's. */
function differenceAfterPasses({ spec, arrays, expected }: Case, options: CompileOptions): string | null {
  const stages: [string, Kernel][] = [];
  const { kernel } = compile(spec, { ...options, onPass: (name, after) => stages.push([name, after]) });
  expect(stages.map(([name]) => name)).toEqual(["lower", ...PASSES.map(({ name }) => name)]);
  // What comes behind the passes rewrites kernels that choose without a branch, and leaves all others alone.
  if (kernel.definitions) stages.push(["the order of bits", kernel]);
  else expect(stages.at(-1)?.[1]).toBe(kernel);
  for (const [name, after] of stages) {
    const found = difference(interpret(after, arrays), expected, `the kernel after ${name}`);
    if (found !== null) return found;
  }
  return null;
}

function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "span" && key !== "text");
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutSpans(inner)]));
}
