/**
 * The recipe of layers and gradients that are called: schedules are chosen by cost, borders are peeled, extrema may come out
 * without a branch. Nobody reads the kernels.
 */
import { withDefinitions } from "../loops/lower-expressions.ts";
import { lowerRows } from "../loops/lower-rows.ts";
import { nameStatements } from "../loops/lower-statements.ts";
import { lowerNest } from "../loops/lower.ts";
import { mayOrderBits, orderBits } from "../loops/order-bits.ts";
import { peelBorders } from "../loops/peel-borders.ts";
import { TUNED_PASSES } from "../loops/pipeline.ts";
import { chooseSchedule } from "../loops/schedule/choose-schedule.ts";
import type { Recipe } from "./recipe.ts";

export const TUNED: Recipe = {
  // A layer has an operand or two, which meet in one step; gradients bring their steps.
  plan(contraction) {
    const inputs = [...contraction.reads.keys()];
    return { contraction, path: [inputs], sliced: [], steps: [{ inputs, result: inputs.length, contraction }] };
  },
  nests: { rewrite: peelBorders },
  isBranchless: mayOrderBits,
  schedule: chooseSchedule,
  lower: (nest) => lowerNest(nest, undefined, lowerRows, nameStatements),
  passes: TUNED_PASSES,
  finish: (kernel) => orderBits(withDefinitions(kernel)),
};
