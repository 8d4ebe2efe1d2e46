/**
 * Emits statements, one or more lines each. The array or the accumulator takes an update by an assignment operator
 * where that computes the same: `out[p] += a * b` adds the whole right side at once, as an update does.
 */
import { valueTypeOf } from "../ir/dtype.ts";
import type { ReduceOperator } from "../ir/contraction.ts";
import { reduceAsBinary } from "../loops/arithmetic.ts";
import type {
  AccumulateStatement,
  Expression,
  FillStatement,
  LoopStatement,
  Statement,
  UpdateStatement,
} from "../loops/kernel.ts";
import { unreachable } from "../support/errors.ts";
import { bufferName, declareName, nameOf, nestBlock, writeLine, type Block } from "./block.ts";
import { code, literal, type Code } from "./code.ts";
import { emitAddress, emitElement, emitExpression, emitFactor, emitSize, emitValue } from "./expression.ts";
import type { Term } from "./term.ts";

export function emitStatements(statements: readonly Statement[], block: Block): void {
  for (const statement of statements) emitStatement(statement, block);
}

function emitStatement(statement: Statement, block: Block): void {
  switch (statement.kind) {
    case "loop":
      return emitLoop(statement, block);
    case "block": {
      writeLine(block, code`{`);
      emitStatements(statement.body, nestBlock(block));
      return writeLine(block, code`}`);
    }
    case "offset": {
      const value = emitAddress(statement.value, block);
      const rest =
        statement.whole === undefined ? code`` : code` - (${emitFactor(statement.value, block)} % ${statement.whole})`;
      return writeLine(block, code`const ${declareName(block, statement.name)} = ${value}${rest};`);
    }
    case "value": {
      const value = emitValue(statement.value, block);
      return writeLine(block, code`const ${declareName(block, statement.name)} = ${value.code};`);
    }
    case "accumulator": {
      const initial = emitValue(statement.initial, block);
      return writeLine(block, code`let ${declareName(block, statement.name)} = ${initial.code};`);
    }
    case "accumulate":
      return emitAccumulate(statement, block);
    case "store": {
      const value = emitExpression(statement.value, block);
      return writeLine(block, code`${emitElement(statement.buffer, statement.address, block)} = ${value.code};`);
    }
    case "update":
      return emitUpdate(statement, block);
    case "fill":
      return emitFill(statement, block);
    default:
      return unreachable(statement);
  }
}

/** Scratch of symbolic length may be longer than what is used of it. */
function emitFill({ buffer, value }: FillStatement, block: Block): void {
  const { role, length } = buffer;
  const part = role === "scratch" && typeof length !== "number" ? code`, 0, ${emitAddress(length, block)}` : code``;
  writeLine(block, code`${bufferName(block, buffer)}.fill(${literal(value)}${part});`);
}

function emitLoop({ variable, from, to, step, body }: LoopStatement, block: Block): void {
  const inner = nestBlock(block);
  const name = declareName(inner, variable);
  const advance = step === 1 ? code`${name}++` : code`${name} += ${step}`;
  const [first, end] = [emitSize(from, block), emitSize(to, block)];
  writeLine(block, code`for (let ${name} = ${first}; ${name} < ${end}; ${advance}) {`);
  emitStatements(body, inner);
  writeLine(block, code`}`);
}

function emitAccumulate({ name, operator, value }: AccumulateStatement, block: Block): void {
  const target = code`${nameOf(block, name)}`;
  // Doubles alone: an integer would have to be wrapped each time.
  const assignment = value.type === "f64" ? assignmentOf(operator) : null;
  if (assignment) return writeLine(block, code`${target} ${assignment} ${emitValue(value, block).code};`);
  const before: Expression = { kind: "variable", type: value.type, name };
  writeLine(block, code`${target} = ${emitValue(reduced(before, operator, value), block).code};`);
}

function emitUpdate({ buffer, address, operator, value }: UpdateStatement, block: Block): void {
  const type = valueTypeOf(buffer.dtype);
  const target = emitElement(buffer, address, block);
  // The array wraps a sum of any size, and a BigInt of any; a product of two 32-bit integers is no exact double.
  const assignment = operator === "prod" && (type === "i32" || type === "u32") ? null : assignmentOf(operator);
  if (assignment) {
    const right: Term = emitExpression(value, block);
    return writeLine(block, code`${block.dialect.element(target)} ${assignment} ${right.code};`);
  }
  const before: Expression = { kind: "load", type, buffer, address };
  writeLine(block, code`${target} = ${emitExpression(reduced(before, operator, value), block).code};`);
}

/** The expression of a reduction of one more value. */
function reduced(before: Expression, operator: ReduceOperator, value: Expression): Expression {
  return { kind: "binary", type: value.type, operator: reduceAsBinary(operator), left: before, right: value };
}

function assignmentOf(operator: ReduceOperator): Code | null {
  if (operator === "sum") return code`+=`;
  return operator === "prod" ? code`*=` : null;
}
