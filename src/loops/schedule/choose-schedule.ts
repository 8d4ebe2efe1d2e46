/**
 * Chooses the schedule of a nest by cost: its loops, which operands are staged, whether rows of the output are summed in
 * scratch. `einsum` does not carry this file: the rules of thumb of `schedule-nest.ts` cost it no time.
 *
 * Invariant: another schedule than the rule's is chosen only where the cost model finds it clearly cheaper.
 */
import { keptOf } from "../../ir/contraction.ts";
import { elementsIn, VALUE } from "../../ir/elementwise.ts";
import { IN_WORDS } from "../describe-nests.ts";
import { updatesInMemory } from "../lower.ts";
import { finishInPlace, type Loop, type LoopNest, type ScheduleChoice } from "../nest.ts";
import type { Allocate } from "../padding.ts";
import { accumulateRows } from "./accumulate-rows.ts";
import { costOf } from "./cost.ts";
import { applyOverrides, type ScheduleOverrides } from "./overrides.ts";
import { proposeLoops } from "./propose-loops.ts";
import { scheduleNest } from "./schedule-nest.ts";
import { stageOperand } from "./stage-operands.ts";

/** How much cheaper than the rule's another schedule has to be: the model is right within so much. */
const CLEARLY = 0.95;

/** Proposals of which stagings are compared. */
const FINALISTS = 4;

/** Alternatives that are told to readers. */
const TOLD = 4;

/** A nest behind the copies that it reads, and what they cost together. */
interface Candidate {
  readonly loops: readonly Loop[];
  readonly nests: readonly LoopNest[];
  readonly cost: number;
}

/** Schedules a nest: returns it behind the copies of what it reads. */
export function chooseSchedule(nest: LoopNest, allocate: Allocate, overrides: ScheduleOverrides = {}): LoopNest[] {
  const [rule, ...others] = proposeLoops(nest).map((loops) => candidateOf([{ ...nest, loops }]));
  if (!rule) return [];
  const finalists = [rule, ...others.sort(byCost).slice(0, FINALISTS)].map(({ loops }) =>
    stage({ ...nest, loops }, imagine, overrides),
  );
  const [first = rule, ...rest] = finalists;
  const best = [...rest].sort(byCost)[0];
  const chosen = best && best.cost < CLEARLY * first.cost ? best : first;
  const edited = applyOverrides({ ...nest, loops: chosen.loops }, overrides);
  const { nests, cost } = stage(edited, allocate, overrides);
  const choice: ScheduleChoice = {
    cost,
    others: finalists
      .filter((other) => other !== chosen)
      .sort(byCost)
      .slice(0, TOLD)
      .map((other) => ({ cost: other.cost, nests: other.nests })),
  };
  return nests.flatMap((each, at) => splitFinish(at === nests.length - 1 ? { ...each, choice } : each));
}

/**
 * Splits a nest that updates its target in memory from a finish that reads something, or is for some of the target's elements
 * alone: it runs over the output's indices afterwards, each element once.
 *
 *     out[i] sum= a[i, j] then out + bias[i]     -->     out[i] sum= a[i, j]
 *                                                        out[i] = out[i] then out + bias[i]
 */
function splitFinish(nest: LoopNest): LoopNest[] {
  const isElsewhere = elementsIn(nest.finish).length > 0 || (nest.finish.kind !== "value" && nest.before === "kept");
  if (!isElsewhere || !updatesInMemory(nest)) return [nest];
  const finish = { ...finishInPlace(nest, keptOf(nest.indices)), comment: IN_WORDS.finish(nest.target.buffer) };
  return [{ ...nest, finish: VALUE, beside: [] }, scheduleNest(finish)];
}

/** Sums rows in scratch where that rounds less, and copies what is cheaper copied; or does what the caller wants. */
function stage(nest: LoopNest, allocate: Allocate, { stage: wanted }: ScheduleOverrides): Candidate {
  const { loops, target } = nest;
  const least = wanted ? (wanted.includes(target.buffer.name) ? 1 : Infinity) : undefined;
  let best = candidateOf([accumulateRows(nest, allocate, least) ?? nest], loops);
  // Statements that share loops share what they read.
  (nest.others ? [] : nest.operands).forEach(({ buffer }, at) => {
    const copies = best.nests.slice(0, -1);
    const stageBy = (how: Allocate): Candidate | undefined => {
      const staged = stageOperand(best.nests.at(-1) ?? nest, at, how);
      return staged ? candidateOf([...copies, staged.copy, staged.nest], loops) : undefined;
    };
    const imagined = stageBy(imagine);
    const isBetter = wanted ? wanted.includes(buffer.name) : imagined && imagined.cost < best.cost;
    if (isBetter) best = stageBy(allocate) ?? best;
  });
  return best;
}

/** A buffer that is thought of and not made. */
const imagine: Allocate = (name, like) => ({ name, role: "scratch", ...like });

function candidateOf(nests: readonly LoopNest[], loops = nests.at(-1)?.loops ?? []): Candidate {
  return { loops, nests, cost: nests.reduce((sum, nest) => sum + costOf(nest), 0) };
}

function byCost(one: Candidate, other: Candidate): number {
  return one.cost - other.cost;
}
