import { describe, expect, it } from "vitest";
import { compileContraction } from "../../src/compile.ts";
import { einsum } from "../../src/jit/einsum.ts";
import { writeScript } from "../../src/emit/script.ts";
import { evaluateKernel } from "../../src/jit/evaluate.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { arrayOf, type TypedArray } from "../../src/ir/dtype.ts";
import { printSpecOf } from "../../src/ir/print.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { bind } from "../../src/ir/bind.ts";
import { walkPath } from "../../src/path/cost.ts";
import { type SsaPath, ssaToLinear } from "../../src/path/path.ts";
import { pathProblem } from "../../src/path/problem.ts";
import { splitSteps } from "../../src/path/steps.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { caseCountFromEnvironment, seedFromEnvironment } from "../support/random.ts";
import { randomWindows } from "../support/random-windows.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(1);
const COUNT = caseCountFromEnvironment(1500);

/** The steps of a spec along a path, as text. */
function stepsOf(spec: string, shapes: readonly (readonly number[])[], path: SsaPath, sizes = {}): string[] {
  return splitSteps(bind(parseSpec(spec, {}), { shapes, sizes }), path).map(({ contraction }) =>
    printSpecOf(contraction),
  );
}

/** Runs the steps one after the other, each by the reference. */
function runSteps(contraction: Contraction, path: SsaPath, operands: readonly TypedArray[]): TypedArray {
  const arrays = [...operands];
  for (const { contraction: step, inputs } of splitSteps(contraction, path)) {
    verifyContraction(step);
    arrays.push(
      reference(
        step,
        inputs.map((id) => arrays[id] as TypedArray),
      ),
    );
  }
  return arrays.at(-1) as TypedArray;
}

/** Zeros are one zero. */
function plain(array: TypedArray): (number | bigint)[] {
  return Array.from(array as Iterable<number | bigint>, (value) => (value === 0 ? 0 : value));
}

describe("steps over windows", () => {
  it("passes down the columns, then along the rows", () => {
    expect(
      stepsOf(
        "(y+u) (x+v), u, v -> y x",
        [[34, 34], [3], [3]],
        [
          [0, 1],
          [2, 3],
        ],
      ),
    ).toEqual(["(y + u) xv, u -> y xv", "v, y (x + v) -> y x"]);
  });

  it("keeps the windows of a factored convolution until each of their indices is contracted", () => {
    expect(
      stepsOf(
        "b c (y+u-1) (x+v-1), r c, r u, r v, o r -> b o y x",
        [
          [2, 3, 8, 8],
          [4, 3],
          [4, 3],
          [4, 3],
          [5, 4],
        ],
        [
          [0, 1],
          [5, 2],
          [6, 3],
          [7, 4],
        ],
      ),
    ).toEqual([
      "b c (yu - 1) (xv - 1), r c -> b yu xv r",
      "b (y + u) xv r, r u -> b y xv r",
      "b y (x + v) r, r v -> b y x r",
      "b y x r, o r -> b o y x",
    ]);
  });

  it("multiplies over a shared window once", () => {
    expect(
      stepsOf(
        "c (so+2*w), (so+2*w), w -> c so",
        [[8, 20], [20], [3]],
        [
          [0, 1],
          [2, 3],
        ],
      ),
    ).toEqual(["c so_w, so_w -> c so_w", "w, c (so + 2*w) -> c so"]);
  });
});

describe("einsum", () => {
  it("runs in steps that keep windows", () => {
    const image = { data: Float64Array.from({ length: 64 }, (_, at) => (at * 7) % 5), shape: [8, 8] };
    const [down, along] = [
      { data: Float64Array.of(1, 2, 1), shape: [3] },
      { data: Float64Array.of(-1, 0, 1), shape: [3] },
    ];
    const spec = "(y+u-1) (x+v-1), u, v -> y x";
    const found = einsum(spec, image, down, along);
    const whole = bind(parseSpec(spec, {}), { shapes: [[8, 8], [3], [3]] });
    expect([...found.data]).toEqual([...reference(whole, [image.data, down.data, along.data])]);
  });
});

describe(`${COUNT} random contractions over windows from seed ${FIRST_SEED}`, () => {
  const seeds = Array.from({ length: COUNT }, (_, at) => FIRST_SEED + at);

  it("give along any path what the whole gives", () => {
    for (const seed of seeds) {
      const { contraction, path, arrays } = randomWindows(seed);
      expect([seed, ...plain(runSteps(contraction, path, arrays))]).toEqual([
        seed,
        ...plain(reference(contraction, arrays)),
      ]);
    }
  });

  it("are compiled along any path to what the reference gives", () => {
    for (const seed of seeds.slice(0, 300)) {
      const { contraction, path, arrays } = randomWindows(seed);
      const { kernel } = compileContraction(contraction, { optimize: ssaToLinear(path, contraction.reads.length) });
      const out = new (arrayOf(kernel.output.dtype))(Number(kernel.output.length));
      evaluateKernel(kernel, writeScript(kernel)).run(arrays, out);
      expect([seed, ...plain(out)]).toEqual([seed, ...plain(reference(contraction, arrays))]);
    }
  });

  it("meet windows in most of them", () => {
    const share = (has: (seed: number) => boolean): number => seeds.filter(has).length / seeds.length;
    const stepsWithWindows = share((seed) => {
      const { contraction, path } = randomWindows(seed);
      return walkPath(pathProblem(contraction), path).some(({ windows }) => windows.length > 0);
    });
    expect(stepsWithWindows).toBeGreaterThan(COUNT < 500 ? -1 : 0.2);
  });
});
