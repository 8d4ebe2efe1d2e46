/**
 * The manner of scripts: JavaScript that is evaluated where it is made, and that nobody reads: a line a statement, however
 * long.
 */
import type { Manner } from "./dialect.ts";

export const SCRIPT: Manner = {
  element: (access) => access,
  layOut: (text, indent) => [indent + text],
};
