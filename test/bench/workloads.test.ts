/** The benchmark's workloads on tiny sizes: its plain loops against the reference, einsmith against its plain loops. */
import { describe, expect, it } from "vitest";
import { requireClose } from "../../bench/check.ts";
import { compileOptionsOf } from "../../bench/contenders/einsmith.ts";
import { computeNaively } from "../../bench/contenders/naive.ts";
import { listFirstUses } from "../../bench/first-use-workloads.ts";
import { countFlops } from "../../bench/modules.ts";
import { allocate, countOf, operandsOf, type Floats, type Workload } from "../../bench/workload.ts";
import { listWorkloads } from "../../bench/workloads.ts";
import { jit } from "../../src/index.ts";
import { referenceAt } from "../support/reference-at.ts";

/** The reference walks every point of an element: of large results, so many elements are compared. */
const SAMPLES = 12;

function computed(workload: Workload): Floats {
  // Whatever the output held is no part of the result.
  const out = allocate(workload.dtype, countOf(workload.outputShape)).fill(NaN);
  computeNaively(workload, operandsOf(workload), out);
  return out;
}

describe("workloads of the benchmark", () => {
  const tiny = listWorkloads(true);

  it.each(tiny.map((workload) => [workload.name, workload] as const))("%s", (_, workload) => {
    const operands = operandsOf(workload);
    const expected = computed(workload);
    const kernel = jit(workload.spec, compileOptionsOf(workload));
    const { output } = kernel.compilation.contraction;
    expect(workload.outputShape).toEqual(output.tensor.shape);
    requireClose(kernel(...operands) as Floats, expected, workload.dtype);

    const samples = Math.min(SAMPLES, expected.length);
    const elements = Array.from({ length: samples }, (_, at) => Math.floor((at * expected.length) / samples));
    const reference = elements.map((element) => referenceAt(kernel.compilation.contraction, operands, element));
    requireClose(
      elements.map((element) => expected[element] ?? NaN),
      reference,
      workload.dtype,
    );
  });

  it("have the shapes of their outputs in full size, too", () => {
    for (const workload of listWorkloads()) {
      const { shape } = jit(workload.spec, compileOptionsOf(workload)).compilation.contraction.output.tensor;
      expect([workload.name, shape]).toEqual([workload.name, workload.outputShape]);
    }
  });

  it("count a multiplication and an addition for each step of the best order", () => {
    const flops = new Map(listWorkloads().map((workload) => [workload.name, countFlops(workload)]));
    expect(flops.get("matmul 64^3")).toBe(2 * 64 ** 3);
    expect(flops.get("conv 3x3 64->64, 56^2")).toBe(2 * 64 * 64 * 9 * 56 ** 2);
    expect(flops.get("chain of four matrices")).toBe(2 * 10 * (600 * 400 + 800 * 600 + 1000 * 800));
    expect(flops.get("transpose 2048^2")).toBe(0);
    expect(flops.get("max pool 3x3/2, 64, 112^2")).toBe(0);
  });

  it("meet no shape twice where first uses are measured", () => {
    for (const { measured, warm } of listFirstUses(false)) {
      const met = new Set(warm.map(({ shapes }) => JSON.stringify(shapes)));
      expect(measured.filter(({ shapes }) => met.has(JSON.stringify(shapes)))).toEqual([]);
    }
  });
});

describe("the check of results", () => {
  it("accepts roundings and nothing more", () => {
    expect(() => requireClose([1, 2 + 1e-7], [1, 2], "float32")).not.toThrow();
    expect(() => requireClose([1, 2.01], [1, 2], "float32")).toThrow("wrong result: element 1 is 2.01, expected 2");
    expect(() => requireClose([1, 2 + 1e-7], [1, 2], "float64")).toThrow("wrong result");
  });

  it("refuses NaN and missing elements", () => {
    expect(() => requireClose([1, NaN], [1, 2], "float32")).toThrow("wrong result: element 1 is NaN, expected 2");
    expect(() => requireClose([1], [1, 2], "float32")).toThrow("wrong result: 1 elements, expected 2");
  });
});
