import "../../src/entries/path.ts";
import { describe, expect, it } from "vitest";
import { compile, contractionPath, jit } from "../../src/index.ts";
import { allocatedScratch } from "../../src/loops/lengths.ts";
import { messageOf } from "../support/message-of.ts";
import { seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const RING = "i j, j k, k l, l i -> ";
const SHAPES = Array.from({ length: 4 }, () => [8, 8]);

function fill(shapes: readonly (readonly number[])[]): Float64Array[] {
  const random = seededRandom(5);
  return shapes.map((shape) => {
    return Float64Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
      random.integer(-3, 3),
    );
  });
}

describe("a memory limit", () => {
  it("is kept by slicing, which generated code does in outer loops", () => {
    const free = compile(RING, { shapes: SHAPES });
    expect(free.path.largestIntermediate).toBe(64);
    const kernel = jit(RING, { shapes: SHAPES, memoryLimit: 16 });
    const { path, kernel: made, contraction } = kernel.compilation;
    expect(path.sliced.length).toBeGreaterThan(0);
    expect(path.slices).toBe(8 ** path.sliced.length);
    expect(path.largestIntermediate).toBeLessThanOrEqual(16);
    expect(Math.max(...allocatedScratch(made).map(({ length }) => Number(length)))).toBeLessThanOrEqual(
      path.peakMemory,
    );
    const arrays = fill(SHAPES);
    expect([...kernel(...arrays)]).toEqual([...reference(contraction, arrays)]);
    expect([...kernel(...arrays)]).toEqual([...reference(contraction, arrays)]);
    expect(kernel.source).toMatch(/for \(let \w = 0; \w < 8; \w\+\+\) \{\n {4}kernelStep/);
    expect(kernel.source).toContain("once for each value of");
  });

  it.each([
    ["(y+k), k, ->(y+k)", [[6], [3], []], undefined, 6],
    ["y, k, ->(y+k)", [[4], [3], []], undefined, 6],
    ["y, k, ->(y-k+2:0)", [[4], [3], []], undefined, 6],
    ["y, k, ->(y + k - 1) y", [[4], [3], []], [4, 4], 16],
    ["y, k, ->(2*y)", [[4], [3], []], undefined, 7],
    ["y, k, ->y", [[4], [3], []], undefined, 4],
  ])("may be the elements of the result of %s, and not one less", (spec, shapes, outputShape, least) => {
    const options = { shapes, notation: "named" as const, ...(outputShape && { outputShape }) };
    const arrays = fill(shapes);
    const kernel = jit(spec, { ...options, memoryLimit: least });
    const zeroed = (values: Iterable<number | bigint>): number[] => Array.from(values, (value) => Number(value) + 0);
    expect(zeroed(kernel(...arrays))).toEqual(zeroed(reference(kernel.compilation.contraction, arrays)));
    expect(messageOf(() => jit(spec, { ...options, memoryLimit: least - 1 }))).toBe(
      `options.memoryLimit is ${least - 1} elements, and the result alone has ${least} [memory-limit]\n` +
        `  remedy: pass ${least} or more: any path can be sliced to keep to that`,
    );
  });

  it("counts what slices add onto the output", () => {
    const shapes = [[4, 100], [3, 100], [100]];
    const path = [
      [0, 2],
      [0, 1],
    ];
    const kernel = jit("i j, k j, j -> i k", { shapes, memoryLimit: 12, optimize: path });
    const { path: info, contraction } = kernel.compilation;
    expect(info.sliced).toEqual(["j"]);
    // A product for each i, then for each pair a product and an addition.
    expect(info.steps.map(({ flops }) => flops)).toEqual([4, 2 * 12]);
    expect(info.flops).toBe(100 * (4 + 2 * 12));
    const arrays = fill(shapes);
    expect([...kernel(...arrays)]).toEqual([...reference(contraction, arrays)]);
  });

  it("shows in the table what is sliced", () => {
    const info = contractionPath(RING, SHAPES, { memoryLimit: 16 });
    expect(String(info)).toMatch(/\n {2}slices {16}8, of \w; steps are those of one\n/);
    expect(info.flops).toBe(8 * info.steps.reduce((sum, { flops }) => sum + flops, 0));
  });

  it("is kept where intermediates hold windows", () => {
    const shapes = [
      [4, 18, 18],
      [3, 4],
      [3, 3],
      [3, 3],
    ];
    const spec = "c (y+u) (x+v), r c, r u, r v -> y x";
    for (const memoryLimit of [900, 400, 256]) {
      const kernel = jit(spec, { shapes, memoryLimit });
      const { path, contraction } = kernel.compilation;
      expect(path.largestIntermediate).toBeLessThanOrEqual(memoryLimit);
      const arrays = fill(shapes);
      expect([...kernel(...arrays)]).toEqual([...reference(contraction, arrays)]);
    }
  });

  it("runs in TypeScript's kernels as well", () => {
    const kernel = jit(RING, { shapes: SHAPES, memoryLimit: 16, target: "typescript" });
    const arrays = fill(SHAPES);
    expect([...kernel(...arrays)]).toEqual([...reference(kernel.compilation.contraction, arrays)]);
    expect(kernel.source).toMatch(/function kernelStep\d\(.*\w: number\): void/);
  });

  it("is refused below the size of the result", () => {
    const shapes = [
      [8, 8],
      [8, 8],
      [8, 8],
    ];
    expect(messageOf(() => compile("ij,jk,kl->il", { shapes, memoryLimit: 63 }))).toContain("memory-limit");
    expect(compile("ij,jk,kl->il", { shapes, memoryLimit: 64 }).path.sliced).toEqual([]);
  });
});
