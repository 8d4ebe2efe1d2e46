/**
 * Dialects: the languages of one emitter, which differ by type annotations and line breaks and nothing else. Whoever
 * strips the types of the TypeScript has the JavaScript.
 */
import type { ValueType } from "../ir/dtype.ts";
import type { Code } from "./code.ts";
import type { FunctionSource, Signature } from "./source.ts";
import type { Term } from "./term.ts";

export interface Dialect {
  /** Puts its type behind a parameter or a parameter list: `a: Float64Array`. */
  annotate(text: string, type: string): string;
  /** The signatures that stand above a function: none where its own declaration says everything. */
  signaturesOf(source: FunctionSource): readonly Signature[];
  /** Marks an element of an array as present. */
  element(access: Code): Code;
  /** The greatest or least of some values; absent: that of `Math`. */
  extremum?(operator: "max" | "min", type: ValueType, terms: readonly Term[]): Term;
  /** Lays out one statement at an indent, on as many lines as it takes. */
  layOut(text: string, indent: string): readonly string[];
}
