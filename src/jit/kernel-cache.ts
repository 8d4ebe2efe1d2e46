/**
 * The kernels that `einsum` keeps. The first shapes that a spec meets get a kernel each; after these, one polymorphic
 * kernel serves every further shape, so that a program whose shapes never repeat does not compile without end.
 *
 * Invariant: all that is kept is bounded: kernels in number and in scratch, specs in number. Only the caches of functions
 * hold functions, so that scratch goes when an entry goes.
 */
import type { CompileOptions, EvaluateOption } from "../compile.ts";
import { writeScript } from "../emit/script.ts";
import { bindOperands } from "../ir/bind-operands.ts";
import type { Contraction } from "../ir/contraction.ts";
import type { Dtype, TypedArray } from "../ir/dtype.ts";
import type { MeaningOptions } from "../ir/options.ts";
import { evaluateIntegers } from "../ir/symbols.ts";
import { elementCount, rowMajorStrides } from "../ir/tensor.ts";
import { choosePath } from "../path/choose.ts";
import type { Kernel } from "../loops/kernel.ts";
import { splitSteps } from "../path/steps.ts";
import { QUICK } from "../recipe/quick.ts";
import { makeKernel } from "../recipe/recipe.ts";
import { parseSpec } from "../spec/parser.ts";
import { invalidOption } from "../support/messages/options.ts";
import { createCache } from "./cache.ts";
import { evaluateScript, wantsEvaluation, type RunKernel } from "./evaluate.ts";
import { scratchBytes, sum } from "./memory.ts";
import type { View } from "./nd-array.ts";
import { kindOf, numbersOf, withParameters } from "./polymorphic.ts";
import { walkSteps } from "./walk-steps.ts";

/** What decides a kernel, beside the spec and the arrays. */
export interface KernelChoice extends MeaningOptions, EvaluateOption, Pick<CompileOptions, "notation" | "optimize"> {
  /**
   * How many shapes of a spec get a kernel of their own, before one kernel serves all further ones: 8 by default;
   * `Infinity`: all of them, 0: none. A kernel of its own is faster, but takes milliseconds to compile; where float sums
   * are inexact, their last bits may differ between the two.
   */
  readonly specialize?: number | undefined;
}

/** A kernel for arrays of one kind and shape. */
export interface CachedKernel {
  readonly run: (arrays: readonly TypedArray[], out: TypedArray) => void;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly length: number;
}

/** A polymorphic kernel as one for fixed sizes; `walk` takes its place where a policy came to forbid it. */
type Adapt = (numbers: ReadonlyMap<string, number>, walk: CachedKernel["run"]) => CachedKernel["run"];

/** What is known of the shapes of one kind that a spec has met. */
interface Family {
  shapes: number;
  /** Sizes and strides of the first one. */
  readonly first: ReadonlyMap<string, number>;
  /** Those that another one had otherwise. */
  readonly varying: Set<string>;
  /** The polymorphic kernel for these; undefined until there were too many shapes; null where it may not be evaluated. */
  adapt: Adapt | null | undefined;
}

/** A polymorphic kernel, and how many bytes each buffer of its scratch has grown to. */
interface GrownKernel {
  readonly run: RunKernel;
  readonly grown: readonly number[];
}

const SPECIALIZED = 8;

const kernels = createCache<CachedKernel>(256);
const grownKernels = createCache<GrownKernel>(64);
const families = createCache<Family>(64);

/** Finds the kernel for a spec and arrays, whose buffers begin and end with what the views reach, or makes it. */
export function findKernel(spec: string, inputs: readonly View[], options: KernelChoice): CachedKernel {
  const { notation, optimize, specialize = SPECIALIZED, evaluate, ...rest } = options;
  const wanted = wantsEvaluation(evaluate);
  const meaning = wanted + keyOfMeaning(spec, options);
  const key = meaning + inputs.map(keyOfView).join("");
  const cached = kernels.get(key);
  if (cached) return cached;
  if (typeof specialize !== "number" || !(specialize >= 0)) {
    throw invalidOption("specialize", specialize, "a count of shapes, or Infinity");
  }
  const bound = bindOperands(parseSpec(spec, notation === undefined ? {} : { notation }), inputs.map(tensorOf), rest);
  const { shape, dtype } = bound.contraction.output.tensor;
  const keep = (run: CachedKernel["run"], bytes = 0): CachedKernel => {
    const made = { run, dtype, shape, length: elementCount(shape) };
    kernels.set(key, made, bytes);
    return made;
  };
  const walk: CachedKernel["run"] = (arrays, out) =>
    walkSteps(splitSteps(bound.contraction, choosePath(bound.contraction, optimize).path), arrays, out);
  const kind = wanted && specialize < Infinity ? kindOf(inputs) : undefined;
  const family = kind === undefined ? undefined : meetShape(meaning + kind, bound.contraction);
  if (family && family.shapes > specialize) {
    const { varying } = family;
    if (family.adapt === undefined) {
      family.adapt = adapterOf([meaning, kind, ...varying].join(), withParameters(bound, varying), optimize);
    }
    if (family.adapt) return keep(family.adapt(numbersOf(bound.contraction), walk));
  }
  const kernel = kernelOf(bound.contraction, optimize);
  const evaluated = wanted && evaluateScript(kernel, writeScript(kernel));
  return evaluated ? keep(evaluated, sum(scratchBytes(kernel))) : keep(walk);
}

function kernelOf(contraction: Contraction, optimize: KernelChoice["optimize"]): Kernel {
  return makeKernel(QUICK, [QUICK.plan(contraction, { optimize })], { name: "einsum" }).kernel;
}

/** Notes one more shape of a kind, and what it has otherwise than the first. */
function meetShape(key: string, contraction: Contraction): Family {
  const numbers = numbersOf(contraction);
  const family: Family = families.get(key) ?? { shapes: 0, first: numbers, varying: new Set(), adapt: undefined };
  const { size } = family.varying;
  for (const [name, value] of numbers) if (family.first.get(name) !== value) family.varying.add(name);
  if (family.varying.size > size) family.adapt = undefined;
  family.shapes++;
  families.set(key, family, 0);
  return family;
}

/**
 * Null where the kernel may not be evaluated. The function is kept under `key` alone, with the scratch that it has grown
 * to, and made again where it was forgotten.
 */
function adapterOf(key: string, contraction: Contraction, optimize: KernelChoice["optimize"]): Adapt | null {
  const kernel = kernelOf(contraction, optimize);
  const find = (): GrownKernel | null => {
    const known = grownKernels.get(key);
    if (known) return known;
    const run = evaluateScript(kernel, writeScript(kernel));
    if (!run) return null;
    const made = { run, grown: kernel.scratch.map(() => 0) };
    grownKernels.set(key, made, 0);
    return made;
  };
  if (!find()) return null;
  return (numbers, walk) => {
    const integers = evaluateIntegers(kernel.integers, numbers);
    const needed = scratchBytes(kernel, integers);
    return (arrays, out) => {
      const found = find();
      if (!found) return walk(arrays, out);
      found.run(arrays, out, integers);
      const grown = needed.map((bytes, at) => Math.max(bytes, found.grown[at] as number));
      if (sum(grown) > sum(found.grown)) grownKernels.set(key, { ...found, grown }, sum(grown));
    };
  };
}

export function tensorOf({ dtype, shape, strides, offset, rowMajor }: View, at: number) {
  return { name: `x${at}`, dtype, shape, strides: rowMajor ? rowMajorStrides(shape) : strides, offset };
}

/** A text that two calls share exactly when their specs mean the same. */
export function keyOfMeaning(spec: string, options: object): string {
  let key = typeof spec === "string" ? `${spec.length}:${spec}` : "";
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) key += `|${name}=${keyOfValue(value)}`;
  }
  return key;
}

/** What a kernel of fixed sizes knows of an array, as a key. Buffers are trimmed: the offset follows from the strides. */
export function keyOfView({ dtype, shape, strides, rowMajor }: View): string {
  return `|${dtype},${shape.join()}${rowMajor ? "" : `;${strides.join()}`}`;
}

/** The functions that keys tell apart, by their numbers. */
const functions = /* @__PURE__ */ new WeakMap<object, number>();
let functionCount = 0;

function numberOf(value: object): number {
  const number = functions.get(value) ?? ++functionCount;
  functions.set(value, number);
  return number;
}

/**
 * Like JSON, but of copied options, whose methods are not called. What no valid option holds shares a key with nothing
 * valid; no valid option nests deeper than two levels.
 */
function keyOfValue(value: unknown, levels = 2): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || value === null || value === undefined) return String(value);
  if (typeof value === "function") return `f${numberOf(value)}`;
  if (typeof value !== "object" || levels === 0) return `(${typeof value})`;
  const fields = Object.entries(value).map(
    ([name, field]) => `${JSON.stringify(name)}:${keyOfValue(field, levels - 1)}`,
  );
  return Array.isArray(value) ? `[${fields.join()}]` : `{${fields.join()}}`;
}
