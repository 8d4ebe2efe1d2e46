/** The benchmark's command: `npm run bench`, `npm run bench:peers`. */
import { listWorkloads } from "./workloads.ts";
import { parseOptions, USAGE, type BenchOptions } from "./options.ts";
import { keepResults, readResults, writeReport } from "./report/files.ts";
import { printReport } from "./report/markdown.ts";
import { runAll } from "./run.ts";

const options = parseOptions(process.argv.slice(2));
if (!options) console.log(USAGE);
else if (options.report) {
  const results = readResults();
  writeReport(results);
  console.log(printReport(results));
} else await measure(options);

async function measure({ contenders, tiny, only, effort, keep }: BenchOptions): Promise<void> {
  const workloads = listWorkloads(tiny).filter(
    ({ name }) => only.length === 0 || only.some((text) => name.includes(text)),
  );
  if (workloads.length === 0) throw new Error(`no workload's name holds ${only.join(" or ")}`);
  const results = await runAll(workloads, contenders, effort, (line) => console.log(line));
  console.log(`\n${printReport(results)}`);
  if (keep) {
    keepResults(results);
    writeReport(results);
  }
  const failures = results.rows.flatMap(({ cells }) => cells).filter(({ failure }) => failure !== undefined);
  if (failures.some(({ kind }) => kind === "einsmith" || kind === "plain")) process.exitCode = 1;
}
