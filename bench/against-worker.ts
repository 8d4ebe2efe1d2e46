/**
 * The process in which two builds are compared: both are imported, and for each row both prepare it, their results are
 * compared, element by element, and they are timed in turns, in an order that every round turns around. Prints a row a
 * line, as JSON. Started by `against.ts`.
 */
import { listComparisons, type Comparison, type Library, type Prepared } from "./against-workloads.ts";
import { requireClose } from "./check.ts";
import { describeFailure } from "./failure.ts";
import { median, spread, warmUp, type Warmed } from "./measure.ts";
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
}

/** A row, with the texts of both kernels where it is one of kernels. */
export type AgainstAnswer = { readonly name: string; readonly group: AgainstGroup } & (
  (AgainstFigures & { readonly sources?: readonly [today: string, commit: string] }) | { readonly failure: string }
);

/** Rounds at least, however long they take. */
const FEWEST_ROUNDS = 3;

const NAMES = { today: "today's build", commit: "the commit" } as const;

const request = JSON.parse(process.argv[2] ?? "{}") as AgainstRequest;
const libraries = {
  today: (await import(request.today)) as Library,
  commit: (await import(request.commit)) as Library,
};
for (const comparison of listComparisons(request.tiny)) {
  if (request.names.includes(comparison.name)) console.log(JSON.stringify(await answer(comparison, request.effort)));
}

async function answer(comparison: Comparison, effort: AgainstRequest["effort"]): Promise<AgainstAnswer> {
  const { name, group } = comparison;
  try {
    return { name, group, ...(await compare(comparison, effort)) };
  } catch (error) {
    return { name, group, failure: describeFailure(error) };
  }
}

async function compare(comparison: Comparison, effort: AgainstRequest["effort"]) {
  const operands = operandsOf(comparison.operands);
  // One array for the results of both: where it lies in memory favours neither.
  const out = allocate(comparison.operands.dtype, countOf(comparison.outputShape ?? []));
  const prepare = async (side: keyof typeof libraries): Promise<Prepared> => {
    const library = libraries[side];
    const lacking = comparison.needs.filter((name) => typeof library[name] !== "function");
    if (lacking.length > 0) throw new Error(`${NAMES[side]} has no ${lacking.join(", no ")}`);
    try {
      return await comparison.prepare(library, operands, out);
    } catch (error) {
      throw new Error(`${NAMES[side]} fails: ${describeFailure(error)}`);
    }
  };
  const [today, commit] = [await prepare("today"), await prepare("commit")];
  const [found, expected] = [elementsOf(today.run()), elementsOf(commit.run())];
  requireClose(found, expected, comparison.operands.dtype);
  const times = await measureInTurns([today, commit], effort);
  const ratios = times.map(([own, other]) => other / own);
  const { source } = today;
  return {
    today: median(times.map(([own]) => own)),
    commit: median(times.map(([, other]) => other)),
    ratio: median(ratios),
    spread: spread(ratios),
    rounds: ratios.length,
    ...(source !== undefined && commit.source !== undefined && { sources: [source, commit.source] as const }),
  };
}

/** The median times of a call of both, one pair a round. */
async function measureInTurns(
  sides: readonly [Prepared, Prepared],
  { warm, rounds, slice, enough }: AgainstRequest["effort"],
): Promise<[today: number, commit: number][]> {
  const [today, commit] = sides;
  // Each in halves, so that what is optimised for the first alone is optimised again for both.
  await warmUp(today.run, warm / 2);
  await warmUp(commit.run, warm / 2);
  const warmed: [Warmed, Warmed] = [await warmUp(today.run, warm / 2), await warmUp(commit.run, warm / 2)];
  const times: [number, number][] = [];
  for (let round = 0, spent = 0; round < rounds && (round < FEWEST_ROUNDS || spent < enough); round++) {
    const start = performance.now();
    const pair: [number, number] = [NaN, NaN];
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const side of order) pair[side] = await warmed[side].slice(slice);
    times.push(pair);
    spent += performance.now() - start;
  }
  return times;
}

/** The elements of whatever a row computes, in memory of their own. */
function elementsOf(result: ReturnType<Prepared["run"]>): number[] {
  if (!result) return [];
  if (ArrayBuffer.isView(result)) return Array.from(result as ArrayLike<number>);
  const arrays = Array.isArray(result) ? result : [result];
  return arrays.flatMap(({ data }) => Array.from(data as ArrayLike<number>));
}
