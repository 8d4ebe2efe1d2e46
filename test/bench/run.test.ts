/**
 * The benchmark's harness, once on tiny sizes: processes start, results are checked, everything is measured and reported.
 * No time is asserted.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { Contender } from "../../bench/contenders/contender.ts";
import { OURS } from "../../bench/contenders/list.ts";
import { parseOptions } from "../../bench/options.ts";
import { drawPeak } from "../../bench/report/peak-chart.ts";
import { drawPeers } from "../../bench/report/peers-chart.ts";
import { drawSweep } from "../../bench/report/sweep-chart.ts";
import { printReport } from "../../bench/report/markdown.ts";
import type { Results } from "../../bench/results.ts";
import { runAll } from "../../bench/run.ts";
import { listWorkloads } from "../../bench/workloads.ts";

const NAMES = ["matmul 32^3", "matmul 37^3, float64", "conv 3x3 3->8, 2 x 32^2", "max pool 3x3/2 on ties"];

/** A library that nobody has installed. */
const absent: Contender = { name: "nobody's", kind: "wasm", packages: ["@einsmith/nobody"], prepare: async () => [] };

let results: Results;
const lines: string[] = [];

beforeAll(async () => {
  const workloads = listWorkloads(true).filter(({ name }) => NAMES.includes(name));
  const { effort } = parseOptions(["--tiny"])!;
  results = await runAll(workloads, [...OURS, absent], effort, "tiny", (line) => lines.push(line));
});

describe("the benchmark's harness", () => {
  it("measures every form of einsmith and plain loops, each with a right result", () => {
    expect(results.rows.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
    for (const { cells } of results.rows) {
      expect(cells.map(({ contender, failure }) => [contender, failure])).toEqual(
        OURS.map(({ name }) => [name, undefined]),
      );
      for (const { time } of cells) expect(time).toBeGreaterThan(0);
    }
    expect(results.peak.median).toBeGreaterThan(0);
  });

  it("measures first uses", () => {
    expect(results.firstUses).toHaveLength(9);
    for (const row of results.firstUses) expect(row).not.toHaveProperty("failure");
  });

  it("says who is not installed", () => {
    expect(lines).toContain("skipped: nobody's: @einsmith/nobody is not installed: run npm ci in bench/");
  });

  it("reports every workload, in words and in pictures, without a figure that is none", () => {
    const report = printReport(results);
    for (const name of NAMES) expect(report).toContain(`| ${name} |`);
    for (const text of [report, drawPeers(results), drawPeak(results), drawSweep(results)]) {
      expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(drawPeers(results)).toContain("conv 3×3 3→8, 2 × 32²");
  });

  it("refuses contenders that it does not know", () => {
    expect(() => parseOptions(["--contenders", "einsmith,numpy"])).toThrow("no contender is called numpy; there are: ");
  });
});
