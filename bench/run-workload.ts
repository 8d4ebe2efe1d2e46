/**
 * One workload: every contender in a process of its own, results checked, then measured in rounds in which they take
 * turns, so that whatever disturbs the machine disturbs them all. The peak is measured in each round, too.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Contender } from "./contenders/contender.ts";
import { median, spread } from "./measure.ts";
import { PEAK_FLOPS } from "./peak.ts";
import type { PreparedVariant } from "./protocol.ts";
import { startRemote, type Remote } from "./remote.ts";
import type { Cell } from "./results.ts";
import type { Workload } from "./workload.ts";

/** How long everything takes, in milliseconds. */
export interface Effort {
  readonly warm: number;
  readonly rounds: number;
  readonly slice: number;
  /** A variant that was timed for this long in total sits out the other rounds. */
  readonly enough: number;
}

export interface Place {
  /** A folder for results and modules of the run. */
  readonly folder: string;
  /** Path of the program of the contenders' processes. */
  readonly worker: string;
  /** The process that measures the peak, which lives as long as the run. */
  readonly peak: Remote;
}

export interface Measured {
  readonly cells: readonly Cell[];
  /** GFLOP/s of the peak, one a round. */
  readonly peaks: readonly number[];
}

interface Entrant {
  readonly contender: Contender;
  readonly remote: Remote;
  readonly variant: number;
  readonly prepared: PreparedVariant;
  readonly times: number[];
  spent: number;
}

/** Measures a workload; `module` is the path of what the writer made of it. The first contender is the plain loops. */
export async function runWorkload(
  workload: Workload,
  contenders: readonly Contender[],
  module: string,
  place: Place,
  effort: Effort,
): Promise<Measured> {
  const expected = join(place.folder, "expected.bin");
  const started = await Promise.all(
    contenders.map(async (contender) => ({ contender, remote: await startRemote(place.worker, contender.name) })),
  );
  const entrants: Entrant[] = [];
  const failed: Cell[] = [];
  try {
    // One after the other: the plain loops say what the others are checked against, and nobody warms up beside another.
    for (const { contender, remote } of started) {
      try {
        // Plain loops are optimised at once, and the slowest of them would eat up the time that is there for the rest.
        const warm = contender.kind === "plain" ? effort.warm / 4 : effort.warm;
        const variants = await remote.prepare({ kind: "prepare", workload, module, expected, warm });
        variants.forEach((prepared, variant) =>
          entrants.push({ contender, remote, variant, prepared, times: [], spent: 0 }),
        );
      } catch (error) {
        const { name, kind } = contender;
        failed.push({ contender: name, kind, label: "", asGiven: true, failure: (error as Error).message });
      }
    }
    const peaks = await measureInRounds(entrants, place.peak, effort);
    return { cells: [...entrants.map(cellOf), ...failed], peaks };
  } finally {
    for (const { remote } of started) remote.close();
    rmSync(expected, { force: true });
  }
}

async function measureInRounds(entrants: readonly Entrant[], peak: Remote, effort: Effort): Promise<number[]> {
  const sound = entrants.filter(({ prepared }) => prepared.failure === undefined);
  const peaks: number[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    peaks.push(PEAK_FLOPS / (await peak.measure(0, effort.slice / 2)) / 1e6);
    // Each round begins with another one: nobody always follows the same neighbour's heat.
    const first = round % Math.max(1, sound.length);
    for (const entrant of [...sound.slice(first), ...sound.slice(0, first)]) {
      if (entrant.spent > effort.enough) continue;
      const time = await entrant.remote.measure(entrant.variant, effort.slice);
      entrant.times.push(time);
      entrant.spent += Math.max(time, effort.slice);
    }
  }
  return peaks;
}

function cellOf({ contender: { name, kind }, prepared, times }: Entrant): Cell {
  const { label, asGiven, failure } = prepared;
  const told = { contender: name, kind, label, asGiven };
  if (failure !== undefined) return { ...told, failure };
  return { ...told, time: median(times), spread: spread(times) };
}
