/** What a run found, as it is kept in JSON: every report is made from this alone. */
import type { Kind } from "./contenders/contender.ts";
import type { Dtype, Table } from "./workload.ts";

export interface Results {
  readonly machine: { readonly processor: string; readonly node: string; readonly v8: string };
  /** GFLOP/s of the in-register chain over the whole run. */
  readonly peak: { readonly median: number; readonly low: number; readonly high: number; readonly samples: number };
  readonly contenders: readonly ContenderResult[];
  readonly rows: readonly Row[];
  readonly firstUses: readonly FirstUseRow[];
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
