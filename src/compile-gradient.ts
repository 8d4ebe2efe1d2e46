/**
 * The driver for gradients: from a contraction to the kernel of its gradient by one operand. The parts that a gradient is
 * computed in become one kernel. It evaluates nothing.
 */
import {
  bindText,
  type Compilation,
  COMPILE_OPTIONS,
  type CompileOptions,
  type ContractionCompilation,
  emitBuild,
  type KernelOptions,
  readKernelOptions,
} from "./compile.ts";
import { checkDifferentiable, differentiate, type Gradient } from "./grad/differentiate.ts";
import { cotangentOf } from "./grad/transpose.ts";
import { type Contraction, isMean } from "./ir/contraction.ts";
import { combineAll, elementOf, flatten, VALUE } from "./ir/elementwise.ts";
import { isPlainProduct } from "./ir/product.ts";
import { gatherParts } from "./loops/gather-nests.ts";
import type { Kernel } from "./loops/kernel.ts";
import { choosePath, type Optimize, searchBy } from "./path/choose.ts";
import { joinGradient } from "./path/gradient-steps.ts";
import { type PartSteps, splitGradient } from "./path/part-steps.ts";
import { describePath, type PathInfo } from "./path/report.ts";
import { splitSteps } from "./path/steps.ts";
import { READABLE } from "./recipe/full.ts";
import { makeKernel, type Part, type Recipe, withRewrite } from "./recipe/recipe.ts";
import { TUNED } from "./recipe/unread.ts";
import { published, required, UnsupportedError } from "./support/errors.ts";
import * as messages from "./support/messages/gradients.ts";
import { readOptions } from "./support/read.ts";
import { words } from "./support/words.ts";

/** What every stage made of a gradient; `contraction` is the transposed one. */
export interface GradientCompilation extends ContractionCompilation {
  readonly gradient: Gradient;
  /** The contraction path of each part of the gradient; `path` is the first. */
  readonly paths: readonly PathInfo[];
}

/** What every stage made of the gradient of a spec. */
export interface SpecGradientCompilation extends GradientCompilation, Pick<Compilation, "spec" | "inferred"> {}

/**
 * Compiles the gradient of a spec by one of its operands, given by its position or its name: a kernel that gives an array
 * of that operand's shape and dtype. It takes the operands that are left, in their order, with the cotangent in the place
 * of the one that is gone; the cotangent alone, where operands are added. Where reduction or combination is another, it takes
 * all operands, then the cotangent.
 *
 * Refuses what `compile` refuses, an operand that is none of the spec's or holds integers, and what has no derivative.
 */
export const compileGradient = /* @__PURE__ */ published(function compileGradient(
  spec: string,
  by: number | string,
  given: CompileOptions,
): SpecGradientCompilation {
  const options = readOptions(given, COMPILE_OPTIONS);
  checkNotSliced(options);
  const { spec: parsed, contraction, inferred } = bindText(spec, options);
  const compiled = compileGradientOf(contraction, findOperand(contraction, by), options);
  return { spec: parsed, inferred, ...compiled };
});

/** As `compileGradient`, for a contraction. */
export function compileGradientOf(
  contraction: Contraction,
  operand: number,
  options: KernelOptions,
): GradientCompilation {
  const { optimize } = options;
  checkDifferentiable(contraction, [operand]);
  const transposed = isTransposed(contraction);
  const gradient = transposed
    ? differentiate(contraction, operand, cotangentOf(contraction))
    : findJoinedGradient(contraction, operand, optimize);
  // A path that is given is that of the contraction, unless the gradient has as many operands; that of a sum of operands
  // has the cotangent alone.
  const isOwn = typeof optimize !== "object" || (transposed && gradient.operands.length === contraction.reads.length);
  if (!isOwn) choosePath(contraction, optimize);
  return compileFound(gradient, isOwn ? options : { ...options, optimize: undefined });
}

/** The gradient by an operand as a kernel that takes all operands, then the cotangent. */
export function findJoinedGradient(contraction: Contraction, operand: number, optimize?: Optimize): Gradient {
  checkDifferentiable(contraction, [operand]);
  const path = splitSteps(contraction, choosePath(contraction, optimize, searchBy({})).path);
  return joinGradient(contraction, path, operand, cotangentOf(contraction));
}

/** Compiles a gradient; `options.optimize` is the order of its parts. */
export function compileFound(gradient: Gradient, options: KernelOptions): GradientCompilation {
  checkNotSliced(options);
  const whole = wholeOf(gradient);
  const { search, request, target } = readKernelOptions(options, [whole]);
  const { steps, parts } = splitGradient(gradient, search.optimize, search.find);
  const part: Part = { contraction: whole, steps };
  const emitted = emitBuild(part, makeKernel(joining(READABLE, parts), [part], request), target);
  const paths = parts.map(({ part: own, ssaPath }) => describePath(own, ssaPath));
  const path = required(paths[0], "the path of a gradient");
  return { ...emitted, contraction: gradient.contraction, gradient, paths, path };
}

function checkNotSliced({ memoryLimit }: KernelOptions): void {
  if (memoryLimit === undefined) return;
  throw new UnsupportedError(`gradients are not sliced yet: leave out ${words.option("memoryLimit")}`);
}

/** Whether the gradient is one contraction of the operands and the cotangent. */
function isTransposed(contraction: Contraction): boolean {
  const { reduce, term, finish } = contraction;
  const isLinear = isPlainProduct(term) || flatten(term, "add").every((part) => isPlainProduct(part));
  return reduce === "sum" && isLinear && (finish.kind === "value" || isMean(contraction));
}

/** The kernel of a gradient alone: what a program needs that runs it. */
export function kernelOfGradient(gradient: Gradient): Kernel {
  const { steps, parts } = splitGradient(gradient);
  const part: Part = { contraction: wholeOf(gradient), steps };
  return makeKernel(joining(TUNED, parts), [part], { name: "gradient" }).kernel;
}

/** A recipe that builds those parts together which take one step over the same tensors. */
function joining(recipe: Recipe, parts: readonly PartSteps[]): Recipe {
  const single = parts.flatMap(({ steps: [step, another] }) => (step && !another ? [step] : []));
  const alike = single.filter(({ inputs }) => inputs.join() === single[0]?.inputs.join());
  return withRewrite(recipe, gatherParts(alike.map(({ contraction }) => contraction)));
}

/** What the kernel takes and gives: where the last step reads other tensors, the operands stand side by side. */
function wholeOf({ contraction, operands }: Gradient): Contraction {
  if (operands === contraction.reads) return contraction;
  const elements = operands.map((_, operand) => elementOf(operand));
  return { ...contraction, reads: operands, term: combineAll("mul", elements), reduce: "sum", finish: VALUE };
}

/** The position of an operand that was given by position or name. */
function findOperand({ reads }: Contraction, by: number | string): number {
  const names = reads.map(({ tensor }) => tensor.name);
  const at = typeof by === "number" ? by : names.indexOf(by);
  if (!reads[at]) throw messages.unknownOperand(by, names);
  return at;
}
