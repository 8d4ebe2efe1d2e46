/**
 * Checks the invariants of a kernel: what is written to disk or printed is checked before, and so is every lazy graph; tests
 * check after lowering and after every pass. `compile`, `jit`, `einsum` and layers trust that, for the sake of their first calls. A violation is a bug of einsmith, reported with its reason.
 *
 * - Names are declared before use and not again in a nested scope; integers (loop variables, offsets) occur in
 *   addresses alone, values and accumulators in expressions alone.
 * - Both sides of everything have one type; constants are values of theirs.
 * - No address leaves its buffer, whatever the loops do; only the output and scratch are written.
 */
import {
  constantAffine,
  factorsOf,
  sizeAffine,
  substitute,
  type Affine,
  type Size,
  printAffine,
} from "../affine/affine.ts";
import { isFloat, valueTypeOf, type ValueType } from "../ir/dtype.ts";
import { evaluateIntegers, evaluateSymbolic } from "../ir/symbols.ts";
import { InternalError, unreachable } from "../support/errors.ts";
import { isElementOf, isValueOf } from "./arithmetic.ts";
import type { Buffer, Expression, Kernel, LoopStatement, OffsetStatement, Statement } from "./kernel.ts";
import { printExpression } from "./print-kernel.ts";
import { buffersTouched, partsOf } from "./rewrite.ts";

/**
 * Throws an InternalError that says what is wrong with the kernel, if anything is. Lengths, bounds and addresses over
 * integers that are left to run time are verified at an example: a value for each parameter.
 */
export function verifyKernel(kernel: Kernel, example: ReadonlyMap<string, number> = new Map()): void {
  const fail: Fail = (reason) => {
    throw new InternalError(`kernel ${kernel.name}: ${reason}`);
  };
  const integers = evaluateIntegers(kernel.integers, example);
  const known = [...integers].map(([name, value]) => [name, { kind: "offset", value: constantAffine(value) }] as const);
  const lengthOf = ({ length }: Buffer): number => evaluateSymbolic(sizeAffine(length), integers);
  const buffers = verifyBuffers(kernel, lengthOf, fail);
  const { slices } = kernel;
  const sliced = (slices?.indices ?? []).map(({ name, size }) => [name, declareSlice(name, size, fail)] as const);
  kernel.routines.forEach(({ body }, at) => {
    verifyParts(body, fail);
    const inSlices = slices && at >= slices.first && at < slices.end;
    const names = new Map<string, Declaration>([...known, ...(inSlices ? sliced : [])]);
    verifyAll(body, { fail, buffers, lengthOf, names, reached: true });
  });
}

type Fail = (reason: string) => never;

type Declaration =
  | { readonly kind: "loop"; readonly first: number; readonly last: number }
  /** Its value over loop variables alone. */
  | { readonly kind: "offset"; readonly value: Affine }
  | { readonly kind: "value" | "accumulator"; readonly type: ValueType };

interface Scope {
  readonly fail: Fail;
  readonly buffers: ReadonlySet<Buffer>;
  readonly lengthOf: (buffer: Buffer) => number;
  /** What this scope and those around it declare; copied for a nested scope. */
  readonly names: Map<string, Declaration>;
  /** False inside a loop of no passes, whose addresses reach nothing. */
  readonly reached: boolean;
}

/** A routine reads and writes no element through two parts of one buffer. */
function verifyParts(body: readonly Statement[], fail: Fail): void {
  const parts = [...buffersTouched(body)].flatMap(({ name, length, part }) =>
    part ? [{ name, whole: part.of, from: part.from, to: part.from + Number(length) }] : [],
  );
  for (const one of parts) {
    const other = parts.find(
      ({ name, whole, from, to }) => name < one.name && whole === one.whole && from < one.to && one.from < to,
    );
    if (other) fail(`${one.name} and ${other.name} overlap, and a routine uses both`);
  }
}

function declareSlice(name: string, size: number, fail: Fail): Declaration {
  if (!Number.isSafeInteger(size) || size < 1) fail(`slice ${name} has ${size} values`);
  return { kind: "loop", first: 0, last: size - 1 };
}

function verifyBuffers(kernel: Kernel, lengthOf: (buffer: Buffer) => number, fail: Fail): ReadonlySet<Buffer> {
  const expected: [readonly Buffer[], Buffer["role"]][] = [
    [kernel.operands, "operand"],
    [[kernel.output], "output"],
    [kernel.scratch, "scratch"],
  ];
  const names = new Set<string>();
  for (const [buffers, role] of expected) {
    for (const buffer of buffers) {
      const { name, role: found, dtype, initial, part } = buffer;
      const length = lengthOf(buffer);
      if (found !== role) fail(`buffer ${name} has the role ${found} among those of ${role}`);
      if (names.has(name)) fail(`two buffers are named ${name}`);
      if (!Number.isSafeInteger(length) || length < 0) fail(`buffer ${name} has ${length} elements`);
      if (initial !== undefined && role !== "scratch") fail(`buffer ${name} is no scratch, yet starts as ${initial}`);
      if (initial !== undefined && !isElementOf(dtype, initial))
        fail(`buffer ${name} of ${dtype} starts as ${initial}`);
      if (
        part &&
        (part.of.dtype !== dtype || part.from < 0 || part.from + length > lengthOf(part.of) || !names.has(part.of.name))
      )
        fail(`buffer ${name} is no part of ${part.of.name}`);
      names.add(name);
    }
  }
  return new Set([...kernel.operands, kernel.output, ...kernel.scratch]);
}

function verifyAll(statements: readonly Statement[], scope: Scope): void {
  for (const statement of statements) verifyStatement(statement, scope);
}

function verifyStatement(statement: Statement, scope: Scope): void {
  switch (statement.kind) {
    case "loop":
      return verifyLoop(statement, scope);
    case "block":
      return verifyAll(statement.body, { ...scope, names: new Map(scope.names) });
    case "offset":
      return declare(statement.name, { kind: "offset", value: verifyOffset(statement, scope) }, scope);
    case "value":
      return declare(statement.name, { kind: "value", type: verifyExpression(statement.value, scope) }, scope);
    case "accumulator":
      return declare(statement.name, { kind: "accumulator", type: verifyExpression(statement.initial, scope) }, scope);
    case "assign":
    case "accumulate": {
      const declaration = scope.names.get(statement.name);
      if (declaration?.kind !== "accumulator")
        return scope.fail(`${statement.name} is reduced into, but no accumulator`);
      return agree(
        declaration.type,
        verifyExpression(statement.value, scope),
        () => statement.name,
        statement.value,
        scope,
      );
    }
    case "store":
    case "update": {
      const { buffer, address, value } = statement;
      verifyWritten(buffer, scope);
      verifyAddress(buffer, address, scope);
      const target = (): string => `${buffer.name}[${printAffine(address)}]`;
      return agree(valueTypeOf(buffer.dtype), verifyExpression(value, scope), target, value, scope);
    }
    case "fill": {
      const { buffer, value } = statement;
      verifyWritten(buffer, scope);
      if (!isElementOf(buffer.dtype, value))
        scope.fail(`buffer ${buffer.name} of ${buffer.dtype} is filled with ${value}`);
      return;
    }
    default:
      return unreachable(statement);
  }
}

/** A value that is rounded must be known: it bounds a loop. */
function verifyOffset({ name, value, whole = 1 }: OffsetStatement, scope: Scope): Affine {
  const resolved = resolve(value, scope);
  if (whole === 1) return resolved;
  if (resolved.terms.length > 0 || whole < 1) scope.fail(`offset ${name} is rounded, yet changes in a loop`);
  return constantAffine(resolved.constant - (resolved.constant % whole));
}

/** The value of a bound, which no loop changes. */
function verifyBound(bound: Size, scope: Scope): number {
  const { terms, constant } = resolve(sizeAffine(bound), scope);
  return terms.length === 0 ? constant : scope.fail(`a bound changes with ${terms[0]?.variable}`);
}

function verifyLoop(loop: LoopStatement, scope: Scope): void {
  const { variable, step, unroll, body } = loop;
  const [from, to] = [verifyBound(loop.from, scope), verifyBound(loop.to, scope)];
  const shown = `loop ${variable} = ${from} to ${to} step ${step} unroll ${unroll}`;
  if (![from, to, step, unroll].every(Number.isSafeInteger)) scope.fail(`${shown}: bounds are not integers`);
  if (step < 1) scope.fail(`${shown}: the step is not positive`);
  if (unroll < 1) scope.fail(`${shown}: unroll is not positive`);
  const known = typeof loop.from === "number" && typeof loop.to === "number";
  if (known && to < from) scope.fail(`${shown}: it ends before it starts`);
  if (unroll === 1 && (to - from) % step !== 0) scope.fail(`${shown}: the extent is no multiple of the step`);
  const inner: Scope = { ...scope, names: new Map(scope.names), reached: scope.reached && from < to };
  const last = from + Math.floor((to - from - 1) / step) * step;
  declare(variable, { kind: "loop", first: from, last }, inner);
  verifyAll(body, inner);
}

function declare(name: string, declaration: Declaration, scope: Scope): void {
  const before = scope.names.get(name);
  if (before) scope.fail(`${declaration.kind} ${name} is declared where ${before.kind} ${name} is`);
  scope.names.set(name, declaration);
}

/** Returns the type of an expression whose parts agree. */
function verifyExpression(expression: Expression, scope: Scope): ValueType {
  const { type } = expression;
  switch (expression.kind) {
    case "constant":
      if (!isValueOf(type, expression.value)) scope.fail(`the constant ${expression.value} is no ${type}`);
      return type;
    case "integer":
      rangeOf(resolve(expression.value, scope), scope);
      return type;
    case "variable": {
      const declaration = scope.names.get(expression.name);
      if (!declaration) return scope.fail(`${expression.name} is used before it is declared`);
      if (declaration.kind === "loop" || declaration.kind === "offset") {
        return scope.fail(`${declaration.kind} ${expression.name} is used as a value`);
      }
      agree(declaration.type, type, () => `${declaration.kind} ${expression.name}`, expression, scope);
      return type;
    }
    case "load": {
      const { buffer, address } = expression;
      verifyAddress(buffer, address, scope);
      agree(valueTypeOf(buffer.dtype), type, () => `buffer ${buffer.name}`, expression, scope);
      return type;
    }
    case "binary": {
      const { operator, left, right } = expression;
      const shown = (): string => printExpression(expression);
      if (operator === "div" && type !== "f64") scope.fail(`${printExpression(expression)} divides ${type}`);
      agree(type, verifyExpression(left, scope), shown, left, scope);
      agree(type, verifyExpression(right, scope), shown, right, scope);
      return type;
    }
    case "call": {
      const shown = (): string => printExpression(expression);
      const { type: own = "f64" } = expression.function;
      agree(own, verifyExpression(expression.value, scope), shown, expression.value, scope);
      agree(own, type, shown, expression, scope);
      return type;
    }
    case "convert": {
      const from = verifyExpression(expression.value, scope);
      agree(valueTypeOf(expression.dtype), type, () => expression.dtype, expression, scope);
      if (from === "f64" && !isFloat(expression.dtype)) scope.fail(`${printExpression(expression)} converts a double`);
      return type;
    }
    case "select":
      verifyExpression(expression.condition, scope);
      for (const part of [expression.yes, expression.no]) {
        agree(type, verifyExpression(part, scope), () => printExpression(expression), part, scope);
      }
      return type;
    case "compare": {
      const shown = (): string => printExpression(expression);
      for (const part of partsOf(expression)) agree(type, verifyExpression(part, scope), shown, part, scope);
      return type;
    }
    default:
      return unreachable(expression);
  }
}

/** What disagrees is printed only then: printing every expression would take longer than checking it. */
function agree(expected: ValueType, found: ValueType, what: () => string, expression: Expression, scope: Scope): void {
  if (expected !== found) scope.fail(`${what()} is ${expected}, but ${printExpression(expression)} is ${found}`);
}

function verifyWritten(buffer: Buffer, scope: Scope): void {
  verifyBuffer(buffer, scope);
  if (buffer.role === "operand") scope.fail(`operand ${buffer.name} is written`);
}

/** Buffers are told apart by identity: a copy of one would be another array. */
function verifyBuffer(buffer: Buffer, scope: Scope): void {
  if (!scope.buffers.has(buffer)) scope.fail(`buffer ${buffer.name} is none of the kernel's`);
}

function verifyAddress(buffer: Buffer, address: Affine, scope: Scope): void {
  verifyBuffer(buffer, scope);
  const { min, max } = rangeOf(resolve(address, scope), scope);
  const length = scope.lengthOf(buffer);
  if (!scope.reached || (min >= 0 && max < length)) return;
  const range = min === max ? `address ${min}` : `addresses ${min} to ${max}`;
  scope.fail(`${buffer.name}[${printAffine(address)}] leaves its ${length} elements: ${range}`);
}

/** Rewrites an address over loop variables alone, so that what offsets share is counted once. */
function resolve(address: Affine, scope: Scope): Affine {
  const offsets = new Map<string, Affine>();
  for (const { variable, coefficient } of address.terms) {
    for (const factor of factorsOf(variable)) {
      const declaration = scope.names.get(factor);
      if (!declaration) return scope.fail(`${factor} is used in an address before it is declared`);
      if (declaration.kind === "value" || declaration.kind === "accumulator") {
        return scope.fail(`${declaration.kind} ${factor} is used in an address`);
      }
      if (declaration.kind === "offset") offsets.set(factor, declaration.value);
    }
    if (!Number.isSafeInteger(coefficient))
      return scope.fail(`${printAffine(address)} has a coefficient that is no integer`);
  }
  if (!Number.isSafeInteger(address.constant))
    return scope.fail(`${printAffine(address)} has a constant that is no integer`);
  return offsets.size === 0 ? address : substitute(address, offsets);
}

/** Exact, for loops of constant bounds: each term takes its extreme where its variable does. */
function rangeOf(address: Affine, scope: Scope): { readonly min: number; readonly max: number } {
  let [min, max] = [address.constant, address.constant];
  for (const { variable, coefficient } of address.terms) {
    const loop = scope.names.get(variable);
    if (loop?.kind !== "loop") return scope.fail(`${variable} is no loop variable`);
    const [atFirst, atLast] = [coefficient * loop.first, coefficient * loop.last];
    min += Math.min(atFirst, atLast);
    max += Math.max(atFirst, atLast);
  }
  return { min, max };
}
