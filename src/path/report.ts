/**
 * What a path costs, step by step, as data: like opt_einsum's `PathInfo`, with sizes and windows.
 *
 * Invariant: counts are those of `cost.ts`; `toJSON` holds everything the table and the tree show.
 */
import { printAffine } from "../affine/affine.ts";
import { sizesOf, type Contraction } from "../ir/contraction.ts";
import { readsOfTerm } from "../ir/product.ts";
import { printSpecOf, printTerm } from "../ir/print.ts";
import { required } from "../support/errors.ts";
import { naiveFlopsOf, walkSlice } from "./cost.ts";
import { type PathFigures, type StepFigures, printPath } from "./figures.ts";
import { type SsaPath, ssaToLinear } from "./path.ts";
import { layOutResults, peakOf } from "./memory.ts";
import { pathProblem } from "./problem.ts";
import { splitSteps } from "./steps.ts";
import { nameWindows } from "./windows.ts";
import { elementCount } from "../ir/tensor.ts";

/** The figures, with `toString` for the table and `toJSON` for the plain data. */
export interface PathInfo extends PathFigures {
  toString(): string;
  toJSON(): PathFigures;
}

/** Describes a valid path of a contraction, and what it costs to run it slice by slice. */
export function describePath(contraction: Contraction, path: SsaPath, sliced: readonly string[] = []): PathInfo {
  const problem = pathProblem(contraction);
  const reads = readsOfTerm(contraction);
  const operandCount = reads.length;
  const split = splitSteps(contraction, path, sliced);
  const nameOf = nameWindows(contraction);
  const steps = walkSlice(problem, path, sliced).map((step, at): StepFigures => {
    const own = required(split[at], "a step").contraction;
    return {
      inputs: step.inputs,
      result: step.result,
      spec: printSpecOf(own),
      term: printTerm(own.output),
      scaling: step.kept.size + step.windows.length + step.reduced.size,
      flops: step.flops,
      size: step.size,
      windows: step.windows.map((window) => ({
        name: nameOf(window),
        expression: printAffine({ terms: window.terms, constant: 0 }),
        size: window.size,
        indices: window.terms.map(({ variable }) => variable),
      })),
    };
  });
  const sizes = sizesOf(contraction);
  const slices = sliced.reduce((product, name) => product * (sizes.get(name) ?? 1), 1);
  // The output exists whole, whatever of it a slice writes.
  const keptSlices = sliced.filter((name) =>
    contraction.indices.some((index) => index.name === name && !index.reduced),
  );
  const whole = keptSlices.reduce((product, name) => product * (sizes.get(name) ?? 1), 1);
  const results = steps.map((step, at) => (at < steps.length - 1 ? step : { ...step, size: step.size * whole }));
  const flops = sum(steps, (step) => step.flops) * slices;
  const figures: PathFigures = {
    spec: printSpecOf(contraction),
    indices: contraction.indices.map(({ name, size, reduced }) => ({ name, size, reduced })),
    operands: reads.map((access) => ({
      name: access.tensor.name,
      term: printTerm(access),
      size: elementCount(access.tensor.shape),
    })),
    path: ssaToLinear(path, operandCount),
    ssaPath: path,
    sliced,
    slices,
    flops,
    // A path of one step has been counted.
    naiveFlops: path.length === 1 && sliced.length === 0 ? flops : naiveFlopsOf(problem),
    largestIntermediate: largest(steps, ({ size }) => size),
    // Where results of several sizes come and go, a little lies idle between them.
    peakMemory: Math.max(peakOf(results, operandCount), layOutResults(results, operandCount).total),
    scaling: largest(steps, ({ scaling }) => scaling),
    naiveScaling: contraction.indices.length,
    steps,
  };
  return { ...figures, toString: () => printPath(figures), toJSON: () => figures };
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}

function largest<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((most, item) => Math.max(most, valueOf(item)), 0);
}
