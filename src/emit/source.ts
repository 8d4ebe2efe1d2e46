/**
 * Kernel source: what an emitter makes of a kernel. Its parts are kept apart, so that the JIT can evaluate them and
 * the writer can place them in a template; `text` is all of them as one readable module.
 */
export type Target = "javascript" | "typescript";

/** The parts of a kernel's source. */
export interface KernelParts {
  /** The exported function's name: an identifier. */
  readonly name: string;
  /** The integers of the kernel that the exported function takes behind its operands. */
  readonly integers: readonly string[];
  /** Module-level arrays, allocated once: `const padded = new Float64Array(100)`. */
  readonly scratch: readonly ConstantSource[];
  /**
   * Functions of numbers that the others call; then the routines that the exported function calls, in order; none of
   * these where it holds the only routine itself.
   */
  readonly routines: readonly FunctionSource[];
  /** The exported function. */
  readonly main: FunctionSource;
}

export interface KernelSource extends KernelParts {
  readonly target: Target;
  /** Everything as one module: scratch, routines, then the exported function. */
  readonly text: string;
  /** The text, so that a source may be printed as it is. */
  toString(): string;
}

export interface ConstantSource {
  readonly name: string;
  /** Name of the array class. */
  readonly type: string;
  /** The expression it starts as. */
  readonly initial: string;
  /** Whether the kernel puts a longer one in its place when it needs one. */
  readonly grows?: boolean;
}

export interface FunctionSource {
  readonly name: string;
  /** Lines of its doc comment, without comment marks; safe to place between them. */
  readonly documentation: readonly string[];
  readonly parameters: readonly ParameterSource[];
  /** Name of the class of the array it returns; `void` for a routine, `number` for a function of numbers. */
  readonly returns: string;
  /** Its statements, indented by nothing. */
  readonly body: string;
  /** V8 bytecode this is estimated to compile to, in bytes; asserted to stay within the budget. */
  readonly bytecode: number;
}

/** What a caller may pass to a function and what that gives, where its own declaration says less. */
export interface Signature {
  readonly parameters: readonly (Pick<ParameterSource, "name" | "type"> & { readonly optional: boolean })[];
  readonly returns: string;
}

export interface ParameterSource {
  readonly name: string;
  /** Name of the array class, or `number`. */
  readonly type: string;
  /** The expression of its default; absent: it has none. */
  readonly initial?: string;
}
