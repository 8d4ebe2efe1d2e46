import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../src/index.ts";
import { CODE_BUDGET, estimateBytecode } from "../../src/loops/bytecode.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { compileOptionsOf, entries } from "../generated/kernels.ts";
import { randomContraction } from "../support/random-contractions.ts";

/**
 * Unrolling stops at the budget; the passes behind it take code away, but for two. Reducing addresses declares an offset
 * for two accesses or more, which then are shorter by as much, or nearly; splitting accumulators declares three more. A
 * tenth is more than twice what they have been seen to add.
 */
const GROWTH = 1.1;
/** Three accumulators more, and their sum, which show in a small routine. */
const ACCUMULATORS = 60;
/** The emitter's frame, and a line a check of an array or call of a routine: see `src/emit/kernel.ts`. */
const LINE = 35;
/** Where V8 stops optimising: see `src/emit/kernel.ts`. */
const HARD_LIMIT = 50_000;

/** The kernel after unrolling, and the compilation. */
function compileObserved(spec: string, options: CompileOptions) {
  let unrolled: Kernel | undefined;
  const compilation = compile(spec, {
    ...options,
    onPass: (name, kernel) => {
      if (name === "unroll-loops") unrolled = kernel;
    },
  });
  if (!unrolled) throw new Error("nothing was unrolled");
  return { unrolled, ...compilation };
}

describe("the budget of code", () => {
  it.each<[string, number, (indices: readonly string[]) => Partial<CompileOptions>]>([
    ["as they are scheduled", 1000, () => ({})],
    ["unrolled as far as they go", 300, (indices) => ({ unroll: all(indices, 1000) })],
    [
      "unrolled and tiled in four indices",
      300,
      (indices) => ({ unroll: all(indices, 1000), tile: all(indices.slice(0, 4), 3) }),
    ],
  ])("holds for random contractions %s, %i of them", (_, count, overrides) => {
    for (let seed = 1; seed <= count; seed++) {
      const { spec, operands, options, contraction } = randomContraction(seed);
      const names = contraction.indices.map(({ name }) => name).filter((name) => !name.startsWith("..."));
      const { unrolled, kernel, source } = compileObserved(spec, {
        ...options,
        ...overrides(names),
        shapes: operands.map(({ shape }) => shape),
        strides: operands.map(({ strides }) => strides),
        offsets: operands.map(({ offset }) => offset),
        dtypes: operands.map(({ dtype }) => dtype),
      });
      const from = `seed ${seed}: ${spec}`;
      kernel.routines.forEach(({ body }, at) => {
        const before = estimateBytecode(unrolled.routines[at]?.body ?? []);
        expect(before, from).toBeLessThanOrEqual(CODE_BUDGET);
        expect(estimateBytecode(body), from).toBeLessThanOrEqual(GROWTH * before + ACCUMULATORS);
      });
      const lines = operands.length + kernel.routines.length + 2;
      for (const { bytecode, name } of [...source.routines, source.main]) {
        expect(bytecode, `${from}, ${name}`).toBeLessThanOrEqual(GROWTH * CODE_BUDGET + LINE * lines);
        expect(bytecode, `${from}, ${name}`).toBeLessThanOrEqual(HARD_LIMIT);
      }
    }
  });

  it("holds for every function of the manifest", () => {
    for (const entry of entries) {
      const { source } = compile(entry.spec, compileOptionsOf(entry));
      for (const { bytecode, name } of [...source.routines, source.main]) {
        expect(bytecode, `${entry.name}, ${name}`).toBeLessThanOrEqual(GROWTH * CODE_BUDGET + LINE * 10);
      }
    }
  });

  it("takes back what a caller asks for beyond it, by halves", () => {
    const { unrolled } = compileObserved("ij,jk->ik", {
      shapes: [
        [100, 100],
        [100, 100],
      ],
      unroll: { i: 100, j: 100, k: 100 },
    });
    const [body] = unrolled.routines.map((routine) => routine.body);
    expect(estimateBytecode(body ?? [])).toBeLessThanOrEqual(CODE_BUDGET);
    expect(estimateBytecode(body ?? [])).toBeGreaterThan(CODE_BUDGET / 16);
  });
});

describe("the estimate", () => {
  it("grows by wider instructions once feedback slots need two bytes", () => {
    const bytesOf = (n: number): number => {
      const { kernel } = compile("i,i->i", { shapes: [[n], [n]], unroll: { i: n } });
      return estimateBytecode(kernel.routines[0]?.body ?? []);
    };
    const [short, long] = [bytesOf(20) - bytesOf(10), bytesOf(200) - bytesOf(190)];
    expect(long / short).toBeGreaterThan(1.5);
    expect(long / short).toBeLessThanOrEqual(2.5);
  });
});

function all(indices: readonly string[], step: number): Record<string, number> {
  return Object.fromEntries(indices.map((index) => [index, step]));
}
