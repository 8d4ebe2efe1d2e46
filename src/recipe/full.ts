/** The recipes of kernels that are emitted for readers: as the tuned one, in words, with the passes that make them short. */
import { IN_WORDS } from "../loops/describe-nests.ts";
import { lowerRowsAndStates } from "../loops/lower-states.ts";
import { nameStatements } from "../loops/lower-statements.ts";
import { lowerNest } from "../loops/lower.ts";
import { nameRoutine } from "../loops/names.ts";
import { PASSES } from "../loops/pipeline.ts";
import { layOutIntermediates, shareScratch } from "../loops/schedule/lay-out-intermediates.ts";
import { arrangeSlices } from "../loops/arrange-nests.ts";
import { splitSteps, type ContractionStep } from "../path/steps.ts";
import { planAlongPath, type Recipe } from "./recipe.ts";
import { TUNED } from "./unread.ts";

/** Of gradients and graphs, whose steps may write parts of one output. */
export const READABLE: Recipe = {
  ...TUNED,
  plan: (contraction, search) => planAlongPath(contraction, search, splitLaidOut),
  nests: { ...TUNED.nests, describe: IN_WORDS },
  lower: (nest) => lowerNest(nest, nameRoutine, lowerRowsAndStates, nameStatements),
  passes: PASSES,
};

/** Of one contraction, which may be sliced, and whose intermediates lie where others have lain. */
export const FULL: Recipe = {
  ...READABLE,
  nests: { ...READABLE.nests, arrange: arrangeSlices, share: shareScratch },
};

/** Splits along a path, and lays out intermediates by cost. */
function splitLaidOut(...[contraction, path, sliced]: Parameters<typeof splitSteps>): readonly ContractionStep[] {
  return layOutIntermediates(contraction, splitSteps(contraction, path, sliced), sliced);
}
