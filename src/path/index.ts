/** The public names of the order of contraction. */
export type { Optimize, OptimizerName } from "./choose.ts";
export { contractionPath, type ContractionPathOptions } from "./contraction-path.ts";
export type { LinearPath, Minimize, Optimizer, PathProblem, SearchOptions, SearchProgress, SsaPath } from "./path.ts";
export type { PathInfo } from "./report.ts";
export {
  annealing,
  auto,
  autoHq,
  bisection,
  branch1,
  branch2,
  branchAll,
  dp,
  dynamicProgramming,
  greedy,
  leftToRight,
  minDegree,
  minFill,
  optimal,
  randomGreedy,
  randomGreedy128,
} from "./search/optimizers.ts";
export type { ContractionStep } from "./steps.ts";
