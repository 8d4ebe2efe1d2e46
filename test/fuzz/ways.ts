/**
 * The ways to compute a contraction: each prepares a call, as text for whoever reads a failure, and runs it.
 *
 * Invariant: what a way chooses depends on the generator it is given, so that it chooses the same for a smaller draft.
 */
import "../../src/entries/path.ts";
import { transformSync } from "esbuild";
import { compile, einsum, jit, type CompileOptions, type JitKernel } from "../../src/index.ts";
import { readIntegers } from "../../src/ir/symbols.ts";
import { walkSteps } from "../../src/jit/walk-steps.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { emitModule } from "../../src/writer/index.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { seededRandom, type Random } from "../support/random.ts";
import { buildCase, rowMajor, type Case, type DraftIndex } from "./draft.ts";
import { countOf, evaluate, shapeOf } from "./naive.ts";
import { differenceOf, emptyArray, type Numbers } from "./numbers.ts";
import { runOverlapping } from "./overlap.ts";
import { printOperand, printValue } from "./print.ts";

/** A call that is ready: `run` gives what differs from what is expected, or how many results agreed. */
export interface Prepared {
  readonly call: string;
  readonly run: (expected: Numbers) => string | number | Promise<string | number>;
}

export interface Way {
  readonly name: string;
  readonly weight: number;
  readonly applies?: (given: Case) => boolean;
  readonly prepare: (given: Case, random: Random) => Prepared;
  /** Codes of errors that are no failures here, and why. */
  readonly allowed?: Readonly<Record<string, string>>;
}

/** The options of `compile` for a case. Where values are not finite, one step: others round where it does not matter. */
function optionsFor(given: Case, more: Partial<CompileOptions> = {}): CompileOptions {
  const { operands, options } = given;
  return {
    ...options,
    shapes: operands.map(({ shape }) => shape),
    strides: operands.map(({ strides }) => strides),
    offsets: operands.map(({ offset }) => offset),
    dtypes: operands.map(({ dtype }) => dtype),
    ...oneStep(given),
    ...more,
  };
}

/** `(a + b) * Infinity` is no `a * Infinity + b * Infinity`: only a path of one step does what the spec says. */
function oneStep({ operands }: Case): { optimize?: number[][] } {
  return operands.length > 2 && !isFinite({ operands }) ? { optimize: [[...operands.keys()]] } : {};
}

export function isFinite({ operands }: Pick<Case, "operands">): boolean {
  return operands.every(({ data }) => {
    for (let at = 0; at < data.length; at++) if (!Number.isFinite(Number(data[at]))) return false;
    return true;
  });
}

function arraysOf({ operands }: Case): Numbers[] {
  return operands.map(({ data }) => data);
}

function namesOf({ operands }: Case, suffix = ""): string {
  return operands.map((_, at) => `x${at}${suffix}`).join(", ");
}

/** An array that holds something already. */
function garbageLike(expected: Numbers): Numbers {
  return expected.slice().fill((expected.constructor.name.startsWith("Big") ? 7n : 7) as never);
}

/** Compares what a function gives in a new array with what it leaves in a given one, the second time. */
function runTwice(run: (...arrays: Numbers[]) => Numbers, arrays: Numbers[], expected: Numbers): string | number {
  const first = differenceOf(run(...arrays), expected);
  if (first !== null) return first;
  const out = garbageLike(expected);
  const second = run(...arrays, out);
  if (second !== out) return "the array that was given is not returned";
  const again = differenceOf(out, expected);
  return again === null ? 2 : `into a given array, called again: ${again}`;
}

function callKernel(spec: string, options: CompileOptions, given: Case, sizes: readonly number[] = []): string {
  const rest = sizes.map((size) => `, ${size}`).join("");
  return `jit(${printValue(spec)}, ${printValue(options)})(${namesOf(given, ".data")}${rest})`;
}

/** `jit` with options that a function adds. */
function jitWay(
  name: string,
  weight: number,
  choose: (given: Case, random: Random) => Partial<CompileOptions>,
  rest: Pick<Way, "applies" | "allowed"> = {},
): Way {
  return {
    name,
    weight,
    ...rest,
    prepare: (given, random) => {
      const options = optionsFor(given, choose(given, random));
      return {
        call: callKernel(given.spec, options, given),
        run: (expected) => runTwice(jit(given.spec, options) as never, arraysOf(given), expected),
      };
    },
  };
}

export const EINSUM: Way = {
  name: "einsum",
  weight: 10,
  prepare: (given, random) => {
    const polymorphic = random.chance(0.15) && { specialize: random.integer(0, 1) };
    const options = { ...given.options, ...oneStep(given), ...polymorphic };
    return {
      call: `einsum(${printValue(given.spec)}, [${namesOf(given)}], ${printValue(options)})`,
      run: (expected) => {
        const { data, shape } = einsum(given.spec, given.operands, options);
        const wanted = shapeOf(given.meaning.output);
        if (shape.join() !== wanted.join()) return `shape [${shape.join()}], expected [${wanted.join()}]`;
        return differenceOf(data as Numbers, expected) ?? 1;
      },
    };
  },
};

/** The same call with other sizes: the same options, and axes of size 1 and 0 where there were some; few are found for some. */
function otherSizes(given: Case, random: Random, count: number): Case[] {
  const { draft } = given;
  const found: Case[] = [];
  for (let tries = 0; tries < 4 * count && found.length < count; tries++) {
    const vary = ({ name, size }: DraftIndex): DraftIndex => {
      return { name, size: size < 2 || random.chance(0.4) ? size : random.integer(2, 6) };
    };
    const other = buildCase({ ...draft, indices: draft.indices.map(vary), ellipsis: draft.ellipsis.map(vary) });
    if (other && printValue(other.options) === printValue(given.options)) found.push(other);
  }
  return found;
}

/** One spec on arrays of many shapes: after the first ones, one kernel of any size serves all. */
const SHAPES: Way = {
  name: "einsum, many shapes",
  weight: 1.5,
  applies: ({ meaning: { sizes } }) => sizes.some((size) => size > 1),
  prepare: (given, random) => {
    const specialize = random.integer(0, 2);
    const calls = [given, ...otherSizes(given, random, 5)];
    const options = { ...given.options, ...oneStep(given), specialize };
    return {
      call: [
        ...calls.map(
          ({ operands }) => `einsum(${printValue(given.spec)}, [${operands.map(printOperand).join(", ")}], options)`,
        ),
        `// options are ${printValue(options)}`,
      ].join("\n"),
      run: (expected) => {
        for (const [at, { operands, meaning, spec }] of calls.entries()) {
          const { data, shape } = einsum(spec, operands, options);
          const wanted = shapeOf(meaning.output);
          if (shape.join() !== wanted.join()) return `call ${at}: shape [${shape.join()}], expected [${wanted.join()}]`;
          const found = differenceOf(data as Numbers, at === 0 ? expected : evaluate(meaning, operands));
          if (found !== null) return `call ${at}: ${found}`;
        }
        return calls.length;
      },
    };
  },
};

/** What distributes, as arithmetic has it; wrapping integers have no order that sums keep. */
function mayBeSplit({ meaning: { reduce, combine, dtype } }: Case): boolean {
  if (reduce === "sum" || reduce === "mean") return combine === "mul";
  if (reduce === "any" || reduce === "all") return combine === "and" || combine === "or";
  if (reduce === "prod") return false;
  return combine === "max" || combine === "min" || (combine === "add" && dtype.startsWith("float"));
}

function isSplittable(given: Case): boolean {
  return given.operands.length > 2 && mayBeSplit(given) && isFinite(given);
}

const OPTIMIZERS = [
  "auto",
  "left-to-right",
  "greedy",
  "optimal",
  "dp",
  "random-greedy",
  "annealing",
  "bisection",
  "min-fill",
  "min-degree",
  "branch-1",
  "branch-2",
  "branch-all",
] as const;

/** Steps of one, two or three tensors, by their places among those that are left. */
function randomPath(count: number, random: Random): number[][] {
  const path: number[][] = [];
  let left = count;
  while (left > 1 || path.length === 0) {
    const taken = Math.min(left, random.pick([1, 2, 2, 2, 2, 3]));
    if (taken === 1 && path.length > count) continue;
    path.push(random.shuffle(Array.from({ length: left }, (_, at) => at)).slice(0, taken));
    left += 1 - taken;
  }
  return path;
}

/** Names that emitted code gives to values of its own, or that become one with a digit behind. */
const AWKWARD = ["a", "a0", "a1", "a11", "aAt", "aPadded", "acc", "acc0", "i", "iTile", "outAt", "t0", "p", "Math0"];

function randomSchedule({ meaning, operands }: Case, random: Random): Partial<CompileOptions> {
  const names = meaning.names.filter((name) => !name.startsWith("."));
  const steps = (chance: number, most: number): Record<string, number> =>
    Object.fromEntries(names.filter(() => random.chance(chance)).map((name) => [name, random.integer(1, most)]));
  const called = random.shuffle(AWKWARD).slice(0, operands.length);
  return {
    ...(random.chance(0.7) && { unroll: steps(0.5, 6) }),
    ...(random.chance(0.4) && { tile: steps(0.3, 4) }),
    ...(random.chance(0.4) && { order: random.shuffle(names).slice(0, random.integer(0, names.length)) }),
    ...(random.chance(0.3) && { stage: called.filter(() => random.chance(0.5)) }),
    operands: called,
  };
}

const TILES = { "tile-remainders": "each remainder doubles the code" };

/** The interpreter runs what `compile` gives, twice over the same scratch. */
const INTERPRETER: Way = {
  name: "interpreter",
  weight: 2,
  prepare: (given, random) => {
    const options = optionsFor(given, random.chance(0.3) ? randomSchedule(given, random) : {});
    return {
      call: `interpretKernel(compile(${printValue(given.spec)}, ${printValue(options)}).kernel)([${namesOf(given, ".data")}], out)`,
      run: (expected) => {
        const { kernel } = compile(given.spec, options);
        const run = interpretKernel(kernel);
        const interpret = (...arrays: Numbers[]): Numbers => {
          const out = arrays[given.operands.length] ?? emptyArray(given.meaning.dtype, expected.length);
          run(arrays.slice(0, given.operands.length), out);
          return out;
        };
        return runTwice(interpret, arraysOf(given), expected);
      },
    };
  },
  allowed: TILES,
};

/** What `einsum` does where text must not be evaluated. */
const WALK: Way = {
  name: "walk",
  weight: 1.5,
  prepare: (given) => {
    const options = optionsFor(given);
    return {
      call: `walkSteps(compile(${printValue(given.spec)}, ${printValue(options)}).steps, [${namesOf(given, ".data")}], out)`,
      run: (expected) => {
        const out = garbageLike(expected);
        walkSteps(compile(given.spec, options).steps, arraysOf(given), out);
        return differenceOf(out, expected) ?? 1;
      },
    };
  },
};

/** The text of a module, which checks its arrays. */
const MODULE: Way = {
  name: "module text",
  weight: 2,
  prepare: (given, random) => {
    const options = optionsFor(given, { name: random.pick(["kernel", "a", "product", "out1"]) });
    return {
      call: `compile(${printValue(given.spec)}, ${printValue(options)}).source.text`,
      run: (expected) =>
        runTwice(evaluateSource(compile(given.spec, options).source) as never, arraysOf(given), expected),
    };
  },
};

/** A TypeScript module through the template and the formatter; its types are taken off again. */
const WRITTEN: Way = {
  name: "written module",
  weight: 0.2,
  prepare: (given) => {
    const options = optionsFor(given, { target: "typescript" });
    return {
      call: `await emitModule(compile(${printValue(given.spec)}, ${printValue(options)}))`,
      run: async (expected) => {
        const compilation = compile(given.spec, options);
        const text = transformSync(await emitModule(compilation), { loader: "ts" }).code;
        const body = text.replace(/^export\s*\{[^}]*\};?$/m, "").replace(/^export function/m, "function");
        const run = new Function(`"use strict";\n${body}\nreturn ${compilation.source.name};`)() as never;
        return runTwice(run, arraysOf(given), expected);
      },
    };
  },
};

/** The kernel as lowered and after each pass, interpreted. */
const PASSES: Way = {
  name: "every pass",
  weight: 0.3,
  prepare: (given, random) => {
    const options = optionsFor(given, random.chance(0.5) ? randomSchedule(given, random) : {});
    return {
      call: `compile(${printValue(given.spec)}, { ...${printValue(options)}, onPass: (name, kernel) => interpretKernel(kernel) })`,
      run: (expected) => {
        const stages: [string, Kernel][] = [];
        compile(given.spec, { ...options, onPass: (name, kernel) => stages.push([name, kernel]) });
        for (const [name, kernel] of stages) {
          const out = garbageLike(expected);
          interpretKernel(kernel)(arraysOf(given), out);
          const found = differenceOf(out, expected);
          if (found !== null) return `after ${name}: ${found}`;
        }
        return stages.length;
      },
    };
  },
  allowed: TILES,
};

/** A case with symbols in the place of some sizes and strides. */
interface Symbolic {
  readonly shapes: (number | string)[][];
  readonly strides: ((number | string)[] | undefined)[];
  readonly values: ReadonlyMap<string, number>;
}

/** Choices follow from the generator: made again for other sizes of the same draft, they are the same. */
function withSymbols({ operands }: Case, random: Random, share: boolean): Symbolic {
  const values = new Map<string, number>();
  const symbol = (name: string, value: number): string => {
    const chosen = share ? `n${value}` : name;
    values.set(chosen, value);
    return chosen;
  };
  const chosen = operands.map(({ shape, strides }, operand) => {
    const fixed = strides.some((stride) => stride < 0);
    const isDense = strides.join() === rowMajor(shape).join();
    const isFixed = (value: number): boolean => random.chance(0.3) || value < 2;
    return {
      shape: shape.map((size, axis) => (isFixed(size) || fixed ? size : symbol(`n${operand}x${axis}`, size))),
      strides: strides.map((stride, axis) => (isFixed(stride) ? stride : symbol(`s${operand}x${axis}`, stride))),
      isDense,
    };
  });
  return {
    shapes: chosen.map(({ shape }) => shape),
    strides: chosen.map(({ strides, isDense }) => (isDense ? undefined : strides)),
    values,
  };
}

/** Some sizes and strides are left to run time; the kernel is called with what they were, and with others. */
const SYMBOLIC: Way = {
  name: "symbolic",
  weight: 1,
  prepare: (given, random) => {
    const share = random.chance(0.3);
    const seed = random.integer(0, 2 ** 31 - 1);
    const { shapes, strides, values } = withSymbols(given, seededRandom(seed), share);
    const options: CompileOptions = { ...optionsFor(given), shapes, strides };
    // One symbol for all equal sizes serves other sizes only where the same ones are equal.
    const others = share ? [] : otherSizes(given, random, 2);
    const calls = others.flatMap((other) => {
      const again = withSymbols(other, seededRandom(seed), share);
      const isSame = printValue([again.shapes, again.strides]) === printValue([shapes, strides]);
      return isSame && printValue(offsetsOf(other)) === printValue(offsetsOf(given))
        ? [{ other, values: again.values }]
        : [];
    });
    return {
      call: `${callKernel(given.spec, options, given)} // with ${printValue([...values])}`,
      run: (expected) => {
        const kernel = jit(given.spec, options);
        const first = runSymbolic(kernel, given, values, expected);
        if (typeof first === "string") return first;
        let compared = first;
        for (const call of calls) {
          const { other } = call;
          const found = runSymbolic(kernel, other, call.values, evaluate(other.meaning, other.operands));
          if (typeof found === "string") return `with ${printValue([...call.values])}: ${found}`;
          compared += found;
        }
        return compared;
      },
    };
  },
  allowed: {
    "symbols-do-not-fit": "no example of sizes is found for some specs whose sizes are all unknown",
    "kernel-size": "a size that is solved for may be another than the generator's, where several fit",
    unsupported: "some expressions over sizes are not served",
  },
};

function offsetsOf({ operands }: Case): number[] {
  return operands.map(({ offset }) => offset);
}

/** Runs a kernel twice, and interprets it. */
function runSymbolic(
  kernel: JitKernel,
  given: Case,
  values: ReadonlyMap<string, number>,
  expected: Numbers,
): string | number {
  const { integers } = kernel.compilation.kernel;
  const byLength = new Set(
    integers.flatMap((integer) => (integer.kind === "parameter" && integer.length ? [integer.length.operand] : [])),
  );
  // An operand whose length tells a size must not be longer than what is read of it.
  const arrays = given.operands.map(({ data, shape }, at) => (byLength.has(at) ? data.slice(0, countOf(shape)) : data));
  const sizes = integers.flatMap((integer) =>
    integer.kind === "parameter" && !integer.length ? [valueOfSymbol(integer.name, values)] : [],
  );
  const twice = runTwice(
    (...all) => {
      const out = all[arrays.length];
      return kernel(...all.slice(0, arrays.length), ...sizes, ...(out ? [out] : [])) as Numbers;
    },
    arrays,
    expected,
  );
  if (typeof twice === "string") return twice;
  const out = garbageLike(expected);
  const known = readIntegers(kernel.compilation.kernel, arrays, sizes);
  interpretKernel(kernel.compilation.kernel)(arrays, out, known);
  return differenceOf(out, expected) ?? 3;
}

function valueOfSymbol(name: string, values: ReadonlyMap<string, number>): number {
  return values.get(name.slice(1)) ?? values.get(name.slice(1, -4)) ?? NaN;
}

/** The result lies where operands lie. */
const OUT: Way = {
  name: "out over operands",
  weight: 2,
  prepare: (given, random) => runOverlapping(given, random, oneStep(given)),
};

export const WAYS: readonly Way[] = [
  jitWay("jit", 4, () => ({})),
  jitWay("overrides", 3, randomSchedule, { allowed: TILES }),
  jitWay("optimizer", 1.5, (_, random) => ({ optimize: random.pick(OPTIMIZERS), seed: random.integer(0, 9) }), {
    applies: isSplittable,
  }),
  jitWay("path", 3, ({ operands }, random) => ({ optimize: randomPath(operands.length, random) }), {
    applies: isSplittable,
  }),
  jitWay(
    "memoryLimit",
    1.5,
    ({ meaning }, random) => ({ memoryLimit: Math.max(1, countOf(shapeOf(meaning.output))) + random.integer(0, 20) }),
    { applies: isSplittable },
  ),
  INTERPRETER,
  WALK,
  MODULE,
  WRITTEN,
  PASSES,
  SYMBOLIC,
  SHAPES,
  OUT,
];
