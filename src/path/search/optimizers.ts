/** The table of all optimizers. */
import type { OptimizerName } from "../choose.ts";
import { findGreedy } from "../greedy.ts";
import { findLeftToRight } from "../left-to-right.ts";
import { findOptimal, OPTIMAL_LIMIT } from "../optimal.ts";
import type { Optimizer, PathProblem, SearchOptions } from "../path.ts";
import { UnsupportedError } from "../../support/errors.ts";
import { createBudget } from "./budget.ts";
import { searchParts } from "./dynamic-programming.ts";
import { annealFirst, searchPortfolio } from "./portfolio.ts";
import { totalCost } from "./tree.ts";
import { treeOptimizer } from "./tree-search.ts";
import { bisectionTree, eliminationTree, mayEliminate, sampleTrees } from "./trials.ts";
import type { EliminationRule } from "./elimination.ts";

/** The most operands that `auto` and `auto-hq` search exactly: a millisecond, and a tenth of a second. */
const AUTO_EXACT = 11;
const HQ_EXACT = 14;

/** Units of work are nanoseconds, near enough. */
const MILLISECOND = 1e6;

/** Some milliseconds up to twenty operands, and a twentieth of one for each further operand. */
const quickSearch = treeOptimizer(({ inputs }) => (3 + inputs.length / 20) * MILLISECOND, searchPortfolio);
/** From half a second for 50 operands to two seconds for 5,000. */
const longWork = ({ inputs }: PathProblem): number => (300 + 25 * Math.sqrt(inputs.length)) * MILLISECOND;
const longSearch = treeOptimizer(longWork, searchPortfolio);

/** The one tree that a search begins with, in which windows count, or `findGreedy`'s path where that is cheaper. */
const greedyTree = treeOptimizer(
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
      return search.offer(tree);
    };
    offer(search.trials.first);
    searchPortfolio({ ...search, offer, budget: createBudget(CAP_WORK * problem.inputs.length, undefined) });
    if (searchParts(search, cap) || options.maxTime !== undefined) return;
    throw new UnsupportedError(
      `the optimizer 'dp' finds more parts of the ${problem.inputs.length} operands than it can remember: ` +
        "'auto-hq' takes any number, and with options.maxTime 'dp' returns the best path it knows",
    );
  })(problem, options);
};

const OPTIMIZERS: Readonly<Record<OptimizerName, Optimizer>> = {
  auto: exactUpTo(AUTO_EXACT, quickSearch),
  "auto-hq": exactUpTo(HQ_EXACT, longSearch),
  "left-to-right": findLeftToRight,
  greedy: (problem) => (problem.windows ? greedyTree(problem) : findGreedy(problem)),
  optimal: findOptimal,
  dp: findByParts,
  "dynamic-programming": findByParts,
  "random-greedy": randomGreedy(32),
  "random-greedy-128": randomGreedy(128),
  annealing: treeOptimizer(longWork, annealFirst),
  bisection: bisection(),
  "min-fill": elimination("fill"),
  "min-degree": elimination("degree"),
  // opt_einsum's bounded searches: what takes about as long here, and finds no worse.
  "branch-1": exactUpTo(AUTO_EXACT, quickSearch),
  "branch-2": exactUpTo(AUTO_EXACT, quickSearch),
  "branch-all": exactUpTo(OPTIMAL_LIMIT, longSearch),
};

export function optimizerOf(name: OptimizerName): Optimizer {
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
function randomGreedy(trialCount: number): Optimizer {
  return treeOptimizer(
    () => Infinity,
    ({ trials, budget, offer }) => {
      const most = budget.units === Infinity ? trialCount : Infinity;
      sampleTrees(trials, most, 1, budget, offer);
    },
  );
}

/** One order, or as many as there is time for; plain greedy where there is no room for all neighbours. */
function elimination(rule: EliminationRule): Optimizer {
  return treeOptimizer(
    () => 1,
    ({ trials, budget, offer }) => {
      if (!mayEliminate(trials.network)) return;
      do offer(eliminationTree(trials, rule, budget));
      while (!budget.isSpent());
    },
  );
}

/** One tree, or as many as there is time for: each is cut at random. */
function bisection(): Optimizer {
  return treeOptimizer(
    () => 1,
    ({ trials, budget, offer }) => {
      do offer(bisectionTree(trials, budget));
      while (!budget.isSpent());
    },
  );
}
