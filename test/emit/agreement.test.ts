import fc from "fast-check";
import { expect, it } from "vitest";
import { compile } from "../../src/compile.ts";
import { writeScript } from "../../src/emit/script.ts";
import { emitKernel } from "../../src/emit/kernel.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { evaluateScript, type RunKernel } from "../../src/jit/evaluate.ts";
import { interpretKernel } from "../../src/loops/interpret.ts";
import { printKernel } from "../../src/loops/print-kernel.ts";
import { verifyKernel } from "../../src/loops/verify-kernel.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { randomArray, randomKernel } from "../support/random-kernels.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment } from "../support/random.ts";

it("computes, emitted and evaluated, bit for bit what the interpreter does", () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  const seed = seedFromEnvironment(20_24);
  fc.assert(fc.property(seeds, agrees), { seed, numRuns: caseCountFromEnvironment(3000) });
});

it("writes a script that grows with its routines, each of which is given what it touches", () => {
  const lengthOf = (count: number): number => {
    const { kernel } = compile(`${Array(count).fill("i").join(",")}->i`, { shapes: Array(count).fill([2]) });
    expect(kernel.routines.length).toBeGreaterThan(count / 8);
    return writeScript(kernel).text.length;
  };
  expect(lengthOf(800) / lengthOf(400)).toBeLessThan(2.2);
});

function agrees(seed: number): void {
  const random = seededRandom(seed);
  const kernel = randomKernel(random);
  verifyKernel(kernel);
  const source = emitKernel(kernel, { target: "javascript", documentation: ["*/ alert(1)"] });
  const emitted = evaluateSource(source);
  const script = writeScript(kernel);
  const evaluated = evaluateScript(kernel, script) as RunKernel;
  const interpreted = interpretKernel(kernel);
  const operands = kernel.operands.map(({ dtype, length }) => randomArray(dtype, Number(length), random));
  const before = randomArray(kernel.output.dtype, Number(kernel.output.length), random);
  const [expected, found, scripted] = [before.slice(), before.slice(), before.slice()];
  // Twice: scratch keeps what the first call left there.
  for (const call of [1, 2]) {
    interpreted(operands, expected);
    emitted(...operands, found);
    evaluated(operands, scripted);
    expect(values(found), `call ${call}\n${printKernel(kernel)}\n\n${source.text}`).toEqual(values(expected));
    expect(values(scripted), `call ${call}\n${printKernel(kernel)}\n\n${script.text}`).toEqual(values(expected));
  }
}

/** Elements as texts that tell -0 from 0 and equate all NaNs, whose bits JavaScript leaves open. */
function values(array: TypedArray): string[] {
  return Array.from(array as ArrayLike<number | bigint>, (value) => (Object.is(value, -0) ? "-0" : String(value)));
}
