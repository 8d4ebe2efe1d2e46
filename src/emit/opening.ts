/**
 * What the exported function of a module opens with: the integers of a kernel that serves every size, which are its
 * arguments, read from the lengths of arrays, or computed from both; then checks of sizes and lengths, in the words of
 * `ir/symbols.ts` and `loops/lengths.ts`.
 *
 * Invariant: an integer is declared before anything speaks of it.
 */
import { sizeAffine, type Affine } from "../affine/affine.ts";
import { arrayNameOf } from "../ir/dtype.ts";
import { failedCheck, indivisibleLength, invalidSize, type ComputedInteger, type SizeCheck } from "../ir/symbols.ts";
import type { Buffer, Kernel } from "../loops/kernel.ts";
import { wrongLength } from "../loops/lengths.ts";
import { required } from "../support/errors.ts";
import { bind, bufferName, declareName, nameOf, type Block } from "./block.ts";
import { code, literal, Name, type Code } from "./code.ts";
import { emitAddress, emitFactor, emitSize } from "./statement.ts";

/** Opens the exported function, which is called so, for callers that it does not know: it checks everything. */
export function openMain(kernel: Kernel, { text: called }: Name, block: Block): void {
  const { integers, checks, operands, output } = kernel;
  const told = new Set<number>();
  for (const integer of integers) {
    if (integer.kind !== "parameter") {
      declareInteger(integer.name, emitComputed(integer, block), block);
    } else if (integer.length) {
      const { operand, per } = integer.length;
      told.add(operand);
      const array = arrayAt(operand, kernel, block);
      const message = literal(indivisibleLength(called, integer.length));
      if (per > 1) writeCheck(code`${array}.length % ${per} !== 0`, code`${message} + ${array}.length`, block);
      declareInteger(integer.name, emitLength(array, per), block);
    } else {
      const name = nameOf(block, integer.name);
      const message = literal(invalidSize(called, integer));
      writeCheck(code`!(Number.isInteger(${name}) && ${name} >= 0)`, code`${message} + ${name}`, block);
    }
  }
  for (const check of checks) checkSizes(check, called, block);
  const arrays = [...operands, output];
  // A length that a size was read from is right as it is.
  for (const [at, buffer] of arrays.entries()) if (!told.has(at)) checkLength(buffer, called, block);
  for (const buffer of arrays) viewBits(buffer, block);
}

/** The array that is made where none is given for the output: a default stands before anything is computed. */
export function emitDefault(kernel: Kernel, block: Block): Code {
  const { length, dtype, bitsOf = dtype } = kernel.output;
  const inlined = new Map<string, Code>();
  for (const integer of kernel.integers) {
    if (integer.kind !== "parameter") {
      inlined.set(integer.name, emitComputed(integer, block, inlined));
    } else if (integer.length) {
      const { operand, per } = integer.length;
      inlined.set(integer.name, code`(${emitLength(arrayAt(operand, kernel, block), per)})`);
    }
  }
  return code`new ${new Name(arrayNameOf(bitsOf))}(${emitAddress(sizeAffine(length), block, inlined)})`;
}

/** On one line, however long: nobody reads its end. */
function writeCheck(fails: Code, message: Code, block: Block): void {
  block.lines.push(code`if (${fails}) throw new RangeError(${message});`.text);
}

function declareInteger(name: string, value: Code, block: Block): void {
  block.lines.push(code`const ${declareName(block, name)} = ${value};`.text);
}

function arrayAt(operand: number, { operands }: Kernel, block: Block): Name {
  return bufferName(block, required(operands[operand], "an operand"));
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

function checkSizes(check: SizeCheck, called: string, block: Block): void {
  const [found, wanted] = [emitAddress(check.found, block), emitAddress(check.wanted, block)];
  const fails = check.relation === "equal" ? code`!==` : code`<`;
  const sum = (value: Code, { terms, constant }: Affine): Code =>
    terms.length + Math.abs(constant) > 1 ? code`(${value})` : value;
  const known = check.wanted.terms.length === 0;
  const [start, middle, end] = failedCheck(called, check);
  const tail = known
    ? literal(middle + check.wanted.constant + end)
    : code`${literal(middle)} + ${sum(wanted, check.wanted)} + ${literal(end)}`;
  const message = code`${literal(start)} + ${sum(found, check.found)} + ${tail}`;
  writeCheck(code`${found} ${fails} ${wanted}`, message, block);
}

/** Refuses an array of the wrong length in the words of the interpreter. */
function checkLength(buffer: Buffer, called: string, block: Block): void {
  const { role, length } = buffer;
  if (length === 0 && role === "operand") return;
  const array = bufferName(block, buffer);
  const wanted = emitSize(length, block);
  const wrong = role === "operand" ? code`<` : code`!==`;
  // A length that is known is part of the words; any other one stands between them.
  const words = wrongLength(called, array.text, role, typeof length === "number" ? length : "\n");
  const [before, after] = words.split("\n") as [string, string?];
  const message = after === undefined ? literal(before) : code`${literal(before)} + (${wanted}) + ${literal(after)}`;
  writeCheck(code`${array}.length ${wrong} ${wanted}`, code`${message} + ${array}.length`, block);
}

/** Looks at the bits of an array whose buffer holds them: behind this line, the buffer goes by another name. */
function viewBits(buffer: Buffer, block: Block): void {
  if (!buffer.bitsOf) return;
  const array = bufferName(block, buffer);
  const type = new Name(arrayNameOf(buffer.dtype));
  const view = code`new ${type}(${array}.buffer, ${array}.byteOffset, ${emitSize(buffer.length, block)})`;
  block.buffers.set(buffer, bind(block, `${buffer.name}Bits`, view));
}
