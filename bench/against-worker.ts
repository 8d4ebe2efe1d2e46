/**
 * The process in which two builds are compared: both are imported, and for each row both prepare it, their results are
 * compared, element by element, and they are timed in turns, in an order that every round turns around. Prints a row a
 * line, as JSON. Started by `against.ts`.
 */
import { listComparisons, type Comparison, type Library, type Prepared } from "./against-workloads.ts";
import { requireClose } from "./check.ts";
import { describeFailure } from "./failure.ts";
import { median, spread, warmUp, type Run } from "./measure.ts";
import type { AgainstFigures, AgainstGroup } from "./results.ts";
import type { Effort } from "./run-workload.ts";
import { allocate, countOf, operandsOf } from "./workload.ts";

/** What the process is asked for, as JSON. */
export interface AgainstRequest {
  /** URLs of the builds. */
  readonly today: string;
  readonly commit: string;
  readonly tiny: boolean;
  /** The rows that are wanted. */
  readonly names: readonly string[];
  readonly effort: Pick<Effort, "warm" | "rounds" | "slice" | "enough">;
  /** Whether the commit's build begins: prepares its row first, is warmed up first, and has the first turn. */
  readonly commitFirst: boolean;
}

/** A row, with the texts of both kernels where it is one of kernels. */
export type AgainstAnswer = { readonly name: string; readonly group: AgainstGroup } & (
  (AgainstFigures & { readonly sources?: readonly [today: string, commit: string] }) | { readonly failure: string }
);

/** Rounds at least, however long they take. */
const FEWEST_ROUNDS = 3;

/** Something of either build. */
type Both<T> = Readonly<Record<"today" | "commit", T>>;

const NAMES: Both<string> = { today: "today's build", commit: "the commit" };

const request = JSON.parse(process.argv[2] ?? "{}") as AgainstRequest;
const libraries: Both<Library> = {
  today: (await import(request.today)) as Library,
  commit: (await import(request.commit)) as Library,
};
const order = request.commitFirst ? (["commit", "today"] as const) : (["today", "commit"] as const);
for (const comparison of listComparisons(request.tiny)) {
  if (request.names.includes(comparison.name)) console.log(JSON.stringify(await answer(comparison)));
}

async function answer(comparison: Comparison): Promise<AgainstAnswer> {
  const { name, group } = comparison;
  try {
    return { name, group, ...(await compare(comparison)) };
  } catch (error) {
    return { name, group, failure: describeFailure(error) };
  }
}

async function compare(comparison: Comparison) {
  const { dtype } = comparison.operands;
  const operands = operandsOf(comparison.operands);
  // One array for the results of both: where it lies in memory favours neither.
  const out = allocate(dtype, countOf(comparison.outputShape ?? []));
  const begun = await forBoth(async (side) => {
    const library = libraries[side];
    const lacking = comparison.needs.filter((name) => typeof library[name] !== "function");
    if (lacking.length > 0) throw new Error(`${NAMES[side]} has no ${lacking.join(", no ")}`);
    try {
      const { run, source } = await comparison.prepare(library, operands, out);
      return { run, source, result: elementsOf(run()) };
    } catch (error) {
      throw new Error(`${NAMES[side]} fails: ${describeFailure(error)}`);
    }
  });
  const { today, commit } = begun;
  requireClose(today.result, commit.result, dtype);
  const rounds = await measureInTurns({ today: today.run, commit: commit.run });
  const ratios = rounds.map((times) => times.commit / times.today);
  const [own, other] = [today.source, commit.source];
  return {
    today: median(rounds.map((times) => times.today)),
    commit: median(rounds.map((times) => times.commit)),
    ratio: median(ratios),
    spread: spread(ratios),
    rounds: rounds.length,
    ...(own !== undefined && other !== undefined && { sources: [own, other] as const }),
  };
}

/** The median times of a call of both, round by round. */
async function measureInTurns(runs: Both<Run>): Promise<Both<number>[]> {
  const { warm, rounds, slice, enough } = request.effort;
  // Each in halves, so that what is optimised for the first alone is optimised again for both.
  await forBoth((side) => warmUp(runs[side], warm / 2));
  const warmed = await forBoth((side) => warmUp(runs[side], warm / 2));
  const times: Both<number>[] = [];
  for (let round = 0, spent = 0; round < rounds && (round < FEWEST_ROUNDS || spent < enough); round++) {
    const start = performance.now();
    times.push(await forBoth((side) => warmed[side].slice(slice), round % 2 === 1));
    spent += performance.now() - start;
  }
  return times;
}

/** Does something for both builds, one after the other: in the order of this process, or the other way around. */
async function forBoth<T>(does: (side: keyof Both<T>) => Promise<T>, turned = false): Promise<Both<T>> {
  const done: Partial<Record<keyof Both<T>, T>> = {};
  for (const side of turned ? order.toReversed() : order) done[side] = await does(side);
  return done as Both<T>;
}

/** The elements of whatever a row computes, in memory of their own. */
function elementsOf(result: ReturnType<Prepared["run"]>): number[] {
  if (!result) return [];
  if (ArrayBuffer.isView(result)) return Array.from(result as ArrayLike<number>);
  const arrays = Array.isArray(result) ? result : [result];
  return arrays.flatMap(({ data }) => Array.from(data as ArrayLike<number>));
}
