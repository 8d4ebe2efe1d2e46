/**
 * Symbols in shapes and strides, and values for them that fit the spec: an example at which sizes are derived, paths
 * found and schedules chosen.
 *
 * Invariant: the search is deterministic, and prefers sizes that are long and divide well.
 */
import { EinsumError, required } from "../support/errors.ts";
import * as messages from "../support/messages/bind.ts";
import type { BindOptions } from "./options.ts";

type Lists = readonly (readonly (number | string)[] | undefined)[];

/** The symbols of shapes, then of strides, in order of appearance. Refuses names that are no identifiers. */
export function symbolsOf({ shapes, strides = [] }: Pick<BindOptions, "shapes" | "strides">): string[] {
  const symbols = new Set<string>();
  for (const [option, lists] of Object.entries({ shapes, strides })) {
    if (!Array.isArray(lists)) continue;
    for (const [operand, list] of lists.entries()) {
      if (!Array.isArray(list)) continue;
      for (const [axis, size] of list.entries()) {
        if (typeof size !== "string") continue;
        const name = size.normalize("NFC");
        if (!/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) {
          throw messages.symbolName(`${option}[${operand}][${axis}]`, size);
        }
        symbols.add(name);
      }
    }
  }
  return [...symbols];
}

/** The options with values in the place of symbols. */
export function substituteSymbols(options: BindOptions, values: ReadonlyMap<string, number>): BindOptions {
  const fill = (lists: Lists): readonly (readonly number[] | undefined)[] =>
    mapList(lists, (list) =>
      mapList(list, (size) => (typeof size === "string" ? required(values.get(size.normalize("NFC")), size) : size)),
    );
  const { shapes, strides } = options;
  return {
    ...options,
    shapes: fill(shapes) as readonly (readonly number[])[],
    ...(strides && { strides: fill(strides) }),
  };
}

/** What is no list stays what it is: whoever is given the values refuses it. */
function mapList<T, U>(list: readonly T[] | undefined, map: (item: T) => U): U[] {
  return (Array.isArray(list) ? (list as T[]).map(map) : list) as U[];
}

/** Sizes to try, the best ones first; 1 is none of them, as an axis of size 1 would repeat along others. */
const CANDIDATES = [64, 60, 48, 36, 32, 24, 16, 12, 9, 8, 7, 6, 5, 4, 3, 2];
/** So many of them come before the sizes that the shapes name. */
const LONG = 4;

const SMALLEST = 2;

/** How many examples are tried, and how many axes are bound for it where a spec has many. */
const TRIES = 4000;
const AXES = 400_000;

/**
 * Values at which `attempt` succeeds, and what it gives there. All symbols have one value first; then they take
 * candidates each for itself, and the sizes that the shapes name. Refuses a spec that fits at none, with the reason of
 * the first example; or, where the reason is the same for all, as one that has no symbols.
 */
export function findExample<T>(
  options: BindOptions,
  symbols: readonly string[],
  attempt: (options: BindOptions) => T,
): { readonly example: ReadonlyMap<string, number>; readonly result: T } {
  const axes = [options.shapes].flat(2);
  const named = axes.filter((size): size is number => typeof size === "number" && size > 1);
  const given = Object.values(options.sizes ?? {}).filter((size) => typeof size === "number" && size > 1);
  const candidates = [...new Set([...CANDIDATES.slice(0, LONG), ...named, ...given, ...CANDIDATES])];
  const tries = Math.max(candidates.length, Math.min(TRIES, AXES / axes.length));
  const reasons = new Map<string, EinsumError>();
  const tryAt = (example: ReadonlyMap<string, number>): T => attempt(substituteSymbols(options, example));
  for (let round = 0; round < tries; round++) {
    const example = exampleOf(symbols, candidates, round);
    if (!example) break;
    try {
      return { example, result: tryAt(example) };
    } catch (error) {
      if (!(error instanceof EinsumError)) throw error;
      if (reasons.size < 2) reasons.set(error.message, error);
      // What is too large at the smallest sizes is so at any.
      const smallest = new Map(symbols.map((name) => [name, SMALLEST]));
      if (round === 0 && isTooLarge(error) && isTooLarge(errorOf(() => tryAt(smallest)))) break;
    }
  }
  const first = required([...reasons.values()][0], "a reason");
  // What no size has to do with says nothing of sizes.
  throw reasons.size === 1 ? first : messages.noExample(symbols, candidates[0] ?? 0, first);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof EinsumError && error.code === "too-large";
}

/** What is thrown, if anything. */
function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** One value for all, candidate by candidate; then every combination, counted like a number whose digits are candidates. */
function exampleOf(
  symbols: readonly string[],
  candidates: readonly number[],
  round: number,
): Map<string, number> | undefined {
  if (round < candidates.length) return new Map(symbols.map((name) => [name, candidates[round] as number]));
  let rest = round - candidates.length;
  const example = new Map<string, number>();
  for (const name of symbols) {
    example.set(name, candidates[rest % candidates.length] as number);
    rest = Math.floor(rest / candidates.length);
  }
  return rest === 0 ? example : undefined;
}
