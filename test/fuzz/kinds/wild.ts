/**
 * Pairs as they occur in the wild: batch, contracted, left, right and summed indices, several of each, the axes of both
 * operands and of the output in any order. Larger than other cases, so that schedules tile, stage and stream.
 */
import type { Random } from "../../support/random.ts";
import { buildCase, type Draft, type DraftAxis } from "../draft.ts";
import type { Kind } from "../kind.ts";
import type { Dtype } from "../numbers.ts";
import type { Drafted } from "../random-draft.ts";
import { WAYS } from "../ways.ts";
import { runDrafted } from "./contractions.ts";

const MOST_POINTS = 30_000;

export const wild: Kind = {
  name: "wild",
  weight: 1,
  run: (random) => {
    const ways = WAYS.filter(({ name }) => ["jit", "overrides", "module text", "symbolic"].includes(name));
    return runDrafted(random, wildDraft(random), { ways, mostPoints: MOST_POINTS });
  },
};

function wildDraft(random: Random): Drafted {
  for (;;) {
    const letters = random.shuffle([..."abcdefghijklmnopqrstuvwxyz"]);
    const take = (count: number): string[] => letters.splice(0, count);
    const batch = take(random.chance(0.3) ? random.integer(1, 2) : 0);
    const contracted = take(random.integer(1, 3));
    const left = take(random.integer(random.chance(0.1) ? 0 : 1, 3));
    const right = take(random.integer(random.chance(0.1) ? 0 : 1, 3));
    const summed = take(random.chance(0.08) ? 1 : 0);
    const names = [...batch, ...contracted, ...left, ...right, ...summed];
    const points = 10 ** (2.5 + random.integer(0, 190) / 100);
    const weights = names.map(() => 0.2 + random.integer(0, 100) / 100);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const indices = names.map((name, at) => {
      return { name, size: Math.max(2, Math.round(points ** ((weights[at] as number) / total))) };
    });
    const plain = (term: readonly string[]): DraftAxis[] =>
      random.shuffle(term).map((index) => ({ kind: "plain", index, one: false }));
    const dtype: Dtype = random.pick(["float64", "float64", "float32", "float32", "int32", "int64", "uint8"]);
    const terms = [plain([...batch, ...contracted, ...left, ...summed]), plain([...batch, ...contracted, ...right])];
    const draft: Draft = {
      named: false,
      sayNotation: false,
      indices,
      ellipsis: [],
      params: {},
      operands: terms.map((axes) => ({
        axes,
        dtype,
        layout: random.chance(0.8) ? "row" : "view",
        filling: "small",
        seed: random.integer(0, 2 ** 31 - 1),
      })),
      output: plain([...batch, ...left, ...right]),
      given: [],
      sayShape: false,
      reduce: "sum",
      combine: "mul",
    };
    const given = buildCase(draft, MOST_POINTS);
    if (given) return { draft, given };
  }
}
