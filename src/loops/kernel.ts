/**
 * The kernel: statements over flat, typed memory. It is the one thing a target reads, and it is no JavaScript in
 * disguise: element types are memory types, addresses are affine in integer variables, arithmetic is typed and wraps
 * by its type.
 *
 *     kernel     := buffer* routine* slices?
 *     routine    := statement*
 *     statement  := for v = 0 to n step s { statement* }        the loop
 *                 | block { statement* }                        a scope of its own
 *                 | offset p = affine [in whole n]              an address that several accesses share, or a bound
 *                 | value x: type = expression                  computed once, never changed
 *                 | accumulator x: type = expression            changed by what follows
 *                 | x op= expression                            accumulate
 *                 | x = expression                              assign to an accumulator
 *                 | b[affine] = expression                      store
 *                 | b[affine] op= expression                    update: load, reduce, store
 *                 | fill b = constant
 *     expression := constant | x | b[affine] | expression op expression | op(expression, expression)
 *                 | expression compared expression | condition ? expression : expression
 *                 | dtype(expression) | function(expression) | affine
 *
 * Lengths, bounds and strides may be expressions over integers of the kernel (`n`, `h*w`): its parameters, and what is
 * computed from them before the first routine runs. Such a kernel serves every size.
 *
 * Invariants (see `verify-kernel.ts`): names are unique within a routine's nested scopes and declared before use; types
 * of both sides agree; no address leaves its buffer; only the output and scratch are written.
 */
import type { Affine, Size } from "../affine/affine.ts";
import type { Dtype, ValueType } from "../ir/dtype.ts";
import type { ElementFunction, FunctionDefinition } from "../ir/element-function.ts";
import type { ReduceOperator } from "../ir/contraction.ts";
import type { ComparisonOperator } from "../ir/elementwise.ts";
import type { Integer, SizeCheck } from "../ir/symbols.ts";

export interface Kernel {
  readonly name: string;
  /** What is known when it runs: its arguments behind the operands, and integers computed from them; in order. */
  readonly integers: readonly Integer[];
  /** What must hold of them. */
  readonly checks: readonly SizeCheck[];
  /** One per operand, in order. */
  readonly operands: readonly Buffer[];
  readonly output: Buffer;
  readonly scratch: readonly Buffer[];
  /** Of the functions that its expressions call, those that need one. */
  readonly definitions?: readonly FunctionDefinition[];
  /** Run in order; one a loop nest. */
  readonly routines: readonly Routine[];
  readonly slices?: Slices;
}

/**
 * Loops around some of the routines, so that their scratch holds one slice of the intermediates at a time: for every
 * combination of values of the indices, the first outermost, those from `first` to before `end` run in order. Their
 * addresses may use the indices; those of the other routines may not.
 */
export interface Slices {
  readonly indices: readonly { readonly name: string; readonly size: number }[];
  readonly first: number;
  readonly end: number;
}

export interface Routine {
  /** What it does, for the comment above it; empty where the kernel's comment says it all. */
  readonly comment: string;
  readonly body: readonly Statement[];
}

/** A flat array. */
export interface Buffer {
  readonly name: string;
  readonly role: "operand" | "output" | "scratch";
  readonly dtype: Dtype;
  /** The dtype of the array that it is called with, whose bits are its elements; absent: its own. */
  readonly bitsOf?: Dtype;
  /** In elements: an operand needs at least, the output and scratch exactly so many. */
  readonly length: Size;
  /**
   * What scratch holds before its first use; it is allocated once and keeps what is written. Absent: 0. Scratch of
   * symbolic length grows as it is needed, and holds anything.
   */
  readonly initial?: number | bigint;
  /** Scratch that is a part of other scratch, from an element on. Parts of one routine do not overlap. Absent: its own. */
  readonly part?: { readonly of: Buffer; readonly from: number };
}

export type Statement =
  | LoopStatement
  | BlockStatement
  | OffsetStatement
  | ValueStatement
  | AccumulatorStatement
  | AccumulateStatement
  | AssignStatement
  | StoreStatement
  | UpdateStatement
  | FillStatement;

/** `for (variable = from; variable < to; variable += step)`; `to - from` is a multiple of `step` once unrolled. */
export interface LoopStatement {
  readonly kind: "loop";
  readonly variable: string;
  readonly from: Size;
  readonly to: Size;
  readonly step: number;
  /** How many passes the unroll pass is to write out side by side; 1 afterwards. */
  readonly unroll: number;
  readonly body: readonly Statement[];
}

/** A scope: the rows or columns that a loop of wider steps leaves over. */
export interface BlockStatement {
  readonly kind: "block";
  readonly body: readonly Statement[];
}

/** An integer: the part of an address that is shared, or the bound of a loop. */
export interface OffsetStatement {
  readonly kind: "offset";
  readonly name: string;
  readonly value: Affine;
  /** Rounds the value down to a multiple of so many; absent: 1. */
  readonly whole?: number;
}

export interface ValueStatement {
  readonly kind: "value";
  readonly name: string;
  readonly value: Expression;
}

/** A value that changes: it starts as the identity of the operator that reduces into it, or of a component of a state. */
export interface AccumulatorStatement {
  readonly kind: "accumulator";
  readonly name: string;
  readonly initial: Expression;
}

export interface AccumulateStatement {
  readonly kind: "accumulate";
  readonly name: string;
  readonly operator: ReduceOperator;
  readonly value: Expression;
}

/** An accumulator takes another value, for which those of others and its own may be read. */
export interface AssignStatement {
  readonly kind: "assign";
  readonly name: string;
  readonly value: Expression;
}

export interface StoreStatement {
  readonly kind: "store";
  readonly buffer: Buffer;
  readonly address: Affine;
  readonly value: Expression;
}

export interface UpdateStatement {
  readonly kind: "update";
  readonly buffer: Buffer;
  readonly address: Affine;
  readonly operator: ReduceOperator;
  readonly value: Expression;
}

export interface FillStatement {
  readonly kind: "fill";
  readonly buffer: Buffer;
  readonly value: number | bigint;
}

export type BinaryOperator = "add" | "sub" | "mul" | "div" | "max" | "min" | "and" | "or";

export type Expression =
  | ConstantExpression
  | VariableExpression
  | LoadExpression
  | BinaryExpression
  | CallExpression
  | ConvertExpression
  | CompareExpression
  | SelectExpression
  | IntegerExpression;

export interface ConstantExpression {
  readonly kind: "constant";
  readonly type: ValueType;
  readonly value: number | bigint;
}

export interface VariableExpression {
  readonly kind: "variable";
  readonly type: ValueType;
  readonly name: string;
}

/** The element at an address, as the value type of the buffer's dtype. */
export interface LoadExpression {
  readonly kind: "load";
  readonly type: ValueType;
  readonly buffer: Buffer;
  readonly address: Affine;
}

/**
 * Both sides and the result have one type. Integers wrap to 32 or 64 bits; `max` and `min` propagate NaN; `and` and
 * `or` give 0 or 1, where everything but 0 is true, NaN included. `div` is for f64 alone.
 */
export interface BinaryExpression {
  readonly kind: "binary";
  readonly type: ValueType;
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** A function of a double, or of what it says, known by its name. */
export interface CallExpression {
  readonly kind: "call";
  readonly type: ValueType;
  readonly function: ElementFunction;
  readonly value: Expression;
}

/**
 * Converts to a dtype: the result has its value type, and its value is one the dtype can hold. An integer wraps to
 * the bits of an integer dtype; anything becomes a double for a float dtype (float32 rounds in memory, not here).
 */
export interface ConvertExpression {
  readonly kind: "convert";
  readonly type: ValueType;
  readonly dtype: Dtype;
  readonly value: Expression;
}

/** An expression over integers of the kernel, loop variables included, as a double. */
export interface IntegerExpression {
  readonly kind: "integer";
  readonly type: "f64";
  readonly value: Affine;
}

/** 1 where two values of one type compare so, else 0, in their type; NaN is unequal to all, and neither less nor more. */
export interface CompareExpression {
  readonly kind: "compare";
  readonly type: ValueType;
  readonly operator: ComparisonOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** One value where a condition is not 0 (NaN included), the other where it is; both have one type, the condition its own. */
export interface SelectExpression {
  readonly kind: "select";
  readonly type: ValueType;
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
}
