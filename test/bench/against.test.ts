/** A commit beside today: options, builds out of git, rows that are run again, and the table. No time is asserted. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBoth } from "../../bench/against-build.ts";
import { listComparisons } from "../../bench/against-workloads.ts";
import { compareWith, isSameCode, measureAgain } from "../../bench/against.ts";
import { geometricMean } from "../../bench/measure.ts";
import { parseOptions } from "../../bench/options.ts";
import { printAgainst } from "../../bench/report/against.ts";
import { isSlower, type AgainstFigures, type AgainstResults, type AgainstRow } from "../../bench/results.ts";

function row(name: string, ratio: number, more: Partial<AgainstFigures> = {}): AgainstRow {
  return { name, group: "kernels", today: 2, commit: 2 * ratio, ratio, spread: 0.01, rounds: 9, ...more };
}

const failed: AgainstRow = { name: "z", group: "kernels", failure: "the commit has no jit" };

describe("the options of a run against a commit", () => {
  it("keep the results of a run of everything, and of no other, unless a file is named", () => {
    const fileOf = (...more: string[]): string | undefined => parseOptions(["--against", "main", ...more])?.file;
    expect(fileOf()).toMatch(/bench.results.against\.json$/);
    for (const part of [["--tiny"], ["--quick"], ["--only", "matmul"]]) expect(fileOf(...part)).toBeUndefined();
    expect(fileOf("--quick", "--json", "x.json")).toBe("x.json");
  });

  it("name a commit, and contenders of which there are none", () => {
    expect(parseOptions(["--against", "v1"])).toMatchObject({ against: "v1", contenders: [], report: false });
    expect(parseOptions(["--tiny"])?.against).toBeUndefined();
    expect(() => parseOptions(["--against", " "])).toThrow("--against takes a commit: its hash, a branch or a tag");
  });

  it.each([
    [["--peers"], "--peers"],
    [["--contenders", "einsmith"], "--contenders"],
    [["--report"], "--report"],
    [["--peers", "--page"], "--peers, --page"],
  ])("refuse %s beside it", (more, told) => {
    const message = `--against compares builds of einsmith: leave out ${told}`;
    expect(() => parseOptions(["--against", "v1", ...more])).toThrow(message);
  });

  it("are fewer rounds with --quick, and next to none with --tiny", () => {
    const rounds = [[], ["--quick"], ["--tiny"]].map(
      (more) => parseOptions(["--against", "v1", ...more])?.effort.rounds,
    );
    expect(rounds).toEqual([...rounds].sort((a = 0, b = 0) => b - a));
    expect(new Set(rounds).size).toBe(3);
  });
});

describe("rows that are slower than the commit's", () => {
  it("are those below 0.97", () => {
    expect([0.5, 0.969, 0.97, 1, 2, NaN].map((ratio) => isSlower(row("a", ratio)))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(isSlower(failed)).toBe(false);
  });

  it("are run again alone, and the middle one of these counts, be it slow again", async () => {
    const asked: string[] = [];
    const alone = { b: [1.01, 0.5, 1.02], c: [0.85, 1.1, 0.8] };
    const found = await measureAgain([row("a", 1), row("b", 0.9), failed, row("c", 0.8)], (name) => {
      asked.push(name);
      return Promise.resolve(alone[name as "b" | "c"].map((ratio) => row(name, ratio)));
    });
    expect(asked).toEqual(["b", "c"]);
    expect(found).toEqual([row("a", 1), row("b", 1.01, { before: 0.9 }), failed, row("c", 0.85, { before: 0.8 })]);
  });

  it("are failures where they fail when they are run again, and stay where nothing comes of it", async () => {
    const failure: AgainstRow = { name: "a", group: "kernels", failure: "wrong result" };
    expect(await measureAgain([row("a", 0.9)], () => Promise.resolve([row("a", 1), failure]))).toEqual([failure]);
    expect(await measureAgain([row("a", 0.9)], () => Promise.resolve([]))).toEqual([row("a", 0.9)]);
  });
});

describe("the code of two builds", () => {
  const source = `/** Adds. */\nexport function kernel(a, out) {\n  const sum = a[0] + a[1];\n  out[0] = sum;\n}\n`;

  it("is the same where comments and spaces differ", async () => {
    const other = `export function kernel(a, out) { const sum = a[0] + a[1]; // of both\n out[0] = sum; }`;
    expect(await isSameCode(source, other)).toBe(true);
    const noted = "const rows = /* @__PURE__ */ new Float64Array(2);\nexport const kernel = () => rows;";
    expect(await isSameCode(noted, noted.replace("/* @__PURE__ */ ", ""))).toBe(true);
  });

  it.each([
    ["an order", "a[0] + a[1]", "a[1] + a[0]"],
    ["an operation", "a[0] + a[1]", "a[0] - a[1]"],
    ["a constant", "a[1]", "a[2]"],
    ["a read", "out[0] = sum", "out[0] = sum + a[2]"],
    ["a result", "out[0] = sum", "out[1] = sum"],
  ])("is another where %s differs", async (_, from, to) => {
    expect(await isSameCode(source, source.replace(from, to))).toBe(false);
  });
});

describe("the geometric mean", () => {
  it("weighs twice as fast as much as half as fast", () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1, 12);
    expect(geometricMean([1, 8, 1])).toBeCloseTo(2, 12);
    expect(geometricMean([0.97])).toBeCloseTo(0.97, 12);
    expect(geometricMean([])).toBeNaN();
  });
});

describe("the table against a commit", () => {
  const results: AgainstResults = {
    machine: { processor: "x", node: "20", v8: "11" },
    today: { hash: "abc", subject: "Do more", changed: true },
    commit: { hash: "def", subject: "Begin", changed: false },
    rows: [
      row("a", 2, { sameCode: true }),
      row("b", 0.5, { sameCode: false, before: 0.6 }),
      row("c", 1, { before: 0.9 }),
      failed,
    ],
  };

  it("has a row a workload, with what is slow, was run again, has other code, or failed", () => {
    const cells = printAgainst(results)
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.split("|").map((cell) => cell.trim()));
    expect(cells.slice(2).map((line) => line.slice(1, -1))).toEqual([
      ["a", "2.000", "1 %", "2.00", "4.00", "same", ""],
      ["b", "0.500", "1 %", "2.00", "1.00", "other", "below 0.97; run again alone, 0.600 before"],
      ["c", "1.000", "1 %", "2.00", "2.00", "", "run again alone, 0.900 before"],
      ["z", "", "", "", "", "", "the commit has no jit"],
    ]);
  });

  it("says what was built, and sums up", () => {
    const text = printAgainst(results);
    expect(text).toContain("Today: abc, Do more, with changes to src that are not committed");
    expect(text).toContain("Commit: def, Begin\n");
    expect(text).toContain("- Geometric mean of all ratios: 1.000.");
    expect(text).toContain("- Below 0.97, alone too: b.");
    expect(text).toContain("- Compared: 3 of 4 rows.");
    expect(text).toContain("- Of 2 rows with a kernel, 1 have the same code in both builds");
  });

  it("says where nothing is slow, and where nothing was compared", () => {
    expect(printAgainst({ ...results, rows: [row("a", 1)] })).toContain("- Below 0.97, alone too: none.");
    expect(printAgainst({ ...results, rows: [failed] })).toContain("- Geometric mean of all ratios: none.");
  });
});

describe("what is compared", () => {
  it("has every kind of row, in small as in full size", () => {
    for (const tiny of [true, false]) {
      const groups = new Set(listComparisons(tiny).map(({ group }) => group));
      expect([...groups]).toEqual(["kernels", "calls", "layers", "gradients", "compiling"]);
    }
    expect(listComparisons(true)).toHaveLength(listComparisons(false).length);
  });
});

describe("the build of a commit", () => {
  const root = mkdtempSync(join(tmpdir(), "einsmith-against-test-"));
  const folder = join(root, "builds");
  const source = JSON.stringify(fileURLToPath(new URL("../../src/index.ts", import.meta.url)));
  const git = (...args: string[]): void => {
    const author = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    execFileSync("git", [...author, ...args], { cwd: join(root, "checkout"), stdio: "ignore" });
  };
  const commit = (message: string): void => {
    git("add", "--all");
    git("commit", "--message", message);
  };

  beforeAll(() => {
    mkdirSync(join(root, "checkout", "src"), { recursive: true });
    mkdirSync(folder);
    git("init");
    writeFileSync(join(root, "checkout", "notes"), "nothing yet");
    commit("Begin");
    git("tag", "empty");
    writeFileSync(join(root, "checkout", "src", "index.ts"), `export { jit } from ${source};`);
    commit("Let kernels be");
    git("tag", "kernels");
    writeFileSync(join(root, "checkout", "src", "index.ts"), `export * from ${source};`);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("is named by its hash and subject, and today's says whether it was changed", async () => {
    const { today, commit } = await buildBoth("kernels", folder, join(root, "checkout"));
    expect(commit).toMatchObject({ subject: "Let kernels be", changed: false });
    expect(today).toMatchObject({ hash: commit.hash, subject: "Let kernels be", changed: true });
    expect(Object.keys(await import(commit.url))).toEqual(["jit"]);
    expect(Object.keys(await import(today.url))).toContain("einsum");
  });

  it.each(["nowhere", "--all", "HEAD~9", "kernels:src"])("refuses %s, which is no commit", async (name) => {
    await expect(buildBoth(name, folder, join(root, "checkout"))).rejects.toThrow(
      `no commit is called ${JSON.stringify(name)}; a shallow clone has to fetch it first`,
    );
  });

  it("refuses a commit without the source, and a folder that is no checkout", async () => {
    await expect(buildBoth("empty", folder, join(root, "checkout"))).rejects.toThrow(
      "commit empty has no src/index.ts",
    );
    await expect(buildBoth("HEAD", folder, root)).rejects.toThrow(
      "--against needs a git checkout of einsmith, and this is none",
    );
  });

  it("is compared row by row, and what it lacks is said", async () => {
    const { effort } = parseOptions(["--against", "kernels", "--tiny"])!;
    const only = ["matmul 3^3, float64", "einsum: matmul 2^3", "gradient by input: 1x1"];
    const lines: string[] = [];
    const tell = (line: string): unknown => lines.push(line);
    const { rows, today } = await compareWith("kernels", { only, tiny: true, effort }, tell, join(root, "checkout"));
    expect(today.changed).toBe(true);
    expect(rows.map(({ name }) => name.split(",")[0])).toEqual([
      "matmul 3^3",
      "einsum: matmul 2^3",
      "gradient by input: 1x1 64->256 56^2",
    ]);
    expect(rows[0]).toMatchObject({ group: "kernels", sameCode: true });
    expect(rows.slice(1).map((row) => "failure" in row && row.failure)).toEqual([
      "the commit has no einsum",
      "the commit has no compileGradient",
    ]);
    expect(lines.filter((line) => line.includes("FAILED: the commit has no"))).toHaveLength(2);
    const nothing = compareWith("kernels", { only: ["nothing"], tiny: true, effort }, tell, join(root, "checkout"));
    await expect(nothing).rejects.toThrow("no workload's name holds nothing");
  });
});
