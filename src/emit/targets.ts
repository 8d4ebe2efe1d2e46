/**
 * The targets: kernels as modules for readers and for programs that import them, which check what they are called with.
 */
import type { Kernel } from "../loops/kernel.ts";
import { functionBytecode } from "./bytecode.ts";
import { commentLines, docComment } from "./comment.ts";
import type { Dialect } from "./dialect.ts";
import type { ModuleExtras } from "./function.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { emitSource } from "./kernel.ts";
import { CHECKED } from "./opening.ts";
import { emitSlicedCalls } from "./sliced-calls.ts";
import type { KernelSource, Target } from "./source.ts";
import { TYPESCRIPT } from "./typescript.ts";

export interface EmitOptions {
  readonly target: Target;
  /** Lines of the exported function's doc comment; they may hold any text. */
  readonly documentation: readonly string[];
}

/** Emits a kernel as an ES module; refuses one with a function too large for V8 to optimise. */
export function emitKernel(kernel: Kernel, { target, documentation }: EmitOptions): KernelSource {
  return emitSource(kernel, { dialect: DIALECTS[target], extras: EXTRAS, documentation });
}

const EXTRAS: ModuleExtras = {
  opening: CHECKED,
  emitCalls: emitSlicedCalls,
  comment: commentLines,
  document: docComment,
  measure: functionBytecode,
};

const DIALECTS: Readonly<Record<Target, Dialect>> = { javascript: JAVASCRIPT, typescript: TYPESCRIPT };
