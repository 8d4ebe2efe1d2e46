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
import type { FindPath, FoundPath, LinearPath, PathProblem, SsaPath } from "./path.ts";
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
  "bisection",
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
  const { operands, combine, reduce, dtype, indices } = contraction;
  const count = operands.length;
  const isName = typeof optimize === "string";
  if (isName && !OPTIMIZER_NAMES.includes(optimize)) throw messages.unknownOptimizer(optimize, OPTIMIZER_NAMES);
  const asked = isName ? optimize : linearToSsa(validatePath(optimize, count), count);
  const maySplit = distributes(combine, reduce, dtype);
  if (!maySplit && !isName && asked.length > 1)
    throw messages.splitNotDistributive(combine, reduce, dtype, asked.length);
  const isOneStep = indices.some(({ size }) => size === 0) || (isName && (count <= 2 || !maySplit));
  return find(pathProblem(contraction), isOneStep ? [operands.map((_, id) => id)] : asked);
}

/** What small contractions need. */
const QUICK: ReadonlyMap<unknown, (problem: PathProblem) => SsaPath> = new Map([
  ["auto", (problem) => (problem.inputs.length > AUTO_OPTIMAL_LIMIT ? findGreedy : findOptimal)(problem)],
  ["left-to-right", findLeftToRight],
  ["greedy", findGreedy],
  ["optimal", findOptimal],
]);

function findQuickly(problem: PathProblem, optimize: string | SsaPath): FoundPath {
  if (typeof optimize !== "string") return { path: optimize, sliced: [] };
  const find = QUICK.get(optimize);
  if (!find) throw messages.searchNotCarried(optimize);
  return { path: find(problem), sliced: [] };
}
