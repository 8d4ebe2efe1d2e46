/** From a contraction to its steps: along a path that is found. */
import type { Contraction } from "../ir/contraction.ts";
import { choosePath } from "../path/choose.ts";
import type { ContractionStep } from "../path/step.ts";
import { splitSteps } from "../path/steps.ts";
import type { Plan, Search } from "./recipe.ts";

/** Finds the path of a contraction and splits it into steps. */
export function planAlongPath(
  contraction: Contraction,
  { optimize, find }: Search,
  split: (...given: Parameters<typeof splitSteps>) => readonly ContractionStep[] = splitSteps,
): Plan {
  const { path, sliced } = choosePath(contraction, optimize, find);
  return { contraction, path, sliced, steps: split(contraction, path, sliced) };
}
