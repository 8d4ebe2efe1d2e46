/**
 * What the exported function of a module opens with: the integers of a kernel that serves every size, which are its
 * arguments, read from the lengths of arrays, or computed from both; then checks of sizes and lengths, in the words of
 * `ir/symbols.ts` and `loops/lengths.ts`.
 *
 * Invariant: an integer is declared before anything speaks of it.
 */
import { sizeAffine, type Affine, type Size } from "../affine/affine.ts";
import { arrayNameOf } from "../ir/dtype.ts";
import {
  argumentsOf,
  failedCheck,
  indivisibleLength,
  invalidSize,
  type ComputedInteger,
  type LengthSource,
  type SizeCheck,
} from "../ir/symbols.ts";
import type { Buffer, Kernel } from "../loops/kernel.ts";
import { wrongLength } from "../loops/lengths.ts";
import { required } from "../support/errors.ts";
import { bind, bufferName, declareName, type Block } from "./block.ts";
import { code, literal, Name, type Code } from "./code.ts";
import { emitAddress, emitFactor, emitSize } from "./expression.ts";
import type { Opening } from "./function.ts";

/** Takes arguments and checks everything. */
export const CHECKED: Opening = {
  argumentsOf: ({ integers }) => argumentsOf(integers),
  emit(kernel, name, block) {
    emitIntegers(kernel, name, block);
    const told = new Set(
      kernel.integers.map((integer) => (integer.kind === "parameter" ? integer.length?.operand : undefined)),
    );
    // A length that a size was read from is right as it is.
    [...kernel.operands, kernel.output].forEach((buffer, at) => told.has(at) || writeCheck(buffer, name, block));
    [...kernel.operands, kernel.output].forEach((buffer) => viewBits(buffer, block));
  },
  initial(kernel, block) {
    const { length, dtype, bitsOf = dtype } = kernel.output;
    return code`new ${new Name(arrayNameOf(bitsOf))}(${emitDefault(length, kernel, block)})`;
  },
};

/** Looks at the bits of an array whose buffer holds them: behind this line, the buffer goes by another name. */
function viewBits(buffer: Buffer, block: Block): void {
  if (!buffer.bitsOf) return;
  const array = bufferName(block, buffer);
  const type = new Name(arrayNameOf(buffer.dtype));
  const view = code`new ${type}(${array}.buffer, ${array}.byteOffset, ${emitSize(buffer.length, block)})`;
  block.buffers.set(buffer, bind(block, `${buffer.name}Bits`, view));
}

/** Emits the integers that are no arguments, and the checks of all. */
function emitIntegers({ integers, checks, operands }: Kernel, kernel: Name, block: Block): void {
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
function emitDefault(size: Size, { integers, operands }: Kernel, block: Block): Code {
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

/** Refuses an array of the wrong length, on one line, in the words of the interpreter. */
function writeCheck(buffer: Buffer, kernel: Name, block: Block): void {
  const { role, length } = buffer;
  if (length === 0 && role === "operand") return;
  const array = bufferName(block, buffer);
  const wanted = emitSize(length, block);
  const wrong = role === "operand" ? code`<` : code`!==`;
  // A length that is known is part of the words; any other one stands between them.
  const [before, after] = wrongLength(kernel.text, array.text, role, typeof length === "number" ? length : "\n").split(
    "\n",
  ) as [string, string?];
  const message = after === undefined ? literal(before) : code`${literal(before)} + (${wanted}) + ${literal(after)}`;
  const check = code`if (${array}.length ${wrong} ${wanted}) throw new RangeError(${message} + ${array}.length);`;
  block.lines.push(check.text);
}
