import { describe, expect, it } from "vitest";
import { compile, jit, type CompileOptions } from "../../src/index.ts";
import { affineRange } from "../../src/affine/affine.ts";
import { runPasses, buildKernel } from "../../src/loops/pipeline.ts";
import { lowerNest } from "../../src/loops/lower.ts";
import { nameRoutine } from "../../src/loops/names.ts";
import type { LoopNest } from "../../src/loops/nest.ts";
import { printChoice } from "../../src/loops/describe-nests.ts";
import { chooseSchedule, proposeLoops } from "../../src/loops/schedule/choose-schedule.ts";
import { costOf, countWork } from "../../src/loops/schedule/cost.ts";
import { scheduleNest } from "../../src/loops/schedule/schedule-nest.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { interpret } from "../support/plain-kernel.ts";
import { randomContraction } from "../support/random-contractions.ts";
import { seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";
import { contractionOf, nestOf, nestsOf, operandsOf } from "./nests.ts";

const product = (i: number, j: number, k: number, dtype: "float32" | "float64" = "float64"): CompileOptions => ({
  shapes: [
    [i, j],
    [j, k],
  ],
  dtype,
});

const imagine = (name: string, like: object) => ({ name, role: "scratch", ...like }) as never;

/** Specs whose sizes leave a choice, at sizes up to 40. */
function choices(): { readonly spec: string; readonly options: CompileOptions }[] {
  const choose = seededRandom(7);
  const specs = ["ij,jk->ik", "ij,kj->ik", "bij,bjk->bik", "ij,j->i", "ij->j", "ij,ij->i", "iyx,oi->oyx"];
  const windows = ["i(x+k),oik->ox", "c(2*y+u)(2*x+v),cuv->cyx", "i(y+2*u)(x+2*v),oiuv->oyx", "c(y+u)(x+v),cyx->cuv"];
  return Array.from({ length: 40 }, (_, at) => {
    const spec = (at % 4 === 0 ? windows : specs)[at % (at % 4 === 0 ? windows.length : specs.length)] ?? "";
    const sizes = new Map([..."bijkloyxc"].map((index) => [index, choose.integer(8, at % 4 === 0 ? 14 : 30)]));
    for (const tap of "uvk") if (at % 4 === 0) sizes.set(tap, 3);
    const sizeOf = (axis: string): number =>
      [...axis.matchAll(/(?:(\d)\*)?([a-z])/g)].reduce(
        (size, [, factor = "1", index = ""]) => size + Number(factor) * ((sizes.get(index) ?? 1) - 1),
        1,
      );
    const terms = (spec.split("->")[0] ?? "").split(",");
    const shapes = terms.map((term) => (term.match(/\(.*?\)|./g) ?? []).map(sizeOf));
    return { spec, options: { shapes, dtype: at % 2 === 0 ? "float32" : "float64" } as CompileOptions };
  });
}

describe("every proposal", () => {
  it("is a schedule: it verifies, and computes what the reference does, bit for bit", () => {
    let others = 0;
    for (const { spec, options } of choices()) {
      const contraction = contractionOf(spec, options);
      const arrays = operandsOf(contraction);
      const expected = reference(contraction, arrays);
      const built = nestsOf(spec, options);
      const nest = built.nests.at(-1) as LoopNest;
      const proposals = proposeLoops(nest);
      expect(proposals[0]).toEqual(scheduleNest(nest).loops);
      const picked = proposals.filter((_, at) => at === 0 || at % Math.ceil(proposals.length / 6) === 1);
      others += picked.length - 1;
      for (const loops of picked) {
        const scheduled = { ...nest, loops };
        verifyNest(scheduled);
        const nests = [...built.nests.slice(0, -1).map(scheduleNest), scheduled];
        const kernel = runPasses(buildKernel("kernel", built, nests, (each) => lowerNest(each, nameRoutine)));
        expect(interpret(kernel, arrays), `${spec} with ${JSON.stringify(loops)}`).toEqual(expected);
      }
    }
    expect(others).toBeGreaterThan(100);
  });
});

describe("the schedule that is chosen", () => {
  it("costs no more than the rule's, nor clearly more than any other", () => {
    for (const { spec, options } of choices()) {
      const nest = nestOf(spec, options);
      const chosen = chooseSchedule(nest, imagine).at(-1) as LoopNest;
      const { cost, others } = chosen.choice ?? { cost: NaN, others: [] };
      for (const other of others) expect(cost, spec).toBeLessThanOrEqual(other.cost / 0.95 + 1e-9);
    }
  });

  it("streams along a contiguous output where the rule would accumulate a short sum", () => {
    const options = { shapes: [[40, 40], [40]] };
    const rule = scheduleNest(nestOf("ij,j->i", options));
    const [chosen] = compile("ij,j->i", options).nests;
    expect(rule.loops.at(-1)?.index).toBe("j");
    expect(chosen?.loops.at(-1)?.index).toBe("i");
  });

  it("holds the sums of a small window, as those of the gradient by a weight", () => {
    const shapes = [
      [4, 30, 30],
      [4, 28, 28],
    ];
    const rule = scheduleNest(nestOf("c(y+u)(x+v),cyx->cuv", { shapes })).loops;
    const chosen = compile("c(y+u)(x+v),cyx->cuv", { shapes }).nests.at(-1)?.loops;
    expect(rule.map(({ index, step }) => `${index}${step}`)).toEqual(["c1", "u1", "v3", "y1", "x2"]);
    expect(chosen?.map(({ index, step }) => `${index}${step}`)).toEqual(["c1", "y1", "x4", "u3", "v3"]);
  });

  it("is told with what came next", () => {
    const [nest] = compile("ij,jk->ik", product(64, 64, 64)).nests;
    const [first = "", ...others] = printChoice(nest as LoopNest).split("\n");
    expect(first).toMatch(/^ {2}cost [\d,]+, or:$/);
    expect(others).toHaveLength(4);
    for (const other of others) expect(other).toMatch(/^ {4}[\d,]+ with (i|j|k) 64 unroll \d/);
    expect(printChoice(compile("ij->ij", { shapes: [[40, 40]] }).nests[0] as LoopNest)).toMatch(/^ {2}cost [\d,]+$/);
  });
});

describe("the cost model", () => {
  it("counts what a block loads, stores and holds", () => {
    const nest = { ...nestOf("ij,jk->ik", product(16, 16, 16)), loops: [] as LoopNest["loops"] };
    const loops = [
      { index: "i", kind: "serial", step: 8 },
      { index: "j", kind: "serial", step: 4 },
      { index: "k", kind: "serial", step: 2 },
    ] as const;
    const passes = (16 / 8) * (16 / 4) * (16 / 2);
    expect(countWork({ ...nest, loops })).toMatchObject({
      operations: 16 ** 3,
      // Four steps of two columns of b, and eight rows of two columns of the output.
      loads: passes * (4 * 2 + 8 * 2),
      stores: passes * 8 * 2,
      passes,
      starts: passes / 8,
      stationary: (passes / 8) * 8 * 4,
      conversions: 0,
      waits: 0,
      lines: 0,
      conflicts: 0,
    });
  });

  it("counts elements that neighbouring windows share once", () => {
    const nest = nestOf("(x+k),k->x", { shapes: [[66], [3]] });
    const loops = [
      { index: "x", kind: "serial", step: 4 },
      { index: "k", kind: "serial", step: 3 },
    ] as const;
    expect(countWork({ ...nest, loops }).loads).toBe(16 * 6);
  });

  it("is finite and positive for every schedule of random contractions, and grows with their sizes", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { spec, operands, options } = randomContraction(seed);
      const layouts = {
        shapes: operands.map(({ shape }) => shape),
        strides: operands.map(({ strides }) => strides),
        offsets: operands.map(({ offset }) => offset),
        dtypes: operands.map(({ dtype }) => dtype),
      };
      for (const nest of compile(spec, { ...options, ...layouts }).nests) {
        if (nest.indices.some(({ size }) => size === 0)) continue;
        expect(costOf(nest), `seed ${seed}: ${spec}`).toBeGreaterThan(0);
        expect(costOf(nest)).toBeLessThan(Infinity);
      }
    }
    const [small, large] = [product(20, 20, 20), product(40, 20, 20)].map((options) =>
      costOf(scheduleNest(nestOf("ij,jk->ik", options))),
    );
    expect(large).toBeGreaterThan(small as number);
  });
});

describe("staged operands", () => {
  const transposed = (dtype: "float32" | "float64"): CompileOptions => ({
    shapes: [
      [24, 40],
      [24, 40],
    ],
    dtype,
  });

  it("are packed in the order of the loops where the caller wants it, and give the same result", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const options: CompileOptions = { ...transposed(dtype), stage: ["b"] };
      const kernel = jit("ij,kj->ik", options);
      expect(kernel.source).toContain("bPacked[");
      const contraction = contractionOf("ij,kj->ik", transposed(dtype));
      const arrays = operandsOf(contraction);
      expect(kernel(...arrays)).toEqual(reference(contraction, arrays));
      expect(interpret(kernel.compilation.kernel, arrays)).toEqual(reference(contraction, arrays));
    }
  });

  it("hold all that is read, whatever is staged", () => {
    for (const { spec, options } of choices()) {
      const contraction = contractionOf(spec, options);
      const arrays = operandsOf(contraction);
      const names = [...contraction.reads, contraction.output].map(({ tensor }) => tensor.name);
      const { kernel, nests } = compile(spec, { ...options, stage: names });
      expect(interpret(kernel, arrays), spec).toEqual(reference(contraction, arrays));
      for (const { operands, indices } of nests) {
        const sizeOf = (index: string): number => indices.find(({ name }) => name === index)?.size ?? 1;
        for (const { address, buffer } of operands) {
          const { min, max } = affineRange(address, sizeOf);
          expect(min).toBeGreaterThanOrEqual(0);
          expect(max).toBeLessThan(Number(buffer.length));
        }
      }
    }
  });

  it("are none where the caller wants none", () => {
    const options = product(128, 128, 128, "float32");
    expect(jit("ij,jk->ik", options).source).toContain("bDoubles");
    const plain = jit("ij,jk->ik", { ...options, stage: [] });
    expect(plain.source).not.toContain("Doubles");
    expect(plain.source).not.toContain("outRows");
    expect(jit("ij,jk->ik", { ...options, stage: ["out"] }).source).toContain("outRows");
  });
});

describe("the layout of an intermediate", () => {
  it("ends with the index that the next step streams along", () => {
    const shapes = [
      [64, 64, 64],
      [64, 32],
      [64, 32],
    ];
    const { steps } = compile("ijk,jl,kl->il", {
      shapes,
      optimize: [
        [1, 2],
        [0, 1],
      ],
    });
    const [first, last] = steps;
    expect(first?.contraction.output.axes.map(({ expression }) => expression.terms[0]?.variable)).toEqual([
      "j",
      "k",
      "l",
    ]);
    expect(last?.contraction.reads.at(-1)?.tensor.strides).toEqual([2048, 32, 1]);
    const kernel = jit("ijk,jl,kl->il", {
      shapes,
      optimize: [
        [1, 2],
        [0, 1],
      ],
    });
    const contraction = contractionOf("ijk,jl,kl->il", { shapes });
    const arrays = operandsOf(contraction);
    expect(kernel(...arrays)).toEqual(reference(contraction, arrays));
  });
});
