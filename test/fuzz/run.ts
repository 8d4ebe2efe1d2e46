/**
 * Runs cases by their number and counts what became of them.
 *
 * Invariant: what a case is depends on the seed of the run and its number alone.
 */
import { seededRandom, type Random } from "../support/random.ts";
import { pickWeighted, type Failure, type Kind } from "./kind.ts";
import { contractions } from "./kinds/contractions.ts";
import { gradients } from "./kinds/gradients.ts";
import { lazy } from "./kinds/lazy.ts";
import { layers } from "./kinds/layers.ts";
import { wild } from "./kinds/wild.ts";

export const KINDS: readonly Kind[] = [contractions, wild, layers, gradients, lazy];

export interface FailedCase extends Failure {
  readonly seed: number;
  readonly number: number;
  readonly kind: string;
}

/** What is counted in a row of the table. */
export interface Row {
  cases: number;
  compared: number;
  readonly refused: Map<string, number>;
  readonly known: Map<string, number>;
  failed: number;
}

export interface Tally {
  cases: number;
  readonly rows: Map<string, Row>;
  readonly failures: FailedCase[];
}

export interface Range {
  readonly seed: number;
  /** The first case, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Leaves out cases of other kinds. */
  readonly kind?: string | undefined;
}

/** Runs the cases of a range; `onFailure` hears of each failure at once. */
export async function runCases(
  { seed, from, to, kind: only }: Range,
  onFailure: (failed: FailedCase) => void = () => {},
): Promise<Tally> {
  const tally: Tally = { cases: 0, rows: new Map(), failures: [] };
  for (let number = from; number < to; number++) {
    const random = seededRandom(mix(seed, number));
    const kind = pickWeighted(random, KINDS);
    if (only !== undefined && kind.name !== only) continue;
    await runCase(tally, { seed, number }, kind, random, onFailure);
  }
  return tally;
}

async function runCase(
  tally: Tally,
  which: { readonly seed: number; readonly number: number },
  kind: Kind,
  random: Random,
  onFailure: (failed: FailedCase) => void,
): Promise<void> {
  tally.cases++;
  const { entries, failures } = await kind.run(random);
  for (const { row: name, outcome } of entries) {
    const row = rowOf(tally, `${kind.name}: ${name}`);
    row.cases++;
    if (outcome.kind === "agrees") row.compared += outcome.compared;
    else if (outcome.kind === "refused") count(row.refused, outcome.code);
    else if (outcome.kind === "known") count(row.known, outcome.name);
    else row.failed++;
  }
  for (const failure of failures) {
    const failed = { ...which, kind: kind.name, ...failure };
    tally.failures.push(failed);
    onFailure(failed);
  }
}

function rowOf({ rows }: Tally, name: string): Row {
  const row = rows.get(name) ?? { cases: 0, compared: 0, refused: new Map(), known: new Map(), failed: 0 };
  rows.set(name, row);
  return row;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Two integers as one, such that neighbours have nothing in common. */
function mix(seed: number, number: number): number {
  let mixed = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(number + 1, 0xc2b2ae35)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** What a failure prints: where it came from, how to run it again, a program that shows it. */
export function describeFailed({ seed, number, kind, row, what, program }: FailedCase): string {
  const indented = program.split("\n").map((line) => `    ${line}`);
  return [`FAILED ${kind}: ${row} (npm run fuzz -- --seed ${seed} --case ${number})`, `  ${what}`, ...indented].join(
    "\n",
  );
}

/** The counts of a run. */
export function printTally({ cases, rows, failures }: Tally): string {
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts].map(([name, times]) => `${name} ${times}`).join(", ") || "-";
  const header = ["way", "cases", "compared", "refused", "known", "failed"];
  const body = [...rows]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, row]) => [name, row.cases, row.compared, list(row.refused), list(row.known), row.failed].map(String));
  const table = [header, ...body];
  const widths = header.map((_, column) => Math.max(...table.map((line) => (line[column] ?? "").length)));
  const lines = table.map((line) =>
    line
      .map((cell, column) =>
        /^\d+$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return [...lines, "", `${cases} cases, ${failures.length} failures`].join("\n");
}
