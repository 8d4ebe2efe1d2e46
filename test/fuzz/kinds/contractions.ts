/** Contractions of every kind through `einsum`, or one more way, or both, against plain loops. */
import { seededRandom, type Random } from "../../support/random.ts";
import { buildCase, type Case, type Draft } from "../draft.ts";
import { attempt, pickWeighted, type Entry, type Failure, type Kind, type Outcome, type Report } from "../kind.ts";
import { evaluate } from "../naive.ts";
import type { Numbers } from "../numbers.ts";
import { printProgram, printValue } from "../print.ts";
import { randomDraft, type Drafted } from "../random-draft.ts";
import { shrink } from "../shrink.ts";
import { EINSUM, WAYS, type Way } from "../ways.ts";

export const contractions: Kind = {
  name: "contraction",
  weight: 60,
  run: (random) => runDrafted(random, randomDraft(random)),
};

/** Runs a draft through `einsum`, as often as not, or a way of some, or both. */
export async function runDrafted(
  random: Random,
  { draft, given }: Drafted,
  { ways = WAYS, mostPoints }: { readonly ways?: readonly Way[]; readonly mostPoints?: number } = {},
): Promise<Report> {
  const other = pickWeighted(
    random,
    ways.filter(({ applies }) => applies?.(given) ?? true),
  );
  const expected = evaluate(given.meaning, given.operands);
  const entries: Entry[] = [];
  const failures: Failure[] = [];
  const chosen = random.pick([[EINSUM], [EINSUM], [other], [EINSUM, other]]);
  for (const way of chosen) {
    const seed = random.integer(0, 2 ** 31 - 1);
    const outcome = await runWay(way, given, seed, expected);
    entries.push({ row: way.name, outcome });
    if (outcome.kind === "fails") failures.push(await describeFailure(way, draft, seed, mostPoints));
  }
  return { entries, failures };
}

function runWay(way: Way, given: Case, seed: number, expected: Numbers): Promise<Outcome> {
  return attempt(() => way.prepare(given, seededRandom(seed)).run(expected), way.allowed);
}

/** Shrinks a failing draft, and prints what is left of it. */
async function describeFailure(way: Way, draft: Draft, seed: number, mostPoints?: number): Promise<Failure> {
  const outcomeOf = async (candidate: Draft): Promise<Outcome | null> => {
    const given = buildCase(candidate, mostPoints);
    if (!given || way.applies?.(given) === false) return null;
    return runWay(way, given, seed, evaluate(given.meaning, given.operands));
  };
  const first = await outcomeOf(draft);
  // A smaller draft must fail in the same way: another message is another fault.
  const sort = (outcome: Outcome | null): string => (outcome?.kind === "fails" ? sortOf(outcome.what) : "");
  const wanted = sort(first);
  const small = await shrink(draft, async (candidate) => sort(await outcomeOf(candidate)) === wanted && wanted !== "");
  const outcome = await outcomeOf(small);
  const given = buildCase(small, mostPoints) as Case;
  const { call } = way.prepare(given, seededRandom(seed));
  const expected = printValue(evaluate(given.meaning, given.operands));
  return {
    row: way.name,
    what: outcome?.kind === "fails" ? outcome.what : "it does not fail again",
    program: printProgram(given, `${call}\n// expected ${expected}`),
  };
}

/** An error's class and code; all that differs is one sort. */
function sortOf(what: string): string {
  return /^\w+Error\b/.exec(what)?.[0].concat(/\[[\w-]+\]/.exec(what)?.[0] ?? "") ?? "differs";
}
