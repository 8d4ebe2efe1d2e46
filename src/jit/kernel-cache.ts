/**
 * The kernels that `einsum` keeps. The first shapes that a spec meets get a kernel each; after these, one polymorphic
 * kernel serves every further shape, so that a program whose shapes never repeat does not compile without end: sizes and
 * strides of a bound spec become parameters of it, whose values for another shape are read from that one's contraction.
 *
 * Invariant: all that is kept is bounded: kernels in number and in scratch, specs in number. Only the caches of functions
 * hold functions, so that scratch goes when an entry goes. Two contractions of one kind (see `kindOf`) differ in the values
 * of parameters and in nothing else.
 */
import { type Affine, constantAffine, variableAffine } from "../affine/affine.ts";
import type { AxisEquation } from "../affine/equation.ts";
import type { CompileOptions, EvaluateOption } from "../compile.ts";
import { writeScript } from "../emit/script.ts";
import { identityOf } from "../ir/algebra.ts";
import { bindOperands, type BoundSpec } from "../ir/bind-operands.ts";
import { type Access, type Contraction, isMean } from "../ir/contraction.ts";
import { divideBy, VALUE } from "../ir/elementwise.ts";
import type { MeaningOptions } from "../ir/options.ts";
import { surround } from "../ir/product.ts";
import { denseLayout, countReduced, symbolicAxis } from "../ir/symbolic-layout.ts";
import { atValues, evaluateIntegers, type SymbolicAccess, type Symbols } from "../ir/symbols.ts";
import { elementCount, isRowMajor, rowMajorStrides } from "../ir/tensor.ts";
import type { Kernel } from "../loops/kernel.ts";
import { choosePath } from "../path/choose.ts";
import { splitSteps } from "../path/steps.ts";
import { makeKernel } from "../recipe/recipe.ts";
import { QUICK } from "../recipe/unread.ts";
import { parseSpec } from "../spec/parser.ts";
import { required } from "../support/errors.ts";
import { invalidOption } from "../support/messages/options.ts";
import { evaluateScript, type RunKernel, wantsEvaluation } from "./evaluate.ts";
import { createCache, scratchBytes, sum } from "./memory.ts";
import type { CachedKernel, View } from "./nd-array.ts";
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

/**
 * What two calls of one spec share exactly when one polymorphic kernel serves both: dtypes, which operands are row-major,
 * and which sizes and strides are 0 or 1. Undefined where none does: a negative stride may lead anywhere.
 */
function kindOf(inputs: readonly View[]): string | undefined {
  if (inputs.some(({ strides }) => strides.some((stride) => stride < 0))) return undefined;
  const pattern = (numbers: readonly number[]): string => numbers.map((value) => (value > 1 ? "n" : value)).join();
  const kinds = inputs.map(({ dtype, shape, strides, rowMajor }) => [
    dtype,
    pattern(shape),
    rowMajor || pattern(strides),
  ]);
  return kinds.join("|");
}

/** What may differ between the contractions of a kind: sizes of indices, shapes and strides, by the name of a parameter. */
function numbersOf({ indices, reads, output }: Contraction): Map<string, number> {
  const numbers = new Map(indices.map(({ size }, at) => [`$i${at}`, size]));
  for (const [at, { tensor }] of [...reads, output].entries()) {
    tensor.shape.forEach((size, axis) => numbers.set(`$s${at}x${axis}`, size));
    tensor.strides.forEach((stride, axis) => numbers.set(`$t${at}x${axis}`, stride));
  }
  return numbers;
}

/** Makes some numbers of a bound spec parameters: those named. Strides of row-major tensors follow from their shapes. */
function withParameters(
  { contraction, inferred, inputs, outputs }: BoundSpec,
  varying: ReadonlySet<string>,
): Contraction {
  const example = numbersOf(contraction);
  const used = new Map<string, number>();
  const symbolOf = (name: string): Affine => {
    const value = required(example.get(name), name);
    if (!varying.has(name)) return constantAffine(value);
    used.set(name, value);
    return variableAffine(name);
  };
  const sizes = new Map(contraction.indices.map(({ name }, at) => [name, symbolOf(`$i${at}`)]));
  const symbolize = ({ tensor }: Access, equations: readonly AxisEquation[], at: number): SymbolicAccess => {
    const shape = equations.map((equation, axis) =>
      equation.kind === "plain" && (tensor.shape[axis] as number) > 1
        ? (sizes.get(equation.index) as Affine)
        : symbolOf(`$s${at}x${axis}`),
    );
    const dense = denseLayout(shape);
    const strides = isRowMajor(tensor.shape, tensor.strides)
      ? dense.strides
      : tensor.strides.map((_, axis) => symbolOf(`$t${at}x${axis}`));
    const axes = equations.map((equation, axis) => symbolicAxis(equation, shape[axis] as Affine, sizes));
    return { ...dense, strides, axes };
  };
  const accesses = [...contraction.reads, contraction.output];
  const equations = [...inputs, outputs];
  const symbolic = accesses.map((access, at) => symbolize(access, equations[at] ?? [], at));
  const given = [...inferred.sources.values()].includes(null);
  const general = ({ tensor, axes }: Access, at: number): Access => ({
    tensor,
    axes: axes.map(({ padded }, axis) => {
      const equation = equations[at]?.[axis];
      // What declares padding here may need it at another size.
      const declares =
        equation?.kind === "affine" && (given || equation.constant.length > 0 || equation.paddingAfter !== null);
      return { expression: atValues(symbolic[at]?.axes[axis] as Affine, example), padded: padded || declares };
    }),
  });
  const symbols: Symbols = {
    integers: [...used.keys()].map((name) => ({ kind: "parameter", name })),
    checks: [],
    sizes,
    accesses: new Map(accesses.map(({ tensor }, at) => [tensor.name, symbolic[at] as SymbolicAccess])),
    example: used,
  };
  const reads = contraction.reads.map(general);
  const output = general(contraction.output, reads.length);
  const term = surround(contraction.term, reads, identityOf(contraction.reduce, contraction.dtype));
  const finish = isMean(contraction) ? divideBy(countReduced(contraction, sizes)) : VALUE;
  return { ...contraction, reads, output, term, finish, symbols };
}
