/** Results on disk: the JSON that everything is made from, and beside it tables and pictures under the same name. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import type { AgainstResults, Results } from "../results.ts";
import { printAgainst } from "./against.ts";
import { printReport } from "./markdown.ts";
import { drawPeak } from "./peak-chart.ts";
import { drawPeers } from "./peers-chart.ts";
import { putFigures } from "./page.ts";
import { drawSweep } from "./sweep-chart.ts";

export function keepResults(results: Results | AgainstResults, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
}

export function readResults(file: string): Results {
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}

/** Writes what belongs to `peers.json`: `peers.md`, `peers.svg`, `peers-peak.svg`, `peers-sweep.svg`. */
export function writeReport(results: Results, file: string): void {
  const beside = (ending: string): string => `${file.replace(/\.json$/, "")}${ending}`;
  const pictures = ["", "-peak", "-sweep"].map((part) => `![](${basename(file).replace(/\.json$/, "")}${part}.svg)`);
  writeFileSync(beside(".md"), `# What a run found\n\n${pictures.join("\n\n")}\n\n${printReport(results)}`);
  writeFileSync(beside(".svg"), drawPeers(results));
  writeFileSync(beside("-peak.svg"), drawPeak(results));
  writeFileSync(beside("-sweep.svg"), drawSweep(results));
}

/** Writes the tables of a run against a commit beside its JSON. */
export function writeAgainst(results: AgainstResults, file: string): void {
  writeFileSync(
    file.replace(/(\.json)?$/, ".md"),
    `# Today's build beside that of a commit\n\n${printAgainst(results)}\n`,
  );
}

/** Puts the figures of results that are kept in `file` into a page. */
export function updatePage(page: string, results: Results, file: string): void {
  const path = relative(dirname(page), file).replaceAll("\\", "/");
  writeFileSync(page, putFigures(readFileSync(page, "utf8"), results, path));
}
