/**
 * Today's build beside that of a commit: both in one process, in turns. A row that is slower than the commit's by more than
 * noise is run again alone, in processes of its own, and what the middle one of them finds counts.
 */
import { transform } from "esbuild";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildBoth, type Build } from "./against-build.ts";
import type { AgainstAnswer, AgainstRequest } from "./against-worker.ts";
import { listComparisons } from "./against-workloads.ts";
import { bundle } from "./bundle.ts";
import { describeComplaints } from "./failure.ts";
import type { BenchOptions } from "./options.ts";
import { significant } from "./report/table.ts";
import {
  describeMachine,
  isSlower,
  type AgainstFigures,
  type AgainstResults,
  type AgainstRow,
  type BuildName,
} from "./results.ts";

/**
 * The processes that a row is run in again, an odd number. Where a process has its arrays and its code is luck, and makes
 * two equal kernels differ for as long as it lives: more rounds in one process would not tell.
 */
const AGAIN = 3;

/** For a row, warming up included: after that the process counts as hung. */
const PATIENCE = 120_000;

/** Compares the build of a checkout with that of a commit, and tells each row in a line as soon as it is known. */
export async function compareWith(
  commit: string,
  { only, tiny, effort }: Pick<BenchOptions, "only" | "tiny" | "effort">,
  tell: (line: string) => void,
  root?: string,
): Promise<AgainstResults> {
  const chosen = listComparisons(tiny).filter(
    ({ name }) => only.length === 0 || only.some((text) => name.includes(text)),
  );
  if (chosen.length === 0) throw new Error(`no workload's name holds ${only.join(" or ")}`);
  const folder = mkdtempSync(join(tmpdir(), "einsmith-against-"));
  try {
    const builds = await buildBoth(commit, folder, root);
    const worker = await bundle("against-worker");
    const urls = { today: builds.today.url, commit: builds.commit.url, tiny };
    const measure = (names: readonly string[], commitFirst: boolean): Promise<AgainstRow[]> =>
      runWorker(worker, { ...urls, names, effort, commitFirst }, (row) => tell(printRow(row)));
    const alone = async (name: string): Promise<readonly AgainstRow[]> => {
      const rows: AgainstRow[] = [];
      for (let run = 0; run < AGAIN; run++) rows.push(...(await measure([name], run % 2 === 0)));
      return rows;
    };
    const first = await measure(
      chosen.map(({ name }) => name),
      false,
    );
    const missing = chosen.filter(({ name }) => first.every((row) => row.name !== name));
    if (missing.length > 0) throw new Error(`the process gave no row of ${missing.map(({ name }) => name).join(", ")}`);
    const rows = await measureAgain(first, alone);
    return { machine: describeMachine(), today: nameOf(builds.today), commit: nameOf(builds.commit), rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the rows again that are slower than the commit's, each alone and some times; the middle one of these counts. */
export async function measureAgain(
  rows: readonly AgainstRow[],
  alone: (name: string) => Promise<readonly AgainstRow[]>,
): Promise<AgainstRow[]> {
  const all: AgainstRow[] = [];
  for (const row of rows) {
    if (isSlower(row) && "ratio" in row) all.push(middleOf(await alone(row.name), row));
    else all.push(row);
  }
  return all;
}

/** Of the runs of one row that with the median ratio, or the first that failed. */
function middleOf(runs: readonly AgainstRow[], row: AgainstRow & AgainstFigures): AgainstRow {
  const failed = runs.find((run) => "failure" in run);
  if (failed) return failed;
  const sorted = runs.flatMap((run) => ("ratio" in run ? [run] : [])).sort((a, b) => a.ratio - b.ratio);
  const middle = sorted[sorted.length >> 1];
  return middle ? { ...middle, before: row.ratio } : row;
}

/** Whether two emitted modules are equal but for comments and white space. */
export async function isSameCode(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map(condense));
  return first === second;
}

async function condense(source: string): Promise<string> {
  // Notes to bundlers are comments, which the minifier would keep.
  const text = source.replaceAll(/\/\* @__PURE__ \*\/ ?/g, "");
  return (await transform(text, { minifyWhitespace: true, legalComments: "none" })).code;
}

function nameOf({ hash, subject, changed }: Build): BuildName {
  return { hash, subject, changed };
}

/** Rows as the process tells them; throws where it ends before its last one, with what it complained of. */
async function runWorker(
  worker: string,
  request: AgainstRequest,
  heard: (row: AgainstRow) => void,
): Promise<AgainstRow[]> {
  const child = spawn(process.execPath, [worker, JSON.stringify(request)], { stdio: ["ignore", "pipe", "pipe"] });
  const complaints: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const kill = (): void => {
    complaints.push(`Error: no row for ${PATIENCE / 1000} s\n`);
    child.kill("SIGKILL");
  };
  let timer = setTimeout(kill, PATIENCE);
  const rows: AgainstRow[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer);
    const row = await rowOf(JSON.parse(line) as AgainstAnswer);
    rows.push(row);
    heard(row);
    timer = setTimeout(kill, PATIENCE);
  }
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the process ended with ${code}: ${describeComplaints(complaints.join(""))}`);
  return rows;
}

async function rowOf(answer: AgainstAnswer): Promise<AgainstRow> {
  if ("failure" in answer) return answer;
  const { sources, ...row } = answer;
  return sources ? { ...row, sameCode: await isSameCode(...sources) } : row;
}

function printRow(row: AgainstRow): string {
  const name = row.name.padEnd(52);
  if ("failure" in row) return `${name} FAILED: ${row.failure}`;
  const figures = [row.ratio.toFixed(3), `${significant(row.today)} ms`, `${significant(row.commit)} ms`];
  return `${name} ${figures.map((figure) => figure.padStart(12)).join("")}`;
}
