/**
 * The loop nest: one step of a contraction as loops around a single statement, over flat buffers. Order, tiling and
 * the amount of unrolling are edits of its list of loops; `lower.ts` turns it into statements.
 *
 *     nest matmul  out[16*i + k] sum= a[16*i + j] * b[16*j + k]
 *       for i 16 unroll 4
 *       for j 16 unroll 4
 *       for k 16 unroll 4
 *
 * Invariants (see `verify-nest.ts`): every index with more than one value has a loop; a tiled index has two, the tile
 * outside; no address leaves its buffer.
 */
import type { Affine } from "../affine/affine.ts";
import type { AnyCombination, Reduction } from "../ir/contraction.ts";
import type { Elementwise } from "../ir/elementwise.ts";
import type { Dtype } from "../ir/dtype.ts";
import type { Buffer } from "./kernel.ts";

export interface LoopNest {
  /** The target's, for messages. */
  readonly name: string;
  /** In words, for the comment above its code; empty where the kernel's own comment says it all. */
  readonly comment: string;
  readonly indices: readonly NestIndex[];
  /** Outermost first. */
  readonly loops: readonly Loop[];
  readonly target: BufferAccess;
  /** Without any, the target is filled with the identity. */
  readonly operands: readonly BufferAccess[];
  readonly combine: AnyCombination;
  readonly reduce: Exclude<Reduction, "mean">;
  /** The dtype operands are promoted to before they are combined. */
  readonly dtype: Dtype;
  readonly epilogue?: Elementwise;
  /** What elements of the target hold that are not reached; the identity where absent. */
  readonly fill?: number | bigint;
  /** What the epilogue and prologues read beside their value. */
  readonly further?: readonly BufferAccess[];
  /**
   * What of the target the output's indices reach: each element `once`; some elements, at most once, the others being
   * the identity, `partly`; some elements several times, `repeatedly`; at most once, the `inside` of what keeps all
   * else that it holds, a border or parts of an output that was filled before; or, however often, elements that what is reduced comes `onto`.
   */
  readonly covers: "once" | "partly" | "repeatedly" | "inside" | "onto";
  /** How many nests write the output together; 1 where absent. */
  readonly parts?: number;
  /** Scratch in which some rows of the target are summed before they are stored; absent: they are summed where they lie. */
  readonly rows?: Buffer;
  /** Indices that have one value while the nest runs; addresses may use them. */
  readonly slices?: readonly NestIndex[];
  /** Why it has these loops, for readers. */
  readonly choice?: ScheduleChoice;
}

/** What a schedule costs by the cost model, in multiply-adds at the peak, and what others would have. */
export interface ScheduleChoice {
  readonly cost: number;
  /** The nests that would have run instead: copies, and last the nest itself. */
  readonly others: readonly { readonly cost: number; readonly nests: readonly LoopNest[] }[];
}

export interface NestIndex {
  readonly name: string;
  readonly size: number;
  /** The size, where it is left to run time; the other one is what the schedule is chosen by then. */
  readonly symbolic?: Affine;
  readonly reduced: boolean;
  /** Whether its loop stands around those of others, which are scheduled as if it had one value. */
  readonly outermost?: true;
}

/** A flat buffer read or written at an address that is affine in the nest's indices. */
export interface BufferAccess {
  readonly buffer: Buffer;
  readonly address: Affine;
  /** The address for every size, where strides are left to run time; `address` is an example then. */
  readonly symbolic?: Affine;
  /** Applied to each element read, as one of the nest's dtype. */
  readonly prologue?: Elementwise;
}

export interface Loop {
  readonly index: string;
  /**
   * `tile`: walks over tiles of `step` values, of which a later loop of the same index walks through one.
   * `serial`: walks over the values; `step` of them in one pass, their statements jammed together.
   */
  readonly kind: "tile" | "serial";
  readonly step: number;
}
