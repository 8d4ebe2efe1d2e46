/** All optimizers, as functions and by name. */
import { type OptimizerName, findLeftToRight } from "../choose.ts";
import { findGreedy } from "../greedy.ts";
import { OPTIMAL_LIMIT, findOptimal } from "../optimal.ts";
import { type FindPath, type Optimizer, type PathProblem, type SearchOptions, validateSsa } from "../path.ts";
import { UnsupportedError } from "../../support/errors.ts";
import type { Network } from "../network.ts";
import { createBudget, type Budget } from "./budget.ts";
import { searchAcyclic } from "./acyclic.ts";
import { searchParts } from "./dynamic-programming.ts";
import { annealFirst, searchPortfolio } from "./portfolio.ts";
import { publicOptimizer } from "./read-problem.ts";
import { totalCost, type Tree } from "./tree.ts";
import { treeOptimizer } from "./tree-search.ts";
import { bisectionTree, eliminationTree, mayEliminate, sampleTrees, type Trials } from "./trials.ts";
import type { EliminationRule } from "./elimination.ts";
import { words } from "../../support/words.ts";
import { fitMemory } from "./fit-memory.ts";

/** The most operands that `auto` and `auto-hq` search exactly: a millisecond, and a tenth of a second. */
const AUTO_EXACT = 11;
const HQ_EXACT = 14;

/** Units of work are nanoseconds, near enough. */
const MILLISECOND = 1e6;

/** Some milliseconds up to twenty operands, and a twentieth of one for each further operand. */
const quickSearch = /* @__PURE__ */ treeOptimizer(
  ({ inputs }) => (3 + inputs.length / 20) * MILLISECOND,
  searchPortfolio,
);
/** From half a second for 50 operands to two seconds for 5,000. */
const longWork = ({ inputs }: PathProblem): number => (300 + 25 * Math.sqrt(inputs.length)) * MILLISECOND;
const longSearch = /* @__PURE__ */ treeOptimizer(longWork, searchPortfolio);

/** The one tree that a search begins with, in which windows count, or `findGreedy`'s path where that is cheaper. */
const greedyTree = /* @__PURE__ */ treeOptimizer(
  () => 0,
  () => undefined,
);

/** So long, for each operand, is the search for a path that `dp` must not pass. */
const CAP_WORK = MILLISECOND / 5;

/** Exact, or refused; with a time, the best there is when it is over. */
const findByParts: Optimizer = (problem, options = {}) => {
  const units = () => Infinity;
  return treeOptimizer(units, (search) => {
    let cap = Infinity;
    const offer: typeof search.offer = (tree) => {
      cap = Math.min(cap, totalCost(tree));
      search.offer(tree);
    };
    offer(search.trials.first);
    searchPortfolio({ ...search, offer, budget: createBudget(CAP_WORK * problem.inputs.length, undefined) });
    if (searchAcyclic(search) || searchParts(search, cap) || options.maxTime !== undefined) return;
    throw new UnsupportedError(
      `the optimizer 'dp' finds more parts of the ${problem.inputs.length} operands than it can remember: ` +
        `'auto-hq' takes any number, and with ${words.option("maxTime")} 'dp' returns the best path it knows`,
    );
  })(problem, options);
};

/** The quick search: exact for few operands, milliseconds for many. */
export const auto: Optimizer = /* @__PURE__ */ publicOptimizer(
  "auto",
  /* @__PURE__ */ exactUpTo(AUTO_EXACT, quickSearch),
);

/** The thorough search: exact for a few more operands, a second for many. */
export const autoHq: Optimizer = /* @__PURE__ */ publicOptimizer(
  "autoHq",
  /* @__PURE__ */ exactUpTo(HQ_EXACT, longSearch),
);

/** Operands in the order written. */
export const leftToRight: Optimizer = /* @__PURE__ */ publicOptimizer("leftToRight", findLeftToRight);

/** The pair that frees most memory first, again and again. Source: opt_einsum's `greedy`. */
export const greedy: Optimizer = /* @__PURE__ */ publicOptimizer("greedy", (problem) =>
  problem.windows ? greedyTree(problem) : findGreedy(problem),
);

/** The path of fewest flops; refuses more operands than 16. */
export const optimal: Optimizer = /* @__PURE__ */ publicOptimizer("optimal", findOptimal);

/**
 * Exact over connected parts: for chains of up to 1,500 operands, for trees of any number of which no more than a chain is
 * left once all that keeps nothing is contracted, and for other networks of hundreds that have few parts. Refuses those
 * with too many, unless given a time.
 */
export const dp: Optimizer = /* @__PURE__ */ publicOptimizer("dp", findByParts);

/** Another name for `dp`. */
export const dynamicProgramming: Optimizer = dp;

/** The best of 32 greedy trials. Source: opt_einsum's `random-greedy`. */
export const randomGreedy: Optimizer = /* @__PURE__ */ publicOptimizer("randomGreedy", /* @__PURE__ */ sampled(32));

/** The best of 128 greedy trials. */
export const randomGreedy128: Optimizer = /* @__PURE__ */ publicOptimizer(
  "randomGreedy128",
  /* @__PURE__ */ sampled(128),
);

/** Simulated annealing of a greedy tree. */
export const annealing: Optimizer = /* @__PURE__ */ publicOptimizer(
  "annealing",
  /* @__PURE__ */ treeOptimizer(longWork, annealFirst),
);

/** Recursive cuts of the network in halves. */
export const bisection: Optimizer = /* @__PURE__ */ publicOptimizer(
  "bisection",
  /* @__PURE__ */ repeated(bisectionTree),
);

/** Eliminates indices in the order of least fill. */
export const minFill: Optimizer = /* @__PURE__ */ publicOptimizer("minFill", /* @__PURE__ */ elimination("fill"));

/** Eliminates indices in the order of fewest neighbours. */
export const minDegree: Optimizer = /* @__PURE__ */ publicOptimizer("minDegree", /* @__PURE__ */ elimination("degree"));

// opt_einsum's bounded searches: what takes about as long here, and finds no worse.

/** For `branch-1` of opt_einsum: the quick search. */
export const branch1: Optimizer = auto;

/** For `branch-2` of opt_einsum: the quick search. */
export const branch2: Optimizer = auto;

/** For `branch-all` of opt_einsum: exact where that can be, else the thorough search. */
export const branchAll: Optimizer = /* @__PURE__ */ publicOptimizer(
  "branchAll",
  /* @__PURE__ */ exactUpTo(OPTIMAL_LIMIT, longSearch),
);

const OPTIMIZERS: Readonly<Record<OptimizerName, Optimizer>> = {
  auto,
  "auto-hq": autoHq,
  "left-to-right": leftToRight,
  greedy,
  optimal,
  dp,
  "dynamic-programming": dynamicProgramming,
  "random-greedy": randomGreedy,
  "random-greedy-128": randomGreedy128,
  annealing,
  bisection,
  "min-fill": minFill,
  "min-degree": minDegree,
  "branch-1": branch1,
  "branch-2": branch2,
  "branch-all": branchAll,
};

function optimizerOf(name: OptimizerName): Optimizer {
  return OPTIMIZERS[name];
}

/** Exact for few operands, where flops are what counts and there is no time to fill. */
function exactUpTo(most: number, otherwise: Optimizer): Optimizer {
  return (problem: PathProblem, options: SearchOptions = {}) =>
    problem.inputs.length <= most && (options.minimize ?? "flops") === "flops"
      ? findOptimal(problem)
      : otherwise(problem, options);
}

/** So many trials, or as many as there is time for. */
function sampled(trialCount: number): Optimizer {
  return treeOptimizer(
    () => Infinity,
    ({ trials, budget, offer }) => {
      const most = budget.units === Infinity ? trialCount : Infinity;
      sampleTrees(trials, most, 1, budget, offer);
    },
  );
}

/** One tree, or as many as there is time for, since there is chance in each; plain greedy where there may be none. */
function repeated(
  make: (trials: Trials, budget: Budget) => Tree,
  mayMake: (network: Network) => boolean = () => true,
): Optimizer {
  return treeOptimizer(
    () => 1,
    ({ trials, budget, offer }) => {
      if (!mayMake(trials.network)) return;
      do offer(make(trials, budget));
      while (!budget.isSpent());
    },
  );
}

/** An order of elimination, where there is room for all neighbours. */
function elimination(rule: EliminationRule): Optimizer {
  return repeated((trials, budget) => eliminationTree(trials, rule, budget), mayEliminate);
}

/**
 * Makes what searches with some options, which have been checked: with it `contractionPath` searches, and so do `compile`,
 * `jit` and lazy graphs where a program carries the searches. What it finds keeps to the memory limit.
 */
export function createSearch(options: SearchOptions): FindPath {
  const { memoryLimit, maxTime } = options;
  // Slicing has the other half of the time.
  const half = memoryLimit === undefined || maxTime === undefined ? options : { ...options, maxTime: maxTime / 2 };
  return (problem, optimize) => {
    const isSearched = typeof optimize !== "object" && optimize !== "left-to-right";
    const path =
      typeof optimize === "string"
        ? optimizerOf(optimize as OptimizerName)(problem, half)
        : typeof optimize === "function"
          ? validateSsa(optimize(problem, half), problem.inputs.length)
          : optimize;
    if (memoryLimit === undefined) return { path, sliced: [] };
    return fitMemory(problem, path, memoryLimit, isSearched ? half : undefined);
  };
}
