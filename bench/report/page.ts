/**
 * The part of docs/benchmark.md that is made of results: the pictures and the tables that a reader wants first, between two marks.
 * What stands outside of them is never touched.
 */
import type { Results } from "../results.ts";
import { printFirstUses, printNoise, printPeers } from "./markdown.ts";

const BEGIN = "<!-- figures of npm run bench:peers, put here by npm run bench:peers -- --page -->";
const END = "<!-- end of the figures -->";

/** The page with its figures replaced by those of the results; `path` leads from there to the JSON that holds them. */
export function putFigures(page: string, results: Results, path: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page lacks the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${printFigures(results, path)}\n\n${page.slice(end)}`;
}

function printFigures(results: Results, path: string): string {
  const base = path.replace(/\.json$/, "");
  const { node } = results.machine;
  return [
    `![Times faster than plain loops, workload by workload](${base}.svg)`,
    `float32, milliseconds a call, one thread, Node ${node}:`,
    printPeers(results),
    `![Fractions of what multiply-adds reach in registers](${base}-peak.svg)`,
    `![Products of matrices from small to large](${base}-sweep.svg)`,
    "First use of a new shape in a library that is warm, milliseconds:",
    printFirstUses(results),
    printNoise(results),
    `[\`${base.replace(/^(\.\.\/)+/, "")}.md\`](${base}.md) has float64, the sweep of sizes, first calls, times to full speed, and versions.`,
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}
