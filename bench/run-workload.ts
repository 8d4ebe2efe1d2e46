/**
 * One workload: every contender in a process of its own, results checked, then measured in rounds in which they take
 * turns, so that whatever disturbs the machine disturbs them all. The peak is measured in each round, too.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Contender } from "./contenders/contender.ts";
import { describeFailure } from "./failure.ts";
import { median, spread, type Sample } from "./measure.ts";
import { PEAK_FLOPS } from "./peak.ts";
import type { PreparedVariant } from "./protocol.ts";
import { timeOf, timeToFullSpeed } from "./ramp.ts";
import { startRemote, type Remote } from "./remote.ts";
import type { Cell } from "./results.ts";
import type { Workload } from "./workload.ts";

/** How long everything takes, in milliseconds. */
export interface Effort {
  /** Of a library meeting small shapes, before the first call. */
  readonly library: number;
  /** Of warming up, after the first call. */
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
  /** One a round. */
  readonly rounds: Sample[];
  /** Why it is timed no longer. */
  failure: string | undefined;
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
  const started = await Promise.all(contenders.map((contender) => start(contender, place.worker)));
  const entrants: Entrant[] = [];
  const failed: Cell[] = [];
  try {
    // One after the other: the plain loops say what the others are checked against, and nobody warms up beside another.
    for (const { contender, remote, failure } of started) {
      try {
        if (!remote) throw new Error(failure);
        const variants = await remote.prepare({
          kind: "prepare",
          workload,
          module,
          expected,
          ...timesOf(contender, effort),
        });
        variants.forEach((prepared, variant) =>
          entrants.push({ contender, remote, variant, prepared, rounds: [], failure: prepared.failure }),
        );
      } catch (error) {
        failed.push(failedCell(contender, describeFailure(error)));
      }
    }
    const peaks = await measureInRounds(entrants, place.peak, effort);
    return { cells: [...entrants.map(cellOf), ...failed], peaks };
  } finally {
    for (const { remote } of started) remote?.close();
    rmSync(expected, { force: true });
  }
}

/** The cell of a contender that could compute nothing. */
export function failedCell({ name, kind }: Contender, failure: string): Cell {
  return { contender: name, kind, label: "", asGiven: true, failure };
}

interface Started {
  readonly contender: Contender;
  readonly remote?: Remote;
  readonly failure?: string;
}

async function start(contender: Contender, worker: string): Promise<Started> {
  try {
    return { contender, remote: await startRemote(worker, contender.name) };
  } catch (error) {
    return { contender, failure: describeFailure(error) };
  }
}

/** Plain loops are optimised at once, and the slowest of them would eat up the time that is there for the rest. */
function timesOf({ kind }: Contender, { library, warm }: Effort): Pick<Effort, "library" | "warm"> {
  return { library, warm: kind === "plain" ? warm / 4 : warm };
}

async function measureInRounds(entrants: readonly Entrant[], peak: Remote, effort: Effort): Promise<number[]> {
  const peaks: number[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    peaks.push(PEAK_FLOPS / (await peak.measure(0, effort.slice / 2)) / 1e6);
    // Each round begins with another one: nobody always follows the same neighbour's heat.
    const first = round % Math.max(1, entrants.length);
    for (const entrant of [...entrants.slice(first), ...entrants.slice(0, first)]) {
      if (entrant.failure !== undefined || timeOf(entrant.rounds) > effort.enough) continue;
      try {
        const each = await entrant.remote.measure(entrant.variant, effort.slice);
        entrant.rounds.push({ each, time: Math.max(each, effort.slice) });
      } catch (error) {
        entrant.failure = describeFailure(error);
      }
    }
  }
  return peaks;
}

function cellOf({ contender: { name, kind }, prepared, rounds, failure }: Entrant): Cell {
  const { label, asGiven, samples = [] } = prepared;
  const told = { contender: name, kind, label, asGiven };
  if (failure !== undefined) return { ...told, failure };
  const times = rounds.map(({ each }) => each);
  const time = median(times);
  const calls = [...samples, ...rounds];
  const toFullSpeed = timeToFullSpeed(calls, time);
  return {
    ...told,
    time,
    spread: spread(times),
    first: samples[0]?.each ?? NaN,
    ...(toFullSpeed !== undefined && { toFullSpeed }),
    watched: timeOf(calls),
  };
}
