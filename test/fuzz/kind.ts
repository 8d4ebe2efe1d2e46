/** What a kind of case is, what it reports, and how attempts end. */
import { EinsumError, InternalError, UnsupportedError } from "../../src/index.ts";
import type { Random } from "../support/random.ts";

/** What became of one way of computing one case. */
export type Outcome =
  | { readonly kind: "agrees"; readonly compared: number }
  | { readonly kind: "refused"; readonly code: string }
  /** A fault that is known and waits for its mending. */
  | { readonly kind: "known"; readonly name: string }
  | { readonly kind: "fails"; readonly what: string };

/** An outcome, in the row of the table that it counts in. */
export interface Entry {
  readonly row: string;
  readonly outcome: Outcome;
}

/** A failure: what is wrong, and a program that shows it. */
export interface Failure {
  readonly row: string;
  readonly what: string;
  readonly program: string;
}

export interface Report {
  readonly entries: readonly Entry[];
  readonly failures: readonly Failure[];
}

export interface Kind {
  readonly name: string;
  /** How often it comes, beside others. */
  readonly weight: number;
  /** Makes a case and runs it. */
  readonly run: (random: Random) => Report | Promise<Report>;
}

/**
 * Runs an attempt, which gives what differs or how many results agreed. A refusal is one only where its code is
 * listed, with the reason why it may be refused; so is a request that is not supported, under the code "unsupported".
 */
export async function attempt(
  run: () => string | number | Promise<string | number>,
  allowed: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  try {
    const result = run();
    const found = typeof result === "object" ? await result : result;
    return typeof found === "number" ? { kind: "agrees", compared: found } : { kind: "fails", what: found };
  } catch (error) {
    const code = codeOf(error);
    if (code !== null && Object.hasOwn(allowed, code)) return { kind: "refused", code };
    const isPlain = error instanceof EinsumError || error instanceof InternalError || error instanceof UnsupportedError;
    const what = error instanceof Error ? (isPlain ? String(error) : (error.stack ?? String(error))) : String(error);
    return { kind: "fails", what };
  }
}

function codeOf(error: unknown): string | null {
  if (error instanceof UnsupportedError) return "unsupported";
  return error instanceof EinsumError ? error.code : null;
}

/** Picks one of several by their weights. */
export function pickWeighted<T extends { readonly weight: number }>(random: Random, items: readonly T[]): T {
  const total = items.reduce((sum, { weight }) => sum + weight, 0);
  let left = (random.integer(0, 999_999) / 1_000_000) * total;
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return items.at(-1) as T;
}
