/** Messages about a spec that does not fit its operands, its parameters or itself. One function a code. */
import { EinsumError } from "../errors.ts";
import { type Span, quote } from "../carets.ts";
import { askWhetherMeant, count, describe } from "../describe.ts";
import { words } from "../words.ts";

export function coefficientTooLarge(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "coefficient-too-large",
    summary: "a coefficient passes 2^53, the largest integer that is exact",
    text,
    marks: [{ span }],
    remedy: "use smaller integers and parameters",
  });
}

export function ellipsisOnlyInOutput(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "ellipsis-only-in-output",
    summary: "the output has an ellipsis, but no operand has one",
    text,
    marks: [{ span }],
    remedy: "write ... in the term whose axes it stands for",
  });
}

export function operandName(name: unknown): EinsumError {
  return new EinsumError({
    code: "operand-name",
    summary: `${describe(name)} cannot name an operand`,
    remedy: "use letters, digits and _, each name once, and none called 'out'",
  });
}

export function outputRank(text: string, term: { readonly span: Span }, wanted: number, found: number): EinsumError {
  return new EinsumError({
    code: "output-rank",
    summary: `${words.option("outputShape")} has ${count(found, "size")}, the output ${axes(wanted)}`,
    text,
    marks: [{ span: term.span, label: axes(wanted) }],
    remedy: "give one size per axis of the output; null leaves one to inference",
  });
}

export function parameterAsAxis(text: string, span: Span, name: string): EinsumError {
  return new EinsumError({
    code: "parameter-as-axis",
    summary: `${quote(name)} is a parameter, not an index`,
    text,
    marks: [{ span }],
    remedy: `leave it out of ${words.option("params")}, or use it inside parentheses, where it is an integer`,
  });
}

export function productOfIndices(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "product-of-indices",
    summary: "an expression multiplies two indices",
    text,
    marks: [{ span }],
    remedy: `at most one factor may be an index; bind the others ${words.within("params")}, or write |k| for the size of k`,
  });
}

export function rankMismatch(
  text: string,
  term: { readonly span: Span },
  tensor: string,
  wanted: number,
  found: number,
  hint?: string | null,
): EinsumError {
  return new EinsumError({
    code: "rank-mismatch",
    summary: `${tensor} has ${axes(found)}, its term ${axes(wanted)}`,
    text,
    marks: [{ span: term.span, label: `${axes(wanted)}, found ${found}` }],
    remedy: hint ?? "write one axis expression per axis; `...` stands for any number of them",
  });
}

export function repeatedOutputIndex(text: string, name: string, spans: readonly Span[]): EinsumError {
  return new EinsumError({
    code: "repeated-output-index",
    summary: `index ${quote(name)} occurs twice in the output`,
    text,
    marks: spans.map((span) => ({ span })),
    remedy: `to embed a diagonal, write the second as an expression: \`${name} (${name})\``,
  });
}

export function unknownOutputIndex(text: string, name: string, span: Span, known: readonly string[]): EinsumError {
  return new EinsumError({
    code: "unknown-output-index",
    summary: `index ${quote(name)} of the output occurs in no operand`,
    text,
    marks: [{ span }],
    remedy: `${askWhetherMeant(name, known)}to repeat the result along it, give its size ${words.within("sizes", name)}`,
  });
}

export function unknownParameter(text: string, name: string, known: readonly string[]): EinsumError {
  return new EinsumError({
    code: "unknown-parameter",
    summary: `${words.option("params")} gives ${quote(name)}, which the spec does not use`,
    text,
    remedy: askWhetherMeant(name, known).trimEnd() || "leave it out, or use it in an expression",
  });
}

export function unknownSize(text: string, name: string, known: readonly string[]): EinsumError {
  return new EinsumError({
    code: "unknown-size",
    summary: `${words.option("sizes")} gives ${quote(name)}, which is no index of the spec`,
    text,
    remedy: askWhetherMeant(name, known).trimEnd() || "leave it out, or name an index of the spec",
  });
}

function axes(amount: number): string {
  return count(amount, "axis", "axes");
}

// Messages about symbolic sizes and strides. One function a code.

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
