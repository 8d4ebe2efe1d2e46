/** Parts of the benchmark that no run of the harness can be made to show: what goes wrong, and times as they are not here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { describeComplaints, describeFailure } from "../../bench/failure.ts";
import type { Sample } from "../../bench/measure.ts";
import { timeToFullSpeed } from "../../bench/ramp.ts";
import { isSilence, startRemote } from "../../bench/remote.ts";
import { readResults, writeReport } from "../../bench/report/files.ts";
import { putFigures } from "../../bench/report/page.ts";
import { printTable, significant } from "../../bench/report/table.ts";
import type { Results } from "../../bench/results.ts";
import { listWorkloads, shrinkOtherwise } from "../../bench/workloads.ts";

describe("the time to full speed", () => {
  const calls = (...times: number[]): Sample[] => times.map((time) => ({ each: time, time }));

  it("is that of all calls before those that take at most a tenth more than in the end", () => {
    expect(timeToFullSpeed(calls(50, 20, 12, 10.5, 10, 10, 10, 10), 10)).toBe(82);
    expect(timeToFullSpeed(calls(10.9, 10, 10), 10)).toBe(0);
  });

  it("counts all calls of a sample", () => {
    const samples = [
      { each: 9, time: 9 },
      { each: 2, time: 8 },
      { each: 1, time: 16 },
    ];
    expect(timeToFullSpeed(samples, 1)).toBe(17);
  });

  it("is not ended by samples that are fast by chance, nor put off by one that is slow", () => {
    expect(timeToFullSpeed(calls(50, 10, 40, 40, 40, 40, 10, 10, 10, 10, 10), 10)).toBe(220);
    expect(timeToFullSpeed(calls(50, 10, 10, 90, 10, 10, 10), 10)).toBe(50);
  });

  it("is none where calls never were so fast", () => {
    expect(timeToFullSpeed(calls(50, 20, 20, 20), 10)).toBeUndefined();
    expect(timeToFullSpeed([], 10)).toBeUndefined();
  });
});

describe("a contender's process", () => {
  const folder = mkdtempSync(join(tmpdir(), "einsmith-bench-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function program(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  it("is not waited for longer than patience lasts, nor ever again", async () => {
    const silent = program("silent.mjs", `process.on("message", () => {}); process.send({ kind: "ready" });`);
    const remote = await startRemote(silent, "nobody", 2000);
    const failure = await remote.measure(0, 1).catch(describeFailure);
    expect(failure).toBe("no answer for 2 s");
    expect(isSilence(String(failure))).toBe(true);
    await expect(remote.measure(0, 1)).rejects.toThrow(/^the process (has ended|ended with)/);
  });

  it("that ends while it is asked says why", async () => {
    const text = `process.on("message", () => { throw new Error("out of memory") }); process.send({ kind: "ready" });`;
    const remote = await startRemote(program("mortal.mjs", text), "nobody");
    const failure = await remote.measure(0, 1).catch(describeFailure);
    expect(failure).toBe("the process ended with 1: Error: out of memory");
    expect(isSilence(String(failure))).toBe(false);
  });

  it("that never starts says why", async () => {
    const broken = program("broken.mjs", `import "./missing.mjs";`);
    const failure = await startRemote(broken, "nobody").catch(describeFailure);
    expect(failure).toMatch(
      /^the process ended with 1: Error \[ERR_MODULE_NOT_FOUND\]: Cannot find module 'missing.mjs'/,
    );
    expect(failure).not.toContain(folder);
  });
});

describe("a failure", () => {
  it("is told in one line, without folders", () => {
    expect(describeFailure(new Error("no such file '/home/me/it s/a.wasm'\nat x"))).toBe("no such file 'it s/a.wasm'");
    expect(describeFailure("cannot load file:///srv/bench/worker.mjs:3")).toBe("cannot load worker.mjs:3");
    expect(describeFailure("1/2 of a/b/c, https://example.org/a/b")).toBe("1/2 of a/b/c, https://example.org/a/b");
    expect(describeFailure("x".repeat(400))).toHaveLength(300);
  });

  it("of a process that ended is its first error, or the last that it said", () => {
    expect(describeComplaints("warning: old\n  RangeError: too long\n    at /a/b.js\n")).toBe("RangeError: too long");
    expect(describeComplaints("first\nlast\n\n")).toBe("last");
    expect(describeComplaints("")).toBe("no message");
  });
});

describe("small shapes that libraries warm up with", () => {
  it("are never those of the workload, and others in the next round", () => {
    for (const tiny of [false, true]) {
      for (const workload of listWorkloads(tiny)) {
        const shapes = [0, 1, 2].map((round) => JSON.stringify(shrinkOtherwise(workload, round).shapes));
        expect(shapes).not.toContain(JSON.stringify(workload.shapes));
        expect(new Set(shapes).size).toBeGreaterThan(1);
      }
    }
  });

  it("are small, and never empty", () => {
    for (const workload of listWorkloads()) {
      for (let round = 0; round < 35; round++) {
        const { shapes, outputShape } = shrinkOtherwise(workload, round);
        expect(Math.max(...shapes.flat(), ...outputShape)).toBeLessThan(16);
        expect(Math.min(...shapes.flat(), ...outputShape, 1)).toBe(1);
      }
    }
  });
});

describe("the tables", () => {
  it("are aligned, figures to the right", () => {
    expect(printTable(["name", "ms"], [["a", "1.5"]])).toBe("| name |  ms |\n| ---- | --: |\n| a    | 1.5 |");
  });

  it("write three digits without an exponent", () => {
    expect([0, 0.000001234, 0.5, 12.34, 99.9, 1234].map(significant)).toEqual([
      "0",
      "0.00000123",
      "0.500",
      "12.3",
      "100",
      "1234",
    ]);
  });
});

describe("the figures of the documentation", () => {
  const results: Results = {
    machine: { processor: "x", node: "20", v8: "11" },
    peak: { median: 10, low: 9, high: 11, samples: 3 },
    contenders: [],
    rows: [],
    firstUses: [],
  };
  const [begin, end] = [
    "<!-- figures of npm run bench:peers, put here by npm run bench:peers -- --page -->",
    "<!-- end of the figures -->",
  ];

  it("are put between their marks, again and again, and nowhere else", () => {
    const once = putFigures(`before\n\n${begin}\nold\n${end}\n\nafter\n`, results, "bench/results/peers.json");
    expect(once.startsWith(`before\n\n${begin}\n\n![`)).toBe(true);
    expect(once.endsWith(` and versions.\n\n${end}\n\nafter\n`)).toBe(true);
    expect(once).not.toContain("old");
    expect(putFigures(once, results, "bench/results/peers.json")).toBe(once);
  });

  it("are those of the results that are kept, as are the tables and pictures beside them", () => {
    const kept = fileURLToPath(new URL("../../bench/results/peers.json", import.meta.url));
    const page = readFileSync(new URL("../../docs/benchmark.md", import.meta.url), "utf8");
    expect(putFigures(page, readResults(kept), "../bench/results/peers.json")).toBe(page);
    const folder = mkdtempSync(join(tmpdir(), "einsmith-bench-test-"));
    writeReport(readResults(kept), join(folder, "peers.json"));
    for (const name of ["peers.md", "peers.svg", "peers-peak.svg", "peers-sweep.svg"]) {
      const made = readFileSync(join(folder, name), "utf8");
      expect(made).toBe(readFileSync(join(kept, "..", name), "utf8"));
    }
    rmSync(folder, { recursive: true });
  });

  it("are not put where the marks are missing", () => {
    expect(() => putFigures("nothing", results, "x.json")).toThrow("the page lacks the lines <!-- figures of");
  });
});
