/**
 * The loop nest: one step of a contraction as loops around a statement, over flat buffers; or several parts of a step as
 * loops around a statement each. Order, tiling and the amount of unrolling are edits of its list of loops; `lower.ts` turns
 * it into statements of a kernel.
 *
 *     nest matmul  out[16*i + k] sum= a[16*i + j] * b[16*j + k]
 *       for i 16 unroll 4
 *       for j 16 unroll 4
 *       for k 16 unroll 4
 *
 * Invariants (see `verify-compilation.ts`): every index with more than one value has a loop; a tiled index has two, the tile
 * outside; no address leaves its buffer.
 */
import type { Affine } from "../affine/affine.ts";
import type { Monoid } from "../ir/contraction.ts";
import { elementOf, elementsIn, renumber, VALUE, type Elementwise } from "../ir/elementwise.ts";
import type { Dtype } from "../ir/dtype.ts";
import { required } from "../support/errors.ts";
import type { Buffer } from "./kernel.ts";

/** What is done under all loops: a reduction, and where its result is stored. */
export interface NestStatement {
  /** What it runs over. */
  readonly indices: readonly NestIndex[];
  readonly target: BufferAccess;
  /** What the term reads: the accesses 0, 1 and so on of term and finish. */
  readonly operands: readonly BufferAccess[];
  /** What the finish alone reads: the accesses behind those. */
  readonly beside: readonly BufferAccess[];
  /** What is reduced. A constant that nothing reduces fills the target. */
  readonly term: Elementwise;
  readonly reduce: Monoid;
  /** What becomes of each reduced value before it is stored. */
  readonly finish: Elementwise;
}

export interface LoopNest extends NestStatement {
  /** The target's, for messages. */
  readonly name: string;
  /** In words, for the comment above its code; empty where the kernel's own comment says it all. */
  readonly comment: string;
  /** Outermost first. */
  readonly loops: readonly Loop[];
  /**
   * Statements that run in the same loops as the nest's own, into other parts of its target. All are kept along the same
   * indices; each reduces over some of those that the nest's own does, or over fewer values of them.
   */
  readonly others?: readonly NestStatement[];
  /** The dtype that elements are promoted to before anything is computed of them. */
  readonly dtype: Dtype;
  /**
   * What of the target the output's indices reach: each element `once`; some elements, at most once, `partly`; some
   * elements several times, `repeatedly`. Several statements reach it `partly`, or together `once`.
   */
  readonly reach: "once" | "partly" | "repeatedly";
  /**
   * What of the target's elements before: `nothing`, those that are not reached become the identity; they are `kept`, as
   * a border, or parts that others wrote; or what is reduced is `added` to what each was.
   */
  readonly before: "nothing" | "kept" | "added";
  /** How many nests write the output together; 1 where absent. */
  readonly parts?: number;
  /** Scratch in which some rows of the target are summed before they are stored; absent: they are summed where they lie. */
  readonly rows?: Buffer;
  /** Scratch as long as the target, one a component, where the states of a compound monoid are while values meet in elements. */
  readonly states?: readonly Buffer[];
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
}

/** A nest for each statement, with those loops that it has, in the order of the target. */
export function nestsIn(nest: LoopNest): readonly [LoopNest, ...LoopNest[]] {
  const { others, ...own } = nest;
  if (!others) return [nest];
  const nests = others.map((statement): LoopNest => {
    const isOwn = ({ index }: Loop): boolean => statement.indices.some(({ name, size }) => name === index && size > 1);
    return { ...own, ...statement, loops: nest.loops.filter(isOwn) };
  });
  const begins = ({ target }: LoopNest): number => target.address.constant;
  return [own, ...nests].sort((one, other) => begins(one) - begins(other)) as [LoopNest, ...LoopNest[]];
}

/** The size of an index of a nest; 1 where it has no such index. */
export function sizeIn({ indices }: Pick<LoopNest, "indices">, index: string): number {
  return indices.find(({ name }) => name === index)?.size ?? 1;
}

/** Whether a nest reduces over an index. */
export function isReduced({ indices }: LoopNest, index: string): boolean {
  return indices.some(({ name, reduced }) => name === index && reduced);
}

/** An access by its number in term and finish. */
export function accessOf({ operands, beside }: NestStatement, number: number): BufferAccess {
  return required(operands[number] ?? beside[number - operands.length], `access ${number}`);
}

/** All that the statements of a nest read and write. */
export function accessesIn(nest: LoopNest): readonly BufferAccess[] {
  const statements: readonly NestStatement[] = [nest, ...(nest.others ?? [])];
  return statements.flatMap(({ target, operands, beside }) => [target, ...operands, ...beside]);
}

/** A nest that stores each element it reads in one place of its target. */
export function copyNest(
  copy: Pick<LoopNest, "comment" | "indices" | "target" | "dtype"> & { readonly source: BufferAccess },
  reach: Pick<LoopNest, "reach" | "before"> = { reach: "once", before: "nothing" },
): LoopNest {
  const { source, ...rest } = copy;
  return {
    ...rest,
    ...reach,
    name: copy.target.buffer.name,
    loops: [],
    operands: [source],
    beside: [],
    term: elementOf(0),
    reduce: "sum",
    finish: VALUE,
  };
}

/** A copy that applies the finish of another nest to each element. */
export function finishBy(copy: LoopNest, reducing: LoopNest): LoopNest {
  const reads = elementsIn(reducing.finish);
  return {
    ...copy,
    beside: reads.map((read) => accessOf(reducing, read)),
    finish: renumber(reducing.finish, (read) => 1 + reads.indexOf(read)),
  };
}

/** A nest that applies the finish of another one to each element of its target that some indices reach, where it is. */
export function finishInPlace(
  reducing: LoopNest,
  indices: readonly NestIndex[],
  target = reducing.target,
  reach?: Pick<LoopNest, "reach" | "before">,
): LoopNest {
  const { dtype } = reducing;
  return finishBy(copyNest({ comment: "", indices, target, source: target, dtype }, reach), reducing);
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
