/**
 * Emits statements, one or more lines each, and their expressions and addresses. The array or the accumulator takes an
 * update by an assignment operator where that computes the same: `out[p] += a * b` adds the whole right side at once, as
 * an update does.
 *
 * An integer expression comes out exact but perhaps unwrapped: `emitValue` wraps it, whoever stores it in an array of its
 * type need not.
 */
import { factorsOf, isVariable, sizeAffine, type Affine, type AffineTerm, type Size } from "../affine/affine.ts";
import type { ReduceOperator } from "../ir/contraction.ts";
import { isBig, valueTypeOf, type ValueType } from "../ir/dtype.ts";
import { reduceAsBinary } from "../loops/arithmetic.ts";
import type {
  AccumulateStatement,
  BinaryExpression,
  BinaryOperator,
  Buffer,
  CallExpression,
  Expression,
  Statement,
  UpdateStatement,
} from "../loops/kernel.ts";
import { unreachable } from "../support/errors.ts";
import { bind, bufferName, declareName, nameOf, nestBlock, writeLine, type Block } from "./block.ts";
import { code, literal, type Code } from "./code.ts";
import {
  arithmetic,
  BOOLEAN,
  conditional,
  constant,
  conversion,
  infix,
  normal,
  primary,
  rangeOf,
  RANGES,
  UNKNOWN,
  type Term,
} from "./term.ts";

export function emitStatements(statements: readonly Statement[], block: Block): void {
  for (const statement of statements) emitStatement(statement, block);
}

function emitStatement(statement: Statement, block: Block): void {
  switch (statement.kind) {
    case "loop": {
      const inner = nestBlock(block);
      const name = declareName(inner, statement.variable);
      const advance = statement.step === 1 ? code`${name}++` : code`${name} += ${statement.step}`;
      const [first, end] = [emitSize(statement.from, block), emitSize(statement.to, block)];
      writeLine(block, code`for (let ${name} = ${first}; ${name} < ${end}; ${advance}) {`);
      emitStatements(statement.body, inner);
      return writeLine(block, code`}`);
    }
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
    case "assign":
      return writeLine(block, code`${nameOf(block, statement.name)} = ${emitValue(statement.value, block).code};`);
    case "accumulate":
      return emitAccumulate(statement, block);
    case "store": {
      const value = emitExpression(statement.value, block);
      return writeLine(block, code`${emitElement(statement.buffer, statement.address, block)} = ${value.code};`);
    }
    case "update":
      return emitUpdate(statement, block);
    case "fill": {
      const { role, length } = statement.buffer;
      // Scratch of symbolic length may be longer than what is used of it.
      const isPart = role === "scratch" && typeof length !== "number";
      const part = isPart ? code`, 0, ${emitAddress(length, block)}` : code``;
      const array = bufferName(block, statement.buffer);
      return writeLine(block, code`${array}.fill(${literal(statement.value)}${part});`);
    }
    default:
      return unreachable(statement);
  }
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

/** Emits an expression as a value of its type. */
function emitValue(expression: Expression, block: Block): Term {
  return normal(emitExpression(expression, block), expression.type);
}

/** Emits an expression as a term that is congruent to its value. */
function emitExpression(expression: Expression, block: Block): Term {
  switch (expression.kind) {
    case "constant":
      return emitConstant(expression.type, expression.value);
    case "integer":
      return { ...primary(emitAddress(expression.value, block), UNKNOWN), operator: operatorOf(expression.value) };
    case "variable":
      return primary(nameOf(block, expression.name), RANGES[expression.type]);
    case "load": {
      const element = block.dialect.element(emitElement(expression.buffer, expression.address, block));
      return primary(element, rangeOf(expression.buffer.dtype));
    }
    case "binary":
      return emitBinary(expression, block);
    case "call":
      return emitCall(expression, block);
    case "convert":
      return conversion(expression.value.type, expression.dtype, emitExpression(expression.value, block));
    case "compare":
      return emitTruth(expression, block);
    case "select": {
      const [yes, no] = [emitValue(expression.yes, block), emitValue(expression.no, block)];
      const range = { min: Math.min(yes.min, no.min), max: Math.max(yes.max, no.max) };
      return conditional(emitCondition(expression.condition, block), yes, no, range);
    }
    default:
      return unreachable(expression);
  }
}

/** The outermost operator of a sum of products. */
function operatorOf({ terms, constant: offset }: Affine): Term["operator"] {
  if (terms.length + Number(offset !== 0) > 1) return "+";
  const [term] = terms;
  if (!term) return offset < 0 ? "unary" : "primary";
  return term.coefficient === 1 && !term.variable.includes("*") ? "primary" : "*";
}

/** Emits the element of an array at an address, as something that may be assigned to. */
function emitElement(buffer: Buffer, address: Affine, block: Block): Code {
  return code`${bufferName(block, buffer)}[${emitAddress(address, block)}]`;
}

/** Emits an address, a positive term first if it has one: `3 - i`; `inlined` holds code to put in the place of names. */
export function emitAddress(
  { terms, constant: offset }: Affine,
  block: Block,
  inlined?: ReadonlyMap<string, Code>,
): Code {
  const product = ({ variable, coefficient }: AffineTerm): Code => {
    const names = factorsOf(variable).map((factor) => inlined?.get(factor) ?? code`${nameOf(block, factor)}`);
    const factors = coefficient === 1 ? names : [code`${coefficient}`, ...names];
    return factors.reduce((left, right) => code`${left} * ${right}`);
  };
  const added = terms.filter(({ coefficient }) => coefficient > 0).map(product);
  const subtracted = terms.filter(({ coefficient }) => coefficient < 0);
  if (offset > 0 || terms.length === 0) added.push(code`${offset}`);
  let sum = added.shift() ?? product(subtracted.shift() as AffineTerm);
  for (const part of added) sum = code`${sum} + ${part}`;
  for (const { variable, coefficient } of subtracted) {
    sum = code`${sum} - ${product({ variable, coefficient: -coefficient })}`;
  }
  return offset < 0 && terms.length > 0 ? code`${sum} - ${-offset}` : sum;
}

/** Emits a length or a bound. */
export function emitSize(size: Size, block: Block): Code {
  return emitAddress(sizeAffine(size), block);
}

/** Emits an address so that an operator may follow: a sum in parentheses. */
export function emitFactor(address: Affine, block: Block, inlined?: ReadonlyMap<string, Code>): Code {
  const { terms, constant: offset } = address;
  const isSingle = terms.length === 0 ? offset >= 0 : isVariable(terms) && offset === 0;
  const sum = emitAddress(address, block, inlined);
  return isSingle ? sum : code`(${sum})`;
}

function emitBinary(expression: BinaryExpression, block: Block): Term {
  const { operator, type, left, right } = expression;
  if (operator === "and" || operator === "or") return emitTruth(expression, block);
  if (operator === "max" || operator === "min") {
    if (isBig(type)) return emitBigExtremum(expression, block);
    return block.extremum(
      operator,
      type,
      chainOf(expression, operator).map((part) => emitExpression(part, block)),
    );
  }
  return arithmetic(operator, type, emitExpression(left, block), emitExpression(right, block));
}

/** A sign stands before a name or in front of parentheses; any other function has its own. */
function emitCall({ function: { javascript }, type, value }: CallExpression, block: Block): Term {
  const { code: text, operator } = emitValue(value, block);
  const isSign = javascript[1] === "";
  const given = isSign && operator !== "primary" ? code`(${text})` : text;
  return { ...primary(code(javascript, given), RANGES[type]), operator: isSign ? "unary" : "primary" };
}

/** The parts of an operator applied again and again, left to right. */
function chainOf(expression: Expression, operator: BinaryOperator): Expression[] {
  if (expression.kind !== "binary" || expression.operator !== operator) return [expression];
  return [...chainOf(expression.left, operator), ...chainOf(expression.right, operator)];
}

/** `left > right ? left : right`: `Math.max` refuses BigInts. What is not a name is bound to one, to occur twice. */
function emitBigExtremum({ operator, type, left, right }: BinaryExpression, block: Block): Term {
  const [a, b] = [emitNamed(left, block), emitNamed(right, block)];
  return conditional(infix(a, operator === "max" ? ">" : "<", b, UNKNOWN), a, b, RANGES[type]);
}

function emitNamed(expression: Expression, block: Block): Term {
  const value = emitValue(expression, block);
  if (expression.kind === "variable" || expression.kind === "constant") return value;
  return primary(bind(block, "x", value.code), RANGES[expression.type]);
}

/** Emits a condition as 1 or 0 of the type. */
function emitTruth(expression: Expression, block: Block): Term {
  const [yes, no] = [emitConstant(expression.type, 1), emitConstant(expression.type, 0)];
  return conditional(emitCondition(expression, block), yes, no, BOOLEAN);
}

const COMPARISONS = { eq: "===", ne: "!==", lt: "<", le: "<=" } as const;

/** Emits an expression as a condition: whether it is true, NaN included. */
function emitCondition(expression: Expression, block: Block): Term {
  if (expression.kind === "compare") {
    const { operator, left, right } = expression;
    return infix(emitValue(left, block), COMPARISONS[operator], emitValue(right, block), UNKNOWN);
  }
  if (expression.kind === "binary" && (expression.operator === "and" || expression.operator === "or")) {
    const left = emitCondition(expression.left, block);
    const right = emitCondition(expression.right, block);
    return infix(left, expression.operator === "and" ? "&&" : "||", right, UNKNOWN);
  }
  if (expression.kind === "constant") {
    // TypeScript refuses to compare two literals.
    const truth = expression.value !== 0 && expression.value !== 0n;
    return primary(truth ? code`true` : code`false`, UNKNOWN);
  }
  return infix(emitValue(expression, block), "!==", emitConstant(expression.type, 0), UNKNOWN);
}

/** An integer has no negative zero; one of 64 bits is a BigInt. */
function emitConstant(type: ValueType, value: number | bigint): Term {
  if (isBig(type)) return constant(BigInt(value));
  return constant(value === 0 && type !== "f64" ? 0 : value);
}
