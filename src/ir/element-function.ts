/**
 * Functions of doubles that elementwise expressions call. A function is known by its name, and brings what it takes to
 * run it, so that a program that calls none carries none: `compute` for the interpreter, and its JavaScript.
 *
 * Invariant: `compute` and what is emitted give the same bits within one engine, whose `Math` rounds as it likes.
 */
import type { ValueType } from "./dtype.ts";

export interface ElementFunction {
  /** What another target knows it by: `exp`, `erf`, `pow[2.5]`. */
  readonly name: string;
  readonly compute: (value: number) => number;
  /** A call as text of this repository, before and after the argument; nothing after it in a sign. */
  readonly javascript: readonly [string, string];
  /** What it takes and gives; a double where absent. */
  readonly type?: ValueType;
  /** Whether it costs about as much as an addition: what is cheap is computed again rather than stored. */
  readonly cheap?: boolean;
  /** The function itself, where `Math` has none. */
  readonly definition?: FunctionDefinition;
}

/**
 * A function over numbers as text: statements that are JavaScript and, with annotated parameters, TypeScript. It is the
 * source of a function in a module as it stands: see `FunctionSource` in `emit/source.ts`.
 */
export interface FunctionDefinition {
  readonly name: string;
  readonly documentation: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly returns: string;
  readonly body: string;
  readonly bytecode: number;
}
