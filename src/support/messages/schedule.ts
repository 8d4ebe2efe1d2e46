/** Messages about schedule overrides. One function a code. */
import { EinsumError } from "../errors.ts";
import { quote } from "../carets.ts";
import { describe, listFew } from "../describe.ts";
import { suggest } from "../suggest.ts";
import { words } from "../words.ts";

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
