/**
 * Values of a caller, read once. A getter or a proxy may answer otherwise the second time, so what was checked, what a
 * key was made of and what is compiled would be three things: public functions copy what they are given.
 *
 * Invariant: nothing of a value is read after it was copied. Lists and objects of plain fields are copied; anything else
 * stays what it is, and is refused by whoever wants a list, an object or a number.
 */
import { EinsumError } from "./errors.ts";
import { notOptions, tooLarge, unknownOption, unreadable } from "./messages/options.ts";

/** More than any list of operands, sizes or steps has; a list may say that it has 2**32 - 1 items, and hold none. */
const MOST_ITEMS = 2 ** 20;

/**
 * Reads options, each once: what is checked afterwards, what keys are made of and what is compiled is a copy. Those named
 * in `arrays` are left as they are, for `checkArray` to read. Refuses what is no object of options, and options of other
 * names than the known ones: none is skipped silently.
 */
export function readOptions<T extends object>(given: T, known: readonly string[], arrays: readonly string[] = []): T {
  return reading(() => {
    if (!isRecord(given)) throw notOptions(given);
    const unknown = Object.keys(given).find((name) => !known.includes(name));
    if (unknown !== undefined) throw unknownOption(unknown, known);
    const options: Record<string, unknown> = {};
    for (const name of known) {
      const value = (given as Record<string, unknown>)[name];
      if (value !== undefined) options[name] = arrays.includes(name) ? value : copyOf(value);
    }
    return options as T;
  });
}

/** A copy of what options hold; no valid one nests deeper than this. */
export function copyOf<T>(value: T, levels = 3): T {
  return reading(() => copy(value, levels)) as T;
}

function copy(value: unknown, levels: number): unknown {
  if (levels === 0) return value;
  if (Array.isArray(value)) return copyItems(value).map((item) => copy(item, levels - 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copy(field, levels - 1)]));
}

/** The items of a list; undefined where it is none. */
export function copyList(value: unknown): unknown[] | undefined {
  return reading(() => (Array.isArray(value) ? copyItems(value) : undefined));
}

/** The items of a list, or of a typed array; holes are undefined. */
export function copyItems(list: ArrayLike<unknown>): unknown[] {
  const { length } = list;
  if (!(length <= MOST_ITEMS)) throw tooLarge("items of a list", length, MOST_ITEMS);
  const items: unknown[] = [];
  for (let at = 0; at < length; at++) items.push(list[at]);
  return items;
}

/** Two integers: how much lies before and after something. */
export type Pair = readonly [number, number];

/** Whether a value is a pair of integers. */
export function isPair(value: unknown): value is Pair {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

/** Whether a value is an object whose fields are meant: a Map or a list would seem to have none. */
export function isRecord(value: unknown): value is object {
  return typeof value === "object" && Object.prototype.toString.call(value) === "[object Object]";
}

/** Reads values of a caller; says so where their own code throws. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof EinsumError ? error : unreadable(error);
  }
}
