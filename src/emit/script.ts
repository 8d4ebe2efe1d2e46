/**
 * The script dialect: JavaScript that is evaluated where it is made, and that nobody reads: a line a statement, however
 * long.
 */
import type { Dialect } from "./dialect.ts";

export const SCRIPT: Dialect = {
  target: "javascript",
  annotate: (text) => text,
  element: (access) => access,
  layOut: (text, indent) => [indent + text],
};
