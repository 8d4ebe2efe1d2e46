/**
 * Names of windows: what a step calls the index that stands for several of the whole.
 *
 * Invariant: a window has one name in all steps, which no index and no other window has.
 */
import type { Contraction } from "../ir/contraction.ts";
import type { Window } from "./windows.ts";

/** The name of a window of the contraction; the same window has the same name however often it is asked for. */
export type WindowNames = (window: Window) => string;

/** Starts to name: `yu` for `y + u`, `oh_kh` for `2*oh + kh`, with `_` behind it where that is taken. */
export function nameWindows({ indices }: Contraction): WindowNames {
  const taken = new Set(indices.map(({ name }) => name));
  const names = new Map<string, string>();
  return ({ terms }) => {
    const key = JSON.stringify(terms);
    const known = names.get(key);
    if (known !== undefined) return known;
    const parts = terms.map(({ variable }) => variable);
    let name = parts.join(parts.every((part) => part.length === 1) ? "" : "_");
    while (taken.has(name)) name += "_";
    taken.add(name);
    names.set(key, name);
    return name;
  };
}
