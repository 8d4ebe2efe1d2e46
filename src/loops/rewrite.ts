/**
 * Walks over statements and expressions, for passes: each function visits or rebuilds one level and leaves the
 * choice of what to change to its caller. Unchanged parts are shared, never copied.
 */
import type { Affine } from "../affine/affine.ts";
import { unreachable } from "../support/errors.ts";
import type { BlockStatement, Buffer, Expression, Kernel, LoopStatement, Statement } from "./kernel.ts";

/** Rebuilds the routines of a kernel. */
export function mapRoutines(kernel: Kernel, map: (body: readonly Statement[]) => readonly Statement[]): Kernel {
  return { ...kernel, routines: kernel.routines.map((routine) => ({ ...routine, body: map(routine.body) })) };
}

/** What to put in the place of the leaves of an expression. */
export interface ExpressionMap {
  /** Called for a load; its address is not mapped beforehand. */
  readonly load?: (load: Extract<Expression, { kind: "load" }>) => Expression;
  readonly variable?: (variable: Extract<Expression, { kind: "variable" }>) => Expression;
  readonly integer?: (integer: Extract<Expression, { kind: "integer" }>) => Expression;
}

/** Rebuilds an expression from its leaves. */
export function mapExpression(expression: Expression, map: ExpressionMap): Expression {
  switch (expression.kind) {
    case "integer":
      return map.integer ? map.integer(expression) : expression;
    case "variable":
      return map.variable ? map.variable(expression) : expression;
    case "load":
      return map.load ? map.load(expression) : expression;
    default:
      return mapParts(expression, (part) => mapExpression(part, map));
  }
}

/** Rebuilds an expression from its parts. */
export function mapParts(expression: Expression, map: (part: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "binary":
    case "compare": {
      const left = map(expression.left);
      const right = map(expression.right);
      return left === expression.left && right === expression.right ? expression : { ...expression, left, right };
    }
    case "select": {
      const { condition, yes, no } = expression;
      const parts = { condition: map(condition), yes: map(yes), no: map(no) };
      const same = parts.condition === condition && parts.yes === yes && parts.no === no;
      return same ? expression : { ...expression, ...parts };
    }
    case "call":
    case "convert": {
      const value = map(expression.value);
      return value === expression.value ? expression : { ...expression, value };
    }
    default:
      return expression;
  }
}

/** Puts others in the place of some variables of an expression. */
export function replaceVariables(
  expression: Expression,
  replacementOf: (name: string) => Expression | undefined,
): Expression {
  return mapExpression(expression, { variable: (value) => replacementOf(value.name) ?? value });
}

/** Gives the variables of an expression other names. */
export function renameVariables(expression: Expression, rename: (name: string) => string): Expression {
  return mapExpression(expression, {
    variable: (value) => {
      const name = rename(value.name);
      return name === value.name ? value : { kind: "variable", type: value.type, name };
    },
  });
}

/** Whether a statement holds others. */
export function isNested(statement: Statement): statement is LoopStatement | BlockStatement {
  return statement.kind === "loop" || statement.kind === "block";
}

/** Rebuilds the bodies of those statements that have one. */
export function mapBodies(
  statements: readonly Statement[],
  map: (body: readonly Statement[]) => readonly Statement[],
): readonly Statement[] {
  return statements.map((each) => (isNested(each) ? { ...each, body: map(each.body) } : each));
}

/** Rebuilds the expressions of one statement, and the addresses it writes to; bodies are left to the caller. */
export function mapStatement(
  statement: Statement,
  map: (expression: Expression) => Expression,
  mapAddress: (address: Affine, buffer: Buffer) => Affine = (same) => same,
): Statement {
  switch (statement.kind) {
    case "loop":
    case "block":
    case "fill":
    case "offset":
      return statement;
    case "value":
    case "assign":
    case "accumulate": {
      const value = map(statement.value);
      return value === statement.value ? statement : { ...statement, value };
    }
    case "accumulator": {
      const initial = map(statement.initial);
      return initial === statement.initial ? statement : { ...statement, initial };
    }
    case "store":
    case "update": {
      const address = mapAddress(statement.address, statement.buffer);
      const value = map(statement.value);
      return address === statement.address && value === statement.value ? statement : { ...statement, address, value };
    }
    default:
      return unreachable(statement);
  }
}

/** Calls `visit` on every node of an expression, outermost first. */
export function visitExpression(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression);
  for (const part of partsOf(expression)) visitExpression(part, visit);
}

/** Calls `visit` on every node of the expression that a statement evaluates, if it has one. */
export function visitReads(statement: Statement, visit: (part: Expression) => void): void {
  const expression = expressionOf(statement);
  if (expression) visitExpression(expression, visit);
}

/** Whether some node of an expression passes a test. */
export function someExpression(expression: Expression, test: (part: Expression) => boolean): boolean {
  return test(expression) || partsOf(expression).some((part) => someExpression(part, test));
}

/** The parts of an expression that are expressions. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "binary":
    case "compare":
      return [expression.left, expression.right];
    case "select":
      return [expression.condition, expression.yes, expression.no];
    case "call":
    case "convert":
      return [expression.value];
    default:
      return [];
  }
}

/** The expression a statement evaluates, if it has one. */
export function expressionOf(statement: Statement): Expression | undefined {
  switch (statement.kind) {
    case "value":
    case "assign":
    case "accumulate":
    case "store":
    case "update":
      return statement.value;
    case "accumulator":
      return statement.initial;
    default:
      return undefined;
  }
}

/** Calls `visit` on every statement, those of bodies included, in order. */
export function visitStatements(body: readonly Statement[], visit: (statement: Statement) => void): void {
  for (const statement of body) {
    visit(statement);
    if (isNested(statement)) visitStatements(statement.body, visit);
  }
}

/** How often the expressions of a body read each name, those of nested bodies included. */
export function countUses(body: readonly Statement[]): Map<string, number> {
  const uses = new Map<string, number>();
  visitStatements(body, (statement) =>
    visitReads(statement, (part) => {
      if (part.kind === "variable") uses.set(part.name, (uses.get(part.name) ?? 0) + 1);
    }),
  );
  return uses;
}

/** The names that one statement reads, bodies left out. */
export function namesRead(statement: Statement): Set<string> {
  const names = new Set<string>();
  visitReads(statement, (part) => part.kind === "variable" && names.add(part.name));
  return names;
}

/** The buffer that a statement writes, if any. */
export function bufferWritten(statement: Statement): Buffer | undefined {
  return statement.kind === "store" || statement.kind === "update" || statement.kind === "fill"
    ? statement.buffer
    : undefined;
}

/** The buffers that a body writes. */
export function buffersWritten(body: readonly Statement[]): Set<Buffer> {
  const written = new Set<Buffer>();
  visitStatements(body, (statement) => {
    const buffer = bufferWritten(statement);
    if (buffer) written.add(buffer);
  });
  return written;
}

/** The buffers that a body reads or writes. */
export function buffersTouched(body: readonly Statement[]): Set<Buffer> {
  const touched = buffersWritten(body);
  visitStatements(body, (statement) =>
    visitReads(statement, (part) => part.kind === "load" && touched.add(part.buffer)),
  );
  return touched;
}

/** Rebuilds the addresses a statement loads from and writes to. */
export function mapAddresses(statement: Statement, map: (address: Affine, buffer: Buffer) => Affine): Statement {
  return mapStatement(
    statement,
    (expression) =>
      mapExpression(expression, { load: (load) => ({ ...load, address: map(load.address, load.buffer) }) }),
    map,
  );
}

/** What an expression itself computes of integers: the address that it loads from, or its value. */
export function addressIn(expression: Expression): Affine | undefined {
  if (expression.kind === "load") return expression.address;
  return expression.kind === "integer" ? expression.value : undefined;
}

/** Every address of one statement, and every expression over integers, bodies left out. */
export function addressesOf(statement: Statement): Affine[] {
  if (statement.kind === "offset") return [statement.value];
  const addresses: Affine[] = [];
  visitReads(statement, (part) => {
    const address = addressIn(part);
    if (address) addresses.push(address);
  });
  if (statement.kind === "store" || statement.kind === "update") addresses.push(statement.address);
  return addresses;
}
