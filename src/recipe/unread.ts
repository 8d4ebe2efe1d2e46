/** The recipes of kernels that are called and that nobody reads. */
import { withDefinitions } from "../loops/lower-expressions.ts";
import { lowerRows } from "../loops/lower-rows.ts";
import { lowerRowsAndStates } from "../loops/lower-states.ts";
import { nameStatements } from "../loops/lower-statements.ts";
import { lowerNest } from "../loops/lower.ts";
import { mayOrderBits, orderBits } from "../loops/order-bits.ts";
import { peelBorders } from "../loops/peel-borders.ts";
import { TUNED_PASSES, UNREAD_PASSES } from "../loops/pipeline.ts";
import { accumulateRows } from "../loops/schedule/stage-operands.ts";
import { chooseSchedule } from "../loops/schedule/choose-schedule.ts";
import { scheduleNest } from "../loops/schedule/schedule-nest.ts";
import { planAlongPath, type Recipe } from "./recipe.ts";

/**
 * Of layers and gradients: schedules are chosen by cost, borders are peeled, extrema may come out without a branch.
 */
export const TUNED: Recipe = {
  // A layer has an operand or two, which meet in one step; gradients bring their steps.
  plan(contraction) {
    const inputs = [...contraction.reads.keys()];
    return { contraction, path: [inputs], sliced: [], steps: [{ inputs, result: inputs.length, contraction }] };
  },
  nests: { rewrite: peelBorders },
  isBranchless: mayOrderBits,
  schedule: chooseSchedule,
  lower: (nest) => lowerNest(nest, undefined, lowerRowsAndStates, nameStatements),
  passes: TUNED_PASSES,
  finish: (kernel) => orderBits(withDefinitions(kernel)),
};

/** Of `einsum`: rules of thumb, and no words. What it leaves out costs a first call more than it saves. */
export const QUICK: Recipe = {
  plan: planAlongPath,
  nests: {},
  isBranchless: () => false,
  // By rule, but for float32 sums, which round as those of `jit` do.
  schedule(nest, allocate) {
    const scheduled = scheduleNest(nest);
    return [accumulateRows(scheduled, allocate) ?? scheduled];
  },
  lower: (nest) => lowerNest(nest, undefined, lowerRows),
  passes: UNREAD_PASSES,
  finish: (kernel) => kernel,
};
