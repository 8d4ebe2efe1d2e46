/**
 * Every optimizer behind one function, for `compile` and `contractionPath` to hand to `choosePath`.
 *
 * Invariant: options are checked before any search begins; what is found keeps to the memory limit.
 */
import type { OptimizerName } from "../choose.ts";
import { OBJECTIVE_NAMES, type FindPath, type Minimize, type SearchOptions } from "../path.ts";
import { invalidOption } from "../../support/messages/options.ts";
import { fitMemory } from "./fit-memory.ts";
import { optimizerOf } from "./optimizers.ts";

/** Checks the options of a search, and makes what searches with them. Refuses options out of range. */
export function createSearch(options: SearchOptions): FindPath {
  checkSearchOptions(options);
  return (problem, optimize) => {
    const { memoryLimit, maxTime } = options;
    const isSearched = typeof optimize === "string" && optimize !== "left-to-right";
    // Slicing has the other half of the time.
    const half = memoryLimit === undefined || maxTime === undefined ? options : { ...options, maxTime: maxTime / 2 };
    const path = typeof optimize === "string" ? optimizerOf(optimize as OptimizerName)(problem, half) : optimize;
    if (memoryLimit === undefined) return { path, sliced: [] };
    return fitMemory(problem, path, memoryLimit, isSearched ? half : undefined);
  };
}

function checkSearchOptions({ seed, maxTime, minimize, memoryLimit, onProgress }: SearchOptions): void {
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw invalidOption("seed", seed, "an integer");
  if (maxTime !== undefined && !(typeof maxTime === "number" && maxTime > 0 && maxTime < Infinity)) {
    throw invalidOption("maxTime", maxTime, "a number of seconds above 0");
  }
  if (memoryLimit !== undefined && !(typeof memoryLimit === "number" && memoryLimit >= 1)) {
    throw invalidOption("memoryLimit", memoryLimit, "a number of elements of at least 1");
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidOption("onProgress", onProgress, "a function");
  }
  if (minimize !== undefined && !isMinimize(minimize)) {
    throw invalidOption(
      "minimize",
      minimize,
      "'flops', 'size', 'write', 'peak', or weights such as { flops: 1, write: 64 }",
    );
  }
}

function isMinimize(value: unknown): value is Minimize {
  if (OBJECTIVE_NAMES.some((name) => name === value)) return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const isWeight = (weight: unknown): boolean => typeof weight === "number" && weight >= 0 && weight < Infinity;
  return (
    entries.every(([name, weight]) => (name === "flops" || name === "write") && isWeight(weight)) &&
    entries.some(([, weight]) => weight > 0)
  );
}
