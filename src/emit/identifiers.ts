/**
 * Where the identifiers of emitted code come from: a `Scope` where somebody reads it, else a count.
 *
 * Invariant: no identifier is declared twice where the other one can be seen.
 */
import { Name } from "./code.ts";

export interface Identifiers {
  /** Opens a scope inside this one. */
  nest(): Identifiers;
  /** Declares an identifier; where somebody reads it, one as close to the preferred text as can be. */
  declare(preferred: string): Name;
}

/** Identifiers for code that nobody reads: `v1`, `v2` and so on, in every scope inside too. */
export function countIdentifiers(): Identifiers {
  let count = 0;
  const identifiers: Identifiers = { nest: () => identifiers, declare: () => new Name(`v${++count}`) };
  return identifiers;
}
