/** Where results and reports are kept: `bench/results/`, replaced by each whole run with peers. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Results } from "../results.ts";
import { drawPeak } from "./peak-chart.ts";
import { drawPeers } from "./peers-chart.ts";
import { drawSweep } from "./sweep-chart.ts";
import { printReport } from "./markdown.ts";

const FOLDER = new URL("../results/", import.meta.url);

export function keepResults(results: Results): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL("peers.json", FOLDER), `${JSON.stringify(results, undefined, 1)}\n`);
}

/** The results of the last whole run with peers. */
export function readResults(): Results {
  return JSON.parse(readFileSync(new URL("peers.json", FOLDER), "utf8")) as Results;
}

/** Writes the tables and the pictures that belong to results. */
export function writeReport(results: Results): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL("peers.md", FOLDER), printReport(results));
  writeFileSync(new URL("peers.svg", FOLDER), drawPeers(results));
  writeFileSync(new URL("peak.svg", FOLDER), drawPeak(results));
  writeFileSync(new URL("sweep.svg", FOLDER), drawSweep(results));
}
