import { describe, expect, it } from "vitest";
import { emitKernel, scriptOf } from "../../src/emit/kernel.ts";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { arrayOf, type TypedArray } from "../../src/ir/dtype.ts";
import { evaluateKernel } from "../../src/jit/evaluate.ts";
import { buildNests } from "../../src/loops/build-nests.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { runPasses, buildKernel } from "../../src/loops/pipeline.ts";
import { printKernel } from "../../src/loops/print-kernel.ts";
import { scheduleNest } from "../../src/loops/schedule/schedule-nest.ts";
import { shareScratch } from "../../src/loops/schedule/lay-out-intermediates.ts";
import { arrangeSlices } from "../../src/loops/arrange-nests.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import type { SsaPath } from "../../src/path/path.ts";
import { splitSteps } from "../../src/path/steps.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { interpret } from "../support/plain-kernel.ts";
import { randomWindows } from "../support/random-windows.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(1);
const COUNT = caseCountFromEnvironment(150);

/** The kernels of a sliced path: as lowered and after every pass. */
function kernelsOf(contraction: Contraction, path: SsaPath, sliced: readonly string[]): Kernel[] {
  const steps = splitSteps(contraction, path, sliced);
  const slices = sliced.flatMap((name) => contraction.indices.filter((index) => index.name === name));
  const built = buildNests(contraction, steps, { slices, arrange: arrangeSlices, share: shareScratch });
  const nests = built.nests.map((nest) => scheduleNest(nest));
  nests.forEach(verifyNest);
  const kernels: Kernel[] = [];
  runPasses(buildKernel("sliced", built, nests), (_, kernel) => kernels.push(kernel));
  return kernels;
}

/** Zeros are one zero. */
function plain(array: TypedArray): (number | bigint)[] {
  return Array.from(array as Iterable<number | bigint>, (value) => (value === 0 ? 0 : value));
}

function chain(): Contraction {
  const shapes = [
    [4, 5],
    [5, 6],
    [6, 3],
  ];
  return bind(parseSpec("ij,jk,kl->il", {}), { shapes });
}

const pairwise: SsaPath = [
  [0, 1],
  [2, 3],
];

describe("a sliced kernel", () => {
  it("loops over the slices around its routines, adding up where a reduced index is sliced", () => {
    const kernel = kernelsOf(chain(), pairwise, ["k"]).at(-1) as Kernel;
    expect(kernel.slices).toEqual({ indices: [{ name: "k", size: 6, reduced: true }], first: 1, end: 3 });
    expect(kernel.scratch.map(({ length }) => length)).toEqual([4]);
    const { text } = emitKernel(kernel, { target: "typescript", documentation: [] });
    expect(text).toContain(
      "  for (let k = 0; k < 6; k++) {\n    slicedStep2(a, b, k);\n    slicedStep3(c, k, out);\n  }",
    );
    expect(text).toContain("function slicedStep2(a: Float64Array, b: Float64Array, k: number): void {");
    expect(printKernel(kernel)).toContain("\n  slices k of 6: the next 2 routines\n");
  });

  it("writes each slice of a kept index to its place, without filling first", () => {
    const kernel = kernelsOf(chain(), pairwise, ["i"]).at(-1) as Kernel;
    expect(kernel.routines.length).toBe(3);
    expect(kernel.scratch.map(({ length }) => length)).toEqual([6]);
  });

  it(`is what the reference gives, for ${COUNT} random contractions from seed ${FIRST_SEED}`, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const { contraction, path, arrays } = randomWindows(seed);
      const random = seededRandom(seed);
      const names = random.shuffle(contraction.indices.map(({ name }) => name));
      const sliced = names.slice(0, random.integer(1, Math.min(3, names.length)));
      const expected = plain(reference(contraction, arrays));
      const kernels = kernelsOf(contraction, path, sliced);
      for (const kernel of kernels)
        expect([seed, sliced, ...plain(interpret(kernel, arrays))]).toEqual([seed, sliced, ...expected]);
      const kernel = kernels.at(-1) as Kernel;
      const out = new (arrayOf(kernel.output.dtype))(Number(kernel.output.length));
      const { run } = evaluateKernel(kernel, scriptOf(emitKernel(kernel, { target: "javascript", documentation: [] })));
      run(arrays, out);
      run(arrays, out);
      expect([seed, ...plain(out)]).toEqual([seed, ...expected]);
    }
  });
});
