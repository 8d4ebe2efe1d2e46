/**
 * A run: every workload in turn, and what came of it as `Results`. Nothing is left out silently: a contender that fails
 * is a cell with the reason, and a line as it happens. One that was silent too often is not waited for again.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import type { Contender } from "./contenders/contender.ts";
import { FIRST_USERS } from "./contenders/list.ts";
import { measureFirstUses } from "./first-use.ts";
import { median, quantile } from "./measure.ts";
import { countFlops, writeModule } from "./modules.ts";
import { isSilence, startRemote } from "./remote.ts";
import { percent, significant } from "./report/table.ts";
import { describeMachine, fractionOfPeak, type Cell, type ContenderResult, type Results, type Row } from "./results.ts";
import { failedCell, runWorkload, type Effort, type Measured } from "./run-workload.ts";
import type { Workload } from "./workload.ts";

/** Measures the workloads, and first uses if they are wanted, and tells each row in a line as soon as it is known. */
export async function runAll(
  workloads: readonly Workload[],
  contenders: readonly Contender[],
  effort: Effort,
  firstUse: "tiny" | "whole" | undefined,
  tell: (line: string) => void,
): Promise<Results> {
  const { present, results } = findInstalled(contenders);
  for (const { name, absent } of results) if (absent !== undefined) tell(`skipped: ${name}: ${absent}`);
  const folder = mkdtempSync(join(tmpdir(), "einsmith-bench-"));
  const worker = await bundle("worker");
  const peak = await startRemote(worker, "peak");
  const rows: Row[] = [];
  const peaks: number[] = [];
  const silences = new Map<string, number>();
  const isWaitedFor = ({ name }: Contender): boolean => (silences.get(name) ?? 0) < MOST_SILENCES;
  try {
    await peak.prepare({ kind: "prepare-peak", warm: effort.warm });
    for (const [ordinal, workload] of workloads.entries()) {
      const module = await writeModule(workload, folder, ordinal);
      const waitedFor = present.filter(isWaitedFor);
      const measured = await runWorkload(workload, waitedFor, module, { folder, worker, peak }, effort);
      const silent = present.filter((contender) => !waitedFor.includes(contender));
      for (const { contender, failure } of measured.cells) {
        if (failure !== undefined && isSilence(failure)) silences.set(contender, (silences.get(contender) ?? 0) + 1);
      }
      peaks.push(...measured.peaks);
      const row = rowOf(workload, measured, silent);
      rows.push(row);
      tellRow(row, tell);
    }
  } finally {
    peak.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    machine: describeMachine(),
    peak: {
      median: median(peaks),
      low: quantile(peaks, 0.05),
      high: quantile(peaks, 0.95),
      samples: peaks.length,
    },
    contenders: results,
    rows,
    firstUses: firstUse ? await measureFirstUses(firstUsersAmong(present), firstUse === "tiny", tell) : [],
  };
}

/** einsmith has calls of its own for it; plain loops and peers are the same as elsewhere. */
function firstUsersAmong(contenders: readonly Contender[]): readonly Contender[] {
  return [...FIRST_USERS, ...contenders.filter(({ kind }) => kind !== "einsmith")];
}

/** Whoever was silent so often is left out of the workloads that follow. */
const MOST_SILENCES = 2;

function rowOf(workload: Workload, { cells, peaks }: Measured, silent: readonly Contender[]): Row {
  const { name, table, spec, dtype, shapes, goal } = workload;
  const told = { name, table, spec, dtype, shapes, flops: countFlops(workload), peak: median(peaks) };
  const leftOut = silent.map((contender) => failedCell(contender, "left out: it had been silent before"));
  return { ...told, ...(goal !== undefined && { goal }), cells: [...cells, ...leftOut] };
}

function tellRow(row: Row, tell: (line: string) => void): void {
  tell(row.name);
  for (const cell of row.cells) {
    const name = `  ${cell.contender}${cell.kind === "einsmith" ? "" : `, ${cell.label}`}`.padEnd(38);
    if (cell.failure !== undefined) tell(`${name} FAILED: ${cell.failure}`);
    else tell(`${name} ${timeOf(cell)}${peakOf(row, cell)}${rampOf(cell)}`);
  }
}

function timeOf({ time = NaN, spread = NaN }: Cell): string {
  return `${significant(time).padStart(12)} ms ± ${percent(spread)}`;
}

function peakOf(row: Row, cell: Cell): string {
  const fraction = fractionOfPeak(row, cell);
  return fraction === undefined ? "" : `, ${fraction.toFixed(2)} of the peak`;
}

function rampOf({ first = NaN, toFullSpeed, watched = NaN }: Cell): string {
  const speed =
    toFullSpeed === undefined
      ? `not at full speed in ${watched.toFixed(0)} ms`
      : `full speed after ${significant(toFullSpeed)} ms`;
  return `; first call ${significant(first)} ms, ${speed}`;
}

/** Which contenders can run: a package that is not installed takes its contender out, with the reason. */
function findInstalled(contenders: readonly Contender[]): {
  present: readonly Contender[];
  results: readonly ContenderResult[];
} {
  const results = contenders.map(({ name, kind, packages: [library], remark }): ContenderResult => {
    const told = { name, kind, ...(remark !== undefined && { remark }) };
    if (library === undefined) return told;
    const version = installedVersion(library);
    if (version !== undefined) return { ...told, version };
    return { ...told, absent: `${library} is not installed: run npm ci in bench/` };
  });
  const present = contenders.filter((_, at) => results[at]?.absent === undefined);
  return { present, results };
}

function installedVersion(library: string): string | undefined {
  try {
    const manifest = new URL(`node_modules/${library}/package.json`, import.meta.url);
    return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  } catch {
    return undefined;
  }
}
