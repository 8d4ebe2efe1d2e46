/**
 * Tests of passes as kernels before and after. Each is executed first and compared second: the kernel before must
 * verify and print as it is written, the kernel after must verify and compute the same, and only then are texts
 * compared.
 */
import { expect } from "vitest";
import { isBig, type TypedArray } from "../../../src/ir/dtype.ts";
import { PASSES, type Pass } from "../../../src/loops/pipeline.ts";
import { printKernel } from "../../../src/loops/print-kernel.ts";
import { mapRoutines } from "../../../src/loops/rewrite.ts";
import type { Kernel } from "../../../src/loops/kernel.ts";
import { fill } from "../../support/cases.ts";
import { interpret } from "../../support/plain-kernel.ts";
import { seededRandom } from "../../support/random.ts";
import { parseKernel } from "../parse-kernel.ts";

export interface PassTest {
  /** Expects the pass to turn the first body into the second. */
  rewrites(before: string, after: string): void;
  /** Expects the pass to leave a body as it is. */
  keeps(body: string): void;
}

/**
 * Tests one pass of the pipeline on bodies over buffers such as "operand a: float64, 8; output out: float64, 8". The
 * lines of a body may be indented as the test is.
 */
export function testPass(name: string, buffers: string): PassTest {
  const pass = PASSES.find((known) => known.name === name);
  if (!pass) throw new Error(`${name} is no pass`);
  const kernelOf = (body: string): string => kernelText(buffers, body);
  return {
    rewrites: (before, after) => {
      expect(runPass(pass, kernelOf(before))).toBe(kernelOf(after));
    },
    keeps: (body) => {
      expect(runPass(pass, kernelOf(body))).toBe(kernelOf(body));
    },
  };
}

function kernelText(buffers: string, body: string): string {
  const lines = body.split("\n").filter((line) => line.trim() !== "");
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  const head = ["kernel k", ...buffers.split("; ").map((buffer) => `  ${buffer}`), ""];
  return [...head, ...lines.map((line) => `  ${line.slice(indent)}`)].join("\n");
}

/** The kernel after the pass, as text. */
function runPass(pass: Pass, text: string): string {
  const before = parseKernel(text);
  expect(printKernel(before)).toBe(text);
  const arrays = operandsOf(before);
  const expected = interpret(before, arrays);
  const after = mapRoutines(before, (body) => pass.run(body));
  expect(interpret(after, arrays)).toEqual(expected);
  return printKernel(after);
}

/** Small integers; half of them large in BigInts, where sums wrap. */
function operandsOf({ operands }: Kernel): TypedArray[] {
  const random = seededRandom(7);
  return operands.map(({ dtype, length }) => {
    const lowest = dtype.startsWith("uint") ? 0 : -9;
    const array = fill(
      dtype,
      Array.from({ length: Number(length) }, () => random.integer(lowest, 9)),
    );
    if (isBig(dtype)) for (let at = 0; at < array.length; at += 2) array[at] = 2n ** 62n + 3n;
    return array;
  });
}
