/**
 * Chooses the path of a contraction: by the optimizer asked for, or the caller's own.
 *
 * `einsum` carries the few optimizers that small contractions need. The others are in `search/`, for `compile` and
 * `contractionPath` to hand in; a new one is one file, one line in `search/optimizers.ts` and its name here.
 *
 * Invariant: what is returned is valid, and splits only contractions whose combination distributes over their
 * reduction; any other runs as one step over all operands.
 */
import { distributes } from "../ir/algebra.ts";
import type { Contraction } from "../ir/contraction.ts";
import * as messages from "../support/messages/path.ts";
import { findGreedy } from "./greedy.ts";
import { findLeftToRight } from "./left-to-right.ts";
import { linearToSsa, validatePath } from "./linear.ts";
import { findOptimal } from "./optimal.ts";
import type { FindPath, FoundPath, LinearPath, SsaPath } from "./path.ts";
import { pathProblem } from "./problem.ts";

/** The names of the optimizers, in the order in which messages list them. */
export const OPTIMIZER_NAMES = [
  "auto",
  "auto-hq",
  "left-to-right",
  "greedy",
  "optimal",
  "dp",
  "dynamic-programming",
  "random-greedy",
  "random-greedy-128",
  "annealing",
  "min-fill",
  "min-degree",
  "branch-1",
  "branch-2",
  "branch-all",
] as const;

/** The optimizers by name. */
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

/** How to find a path: the name of an optimizer, or a linear path to take as it is. */
export type Optimize = OptimizerName | LinearPath;

/** The most operands for which `auto` searches exactly: beyond, the search takes longer than a small kernel's run. */
const AUTO_OPTIMAL_LIMIT = 10;

/**
 * Returns the path to contract along. One or two operands meet in one step, whatever the optimizer; so do those of a
 * contraction with an index of size 0, which has nothing to compute, or of a reduction that cannot be split. Refuses
 * unknown names, paths that are not valid, paths that split what cannot be split, and optimizers that `find` lacks.
 */
export function choosePath(
  contraction: Contraction,
  optimize: Optimize = "auto",
  find: FindPath = findQuickly,
): FoundPath {
  const operands = contraction.operands.map((_, id) => id);
  const isName = typeof optimize === "string";
  if (isName && !OPTIMIZER_NAMES.includes(optimize)) throw messages.unknownOptimizer(optimize, OPTIMIZER_NAMES);
  const given: SsaPath | undefined = isName
    ? undefined
    : linearToSsa(validatePath(optimize, operands.length), operands.length);
  const isSplit = distributes(contraction.combine, contraction.reduce, contraction.dtype);
  if (given && given.length > 1 && !isSplit) {
    const { combine, reduce, dtype } = contraction;
    throw messages.splitNotDistributive(combine, reduce, dtype, given.length);
  }
  const isEmpty = contraction.indices.some(({ size }) => size === 0);
  const isOneStep = isEmpty || (!given && (operands.length <= 2 || !isSplit));
  if (isOneStep && find === findQuickly) return { path: [operands], sliced: [] };
  return find(pathProblem(contraction), isOneStep ? [operands] : (given ?? (optimize as string)));
}

/** What small contractions need. */
function findQuickly(problem: Parameters<FindPath>[0], optimize: string | SsaPath): FoundPath {
  return { path: typeof optimize === "string" ? quickOptimizer(optimize)(problem) : optimize, sliced: [] };

  function quickOptimizer(name: string): (from: typeof problem) => SsaPath {
    if (name === "optimal") return findOptimal;
    if (name === "left-to-right") return findLeftToRight;
    if (name === "greedy") return findGreedy;
    if (name !== "auto") throw messages.searchNotCarried(name);
    return problem.inputs.length <= AUTO_OPTIMAL_LIMIT ? findOptimal : findGreedy;
  }
}
