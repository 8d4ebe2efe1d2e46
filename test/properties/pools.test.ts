/**
 * Random windows over one operand, large enough that their borders are peeled, axes reduced one after the other, and
 * extrema chosen by their bits; against the reference. Values are small integers, among them NaN and infinities where
 * elements are compared, so that everything agrees bit for bit, but for the signs of zeros.
 *
 * A failure prints the seed of each case: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run.
 */
import { describe, expect, it } from "vitest";
import { compile, jit, type CompileOptions } from "../../src/index.ts";
import type { Combination } from "../../src/ir/contraction.ts";
import { arrayOf, isBig, isFloat, DTYPE_NAMES, type Dtype, type TypedArray } from "../../src/ir/dtype.ts";
import { bufferLength } from "../../src/ir/tensor.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import { verifyKernel } from "../../src/loops/verify-kernel.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment, type Random } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(90_000);
const COUNT = caseCountFromEnvironment(400);
const TIMEOUT = 240_000;

interface Pool {
  readonly spec: string;
  readonly options: CompileOptions;
  readonly arrays: readonly TypedArray[];
}

const REDUCTIONS = ["max", "max", "max", "min", "sum", "sum", "mean", "prod", "any", "all"] as const;

function randomPool(seed: number): Pool {
  const random = seededRandom(seed);
  const spatial = random.integer(1, 3);
  const dtype = random.chance(0.4) ? "float32" : random.pick(DTYPE_NAMES);
  const reduce = random.pick(REDUCTIONS);
  const sizes: Record<string, number> = {};
  const axes = ["x", "y", "z"].slice(0, spatial).map((name) => {
    const kernel = random.integer(1, { 1: 7, 2: 5, 3: 3 }[spatial] as number);
    const [stride, dilation] = [random.pick([1, 1, 2, 3]), random.integer(1, 2)];
    const reach = dilation * (kernel - 1) + 1;
    const [low, high] = [random.integer(0, kernel), random.integer(0, kernel)].map((pad) =>
      random.chance(0.3) ? 0 : Math.min(pad, reach - 1),
    ) as [number, number];
    const extent = reach + random.integer(0, { 1: 1500, 2: 24, 3: 8 }[spatial] as number);
    const fitting = Math.floor((extent + low + high - reach) / stride) + 1;
    if (kernel > 1) sizes[`k${name}`] = kernel;
    // One window more reads past what is declared, as with a ceiling.
    if (random.chance(0.2)) sizes[name] = fitting + (kernel > 1 ? 1 : 0);
    const window = kernel > 1 ? ` + ${dilation}*k${name}` : "";
    return { name, extent, text: `(${stride}*${name}${window} - ${low} : ${high})` };
  });
  const channels = random.integer(1, { 1: 12, 2: 24, 3: 40 }[spatial] as number);
  const inner = random.chance(0.3);
  const terms = axes.map(({ text }) => text);
  const read = inner ? [...terms, "c"] : ["c", ...terms];
  const written = inner ? [...axes.map(({ name }) => name), "c"] : ["c", ...axes.map(({ name }) => name)];
  const extents = axes.map(({ extent }) => extent);
  const shape = inner ? [...extents, channels] : [channels, ...extents];
  const combine: Combination = random.chance(0.15) ? random.pick(["and", "or", "add"]) : "mul";
  const common = { shapes: [shape], ...randomLayout(random, shape), sizes, reduce, combine, dtype };
  const taps = Object.keys(sizes).filter((name) => name.startsWith("k"));
  // Products of integers are peeled, too: those of depthwise convolutions.
  const weighs = !isFloat(dtype) && taps.length > 0 && random.chance(reduce === "sum" ? 0.9 : 0.2);
  const { strides, offsets } = common;
  const options: CompileOptions = weighs
    ? {
        ...common,
        shapes: [shape, [channels, ...taps.map((name) => sizes[name] as number)]],
        ...(strides && { strides: [...strides, undefined] }),
        ...(offsets && { offsets: [...offsets, undefined] }),
      }
    : common;
  const spec = `${read.join(" ")}${weighs ? `, c ${taps.join(" ")}` : ""} -> ${written.join(" ")}`;
  const { contraction } = compile(spec, options);
  return {
    spec,
    options,
    arrays: contraction.reads.map(({ tensor }) => randomArray(random, dtype, bufferLength(tensor), reduce)),
  };
}

/** Row-major, or the axes in another order in memory, behind an offset. */
function randomLayout(random: Random, shape: readonly number[]): Partial<CompileOptions> {
  if (random.chance(0.6)) return {};
  const strides = shape.map(() => 0);
  let stride = 1;
  for (const axis of random.shuffle(shape.map((_, at) => at))) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return { strides: [strides], offsets: [random.integer(0, 3)] };
}

function randomArray(random: Random, dtype: Dtype, length: number, reduce: string): TypedArray {
  const special = isFloat(dtype) && (reduce === "max" || reduce === "min") && random.chance(0.5);
  const from = dtype.startsWith("u") ? 0 : reduce === "prod" ? -1 : -4;
  const value = (): number | bigint => {
    if (special && random.chance(0.02)) return random.pick([NaN, Infinity, -Infinity, -0]);
    const integer = random.integer(from, reduce === "prod" ? 2 : 4);
    return isBig(dtype) ? BigInt(integer) : integer;
  };
  const array = new (arrayOf(dtype))(length) as unknown as { [at: number]: number | bigint };
  for (let at = 0; at < length; at++) array[at] = value();
  return array as unknown as TypedArray;
}

/** What a case was built with, so that the test knows that it tests something. */
interface Forms {
  peeled: number;
  peeledProducts: number;
  separated: number;
  byBits: number;
}

function differenceOf({ spec, options, arrays }: Pool, forms: Forms): string | null {
  const kernel = jit(spec, options);
  const { contraction, nests, kernel: built } = kernel.compilation;
  nests.forEach(verifyNest);
  verifyKernel(built);
  if (nests.some(({ before }) => before === "kept") && !built.scratch.some(({ name }) => name.includes("Padded"))) {
    forms.peeled++;
    if (arrays.length > 1) forms.peeledProducts++;
  }
  if (built.scratch.some(({ name }) => /(Max|Min|Sum|Product|Any|All)\d?$/.test(name))) forms.separated++;
  if (built.output.bitsOf) forms.byBits++;
  const expected = reference(contraction, arrays);
  const out = new (arrayOf(contraction.output.tensor.dtype))(expected.length);
  interpretKernel(built)(arrays, out);
  const once = kernel(...arrays);
  return (
    differs(out, expected, "interpreted") ??
    differs(once, expected, "once") ??
    differs(kernel(...arrays, out), expected, "twice")
  );
}

function differs(found: TypedArray, expected: TypedArray, what: string): string | null {
  if (found.length !== expected.length) return `${what}: ${found.length} elements, expected ${expected.length}`;
  for (let at = 0; at < expected.length; at++) {
    const [one, other] = [found[at], expected[at]];
    if (one !== other && !(Number.isNaN(one) && Number.isNaN(other))) {
      return `${what}: element ${at} is ${one}, expected ${other}`;
    }
  }
  return null;
}

describe(`${COUNT} random pools from seed ${FIRST_SEED}`, () => {
  it(
    "are what the reference computes, peeled, axis by axis, and by their bits",
    () => {
      const forms: Forms = { peeled: 0, peeledProducts: 0, separated: 0, byBits: 0 };
      const failures: string[] = [];
      for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
        const pool = randomPool(seed);
        const what = attempt(() => differenceOf(pool, forms));
        if (what !== null) failures.push(`EINSMITH_SEED=${seed} ${pool.spec} ${JSON.stringify(pool.options)}: ${what}`);
      }
      expect(failures.slice(0, 3).join("\n")).toBe("");
      if (COUNT < 100) return;
      for (const count of Object.values(forms)) expect(count).toBeGreaterThan(COUNT / 60);
    },
    TIMEOUT,
  );
});

function attempt(run: () => string | null): string | null {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}
