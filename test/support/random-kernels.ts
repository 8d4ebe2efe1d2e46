/**
 * Random kernels that keep every invariant of `verify-kernel.ts`: all dtypes and operators, nested loops, blocks,
 * offsets, several routines, scratch that survives calls, and names that no identifier may be.
 */
import { addAffine, constantAffine, variableAffine, type Affine } from "../../src/affine/affine.ts";
import {
  arrayOf,
  DTYPE_NAMES,
  extremesOf,
  isBig,
  isFloat,
  valueTypeOf,
  type Dtype,
  type TypedArray,
  type ValueType,
} from "../../src/ir/dtype.ts";
import type { BinaryOperator, Buffer, Expression, Kernel, Routine, Statement } from "../../src/loops/kernel.ts";
import type { ReduceOperator } from "../../src/ir/contraction.ts";
import type { ElementFunction } from "../../src/ir/element-function.ts";
import { ELEMENT_FUNCTIONS, powerOf } from "../../src/ir/activations.ts";
import { withDefinitions } from "../../src/loops/lower-expressions.ts";
import type { Random } from "./random.ts";

const NAMES = `i j ow x class Math naïve β __proto__ constructor undefined eval a' out aAt acc0 a0 t-0 Number let of a$ 名 7`;
const TYPES: readonly ValueType[] = ["f64", "i32", "u32", "i64", "u64"];
const BINARY: readonly BinaryOperator[] = ["add", "sub", "mul", "max", "min", "and", "or"];
const FUNCTIONS: readonly ElementFunction[] = [...Object.values(ELEMENT_FUNCTIONS), powerOf(3), powerOf(-0.5)];
const REDUCE: readonly ReduceOperator[] = ["sum", "prod", "max", "min", "any", "all"];

interface Scope {
  readonly random: Random;
  readonly buffers: readonly Buffer[];
  /** Loop variables and offsets with their ranges. */
  readonly integers: readonly { readonly name: string; readonly min: number; readonly max: number }[];
  readonly values: readonly { readonly name: string; readonly type: ValueType; readonly accumulator: boolean }[];
  readonly depth: number;
}

export function randomKernel(random: Random): Kernel {
  const names = random.shuffle(["a", "b", "c", "out", "class", "naïve", "Math", "t0"]);
  const make = (role: Buffer["role"]): Buffer => {
    const dtype = random.pick(DTYPE_NAMES);
    const initial = role === "scratch" && random.chance(0.5) ? { initial: randomElement(dtype, random) } : {};
    return { name: names.pop() as string, role, dtype, length: random.integer(1, 20), ...initial };
  };
  const operands = Array.from({ length: random.integer(1, 3) }, () => make("operand"));
  const output = make("output");
  const scratch = Array.from({ length: random.integer(0, 2) }, () => make("scratch"));
  const buffers = [...operands, output, ...scratch];
  const routines = Array.from({ length: random.integer(1, 3) }, (): Routine => {
    const scope: Scope = { random, buffers, integers: [], values: [], depth: 0 };
    return { comment: random.pick(["", "does something", "*/ alert(1) /*\u2028x"]), body: randomBody(scope) };
  });
  const name = random.pick(["kernel", "matmul", "delete", "out", "a b"]);
  return withDefinitions({ name, integers: [], checks: [], operands, output, scratch, routines });
}

/** An element of a dtype: small most of the time, else one of the values where arithmetic changes its mind. */
export function randomElement(dtype: Dtype, random: Random): number | bigint {
  const small = random.integer(-4, 4);
  if (isFloat(dtype)) {
    return random.chance(0.8) ? small / 2 : random.pick([NaN, Infinity, -Infinity, -0, 1e300, 5e-324, 0.1]);
  }
  const { lowest, highest } = extremesOf(dtype);
  if (random.chance(0.2)) return random.pick([lowest, highest]);
  const inside = lowest < 0 ? small : Math.abs(small);
  return isBig(dtype) ? BigInt(inside) : inside;
}

export function randomArray(dtype: Dtype, length: number, random: Random): TypedArray {
  const array = new (arrayOf(dtype))(length);
  for (let at = 0; at < length; at++) (array as unknown as (number | bigint)[])[at] = randomElement(dtype, random);
  return array;
}

function randomBody(outer: Scope): Statement[] {
  const { random } = outer;
  const body: Statement[] = [];
  let scope: Scope = { ...outer, depth: outer.depth + 1 };
  for (let count = random.integer(1, 4); count > 0; count--) {
    const statement = randomStatement(scope);
    body.push(statement);
    if (statement.kind === "offset") {
      scope = { ...scope, integers: [...scope.integers, { name: statement.name, ...rangeOf(statement.value, scope) }] };
    } else if (statement.kind === "value" || statement.kind === "accumulator") {
      const accumulator = statement.kind === "accumulator";
      const { type } = statement.kind === "value" ? statement.value : statement.initial;
      scope = { ...scope, values: [...scope.values, { name: statement.name, type, accumulator }] };
    }
  }
  return body;
}

function randomStatement(scope: Scope): Statement {
  const { random, buffers } = scope;
  const written = random.pick(buffers.filter(({ role }) => role !== "operand"));
  const accumulators = scope.values.filter(({ accumulator }) => accumulator);
  const kinds: Statement["kind"][] = ["offset", "value", "accumulator", "store", "update", "store", "update"];
  if (accumulators.length > 0) kinds.push("accumulate", "accumulate", "assign");
  if (scope.depth < 4) kinds.push("loop", "loop", "block");
  if (scope.depth === 1) kinds.push("fill");
  const kind = random.pick(kinds);
  switch (kind) {
    case "loop": {
      const [step, passes, from] = [random.integer(1, 3), random.integer(0, 3), random.integer(0, 2)];
      const variable = freshName(scope);
      const last = from + Math.max(0, passes - 1) * step;
      const inner = { ...scope, integers: [...scope.integers, { name: variable, min: from, max: last }] };
      return { kind, variable, from, to: from + passes * step, step, unroll: 1, body: randomBody(inner) };
    }
    case "block":
      return { kind, body: randomBody(scope) };
    case "offset":
      return { kind, name: freshName(scope), value: randomAffine(scope) };
    case "value":
      return { kind, name: freshName(scope), value: randomExpression(random.pick(TYPES), scope, 3) };
    case "accumulator":
      return { kind, name: freshName(scope), initial: randomExpression(random.pick(TYPES), scope, 1) };
    case "assign": {
      const { name, type } = random.pick(accumulators);
      return { kind, name, value: randomExpression(type, scope, 3) };
    }
    case "accumulate": {
      const { name, type } = random.pick(accumulators);
      return { kind, name, operator: random.pick(REDUCE), value: randomExpression(type, scope, 3) };
    }
    case "store":
    case "update": {
      const value = randomExpression(valueTypeOf(written.dtype), scope, 4);
      const address = randomAddress(written, scope);
      if (kind === "store") return { kind, buffer: written, address, value };
      return { kind, buffer: written, address, operator: random.pick(REDUCE), value };
    }
    case "fill":
      return { kind, buffer: written, value: randomElement(written.dtype, random) };
  }
}

function freshName({ random, integers, values }: Scope): string {
  const taken = new Set([...integers, ...values].map(({ name }) => name));
  return random.pick(NAMES.split(" ").filter((name) => !taken.has(name)));
}

function randomExpression(type: ValueType, scope: Scope, depth: number): Expression {
  const { random } = scope;
  if (depth === 0 || random.chance(0.25)) return randomLeaf(type, scope);
  const nested = (of: ValueType): Expression => randomExpression(of, scope, depth - 1);
  const choice = random.integer(0, 9);
  if (type === "f64" && random.chance(0.15)) {
    return { kind: "call", type, function: random.pick(FUNCTIONS), value: nested(type) };
  }
  if (choice === 0) {
    const compared = (): Expression => {
      const operator = random.pick(["eq", "ne", "lt", "le"] as const);
      return { kind: "compare", type, operator, left: nested(type), right: nested(type) };
    };
    return random.chance(0.5)
      ? compared()
      : {
          kind: "select",
          type,
          condition: random.chance(0.8) ? compared() : nested(random.pick(TYPES)),
          yes: nested(type),
          no: nested(type),
        };
  }
  if (choice <= 2) {
    const from = random.pick(type === "f64" ? TYPES : TYPES.filter((other) => other !== "f64"));
    return { kind: "convert", type, dtype: dtypeOf(type, random), value: nested(from) };
  }
  const operator = random.pick(type === "f64" ? [...BINARY, "div" as const] : BINARY);
  return { kind: "binary", type, operator, left: nested(type), right: nested(type) };
}

function randomLeaf(type: ValueType, scope: Scope): Expression {
  const { random } = scope;
  const names = scope.values.filter((value) => value.type === type);
  const buffers = scope.buffers.filter(({ dtype }) => valueTypeOf(dtype) === type);
  if (names.length > 0 && random.chance(0.5)) return { kind: "variable", type, name: random.pick(names).name };
  if (buffers.length > 0 && random.chance(0.8)) {
    const buffer = random.pick(buffers);
    return { kind: "load", type, buffer, address: randomAddress(buffer, scope) };
  }
  return { kind: "constant", type, value: randomElement(dtypeOf(type, random), random) };
}

function dtypeOf(type: ValueType, random: Random): Dtype {
  return random.pick(DTYPE_NAMES.filter((dtype) => valueTypeOf(dtype) === type));
}

function randomAffine({ random, integers }: Scope): Affine {
  let sum = constantAffine(random.integer(-3, 3));
  for (const { name } of integers) {
    if (random.chance(0.6)) sum = addAffine(sum, variableAffine(name, random.integer(-2, 3)));
  }
  return sum;
}

/** A random affine expression moved into the buffer; the start of the buffer where it is too wide for it. */
function randomAddress(buffer: Buffer, scope: Scope): Affine {
  const length = Number(buffer.length);
  const address = randomAffine(scope);
  const { min, max } = rangeOf(address, scope);
  if (max - min >= length) return constantAffine(scope.random.integer(0, length - 1));
  return addAffine(address, constantAffine(scope.random.integer(0, length - 1 - (max - min)) - min));
}

/** Bounds from those of each variable on its own: never narrower than the truth. */
function rangeOf({ terms, constant }: Affine, { integers }: Scope): { min: number; max: number } {
  let [min, max] = [constant, constant];
  for (const { variable, coefficient } of terms) {
    const range = integers.find(({ name }) => name === variable);
    if (!range) throw new Error(`no range of ${variable}`);
    min += Math.min(coefficient * range.min, coefficient * range.max);
    max += Math.max(coefficient * range.min, coefficient * range.max);
  }
  return { min, max };
}
