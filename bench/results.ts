/** What a run found, as it is kept in JSON: every report is made from this alone. */
import { cpus } from "node:os";
import type { Kind } from "./contenders/contender.ts";
import type { Dtype, Table } from "./workload.ts";

export interface Results {
  readonly machine: Machine;
  /** GFLOP/s of the in-register chain over the whole run. */
  readonly peak: { readonly median: number; readonly low: number; readonly high: number; readonly samples: number };
  readonly contenders: readonly ContenderResult[];
  readonly rows: readonly Row[];
  readonly firstUses: readonly FirstUseRow[];
}

export interface Machine {
  readonly processor: string;
  readonly node: string;
  readonly v8: string;
}

/** The one that runs this: its processor and versions, and nothing else of it. */
export function describeMachine(): Machine {
  const { node, v8 } = process.versions;
  return { processor: cpus()[0]?.model ?? "unknown", node, v8 };
}

/** Median milliseconds of the first, the second and the hundredth call with a new shape, or why there are none. */
export type FirstUseResult =
  | { readonly name: string; readonly first: number; readonly second: number; readonly hundredth: number }
  | { readonly name: string; readonly failure: string };

/** The failure of a library that lacks the operation, of which the tables say nothing. */
export const NO_WAY = "has no way of computing it";

export type FirstUseRow = FirstUseResult & { readonly contender: string };

export interface ContenderResult {
  readonly name: string;
  readonly kind: Kind;
  readonly version?: string;
  readonly remark?: string;
  /** Why it took no part at all. */
  readonly absent?: string;
}

export interface Row {
  readonly name: string;
  readonly table: Table;
  readonly spec: string;
  readonly dtype: Dtype;
  readonly shapes: readonly (readonly number[])[];
  /** A multiplication and an addition for each step of the best order; 0 where a fraction of the peak means nothing. */
  readonly flops: number;
  /** GFLOP/s of the in-register chain while this row was measured. */
  readonly peak: number;
  readonly goal?: number;
  readonly cells: readonly Cell[];
}

export interface Cell {
  readonly contender: string;
  readonly kind: Kind;
  readonly label: string;
  readonly asGiven: boolean;
  /** Median milliseconds of a call over the rounds; absent where it was not timed. */
  readonly time?: number;
  /** The distance of the quartiles over the rounds, as a fraction of the median. */
  readonly spread?: number;
  /** Milliseconds of the first call, with the compiling or loading that the workload takes; measured once. */
  readonly first?: number;
  /** Milliseconds of calls until calls are at full speed; absent where they were not while they were watched. */
  readonly toFullSpeed?: number;
  /** Milliseconds of all calls that were watched for that. */
  readonly watched?: number;
  readonly failure?: string;
}

/** GFLOP/s as a fraction of the row's peak; undefined where that means nothing. */
export function fractionOfPeak({ flops, peak }: Row, { time }: Cell): number | undefined {
  return flops === 0 || time === undefined ? undefined : flops / time / 1e6 / peak;
}

/** The fastest cell that was timed among those that are wanted. */
export function fastest({ cells }: Row, wanted: (cell: Cell) => boolean): Cell | undefined {
  return cells
    .filter((cell) => cell.time !== undefined && wanted(cell))
    .reduce<Cell | undefined>((best, cell) => (best && best.time! <= cell.time! ? best : cell), undefined);
}

/** What a run against a commit found. */
export interface AgainstResults {
  readonly machine: Machine;
  readonly today: BuildName;
  readonly commit: BuildName;
  readonly rows: readonly AgainstRow[];
}

/** The commit that a build was made of. */
export interface BuildName {
  readonly hash: string;
  readonly subject: string;
  /** Whether files of the source were changed since. */
  readonly changed: boolean;
}

/** What was compared: kernels of `jit`, calls of `einsum` and `einsumGrad`, of layers, gradients, and calls of `compile`. */
export type AgainstGroup = "kernels" | "calls" | "layers" | "gradients" | "compiling";

export type AgainstRow = { readonly name: string; readonly group: AgainstGroup } & (
  AgainstFigures | { readonly failure: string }
);

export interface AgainstFigures {
  /** Median milliseconds of a call over the rounds, of either build. */
  readonly today: number;
  readonly commit: number;
  /** The median over the rounds of the commit's time divided by today's: above 1 where today is faster. */
  readonly ratio: number;
  /** The distance of the quartiles of that over the rounds, as a fraction of the median. */
  readonly spread: number;
  readonly rounds: number;
  /** Whether both made the same code, but for comments; absent where a row is not of one kernel. */
  readonly sameCode?: boolean;
  /** The ratio among the other rows, where the row was run again alone, in processes of its own; the other figures are then those of the middle one. */
  readonly before?: number;
}

/** A row below it counts as slower than the commit's. */
export const SLOWEST_RATIO = 0.97;

export function isSlower(row: AgainstRow): boolean {
  return "ratio" in row && row.ratio < SLOWEST_RATIO;
}
