/**
 * Dialects: the languages of one emitter, which differ by type annotations and line breaks and nothing else. Whoever
 * strips the types of the TypeScript has the JavaScript.
 */
import type { Code } from "./code.ts";

export interface Dialect extends Manner {
  /** Puts its type behind a parameter or a parameter list: `a: Float64Array`. */
  annotate(text: string, type: string): string;
}

/** How statements are written. */
export interface Manner {
  /** Marks an element of an array as present. */
  element(access: Code): Code;
  /** Lays out one statement at an indent, on as many lines as it takes. */
  layOut(text: string, indent: string): readonly string[];
}
