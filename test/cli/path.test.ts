import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "./harness.ts";

const CHAIN = ["path", "ij,jk,kl->il", "--shape", "10,40", "--shape", "40,2", "--shape", "2,70"];

describe("einsmith path", () => {
  it("prints the table of the cheapest order", async () => {
    const { code, stdout, stderr } = await runCli(CHAIN);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatchInlineSnapshot(`
      "  complete contraction  ij,jk,kl->il
        sizes                 i 10, l 70, j 40, k 2
        naive scaling         4
        optimized scaling     3
        naive FLOP count      168000
        optimized FLOP count  4400
        theoretical speedup   38.18
        largest intermediate  700 elements
        peak memory           720 elements

        step  scaling  FLOP count  elements  contraction      remaining
        0     3        1600        20        i j, j k -> i k  k l, i k
        1     3        2800        700       k l, i k -> i l  i l
      "
    `);
  });

  it("prints the same as JSON", async () => {
    const { stdout } = await runCli([...CHAIN, "--json"]);
    const { path, ssaPath, flops, largestIntermediate } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ path, ssaPath, flops, largestIntermediate }).toEqual({
      path: [
        [0, 1],
        [0, 1],
      ],
      ssaPath: [
        [0, 1],
        [2, 3],
      ],
      flops: 2 * 10 * 40 * 2 + 2 * 10 * 2 * 70,
      largestIntermediate: 700,
    });
  });

  it("takes an optimizer's name or a path", async () => {
    const pathOf = async (optimize: string): Promise<unknown> => {
      const { stdout } = await runCli([...CHAIN, "--json", "--optimize", optimize]);
      return (JSON.parse(stdout) as { path: unknown }).path;
    };
    expect(await pathOf("[[1,2],[0,1]]")).toEqual([
      [1, 2],
      [0, 1],
    ]);
    expect(await pathOf("left-to-right")).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it("searches as it is told to", async () => {
    const ring = Array.from({ length: 14 }, (_, at) => `i${at} i${(at + 1) % 14}`);
    const argv = ["path", `${ring.join(", ")} -> i0 i5 i9`, ...ring.flatMap(() => ["--shape", "3,3"])];
    const figuresBy = async (...options: string[]): Promise<Record<string, number>> => {
      const { code, stdout, stderr } = await runCli([...argv, "--json", ...options]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return JSON.parse(stdout) as Record<string, number>;
    };
    const free = await figuresBy("--optimize", "random-greedy");
    expect(await figuresBy("--optimize", "random-greedy", "--seed", "0")).toEqual(free);
    const least = async (figure: string, minimize: string): Promise<void> => {
      const found = await figuresBy("--optimize", "auto", "--minimize", minimize);
      expect(found[figure]).toBeLessThanOrEqual(free[figure] ?? NaN);
    };
    await least("peakMemory", "peak");
    await least("flops", "flops=1,write=0.001");
    expect((await figuresBy("--max-time", ".01", "--optimize", "auto-hq")).flops).toBeLessThanOrEqual(
      free.flops ?? NaN,
    );
  });

  it("knows parameters, sizes and scalars", async () => {
    const argv = ["path", "(s*x+k),->x", "--shape", "9", "--shape", "", "-p", "s=2", "-k", "k=3", "--json"];
    const { steps } = JSON.parse((await runCli(argv)).stdout) as { steps: unknown };
    expect(steps).toEqual([
      {
        inputs: [0, 1],
        result: 2,
        spec: "(s*x+k),->x",
        term: "x",
        scaling: 2,
        flops: 24,
        size: 4,
        windows: [],
      },
    ]);
  });

  it("draws the contraction tree as text", async () => {
    const { code, stdout } = await runCli([...CHAIN, "--tree", "text"]);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "step 1    i l  700 elements  2800 flops
      ├─ c      k l  140 elements
      └ step 0  i k  20 elements   1600 flops
      ├─ a      i j  400 elements
      └─ b      j k  80 elements
      "
    `);
  });

  it("draws it as a picture, into a file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "einsmith-path-"));
    const file = join(folder, "tree.svg");
    const { code, stdout } = await runCli([...CHAIN, "--tree", "svg", "--out", file]);
    const text = await readFile(file, "utf8");
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: ${text.length} characters\n` });
    expect(text).toMatch(/^<svg [^]*<\/svg>\n$/);
    await rm(folder, { recursive: true });
  });
});
