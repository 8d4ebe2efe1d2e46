/**
 * The targets: kernels as modules for readers and for programs that import them, which check what they are called with.
 */
import { arrayNameOf } from "../ir/dtype.ts";
import type { Kernel, Routine } from "../loops/kernel.ts";
import { choosesWithoutBranch } from "../loops/order-bits.ts";
import { functionBytecode } from "./bytecode.ts";
import { commentLines } from "./comment.ts";
import type { Dialect } from "./dialect.ts";
import type { ModuleExtras } from "./function.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { emitSource } from "./kernel.ts";
import { chosen } from "./operator.ts";
import { CHECKED } from "./opening.ts";
import { emitSlicedCalls } from "./sliced-calls.ts";
import { printModule } from "./module.ts";
import type { FunctionSource, KernelSource, Target } from "./source.ts";
import { TYPESCRIPT } from "./typescript.ts";

export interface EmitOptions {
  readonly target: Target;
  /** Lines of the exported function's doc comment; they may hold any text. */
  readonly documentation: readonly string[];
}

/** Emits a kernel as an ES module; refuses one with a function too large for V8 to optimise. */
export function emitKernel(kernel: Kernel, { target, documentation }: EmitOptions): KernelSource {
  const dialect = { ...DIALECTS[target], ...(choosesWithoutBranch(kernel) && { extremum: chosen }) };
  const { main, ...others } = emitSource(kernel, { dialect, extras: EXTRAS, documentation });
  const parts = { ...others, main: givenFloats(main, kernel) };
  const text = printModule(parts, dialect);
  const source: KernelSource = { ...parts, target, text, toString: () => text };
  emitted.add(source);
  return source;
}

/** The sources that were emitted here, and so are sound. */
const emitted = /* @__PURE__ */ new WeakSet<object>();

/** Whether a value is a source that was emitted here, not a copy of one. */
export function isEmitted(value: unknown): value is KernelSource {
  return emitted.has(value as object);
}

/** The exported function, where it looks at the bits of the arrays that it is called with: it takes these arrays. */
function givenFloats(main: FunctionSource, { operands, output }: Kernel): FunctionSource {
  if (!output.bitsOf) return main;
  const types = [...operands, output].map(({ dtype, bitsOf = dtype }) => arrayNameOf(bitsOf));
  const parameters = main.parameters.map((parameter, at) => ({ ...parameter, type: types[at] as string }));
  return { ...main, parameters, returns: types.at(-1) as string };
}

const EXTRAS: ModuleExtras = {
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

/** The languages of modules. */
export const DIALECTS: Readonly<Record<Target, Dialect>> = { javascript: JAVASCRIPT, typescript: TYPESCRIPT };
