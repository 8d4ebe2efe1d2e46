/**
 * Kernels whose sizes are left to run time, on random contractions: some axes and strides become symbols, and the kernel
 * is called with what they were. Values are small integers, so it must agree bit for bit with the meaning that the
 * generator knows, as the specialised kernel does.
 *
 * A failure prints the seed: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run.
 */
import { describe, expect, it } from "vitest";
import { jit, type CompileOptions } from "../../src/index.ts";
import { EinsumError, UnsupportedError } from "../../src/support/errors.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import { readIntegers } from "../../src/ir/symbols.ts";
import { isRowMajor } from "../../src/ir/tensor.ts";
import { randomContraction, type RandomContraction } from "../support/random-contractions.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(40_000);
const COUNT = caseCountFromEnvironment(1_000);
const MOST_SHOWN = 3;

interface SymbolicCase {
  readonly options: CompileOptions;
  /** The values of the symbols, in order of appearance. */
  readonly values: ReadonlyMap<string, number>;
}

/** Puts symbols in the place of some sizes, and of some strides; equal sizes of one letter share a symbol at times. */
function withSymbols({ seed, operands, options }: RandomContraction): SymbolicCase {
  const random = seededRandom(seed + 1);
  const values = new Map<string, number>();
  const share = random.chance(0.5);
  const symbol = (name: string, value: number): string => {
    const chosen = share ? `n${value}` : name;
    values.set(chosen, value);
    return chosen;
  };
  const shapes = operands.map(({ shape, strides }, operand) => {
    const fixed = strides.some((stride) => stride < 0);
    return shape.map((size, axis) =>
      fixed || size < 2 || random.chance(0.3) ? size : symbol(`n${operand}x${axis}`, size),
    );
  });
  const strides = operands.map(({ shape, strides: given }, operand) => {
    if (isRowMajor(shape, given)) return undefined;
    return given.map((stride, axis) =>
      stride < 2 || random.chance(0.3) ? stride : symbol(`s${operand}x${axis}`, stride),
    );
  });
  const offsets = operands.map(({ offset }) => offset);
  const dtypes = operands.map(({ dtype }) => dtype);
  return { options: { ...options, shapes, strides, offsets, dtypes }, values };
}

function difference(found: TypedArray, expected: TypedArray, stage: string): string | null {
  if (found.length !== expected.length) return `${stage}: ${found.length} elements, expected ${expected.length}`;
  for (let at = 0; at < expected.length; at++) {
    const [one, other] = [found[at], expected[at]];
    if (one === other || (Number.isNaN(one) && Number.isNaN(other))) continue;
    return `${stage}: element ${at} is ${String(one)}, expected ${String(other)}`;
  }
  return null;
}

type Outcome = "agrees" | "no symbols" | "refused" | { readonly differs: string };

function run(given: RandomContraction): Outcome {
  const { options, values } = withSymbols(given);
  const arrays = given.operands.map(({ data }) => data);
  if (values.size === 0) return "no symbols";
  try {
    const kernel = jit(given.spec, options);
    const { integers, output } = kernel.compilation.kernel;
    const sizes = integers.flatMap((integer) =>
      integer.kind === "parameter" && !integer.length ? [valueOf(integer.name, values)] : [],
    );
    const expected = reference(given.contraction, arrays);
    const exact = arrays.map((array, operand) => exactly(array, operand, kernel.compilation.kernel.integers, given));
    const found = kernel(...exact, ...sizes);
    const interpreted = new (expected.constructor as new (length: number) => TypedArray)(expected.length);
    expect(output.role).toBe("output");
    interpretKernel(kernel.compilation.kernel)(
      exact,
      interpreted,
      readIntegers(kernel.compilation.kernel, exact, sizes),
    );
    const why =
      difference(found, expected, "emitted") ??
      difference(kernel(...exact, ...sizes), expected, "emitted, called again") ??
      difference(interpreted, expected, "interpreted");
    return why === null ? "agrees" : { differs: why };
  } catch (error) {
    if (error instanceof UnsupportedError) return "refused";
    if (error instanceof EinsumError && ["symbols-do-not-fit", "kernel-size"].includes(error.code)) return "refused";
    return { differs: error instanceof Error ? (error.stack ?? "") : String(error) };
  }
}

function valueOf(name: string, values: ReadonlyMap<string, number>): number {
  return values.get(name.slice(1)) ?? values.get(name.slice(1, -4)) ?? NaN;
}

/** An operand whose length tells a size must not be longer than what is read of it. */
function exactly(
  array: TypedArray,
  operand: number,
  integers: readonly { readonly kind: string; readonly length?: { readonly operand: number } }[],
  { operands }: RandomContraction,
): TypedArray {
  if (!integers.some(({ length }) => length?.operand === operand)) return array;
  const count = (operands[operand]?.shape ?? []).reduce((product, size) => product * size, 1);
  return array.slice(0, count);
}

describe(`${COUNT} random contractions over symbols from seed ${FIRST_SEED}`, () => {
  it("agree with the reference, emitted and interpreted", () => {
    const outcomes = Array.from({ length: COUNT }, (_, at) => {
      const given = randomContraction(FIRST_SEED + at);
      return { given, outcome: run(given) };
    });
    const failures = outcomes.flatMap(({ given, outcome }) =>
      typeof outcome === "object" ? [{ given, differs: outcome.differs }] : [],
    );
    const shown = failures
      .sort((one, other) => one.given.spec.length - other.given.spec.length)
      .slice(0, MOST_SHOWN)
      .map(
        ({ given, differs }) =>
          `EINSMITH_SEED=${given.seed} ${given.spec} ${JSON.stringify(withSymbols(given).options)} ${JSON.stringify([...withSymbols(given).values])}\n  ${differs}`,
      );
    expect(failures.length > 0 ? [`${failures.length} fail`, ...shown].join("\n") : "").toBe("");
    const share = (wanted: Outcome): number => outcomes.filter(({ outcome }) => outcome === wanted).length / COUNT;
    if (COUNT < 500) return;
    expect(share("refused")).toBeLessThan(0.1);
    expect(share("agrees")).toBeGreaterThan(0.6);
  }, 180_000);
});
