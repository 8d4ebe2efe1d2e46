/** The table of a run against a commit: rows by group, those below the limit marked, and geometric means. */
import { geometricMean } from "../measure.ts";
import {
  isSlower,
  SLOWEST_RATIO,
  type AgainstGroup,
  type AgainstResults,
  type AgainstRow,
  type BuildName,
} from "../results.ts";
import { percent, printTable, significant } from "./table.ts";

const TITLES: Readonly<Record<AgainstGroup, string>> = {
  kernels: "Kernels of jit",
  calls: "Calls of einsum and einsumGrad",
  layers: "Calls of layers",
  gradients: "Kernels of gradients",
  compiling: "Calls of compile",
};

export function printAgainst({ machine, today, commit, rows }: AgainstResults): string {
  const groups = (Object.keys(TITLES) as AgainstGroup[]).map((group) => rows.filter((row) => row.group === group));
  return [
    `Today: ${printBuild(today)}  \nCommit: ${printBuild(commit)}`,
    "The ratio is that of speeds: above 1, today's build is faster. Milliseconds are medians of a call.",
    ...groups.filter(({ length }) => length > 0).map(printGroup),
    `## Together\n\n${summarize(rows)}`,
    `${machine.processor}, one thread, Node ${machine.node} (V8 ${machine.v8}).`,
  ].join("\n\n");
}

function printBuild({ hash, subject, changed }: BuildName): string {
  return `${hash}, ${subject}${changed ? ", with changes to src that are not committed" : ""}`;
}

function printGroup(rows: readonly AgainstRow[]): string {
  const title = TITLES[rows[0]?.group ?? "kernels"];
  const table = printTable(["workload", "ratio", "spread", "today", "commit", "code", "remark"], rows.map(cellsOf));
  return `## ${title}\n\n${table}\n\nGeometric mean of the ratios: ${printMean(rows)}.`;
}

function cellsOf(row: AgainstRow): string[] {
  if ("failure" in row) return [row.name, "", "", "", "", "", row.failure];
  const { name, ratio, spread, today, commit, sameCode, before } = row;
  const code = sameCode === undefined ? "" : sameCode ? "same" : "other";
  const remarks = [
    ...(isSlower(row) ? [`below ${SLOWEST_RATIO}`] : []),
    ...(before === undefined ? [] : [`run again alone, ${before.toFixed(3)} before`]),
  ];
  return [name, ratio.toFixed(3), percent(spread), significant(today), significant(commit), code, remarks.join("; ")];
}

function printMean(rows: readonly AgainstRow[]): string {
  const ratios = rows.flatMap((row) => ("ratio" in row ? [row.ratio] : []));
  return ratios.length === 0 ? "none" : geometricMean(ratios).toFixed(3);
}

function summarize(rows: readonly AgainstRow[]): string {
  const slow = rows.filter(isSlower).map((row) => row.name);
  const failed = rows.filter((row) => "failure" in row);
  const same = rows.filter((row) => "sameCode" in row && row.sameCode).length;
  const kernels = rows.filter((row) => "sameCode" in row).length;
  return [
    `- Geometric mean of all ratios: ${printMean(rows)}.`,
    `- Below ${SLOWEST_RATIO}, alone too: ${slow.length === 0 ? "none" : slow.join("; ")}.`,
    `- Compared: ${rows.length - failed.length} of ${rows.length} rows.`,
    `- Of ${kernels} rows with a kernel, ${same} have the same code in both builds, but for comments.`,
  ].join("\n");
}
