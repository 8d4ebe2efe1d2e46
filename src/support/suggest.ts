/**
 * Near misses: which of the known names a mistyped one was meant to be. A swap of neighbours counts as one edit, case
 * does not count, and a name too far from every candidate gets no suggestion: at least one of its letters must stay.
 */
import { quote } from "./carets.ts";

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
