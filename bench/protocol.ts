/** What the run and the processes of its contenders tell each other. Everything crosses as plain data. */
import type { Sample } from "./measure.ts";
import type { Workload } from "./workload.ts";

export type Request =
  | {
      readonly kind: "prepare";
      readonly workload: Workload;
      /** Path of the module that the writer made of the workload. */
      readonly module: string;
      /** Path of the expected result: written by the plain loops, read by everybody else. */
      readonly expected: string;
      /** Milliseconds of computations on small shapes before the first call, for each variant of a library. */
      readonly library: number;
      /** Milliseconds of warming up after the first call, for each variant. */
      readonly warm: number;
    }
  | { readonly kind: "prepare-peak"; readonly warm: number }
  | { readonly kind: "measure"; readonly variant: number; readonly budget: number };

export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "prepared"; readonly variants: readonly PreparedVariant[] }
  | { readonly kind: "measured"; readonly time: number }
  | { readonly kind: "failed"; readonly message: string };

export interface PreparedVariant {
  readonly label: string;
  readonly asGiven: boolean;
  /** Why it is not timed: it threw, or its result is wrong. */
  readonly failure?: string;
  /** Its first call, then all others of warming up: absent where it failed. */
  readonly samples?: readonly Sample[];
}
