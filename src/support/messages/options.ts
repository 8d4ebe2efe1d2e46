/** Messages about the options of `compile`, `jit` and `einsum`. One function a code. */
import { EinsumError } from "../errors.ts";
import { quote } from "../carets.ts";
import { askWhetherMeant, count, describe, formatCount, listFew, suggest } from "../describe.ts";
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

// Messages about schedule overrides. One function a code.

export function overrideIndex(
  option: string,
  index: string,
  known: readonly string[],
  what: "index" | "operand" = "index",
): EinsumError {
  const near = suggest(index, known);
  const plural = what === "index" ? "indices" : "operands and its output";
  const names = known.length > 0 ? `its ${plural} are ${listFew(known.map(quote), ", ", " and ")}` : "it has none";
  return new EinsumError({
    code: "override-index",
    summary: `${words.option(option)} names ${quote(index)}, which is no ${what} of the spec`,
    remedy: near ? `did you mean ${quote(near)}?` : names,
  });
}

export function overrideStep(option: string, index: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "override-step",
    summary: `${words.option(option)} of ${quote(index)} must be a positive integer, found ${describe(found)}`,
  });
}

export function overrideTwice(option: string, name: string): EinsumError {
  return new EinsumError({
    code: "override-twice",
    summary: `${words.option(option)} names ${quote(name)} twice`,
    remedy: "name each once",
  });
}

export function tileRemainders(indices: readonly string[], most: number): EinsumError {
  return new EinsumError({
    code: "tile-remainders",
    summary: `${words.option("tile")} leaves a remainder in ${listFew(indices.map(quote), ", ", " and ")}, more than ${most} indices`,
    remedy: "choose tiles that divide the sizes, or tile fewer indices",
  });
}

// Messages about what to compile a spec to. One function a code.

export function kernelName(name: unknown): EinsumError {
  return new EinsumError({
    code: "kernel-name",
    summary: `${describe(name)} cannot name a kernel`,
    remedy: "use letters, digits, _ and $, and begin with no digit",
  });
}

export function longName(name: string, found: number, most: number): EinsumError {
  return new EinsumError({
    code: "name-too-long",
    summary: `${quote(name)} cannot name a kernel: it has ${found} characters, more than ${most}`,
    remedy: "choose a shorter name",
  });
}

export function notACompilation(found: unknown): EinsumError {
  return new EinsumError({
    code: "not-a-compilation",
    summary: `a module is made of what compile returns, or of the kernel of a lazy tensor, found ${describe(found)}`,
  });
}

export function reservedName(name: string): EinsumError {
  return new EinsumError({
    code: "reserved-name",
    summary: `${quote(name)} cannot name a kernel: JavaScript or emitted code uses it`,
    remedy: "choose another name",
  });
}

export function unknownTarget(target: unknown): EinsumError {
  return new EinsumError({
    code: "unknown-target",
    summary: `${words.option("target")} does not know ${describe(target)}`,
    remedy: "it is 'javascript' or 'typescript'",
  });
}
