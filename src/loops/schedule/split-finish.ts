/**
 * Splits a scheduled nest that updates its target in memory from a finish that reads something: that runs over the output's
 * indices afterwards, each element once.
 *
 *     out[i] sum= a[i, j] then out + bias[i]     -->     out[i] sum= a[i, j]
 *                                                        out[i] = out[i] then out + bias[i]
 */
import { elementsIn, VALUE } from "../../ir/elementwise.ts";
import { finishBy } from "../build-nests.ts";
import { IN_WORDS } from "../describe-nests.ts";
import { updatesInMemory } from "../lower.ts";
import { copyNest, type LoopNest } from "../nest.ts";
import { scheduleNest } from "./schedule-nest.ts";

/** The nest, or what it reduces and what becomes of it. */
export function splitFinish(nest: LoopNest): LoopNest[] {
  const { finish, target, dtype } = nest;
  if (elementsIn(finish).length === 0 || !updatesInMemory(nest)) return [nest];
  const indices = nest.indices.filter(({ reduced }) => !reduced);
  const copy = copyNest({ comment: IN_WORDS.finish(target.buffer), indices, target, source: target, dtype });
  return [{ ...nest, finish: VALUE, beside: [] }, scheduleNest(finishBy(copy, nest))];
}
