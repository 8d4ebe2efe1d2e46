import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../src/index.ts";
import type { LoopNest } from "../../src/loops/nest.ts";
import { printNest } from "../../src/loops/describe-nests.ts";
import {
  CHAIN_STEPS,
  FULL_UNROLL,
  LEAF_LIMIT,
  LINE,
  LONE_STEPS,
  STEPS,
  TILE,
} from "../../src/loops/schedule/limits.ts";
import { applyOverrides, type ScheduleOverrides } from "../../src/loops/schedule/overrides.ts";
import { scheduleNest } from "../../src/loops/schedule/schedule-nest.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { randomContraction } from "../support/random-contractions.ts";
import { seededRandom } from "../support/random.ts";
import { nestOf } from "./nests.ts";

/** The loops of a scheduled nest, outermost first, as `printNest` writes them. */
function loops(spec: string, options: CompileOptions, overrides: ScheduleOverrides = {}): string[] {
  const nest = applyOverrides(scheduleNest(nestOf(spec, options)), overrides);
  verifyNest(nest);
  return printNest(nest)
    .split("\n")
    .flatMap((line) => /^ {2}for (.*)$/.exec(line)?.[1] ?? []);
}

describe("an unrolled nest", () => {
  it("is one of little work: outputs outside, reductions inside", () => {
    expect(
      loops("ij,jk->ik", {
        shapes: [
          [8, 8],
          [8, 8],
        ],
      }),
    ).toEqual(["i 8 unrolled", "k 8 unrolled", "j 8 unrolled"]);
  });

  it("has no more multiply-adds than FULL_UNROLL", () => {
    expect(8 * 8 * 8).toBe(FULL_UNROLL);
    const [row, stream, step] = loops("ij,jk->ik", {
      shapes: [
        [8, 9],
        [9, 8],
      ],
    });
    expect([row, step]).toEqual(["i 8 unroll 4", "j 9 unrolled"]);
    expect(stream).toMatch(/^k 8 unroll \d$/);
  });

  it("counts the multiplications of every operand", () => {
    const [row, matrix] = [[16], [16, 16]];
    expect(loops("i,ij,j->j", { shapes: [row, matrix, row], optimize: [[0, 1, 2]] })).toEqual([
      "j 16 unrolled",
      "i 16 unrolled",
    ]);
    const more = loops("i,ij,j,j->j", { shapes: [row, matrix, row, row], optimize: [[0, 1, 2, 3]] });
    expect(more.filter((loop) => loop.endsWith("unrolled"))).toEqual([]);
  });
});

describe("a streamed nest", () => {
  it("keeps rows times steps of one operand, and streams along the output's unit stride", () => {
    const [row, step, stream] = loops("ij,jk->ik", {
      shapes: [
        [64, 64],
        [64, 64],
      ],
    });
    expect([row, step]).toEqual(["i 64 unroll 8", "j 64 unroll 4"]);
    expect(stream).toMatch(/^k 64 unroll \d$/);
  });

  it("writes one row of a small window out, inside the stream", () => {
    expect(
      loops("i(y+k)(x+l),oikl->oyx", {
        shapes: [
          [3, 33, 33],
          [8, 3, 3, 3],
        ],
      }),
    ).toEqual(["y 31", "o 8 unrolled", "i 3", "k 3", "x 31 unroll 4", "l 3 unrolled"]);
  });

  it("writes out one row of a larger window", () => {
    expect(
      loops("i(y+k)(x+l),oikl->oyx", {
        shapes: [
          [3, 33, 33],
          [8, 3, 5, 5],
        ],
      }),
    ).toEqual(["y 29", "o 8 unrolled", "i 3", "k 5", "x 29 unroll 4", "l 5 unrolled"]);
  });

  it("holds a larger window of a lone operand", () => {
    expect(4 * 4).toBe(LONE_STEPS);
    const pool = loops("c(y+k)(x+l)->cyx", { shapes: [[3, 33, 33]], sizes: { k: 4, l: 4 } });
    expect(pool.slice(-2)).toEqual(["k 4 unrolled", "l 4 unrolled"]);
    expect(pool.slice(0, 2)).toEqual(["c 3", "y 30"]);
  });

  it("takes steps that divide a size, so that nothing is left over", () => {
    const [row, step, stream] = loops("ij,jk->ik", {
      shapes: [
        [9, 65],
        [65, 9],
      ],
    });
    expect([row, step, stream]).toEqual(["i 9 unrolled", "j 65 unroll 5", "k 9 unroll 3"]);
  });
});

describe("an accumulated nest", () => {
  it("has its reducing loops innermost, where the output's rows are short", () => {
    expect(
      loops("ij,jk->ik", {
        shapes: [
          [9, 65],
          [65, 7],
        ],
      }),
    ).toEqual(["i 9", "k 7 unroll 4", "j 65 unroll 2"]);
  });

  it("takes a lone accumulator several steps at a time", () => {
    expect(loops("ij->i", { shapes: [[40, 40]] })).toEqual(["i 40", `j 40 unroll ${CHAIN_STEPS}`]);
    expect(loops("ij->", { shapes: [[40, 40]] })).toEqual(["i 40", `j 40 unroll ${CHAIN_STEPS}`]);
  });

  it("holds the sums of 64-bit integers, which memory would box anew", () => {
    const shapes = [
      [64, 64],
      [64, 64],
    ];
    expect(loops("ij,jk->ik", { shapes, dtype: "int64" })).toEqual(["i 64", "k 64 unroll 4", "j 64 unroll 2"]);
    expect(loops("ij,jk->ik", { shapes, dtype: "uint64" })).toEqual(["i 64", "k 64 unroll 4", "j 64 unroll 2"]);
  });

  it("reads memory in order where nothing is reused", () => {
    expect(
      loops("ij,ij->i", {
        shapes: [
          [40, 40],
          [40, 40],
        ],
      }).at(-1),
    ).toBe("j 40 unroll 8");
    expect(loops("ij->j", { shapes: [[40, 40]] })[0]).toMatch(/^i 40/);
  });
});

describe("a mapped nest", () => {
  it("writes rows in the order of memory", () => {
    expect(loops("ij->ij", { shapes: [[40, 40]] })).toEqual(["i 40", "j 40 unroll 4"]);
    expect(loops("j,i->ij", { shapes: [[40], [40]] })).toEqual(["i 40", "j 40 unroll 4"]);
  });

  it("transposes in square tiles", () => {
    expect(loops("aij->aji", { shapes: [[3, 40, 41]] })).toEqual([
      "a 3",
      `j 41 in tiles of ${TILE}`,
      `i 40 in tiles of ${TILE}`,
      "j 41 unroll 4",
      "i 40 unroll 4",
    ]);
  });

  it("needs no tiles where a side is no longer than one, and no squares where it is no longer than a cache line", () => {
    expect(loops("ij->ji", { shapes: [[TILE, 40]] })).toEqual([
      `j 40 in tiles of ${TILE}`,
      "j 40 unroll 4",
      `i ${TILE} unroll 4`,
    ]);
    expect(loops("ij->ji", { shapes: [[LINE, 40]] })).toEqual(["j 40", `i ${LINE} unroll 4`]);
    expect(loops("ij->ji", { shapes: [[40, LINE]] })).toEqual([`j ${LINE}`, "i 40 unroll 4"]);
  });
});

describe("overrides", () => {
  const options = {
    shapes: [
      [64, 64],
      [64, 64],
    ],
  };

  it("fix the steps of single loops, and leave the rest", () => {
    const chosen = loops("ij,jk->ik", options);
    expect(loops("ij,jk->ik", options, { unroll: { i: 2, j: 64 } })).toEqual([
      "i 64 unroll 2",
      "j 64 unrolled",
      ...chosen.slice(2),
    ]);
    expect(loops("ij,jk->ik", options, { unroll: { k: 1 } })).toEqual([...chosen.slice(0, 2), "k 64"]);
  });

  it("put tiles in front of all loops", () => {
    const chosen = loops("ij,jk->ik", options);
    expect(loops("ij,jk->ik", options, { tile: { j: 32 } })).toEqual(["j 64 in tiles of 32", ...chosen]);
  });

  it("take the place of the tiles of a transpose", () => {
    expect(loops("ij->ji", { shapes: [[40, 40]] }, { tile: { i: 8 } })).toEqual([
      "i 40 in tiles of 8",
      "j 40 in tiles of 32",
      "j 40 unroll 4",
      "i 40 unroll 4",
    ]);
  });

  it("put the loops of some indices in an order, which take the places that these had", () => {
    expect(loops("ij,jk->ik", options, { order: ["k", "i"] }).map((loop) => loop.split(" ")[0])).toEqual([
      "k",
      "j",
      "i",
    ]);
    expect(loops("ij,jk->ik", options, { order: ["j", "k", "i"] }).map((loop) => loop.split(" ")[0])).toEqual([
      "j",
      "k",
      "i",
    ]);
    expect(loops("ij,jk->ik", options, { order: ["z", "k"] })).toEqual(loops("ij,jk->ik", options));
  });

  it("leave a nest alone that has no loop over the index", () => {
    expect(loops("ij,jk->ik", options, { tile: { z: 8 }, unroll: { z: 8 } })).toEqual(loops("ij,jk->ik", options));
    expect(loops("i->i", { shapes: [[1]] }, { tile: { i: 8 }, unroll: { i: 8 } })).toEqual([]);
  });
});

/** The nests of random contractions, which are small, and of common specs at random sizes up to 70. */
function scheduledNests(): { readonly from: string; readonly nest: LoopNest }[] {
  const random = Array.from({ length: 300 }, (_, at) => at + 1).flatMap((seed) => {
    const { spec, operands, options } = randomContraction(seed);
    const layouts = {
      shapes: operands.map(({ shape }) => shape),
      strides: operands.map(({ strides }) => strides),
      offsets: operands.map(({ offset }) => offset),
      dtypes: operands.map(({ dtype }) => dtype),
    };
    return compile(spec, { ...options, ...layouts }).nests.map((nest) => ({ from: `seed ${seed}: ${spec}`, nest }));
  });
  const choose = seededRandom(11);
  const large = Array.from({ length: 60 }, () => {
    const spec = choose.pick([
      "ij,jk->ik",
      "bij,bjk->bik",
      "ij,j->i",
      "ijk->ik",
      "ij->ji",
      "ij,ij->",
      "i(x+k),oik->ox",
    ]);
    const sizes = new Map([..."bijklox"].map((index) => [index, choose.integer(1, 70)]));
    sizes.set("(x+k)", 1000);
    const terms = (spec.split("->")[0] ?? "").split(",");
    const shapes = terms.map((term) => (term.match(/\(.*?\)|./g) ?? []).map((axis) => sizes.get(axis) ?? 1));
    return { from: `${spec} of ${JSON.stringify(shapes)}`, nest: scheduleNest(nestOf(spec, { shapes })) };
  });
  return [...random, ...large];
}

describe("every schedule", () => {
  const nests = scheduledNests();

  it("covers each index of more than one value with one serial loop", () => {
    for (const { nest, from } of nests) {
      if (nest.indices.some(({ size }) => size === 0)) continue;
      const serial = nest.loops.filter(({ kind }) => kind === "serial").map(({ index }) => index);
      const looped = nest.indices.filter(({ size }) => size > 1).map(({ name }) => name);
      expect(serial.toSorted(), from).toEqual(looped.toSorted());
    }
  });

  it("writes out no more than its limits allow", () => {
    for (const { nest, from } of nests) {
      const passes = passesOf(nest);
      const written = passes.reduce((count, { step }) => count * step, 1);
      const isWhole = passes.every(({ size, step }) => step === size);
      // A step that divides its size is taken where it is larger by two than the one wanted.
      const most = isWhole ? FULL_UNROLL : 1.5 * LEAF_LIMIT;
      expect(written, from).toBeLessThanOrEqual(most);
    }
  });

  it("takes so many reduction steps in one block that its values stay in registers", () => {
    for (const { nest, from } of nests) {
      const passes = passesOf(nest);
      if (passes.every(({ size, step }) => step === size)) continue;
      const steps = passes.reduce((count, { step, reduced }) => (reduced ? count * step : count), 1);
      expect(steps, from).toBeLessThanOrEqual(
        nest.operands.length === 1 ? LONE_STEPS : Math.max(STEPS, CHAIN_STEPS + 2),
      );
    }
  });
});

/** The serial loops of a nest: the size of the index, and how many of its values one pass does. */
function passesOf({ loops: all, indices }: LoopNest) {
  return all
    .filter(({ kind }) => kind === "serial")
    .map(({ index, step }) => {
      const { size = 1, reduced = false } = indices.find(({ name }) => name === index) ?? {};
      return { size, step: Math.min(step, size), reduced };
    });
}
