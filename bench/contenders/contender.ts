/**
 * What a contender is: a library, or a way of computing, that turns a workload into functions to time. Each runs in a
 * process of its own; `../worker.ts` checks every variant's result before it is timed.
 */
import type { Workload } from "../workload.ts";

/** What a contender is written in, which decides whom it is compared with. */
export type Kind = "plain" | "einsmith" | "javascript" | "wasm";

export interface Contender {
  /** As in the report and after `--contenders`. */
  readonly name: string;
  readonly kind: Kind;
  /** npm packages of the library, of which the first is told with its version; none where there is no library. */
  readonly packages: readonly string[];
  /** What the reader must know of how it runs here. */
  readonly remark?: string;
  /** Whether there is no library that could be warm before the first call: loops, and modules that were written. */
  readonly bare?: true;
  /** The ways it has of computing a workload, warmed up by nothing yet; none where it has no way. */
  prepare(workload: Workload, context: Context): Promise<readonly Variant[]>;
}

export interface Context {
  /** Path of the module that the writer made of the workload. */
  readonly module: string;
}

export interface Variant {
  /** What is called: "einsum", "matMul". */
  readonly label: string;
  /** Whether the library was handed the einsum or the convolution as it is; false: a user rewrote it into other calls. */
  readonly asGiven: boolean;
  /** One computation; with a promise, if it is asynchronous. It frees what it allocated. */
  run(): unknown;
  /**
   * Everything that a new shape takes, from the operands at hand to the result, where that is more than `run`; it comes
   * before the first `run`.
   */
  firstUse?(): unknown;
  /** The elements of the last computation's result, or of one more's, in the order of the workload's output shape. */
  result(): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/**
 * A package of this benchmark, typed as the caller says. Loaded by name at run time, because the benchmark's packages
 * are not installed where einsmith is checked and tested.
 */
export async function loadPackage<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}
