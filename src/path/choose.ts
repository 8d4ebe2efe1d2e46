/**
 * Chooses the path of a contraction: by the optimizer asked for, or the caller's own.
 *
 * What is here serves small contractions, and is all that `einsum` and `jit` carry. The searches are in `search/`: a program
 * that imports `einsmith/path` has them too, under their names, or hands one in as a function. A new one is one file, one
 * line in `search/optimizers.ts` and its name here.
 *
 * Invariant: what is returned is valid, and splits only contractions whose combination distributes over their
 * reduction; any other runs as one step over all operands.
 */
import { nameOfMonoid } from "../ir/algebra.ts";
import type { Contraction } from "../ir/contraction.ts";
import { countReads, factorsOf, partsOfTerm } from "../ir/product.ts";
import * as messages from "../support/messages/path.ts";
import { findGreedy } from "./greedy.ts";
import { findOptimal } from "./optimal.ts";
import {
  type FindPath,
  type FoundPath,
  type LinearPath,
  type Optimizer,
  type PathProblem,
  type SearchOptions,
  type SsaPath,
  checkSearchOptions,
  linearToSsa,
  validatePath,
  validateSsa,
} from "./path.ts";
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

/** How to find a path: an optimizer, by its name or as a function of `einsmith/path`, or a linear path to take as it is. */
export type Optimize = OptimizerName | Optimizer | LinearPath;

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
  const { term, reduce, dtype, indices } = contraction;
  const count = countReads(term);
  const isGiven = typeof optimize !== "string" && typeof optimize !== "function";
  if (typeof optimize === "string" && !OPTIMIZER_NAMES.includes(optimize)) {
    throw messages.unknownOptimizer(optimize, OPTIMIZER_NAMES);
  }
  const asked = isGiven ? linearToSsa(validatePath(optimize, count), count) : optimize;
  const maySplit = factorsOf(contraction).kind === "product";
  if (!maySplit && isGiven && asked.length > 1) {
    throw messages.splitNotDistributive(partsOfTerm(term).combine, nameOfMonoid(reduce), dtype, asked.length);
  }
  const isOneStep = indices.some(({ size }) => size === 0) || (!isGiven && (count <= 2 || !maySplit));
  return find(pathProblem(contraction), isOneStep ? [Array.from({ length: count }, (_, id) => id)] : asked);
}

/** What small contractions need. */
const QUICK: Readonly<Record<string, Optimizer | undefined>> = {
  auto: (problem) => (problem.inputs.length > AUTO_OPTIMAL_LIMIT ? findGreedy : findOptimal)(problem),
  "left-to-right": findLeftToRight,
  greedy: findGreedy,
  optimal: findOptimal,
};

/** Finds as `einsum` does, which has no options of a search: what small contractions need, else what is carried. */
function findQuickly(...[problem, optimize]: Parameters<FindPath>): FoundPath {
  const quick = typeof optimize === "string" ? QUICK[optimize] : undefined;
  return quick || !carried ? findBy({})(problem, quick ?? optimize) : carried({})(problem, optimize);
}

/** What makes a search of its options, in a program that carries the searches. */
let carried: ((options: SearchOptions) => FindPath) | undefined;

/** Makes the searches known to every program that this module is in: `einsmith/path` does. */
export function carrySearches(createSearch: (options: SearchOptions) => FindPath): void {
  carried = createSearch;
}

/** Checks the options of a search, and makes what finds paths by them: the searches, where the program carries them. */
export function searchBy(options: SearchOptions): FindPath {
  checkSearchOptions(options);
  return (carried ?? findBy)(options);
}

/** Finds without the searches. Refuses what takes one. */
function findBy(options: SearchOptions): FindPath {
  const { memoryLimit, maxTime, minimize = "flops" } = options;
  return (problem, optimize) => {
    if (memoryLimit !== undefined) throw messages.searchNotCarried("options.memoryLimit");
    if (typeof optimize === "object") return { path: optimize, sliced: [] };
    if (optimize === "auto" && maxTime !== undefined) throw messages.searchNotCarried("options.maxTime");
    if (optimize === "auto" && minimize !== "flops") throw messages.searchNotCarried("options.minimize");
    const optimizer = typeof optimize === "string" ? QUICK[optimize] : optimize;
    if (!optimizer) throw messages.searchNotCarried(optimize as OptimizerName);
    return { path: validateSsa(optimizer(problem, options), problem.inputs.length), sliced: [] };
  };
}

/**
 * Contracts operands in the order they are written, each with the result of all before it: the path a reader expects, and
 * the one to compare others with.
 *
 *     a, b, c, d   -->   ((a b) c) d
 */
export function findLeftToRight({ inputs }: PathProblem): SsaPath {
  const count = inputs.length;
  if (count === 1) return [[0]];
  return Array.from({ length: count - 1 }, (_, step) => [step === 0 ? 0 : count + step - 1, step + 1]);
}
