/**
 * First use of a new small shape in a warm library: from the call to its result, beside plain loops that the engine has
 * long optimised; then the second call and the hundredth. Medians over a range of shapes, each contender in a process
 * of its own.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bundle } from "./bundle.ts";
import type { Contender } from "./contenders/contender.ts";
import { describeComplaints } from "./failure.ts";
import { listFirstUses } from "./first-use-workloads.ts";
import type { FirstUseResult, FirstUseRow } from "./results.ts";

/** For all shapes of a contender: of the slowest library they take half of it on a machine that is busy. */
const PATIENCE = 120_000;

/** Measures the contenders, one after the other, and tells a line for each. */
export async function measureFirstUses(
  contenders: readonly Contender[],
  tiny: boolean,
  tell: (line: string) => void,
): Promise<FirstUseRow[]> {
  const worker = await bundle("first-use-worker");
  const rows: FirstUseRow[] = [];
  for (const { name: contender } of contenders) {
    tell(`first use: ${contender}`);
    for (const result of await runWorker(worker, contender, tiny)) rows.push({ contender, ...result });
  }
  return rows;
}

async function runWorker(worker: string, name: string, tiny: boolean): Promise<FirstUseResult[]> {
  const options = { timeout: PATIENCE, killSignal: "SIGKILL" } as const;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [worker, name, ...(tiny ? ["tiny"] : [])], options);
    // Libraries may greet on the standard output; the result is the last line.
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "[]") as FirstUseResult[];
  } catch (error) {
    const { killed, stderr } = error as { readonly killed?: boolean; readonly stderr?: string };
    const failure = killed ? `no result for ${PATIENCE / 1000} s` : describeComplaints(stderr ?? String(error));
    return listFirstUses(tiny).map((workload) => ({ name: workload.name, failure }));
  }
}
