/**
 * Every optimizer behind one function: what `contractionPath` searches with, and `compile`, `jit` and lazy graphs where a
 * program carries the searches.
 *
 * Invariant: what is found keeps to the memory limit.
 */
import type { OptimizerName } from "../choose.ts";
import { validateSsa } from "../linear.ts";
import type { FindPath, SearchOptions } from "../path.ts";
import { fitMemory } from "./fit-memory.ts";
import { optimizerOf } from "./optimizers.ts";

/** Makes what searches with some options, which have been checked. */
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
