/**
 * The targets: kernels as modules for readers and for programs that import them, which check what they are called with.
 */
import type { Kernel, Routine } from "../loops/kernel.ts";
import { functionBytecode } from "./bytecode.ts";
import { commentLines } from "./comment.ts";
import type { Dialect } from "./dialect.ts";
import type { ModuleExtras } from "./function.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { emitSource } from "./kernel.ts";
import { CHECKED } from "./opening.ts";
import { emitSlicedCalls } from "./sliced-calls.ts";
import { Scope } from "./scope.ts";
import { printModule } from "./module.ts";
import type { KernelSource, Target } from "./source.ts";
import { TYPESCRIPT } from "./typescript.ts";

export interface EmitOptions {
  readonly target: Target;
  /** Lines of the exported function's doc comment; they may hold any text. */
  readonly documentation: readonly string[];
}

/** Emits a kernel as an ES module; refuses one with a function too large for V8 to optimise. */
export function emitKernel(kernel: Kernel, { target, documentation }: EmitOptions): KernelSource {
  const dialect = DIALECTS[target];
  const parts = emitSource(kernel, { dialect, extras: EXTRAS, documentation });
  const text = printModule(parts, dialect);
  return { ...parts, target, text, toString: () => text };
}

const EXTRAS: ModuleExtras = {
  nameIdentifiers: () => new Scope(),
  opening: CHECKED,
  emitCalls: emitSlicedCalls,
  comment: (routine) => commentsOf(routine).map((line) => `// ${line}`),
  describeRoutine: (routine, name) => ({
    documentation: commentsOf(routine),
    bytecode: functionBytecode(name.text, routine.body, 0),
  }),
  describeMain: (kernel, name, documentation, routines) => {
    const { operands, integers, checks } = kernel;
    const inline = routines.length === 0 ? kernel.routines : [];
    return {
      documentation: commentLines(documentation),
      bytecode: functionBytecode(
        name.text,
        inline.flatMap(({ body }) => body),
        operands.length + 1 + routines.length + integers.length + checks.length,
      ),
    };
  },
};

/** Safe to place inside a comment. */
function commentsOf({ comment }: Routine): string[] {
  return comment ? commentLines([comment]) : [];
}

const DIALECTS: Readonly<Record<Target, Dialect>> = { javascript: JAVASCRIPT, typescript: TYPESCRIPT };
