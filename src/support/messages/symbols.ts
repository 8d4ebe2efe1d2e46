/** Messages about symbolic sizes and strides. One function a code. */
import { quote } from "../carets.ts";
import { count } from "../describe.ts";
import { EinsumError } from "../errors.ts";
import { words } from "../words.ts";

export function kernelSize(what: string): EinsumError {
  return new EinsumError({
    code: "kernel-size",
    summary: what,
    remedy: "pass sizes that fit the arrays, in the order of kernel.compilation.kernel.integers",
  });
}

export function negativeStride(operand: number, axis: number): EinsumError {
  return new EinsumError({
    code: "symbolic-negative-stride",
    summary: `axis ${axis} of operand ${operand} has a symbolic size and a negative stride`,
    remedy: "give the size as a number, or copy the operand row-major",
  });
}

export function noExample(symbols: readonly string[], size: number, reason: EinsumError): EinsumError {
  const sizes = symbols.map((name) => `${name} = ${size}`).join(", ");
  return new EinsumError({
    code: "symbols-do-not-fit",
    summary: `of the sizes that were tried for ${symbols.join(", ")}, none fits the spec`,
    remedy: `give more sizes as numbers, or correct what is wrong at ${sizes}: ${reason.message}`,
  });
}

export function sizeCount(kernel: string, names: readonly string[], found: number): EinsumError {
  return new EinsumError({
    code: "size-count",
    summary: `${kernel} takes ${count(names.length, "size")} behind its operands, found ${found}`,
    remedy: `pass ${names.join(", ")} as integers, in this order`,
  });
}

export function symbolName(where: string, found: string): EinsumError {
  return new EinsumError({
    code: "symbol-name",
    summary: `${words.option(where)} is ${quote(found)}, which is no name`,
    remedy: "a size is an integer of at least 0, a stride any integer; what is left to run time is a name such as 'n'",
  });
}
