/**
 * What is kept between calls: the most recently used stays. Bounded in entries, and in the bytes of scratch that the
 * entries own, so that a program that meets ever new shapes does not grow.
 *
 * Invariant: the entries of all caches that share a budget own no more bytes than it allows.
 */

/** Values by key, the least recently used forgotten first. */
export interface Cache<T> {
  get(key: string): T | undefined;
  /** Keeps a value, under a key that may have one; or does not, where it alone is more than the budget. */
  set(key: string, value: T, bytes: number): void;
  readonly size: number;
}

/** The bytes that caches may own together, and do. */
export interface Budget {
  readonly most: number;
  bytes: number;
  /** The entries that own some, the least recently used first, and how each is forgotten. */
  readonly owners: Map<object, () => void>;
}

export function createBudget(most: number): Budget {
  return { most, bytes: 0, owners: new Map() };
}

/** That of everything which `einsum`, `einsumGrad` and the layers keep: 256 MiB. */
export const SCRATCH: Budget = createBudget(2 ** 28);

/** Makes an empty cache of some entries at most. */
export function createCache<T>(most: number, budget = SCRATCH): Cache<T> {
  interface Entry {
    readonly value: T;
    readonly bytes: number;
  }
  const entries = new Map<string, Entry>();
  const forget = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    entries.delete(key);
    if (entry && budget.owners.delete(entry)) budget.bytes -= entry.bytes;
    return entry;
  };
  // A map keeps the order of insertion: the young end is the last.
  const add = (key: string, entry: Entry): void => {
    entries.set(key, entry);
    if (entry.bytes > 0) budget.owners.set(entry, () => forget(key));
    budget.bytes += entry.bytes;
  };
  return {
    get(key) {
      const entry = forget(key);
      if (entry) add(key, entry);
      return entry?.value;
    },
    set(key, value, bytes) {
      forget(key);
      if (bytes > budget.most) return;
      add(key, { value, bytes });
      for (const oldest of entries.keys()) {
        if (entries.size <= most) break;
        forget(oldest);
      }
      for (const forgetOldest of budget.owners.values()) {
        if (budget.bytes <= budget.most) break;
        forgetOldest();
      }
    },
    get size() {
      return entries.size;
    },
  };
}
