/**
 * The benchmark's harness, once on tiny sizes: processes start, results are checked, everything is measured and reported.
 * No time is asserted.
 */
import { hostname, tmpdir } from "node:os";
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

  it("tells of each the first call, and when calls were at full speed, or for how long they were watched", () => {
    for (const { cells } of results.rows) {
      for (const { first = NaN, toFullSpeed = 0, watched = NaN } of cells) {
        expect(first).toBeGreaterThan(0);
        expect(toFullSpeed).toBeGreaterThanOrEqual(0);
        expect(watched).toBeGreaterThanOrEqual(first);
        expect(watched).toBeGreaterThanOrEqual(toFullSpeed);
      }
    }
    const measured = lines.filter((line) => line.includes(" ms ± "));
    expect(measured).toHaveLength(NAMES.length * OURS.length);
    for (const line of measured)
      expect(line).toMatch(/; first call [\d.]+ ms, (full speed after|not at full speed in) /);
    const table = printReport(results).split("## First call / calls until they run at full speed, ms\n\n")[1] ?? "";
    for (const name of NAMES) {
      const [, row = ""] =
        table
          .split("\n")
          .map((line) => line.split(" | "))
          .find(([first]) => first?.includes(name)) ?? [];
      expect(row).toMatch(/^ *[\d.]+ \/ (> )?[\d.]+$/);
    }
  });

  it("keeps nothing of this machine but its processor and versions", () => {
    const kept = JSON.stringify(results);
    for (const told of [process.cwd(), tmpdir(), hostname()]) expect(kept).not.toContain(told);
    expect(Object.keys(results.machine)).toEqual(["processor", "node", "v8"]);
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
    for (const name of NAMES) expect(report).toContain(`\n| ${name} `);
    for (const text of [report, drawPeers(results), drawPeak(results), drawSweep(results)]) {
      expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(drawPeers(results)).toContain("conv 3×3 3→8, 2 × 32²");
  });

  it("goes on where a contender's process fails", async () => {
    const stranger: Contender = { name: "a stranger", kind: "wasm", packages: [], prepare: async () => [] };
    const workloads = listWorkloads(true).filter(({ name }) => name === "trace 2048");
    const { effort } = parseOptions(["--tiny"])!;
    const plain = OURS.filter(({ kind }) => kind === "plain");
    const told: string[] = [];
    const found = await runAll(workloads, [...plain, stranger], effort, undefined, (line) => told.push(line));
    const [loops, failed] = found.rows[0]?.cells ?? [];
    expect(loops?.failure).toBeUndefined();
    expect(loops?.time).toBeGreaterThan(0);
    expect(failed?.failure).toMatch(/^no contender is called a stranger$/);
    expect(told.at(-1)).toMatch(/^ {2}a stranger, +FAILED: no contender is called a stranger$/);
    expect(printReport(found)).toContain("- a stranger: no contender is called a stranger (trace 2048)");
  });

  it("refuses contenders that it does not know", () => {
    expect(() => parseOptions(["--contenders", "einsmith,numpy"])).toThrow("no contender is called numpy; there are: ");
  });
});
