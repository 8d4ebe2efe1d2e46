/**
 * What the caller of an optimizer gives it: a problem and how to search, read once. The compiler calls optimizers with sound
 * problems, and so does an optimizer of a program's own that hands on what it got; a program may as well make one by hand.
 *
 * Invariant: what is returned holds sets and maps of this realm, a size for each index, and options in range.
 */
import { published } from "../../support/errors.ts";
import { notOptions } from "../../support/messages/options.ts";
import { notAProblem } from "../../support/messages/path.ts";
import { copyList, copyOf, isRecord, reading } from "../../support/read.ts";
import { checkSearchOptions, type Optimizer, type PathProblem, type SearchOptions } from "../path.ts";
import type { Window } from "../windows.ts";

/** An optimizer as programs call it. Refuses what is no problem, and options that are out of range. */
export function publicOptimizer(name: string, find: Optimizer): Optimizer {
  const run: Optimizer = (problem, options = {}) => find(readProblem(problem), readSearch(options));
  return published(run, name);
}

function readProblem(given: PathProblem): PathProblem {
  return reading(() => {
    if (!isRecord(given)) throw notAProblem("the problem", given, "an object of inputs, output and sizes");
    const { inputs: givenInputs, output: givenOutput, sizes: givenSizes, outputSize, windows: givenWindows } = given;
    const inputs = copyList(givenInputs)?.map(readNames);
    if (!inputs?.length || !inputs.every(isDefined)) {
      throw notAProblem("problem.inputs", givenInputs, "a list of sets of names of indices, one an operand");
    }
    const output = readNames(givenOutput);
    if (!output) throw notAProblem("problem.output", givenOutput, "a set of names of indices");
    const entries = entriesOf(Map, givenSizes);
    if (!entries?.every(([, size]) => isCount(size))) {
      throw notAProblem("problem.sizes", givenSizes, "a map from names of indices to integers of at least 1");
    }
    const sizes = new Map(entries);
    const unsized = [...inputs, output].flatMap((names) => [...names]).find((name) => !sizes.has(name));
    if (unsized !== undefined) throw notAProblem("problem.sizes", givenSizes, `a map with a size for '${unsized}'`);
    if (outputSize !== undefined && !isCount(outputSize)) {
      throw notAProblem("problem.outputSize", outputSize, "an integer of at least 1");
    }
    const problem = { inputs, output, sizes, ...(outputSize !== undefined && { outputSize }) };
    if (givenWindows === undefined) return problem;
    const windows = copyOf(givenWindows, 5);
    if (!areWindows(windows, inputs)) {
      throw notAProblem(
        "problem.windows",
        givenWindows,
        "a list of windows over indices of each input, as problems hold them",
      );
    }
    return { ...problem, windows };
  });
}

/** The options of a search, whatever else lies beside them. */
function readSearch(given: SearchOptions): SearchOptions {
  const options = reading(() => {
    if (!isRecord(given)) throw notOptions(given);
    const { seed, maxTime, minimize, memoryLimit, onProgress } = given;
    return { seed, maxTime, minimize: copyOf(minimize), memoryLimit, onProgress };
  });
  checkSearchOptions(options);
  return options;
}

/** A copy of a set of names; undefined where a value is none. */
function readNames(value: unknown): Set<string> | undefined {
  const entries = entriesOf(Set, value);
  return entries?.every(([name]) => typeof name === "string") ? new Set(entries.map(([name]) => name)) : undefined;
}

/** What a set or a map of whatever realm holds; undefined where a value is none. */
function entriesOf(
  { prototype }: { readonly prototype: { forEach(visit: (size: number, name: string) => void): void } },
  value: unknown,
): [name: string, size: number][] | undefined {
  const entries: [string, number][] = [];
  try {
    prototype.forEach.call(value, (size, name) => entries.push([name, size]));
  } catch {
    return undefined;
  }
  return entries;
}

/** Whether each input has its windows, all over indices of its own. */
function areWindows(value: unknown, inputs: readonly ReadonlySet<string>[]): value is readonly (readonly Window[])[] {
  const isWindow = (window: unknown, names: ReadonlySet<string>): boolean => {
    const { terms, low, size } = fieldsOf(window);
    const areTerms = Array.isArray(terms) && terms.length > 1 && terms.every((term) => isTerm(term, names));
    return areTerms && Number.isSafeInteger(low) && isCount(size);
  };
  return (
    Array.isArray(value) &&
    value.length === inputs.length &&
    inputs.every((names, at) => Array.isArray(value[at]) && value[at].every((window) => isWindow(window, names)))
  );
}

function isTerm(term: unknown, names: ReadonlySet<string>): boolean {
  const { variable, coefficient } = fieldsOf(term);
  return names.has(variable as string) && Number.isSafeInteger(coefficient);
}

/** The fields of a copied value, whatever they hold; of what is no object, none. */
function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return isRecord(value) ? { ...value } : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
