/** The recipe of `einsum`: rules of thumb, and no words. What it leaves out costs a first call more than it saves. */
import { lowerRows } from "../loops/lower-rows.ts";
import { lowerNest } from "../loops/lower.ts";
import { UNREAD_PASSES } from "../loops/pipeline.ts";
import { accumulateRows } from "../loops/schedule/accumulate-rows.ts";
import { scheduleNest } from "../loops/schedule/schedule-nest.ts";
import { planAlongPath } from "./plan.ts";
import type { Recipe } from "./recipe.ts";

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
