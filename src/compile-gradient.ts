/**
 * The driver for gradients: from a contraction to the kernel of its gradient by one operand. The parts that a gradient is
 * computed in become one kernel. It evaluates nothing.
 */
import {
  bindText,
  COMPILE_OPTIONS,
  buildKernelOfSteps,
  compileSteps,
  ELEMENTWISE,
  type Compilation,
  type CompileOptions,
  type ContractionCompilation,
  type KernelOptions,
} from "./compile.ts";
import { checkDifferentiable, differentiate, type Gradient } from "./grad/differentiate.ts";
import { cotangentOf } from "./grad/transpose.ts";
import { isMean, type Contraction } from "./ir/contraction.ts";
import { combineAll, elementOf, flatten, VALUE } from "./ir/elementwise.ts";
import { isPlainProduct } from "./ir/product.ts";
import { elementCount, type TensorType } from "./ir/tensor.ts";
import type { Kernel } from "./loops/kernel.ts";
import { withDefinitions } from "./loops/lower-expressions.ts";
import type { LoopNest } from "./loops/nest.ts";
import { choosePath, searchBy, type Optimize } from "./path/choose.ts";
import { joinGradient } from "./path/gradient-steps.ts";
import { splitGradient } from "./path/part-steps.ts";
import { describePath, type PathInfo } from "./path/report.ts";
import { splitSteps } from "./path/steps.ts";
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
  if (options.memoryLimit !== undefined) {
    throw new UnsupportedError(`gradients are not sliced yet: leave out ${words.option("memoryLimit")}`);
  }
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
  const gradient = findGradient(contraction, operand, optimize);
  // A path that is given is that of the contraction, unless the gradient has as many operands; that of a sum of operands
  // has the cotangent alone.
  const isPath = typeof optimize === "object";
  const isOwn = !isPath || (isTransposed(contraction) && gradient.operands.length === contraction.reads.length);
  if (!isOwn) choosePath(contraction, optimize);
  return compileFound(gradient, isOwn ? options : { ...options, optimize: undefined });
}

/** Finds the gradient by an operand, for a cotangent of some type. */
export function findGradient(
  contraction: Contraction,
  operand: number,
  optimize?: Optimize,
  cotangent: TensorType = cotangentOf(contraction),
): Gradient {
  checkDifferentiable(contraction, [operand]);
  return isTransposed(contraction)
    ? differentiate(contraction, operand, cotangent)
    : findJoinedGradient(contraction, operand, optimize, cotangent);
}

/** The gradient by an operand as a kernel that takes all operands, then the cotangent. */
export function findJoinedGradient(
  contraction: Contraction,
  operand: number,
  optimize?: Optimize,
  cotangent: TensorType = cotangentOf(contraction),
): Gradient {
  checkDifferentiable(contraction, [operand]);
  const path = splitSteps(contraction, choosePath(contraction, optimize, searchBy({})).path);
  return joinGradient(contraction, path, operand, cotangent);
}

/** Compiles a gradient; `options.optimize` is the order of its parts. */
export function compileFound(gradient: Gradient, options: KernelOptions): GradientCompilation {
  const { steps, parts } = splitGradient(gradient, options.optimize, searchBy({}));
  const compiled = compileSteps(wholeOf(gradient), steps, options, shareOutput(gradient));
  const paths = parts.map(({ part, ssaPath }) => describePath(part, ssaPath));
  const path = required(paths[0], "the path of a gradient");
  return { ...compiled, contraction: gradient.contraction, gradient, paths, path };
}

/** Whether the gradient is one contraction of the operands and the cotangent. */
function isTransposed(contraction: Contraction): boolean {
  const { reduce, term, finish } = contraction;
  const isLinear = isPlainProduct(term) || flatten(term, "add").every((part) => isPlainProduct(part));
  return reduce === "sum" && isLinear && (finish.kind === "value" || isMean(contraction));
}

/** The kernel of a gradient alone: what a program needs that runs it. */
export function buildKernelOfGradient(gradient: Gradient, options: KernelOptions): Kernel {
  const { steps } = splitGradient(gradient, options.optimize);
  const share = shareOutput(gradient);
  const { length: parts } = gradient.parts;
  const { kernel } = buildKernelOfSteps(wholeOf(gradient), steps, [], options, {
    ...ELEMENTWISE,
    schedule: (nest, allocate) => ELEMENTWISE.schedule({ ...nest, parts }, allocate).map(share),
  });
  return withDefinitions(kernel);
}

/** What the kernel takes and gives: where the last step reads other tensors, the operands stand side by side. */
function wholeOf({ contraction, operands }: Gradient): Contraction {
  if (operands === contraction.reads) return contraction;
  const term = combineAll(
    "mul",
    operands.map((_, operand) => elementOf(operand)),
  );
  return { ...contraction, reads: operands, term, reduce: "sum", finish: VALUE };
}

/**
 * Sees to it that nests which write parts of one output leave each other's alone: the first sets to 0 what none of them
 * writes, if there is any, and the others keep what is there.
 */
function shareOutput({ contraction, parts }: Gradient): (nest: LoopNest) => LoopNest {
  const { tensor } = contraction.output;
  const written = parts.reduce((sum, { indices }) => sum + countWritten(indices), 0);
  let before: LoopNest["before"] = written === elementCount(tensor.shape) ? "kept" : "nothing";
  return (nest) => {
    if (parts.length === 1 || nest.target.buffer.role !== "output") return nest;
    const shared: LoopNest = { ...nest, reach: "partly", before };
    before = "kept";
    return shared;
  };
}

function countWritten(indices: Contraction["indices"]): number {
  return indices.reduce((product, { size, reduced }) => (reduced ? product : product * size), 1);
}

/** The position of an operand that was given by position or name. */
function findOperand({ reads }: Contraction, by: number | string): number {
  const at = typeof by === "number" ? by : reads.findIndex(({ tensor }) => tensor.name === by);
  if (!reads[at])
    throw messages.unknownOperand(
      by,
      reads.map(({ tensor }) => tensor.name),
    );
  return at;
}
