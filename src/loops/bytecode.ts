/**
 * Estimates the V8 bytecode of statements: what a schedule spends when it unrolls, and what the emitter limits.
 *
 * An instruction is an opcode and operands of a byte each. Most arithmetic and every access to an array owns feedback
 * slots, whose number is an operand: from slot 256 on, instructions are twice as long. That is why a multiply-add
 * of a long function costs twice that of a short one.
 */
import type { Affine } from "../affine/affine.ts";
import { valueTypeOf, type ValueType } from "../ir/dtype.ts";
import { unreachable } from "../support/errors.ts";
import { reduceAsBinary } from "./arithmetic.ts";
import type { BinaryOperator, Expression, Statement } from "./kernel.ts";

/** Bytes of bytecode that a routine is unrolled to at most: V8 takes milliseconds a kilobyte to optimise it. */
export const CODE_BUDGET = 20_000;

/**
 * Bytes that statements take inside one function. Compared with what Node 20 (V8 11.3) says with `--print-bytecode`
 * of matrix products of 250 bytes to 30 KB, rolled, stationary and unrolled: from 2 % too few to 7 % too many in
 * doubles and BigInts, up to 12 % too many where `Math.imul` is called.
 */
export function estimateBytecode(statements: readonly Statement[]): number {
  const tally: Tally = { bytes: 0, slots: 0, locals: 0 };
  countAll(statements, tally);
  return tally.bytes;
}

interface Tally {
  bytes: number;
  /** Feedback slots used so far. */
  slots: number;
  /** Registers of names declared so far; V8 gives none back while their block is open, nor do we afterwards. */
  locals: number;
}

/** The largest slot, immediate and register that fit into a byte. */
const NARROW_SLOTS = 255;
const NARROW_IMMEDIATE = 127;
const NARROW_LOCALS = 120;

/** Appends an instruction of a length, which owns some feedback slots. */
function append(tally: Tally, length: number, slots: number, wide = false): void {
  tally.bytes += wide || (slots > 0 && tally.slots + slots > NARROW_SLOTS) ? 2 * length : length;
  tally.slots += slots;
}

/** Moves a value between the accumulator and a local. */
function move(tally: Tally): void {
  append(tally, 2, 0, tally.locals > NARROW_LOCALS);
}

function declare(tally: Tally): void {
  tally.locals++;
  move(tally);
}

function countAll(statements: readonly Statement[], tally: Tally): void {
  for (const statement of statements) countStatement(statement, tally);
}

function countStatement(statement: Statement, tally: Tally): void {
  switch (statement.kind) {
    case "loop":
      // Start, test, jump out, step, jump back.
      append(tally, 12, 2);
      declare(tally);
      countAll(statement.body, tally);
      append(tally, 8, 1);
      return;
    case "block":
      return countAll(statement.body, tally);
    case "offset":
      countAddress(statement.value, tally);
      return declare(tally);
    case "value":
      countExpression(statement.value, tally);
      return declare(tally);
    case "accumulator":
      countExpression(statement.initial, tally);
      return declare(tally);
    case "assign":
      countExpression(statement.value, tally);
      return move(tally);
    case "accumulate": {
      const { value, operator } = statement;
      countExpression(value, tally);
      countOperator(reduceAsBinary(operator), value.type, tally);
      return move(tally);
    }
    case "store":
      countAddress(statement.address, tally);
      move(tally);
      countExpression(statement.value, tally);
      return append(tally, 4, 2);
    case "update":
      countAddress(statement.address, tally);
      move(tally);
      append(tally, 3, 2);
      move(tally);
      countExpression(statement.value, tally);
      countOperator(reduceAsBinary(statement.operator), valueTypeOf(statement.buffer.dtype), tally);
      return append(tally, 4, 2);
    case "fill":
      return append(tally, 14, 4);
    default:
      return unreachable(statement);
  }
}

/**
 * Leaves the address in the accumulator. Products with sizes count as one name together: they are shared, computed where
 * an outer loop passes.
 */
function countAddress({ terms: all, constant }: Affine, tally: Tally): void {
  const products = all.filter(({ variable }) => variable.includes("*"));
  const [shared] = products;
  const terms = shared ? [...all.filter((term) => !products.includes(term)), { ...shared, coefficient: 1 }] : all;
  terms.forEach(({ coefficient }, at) => {
    move(tally);
    if (Math.abs(coefficient) !== 1) append(tally, 3, 1, Math.abs(coefficient) > NARROW_IMMEDIATE);
    if (at > 0) append(tally, 5, 1);
  });
  const wide = Math.abs(constant) > NARROW_IMMEDIATE;
  if (terms.length === 0) append(tally, 2, 0, wide);
  else if (constant !== 0) append(tally, 3, 1, wide);
}

/** Leaves the value in the accumulator. */
function countExpression(expression: Expression, tally: Tally): void {
  switch (expression.kind) {
    case "constant":
      return append(tally, 2, 0);
    case "variable":
      return move(tally);
    case "load":
      countAddress(expression.address, tally);
      return append(tally, 3, 2);
    case "binary": {
      const { left, right, operator, type } = expression;
      // A name on the left is an operand where it stands; anything else is moved to a register first.
      if (left.kind !== "variable") {
        countExpression(left, tally);
        move(tally);
      }
      countExpression(right, tally);
      return countOperator(operator, type, tally);
    }
    case "integer":
      return countAddress(expression.value, tally);
    case "call":
      countExpression(expression.value, tally);
      return countCall(tally);
    case "convert":
      countExpression(expression.value, tally);
      return append(tally, 6, 2);
    case "compare":
      // The literal that a truth is compared with is part of the test.
      if (expression.right.kind !== "constant") countExpression(expression.right, tally);
      countExpression(expression.left, tally);
      return append(tally, 12, 1);
    case "select":
      countExpression(expression.condition, tally);
      countExpression(expression.yes, tally);
      countExpression(expression.no, tally);
      return append(tally, 8, 1);
    default:
      return unreachable(expression);
  }
}

/** The operator on a register and the accumulator. */
function countOperator(operator: BinaryOperator, type: ValueType, tally: Tally): void {
  const isCalled =
    operator === "max" || operator === "min" || (operator === "mul" && (type === "i32" || type === "u32"));
  if (isCalled) countCall(tally);
  else if (operator === "and" || operator === "or") append(tally, 20, 2);
  else append(tally, 3, 1);
}

/** `Math.imul(x, y)`: finds `Math` and its property, through slots that all such calls share, and calls it. */
function countCall(tally: Tally): void {
  append(tally, 3, 0);
  move(tally);
  append(tally, 4, 0);
  move(tally);
  move(tally);
  append(tally, 6, 2);
}
