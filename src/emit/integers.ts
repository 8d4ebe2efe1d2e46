/**
 * Emits the integers of a kernel that serves every size: its arguments, what is read from the lengths of arrays, what
 * is computed from both, and the checks of all of them, in the words of `ir/symbols.ts`.
 *
 * Invariant: an integer is declared before anything speaks of it.
 */
import { factorsOf, sizeAffine, type Affine, type Size } from "../affine/affine.ts";
import {
  failedCheck,
  indivisibleLength,
  invalidSize,
  type ComputedInteger,
  type Integer,
  type LengthSource,
  type SizeCheck,
} from "../ir/symbols.ts";
import type { Kernel, Statement } from "../loops/kernel.ts";
import { addressesOf, visitStatements } from "../loops/rewrite.ts";
import { required } from "../support/errors.ts";
import { declareName, type Block } from "./block.ts";
import { code, literal, type Code, type Name } from "./code.ts";
import { emitAddress, emitFactor } from "./expression.ts";

/** Emits the lines that an exported function opens with; its arguments are declared already. */
export function emitIntegers({ integers, checks, operands }: Kernel, kernel: Name, block: Block): void {
  const arrayOf = ({ operand }: LengthSource): Name =>
    required(block.buffers.get(required(operands[operand], "an operand")), "an operand");
  for (const integer of integers) {
    if (integer.kind !== "parameter") {
      const value = emitComputed(integer, block);
      block.lines.push(code`const ${declareName(block, integer.name)} = ${value};`.text);
    } else if (integer.length) {
      const array = arrayOf(integer.length);
      const { per } = integer.length;
      const message = literal(indivisibleLength(kernel.text, integer.length));
      if (per > 1) {
        const check = code`if (${array}.length % ${per} !== 0) throw new RangeError(${message} + ${array}.length);`;
        block.lines.push(check.text);
      }
      block.lines.push(code`const ${declareName(block, integer.name)} = ${emitLength(array, per)};`.text);
    } else {
      const name = required(block.names.get(integer.name), integer.name);
      const message = literal(invalidSize(kernel.text, integer));
      const check = code`if (!(Number.isInteger(${name}) && ${name} >= 0)) throw new RangeError(${message} + ${name});`;
      block.lines.push(check.text);
    }
  }
  for (const check of checks) block.lines.push(emitCheck(check, kernel, block).text);
}

/** Emits a size from arguments and lengths of arrays alone: a default stands before anything is computed. */
export function emitDefault(size: Size, { integers, operands }: Kernel, block: Block): Code {
  const inlined = new Map<string, Code>();
  for (const integer of integers) {
    if (integer.kind !== "parameter") {
      inlined.set(integer.name, emitComputed(integer, block, inlined));
    } else if (integer.length) {
      const array = required(block.buffers.get(required(operands[integer.length.operand], "an operand")), "an operand");
      inlined.set(integer.name, code`(${emitLength(array, integer.length.per)})`);
    }
  }
  return emitAddress(sizeAffine(size), block, inlined);
}

/** The integers of a kernel that statements use, in its order. */
export function integersUsed(body: readonly Statement[], integers: readonly Integer[]): Integer[] {
  const used = new Set<string>();
  const use = (expression: Affine): void => {
    for (const { variable } of expression.terms) for (const factor of factorsOf(variable)) used.add(factor);
  };
  visitStatements(body, (statement) => {
    addressesOf(statement).forEach(use);
    if (statement.kind === "loop") [statement.from, statement.to].map(sizeAffine).forEach(use);
    if (statement.kind === "fill") use(sizeAffine(statement.buffer.length));
  });
  return integers.filter(({ name }) => used.has(name));
}

function emitLength(array: Name, per: number): Code {
  return per === 1 ? code`${array}.length` : code`${array}.length / ${per}`;
}

function emitComputed({ kind, left, right }: ComputedInteger, block: Block, inlined?: ReadonlyMap<string, Code>): Code {
  const [factor, divisor] = [emitFactor(left, block, inlined), emitFactor(right, block, inlined)];
  const [one, other] = [emitAddress(left, block, inlined), emitAddress(right, block, inlined)];
  switch (kind) {
    case "size":
      return inlined ? factor : one;
    case "quotient":
      return code`Math.floor(${factor} / ${divisor})`;
    case "min":
      return code`Math.min(${one}, ${other})`;
    case "max":
      return code`Math.max(${one}, ${other})`;
  }
}

function emitCheck(check: SizeCheck, kernel: Name, block: Block): Code {
  const [found, wanted] = [emitAddress(check.found, block), emitAddress(check.wanted, block)];
  const fails = check.relation === "equal" ? code`!==` : code`<`;
  const sum = (value: Code, { terms, constant }: Affine): Code =>
    terms.length + Math.abs(constant) > 1 ? code`(${value})` : value;
  const known = check.wanted.terms.length === 0;
  const [start, middle, end] = failedCheck(kernel.text, check);
  const tail = known
    ? literal(middle + check.wanted.constant + end)
    : code`${literal(middle)} + ${sum(wanted, check.wanted)} + ${literal(end)}`;
  const message = code`${literal(start)} + ${sum(found, check.found)} + ${tail}`;
  return code`if (${found} ${fails} ${wanted}) throw new RangeError(${message});`;
}
