/** The benchmark's command: `npm run bench`, `npm run bench:peers`. */
import { listWorkloads } from "./workloads.ts";
import { compareWith } from "./against.ts";
import { parseOptions, USAGE, type BenchOptions } from "./options.ts";
import { printAgainst } from "./report/against.ts";
import { keepResults, readResults, updatePage, writeAgainst, writeReport } from "./report/files.ts";
import { printReport } from "./report/markdown.ts";
import { runAll } from "./run.ts";

const options = parseOptions(process.argv.slice(2));
if (!options) console.log(USAGE);
else if (options.report && options.file !== undefined) {
  const results = readResults(options.file);
  writeReport(results, options.file);
  if (options.page !== undefined) updatePage(options.page, results, options.file);
  console.log(printReport(results));
} else if (options.against !== undefined) await compare(options.against, options);
else await measure(options);

async function compare(commit: string, options: BenchOptions): Promise<void> {
  const results = await compareWith(commit, options, (line) => console.log(line));
  console.log(`\n${printAgainst(results)}`);
  if (options.file !== undefined) {
    keepResults(results, options.file);
    writeAgainst(results, options.file);
  }
  if (results.rows.some((row) => "failure" in row)) process.exitCode = 1;
}

async function measure({ contenders, tiny, only, effort, firstUse, file }: BenchOptions): Promise<void> {
  const workloads = listWorkloads(tiny).filter(
    ({ name }) => only.length === 0 || only.some((text) => name.includes(text)),
  );
  if (workloads.length === 0) throw new Error(`no workload's name holds ${only.join(" or ")}`);
  const results = await runAll(workloads, contenders, effort, firstUse, (line) => console.log(line));
  console.log(`\n${printReport(results)}`);
  if (file !== undefined) {
    keepResults(results, file);
    writeReport(results, file);
  }
  const failures = results.rows.flatMap(({ cells }) => cells).filter(({ failure }) => failure !== undefined);
  if (failures.some(({ kind }) => kind === "einsmith" || kind === "plain")) process.exitCode = 1;
}
