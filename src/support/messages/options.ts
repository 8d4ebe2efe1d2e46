/** Messages about the options of `compile`, `jit` and `einsum`. One function a code. */
import { EinsumError } from "../errors.ts";
import { quote } from "../carets.ts";
import { count, describe, formatCount } from "../describe.ts";
import { askWhetherMeant } from "../suggest.ts";
import { words } from "../words.ts";

export function invalidOption(option: string, found: unknown, wanted: string): EinsumError {
  return new EinsumError({
    code: "invalid-option",
    summary: `${quoteName(option)} must be ${wanted}, found ${describe(found)}`,
  });
}

export function listLength(option: string, found: number, operandCount: number): EinsumError {
  return new EinsumError({
    code: "list-length",
    summary: `${quoteName(option)} has ${count(found, "entry", "entries")} for ${count(operandCount, "operand")}`,
    remedy: "give one entry per operand",
  });
}

export function negativeAddress(operand: number, address: number): EinsumError {
  return new EinsumError({
    code: "negative-address",
    summary: `the strides of operand ${operand} reach ${-address} elements before the beginning of its buffer`,
    remedy: `add ${-address} to ${words.option(`offsets[${operand}]`)}, the address of the first element`,
  });
}

export function notASwitch(found: unknown): EinsumError {
  return new EinsumError({
    code: "invalid-option",
    summary: `setEvaluation takes true or false, found ${describe(found)}`,
  });
}

export function notOptions(found: unknown): EinsumError {
  return new EinsumError({
    code: "options-not-an-object",
    summary: `the options must be an object, found ${describe(found)}`,
    remedy: "pass { name: value }, or nothing",
  });
}

export function operandCount(wanted: number, found: number, hint?: string | null): EinsumError {
  return new EinsumError({
    code: "operand-count",
    summary: `the spec has ${count(wanted, "operand")}, found ${found}`,
    remedy: hint ?? `give one ${words.operand} for each term before the arrow; terms are separated by commas`,
  });
}

export function strideCount(option: string, found: number, rank: number): EinsumError {
  return new EinsumError({
    code: "stride-count",
    summary: `${quoteName(option)} has ${count(found, "stride")} for a shape of ${count(rank, "axis", "axes")}`,
    remedy: "give one stride per axis, in elements",
  });
}

export function tooLarge(what: string, found: number, most: number): EinsumError {
  return new EinsumError({
    code: "too-large",
    summary: `too many ${what}: ${formatCount(found)}; the most is ${formatCount(most)}`,
    remedy: "split the computation, or check the shapes for a mistake",
  });
}

export function unknownName(option: string, found: unknown, known: readonly string[]): EinsumError {
  return new EinsumError({
    code: "unknown-name",
    summary: `${quoteName(option)} does not know ${describe(found)}`,
    remedy: `${typeof found === "string" ? askWhetherMeant(found, known) : ""}it is one of ${known.join(", ")}`,
  });
}

export function unknownOption(found: string, known: readonly string[]): EinsumError {
  return new EinsumError({
    code: "unknown-option",
    summary: `there is no option ${quote(found)}`,
    remedy: `${askWhetherMeant(found, known)}the options are ${known.join(", ")}`,
  });
}

export function unreadable(cause: unknown): EinsumError {
  return new EinsumError({
    code: "unreadable",
    summary: "a getter or a proxy among the arguments throws this error's cause",
    cause,
  });
}

/** The option as the caller gives it, without the user's characters breaking the line. */
function quoteName(option: string): string {
  return words.option(quote(option).slice(1, -1));
}
