/** The plain dialect: an ES module that runs as it is. */
import type { Dialect } from "./dialect.ts";
import { layOut } from "./layout.ts";

export const JAVASCRIPT: Dialect = {
  annotate: (text) => text,
  signaturesOf: () => [],
  element: (access) => access,
  layOut,
};
