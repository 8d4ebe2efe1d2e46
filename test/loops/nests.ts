/** Nests and kernels of specs, for the tests of what makes and reads them. */
import { IN_WORDS } from "../../src/loops/describe-nests.ts";
import { expect } from "vitest";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { isFloat, type TypedArray } from "../../src/ir/dtype.ts";
import { bufferLength } from "../../src/ir/tensor.ts";
import type { CompileOptions } from "../../src/index.ts";
import { buildKernel } from "../../src/loops/pipeline.ts";
import { lowerRows } from "../../src/loops/lower-rows.ts";
import { lowerNest } from "../../src/loops/lower.ts";
import { nameRoutine } from "../../src/loops/names.ts";
import { buildNests, type BuiltNests } from "../../src/loops/build-nests.ts";
import type { Loop, LoopNest } from "../../src/loops/nest.ts";
import { printKernel } from "../../src/loops/print-kernel.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { createSearch } from "../../src/path/search/optimizers.ts";
import { choosePath } from "../../src/path/choose.ts";
import { splitSteps } from "../../src/path/steps.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { fill } from "../support/cases.ts";
import { interpret } from "../support/plain-kernel.ts";
import { seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";

export function contractionOf(spec: string, options: CompileOptions): Contraction {
  return bind(parseSpec(spec, {}), options);
}

/** The nests of a spec, unscheduled. */
export function nestsOf(spec: string, options: CompileOptions): BuiltNests {
  const contraction = contractionOf(spec, options);
  const steps = splitSteps(contraction, choosePath(contraction, options.optimize, createSearch({})).path);
  const built = buildNests(contraction, steps, { describe: IN_WORDS });
  const [only, more] = built.nests;
  return only && !more ? { ...built, nests: [{ ...only, comment: "" }] } : built;
}

/** The last nest of a spec, unscheduled: the one that does the work, unless an output is cropped behind it. */
export function nestOf(spec: string, options: CompileOptions): LoopNest {
  return nestsOf(spec, options).nests.at(-1) as LoopNest;
}

/** Loops as `printNest` writes them, without their sizes: "i in tiles of 4, i, j unroll 2". */
export function loopsOf(text: string): Loop[] {
  if (text === "") return [];
  return text.split(", ").map((loop) => {
    const [, index = "", kind, step = "1"] = /^(\S+)(?: (in tiles of|unroll) (\d+))?$/.exec(loop) ?? [];
    return { index, kind: kind === "in tiles of" ? "tile" : "serial", step: Number(step) };
  });
}

/**
 * Lowers the nests of a spec with the given loops, one text a nest, and prints the kernel's statements. Executes
 * first: the kernel must compute what the reference does.
 */
export function lowered(spec: string, options: CompileOptions, ...loops: readonly string[]): string {
  const contraction = contractionOf(spec, options);
  const built = nestsOf(spec, options);
  expect(loops.length).toBe(built.nests.length);
  const nests = built.nests.map((nest, at) => ({ ...nest, loops: loopsOf(loops[at] ?? "") }));
  nests.forEach(verifyNest);
  const kernel = buildKernel("k", built, nests, (nest) => lowerNest(nest, nameRoutine, lowerRows));
  const arrays = operandsOf(contraction);
  expect(interpret(kernel, arrays)).toEqual(reference(contraction, arrays));
  const routines = printKernel(kernel).split("\n\n").slice(1);
  return routines.join("\n\n").replaceAll(/^ {2}/gm, "");
}

/** Small integers for every operand, in its dtype. */
export function operandsOf({ reads }: Contraction): TypedArray[] {
  const random = seededRandom(3);
  return reads.map(({ tensor }) => {
    const lowest = isFloat(tensor.dtype) || tensor.dtype.startsWith("int") ? -9 : 0;
    return fill(
      tensor.dtype,
      Array.from({ length: bufferLength(tensor) }, () => random.integer(lowest, 9)),
    );
  });
}
