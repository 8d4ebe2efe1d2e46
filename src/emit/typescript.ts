/**
 * The typed dialect. It type-checks under every strictness option: with `noUncheckedIndexedAccess` an element may be
 * undefined for all the compiler knows, so each carries a `!`.
 */
import { code } from "./code.ts";
import type { Dialect } from "./dialect.ts";
import { layOut } from "./layout.ts";

export const TYPESCRIPT: Dialect = {
  annotate: (text, type) => `${text}: ${type}`,
  element: (access) => code`${access}!`,
  layOut,
};
