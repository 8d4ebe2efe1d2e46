/**
 * Values of the caller in a sentence: `found 'abc'`, `found an Int32Array`. Invariant: one line, bounded, and no
 * `toString` of the value itself runs.
 */
import { quote } from "./carets.ts";

/** Describes any value: a primitive by itself, everything else by its kind. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return formatNumber(value);
    case "bigint":
      return `${formatCount(value)}n`;
    case "symbol":
    case "function":
      return `a ${typeof value}`;
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value);
  }
}

/** A count as people read it: `9,007,199,254,740,992`, and `about 1.0e30` where the digits are no longer exact. */
export function formatCount(count: number | bigint): string {
  if (count === Infinity) return "more than 1e308";
  if (typeof count === "number" && count > 2 ** 53) return `about ${count.toExponential(1).replace("+", "")}`;
  const digits = String(count);
  return digits.length > 40 ? `${digits.slice(0, 37)}...` : digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Counts in words: `1 axis`, `3 axes`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** The first of many things, as a list in a sentence: `'a', 'b', 'c' and 97 more`. */
export function listFew(items: readonly string[], between: string, last: string): string {
  const shown = items.slice(0, items.length > MOST_LISTED ? MOST_LISTED - 1 : MOST_LISTED);
  const hidden = items.length - shown.length;
  if (hidden > 0) return `${shown.join(between)}${last}${hidden} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(between)}${last}${shown.at(-1)}`;
}

const MOST_LISTED = 8;

function formatNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The kinds that are passed by mistake where a list or an object is meant get their names. A proxy may throw for any question. */
function describeObject(value: object): string {
  try {
    if (Array.isArray(value)) return "a list";
    if (value instanceof Map) return "a Map";
    if (value instanceof Set) return "a Set";
  } catch {
    return "an object";
  }
  return ArrayBuffer.isView(value) ? "a typed array" : "an object";
}

//  * Near misses: which of the known names a mistyped one was meant to be. A swap of neighbours counts as one edit, case
// does not count, and a name too far from every candidate gets no suggestion: at least one of its letters must stay.

/** Longer names are not compared: nobody mistypes them, and comparing costs the product of the lengths. */
const LONGEST = 64;

/** Returns the nearest candidate, the first of several equally near; undefined where none is near enough. */
export function suggest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Math.min(Math.max(1, Math.floor(name.length / 3)) + 1, Math.max(1, name.length));
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** The question whether the nearest candidate was meant, as the beginning of a remedy; empty where none is near. */
export function askWhetherMeant(name: string, candidates: readonly string[]): string {
  const near = suggest(name, candidates);
  return near === undefined ? "" : `did you mean ${quote(near)}? `;
}

/** Counts the insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] as number) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let least = Math.min(replaced, (previous[column] as number) + 1, (current[column - 1] as number) + 1);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) least = Math.min(least, (beforePrevious[column - 2] as number) + 1);
      current.push(least);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[to.length] as number;
}
