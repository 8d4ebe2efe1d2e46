/** Messages about the lazy front end: symbols, index expressions, views, sizes, inputs. One function a code. */
import { quote } from "../carets.ts";
import { describe, listFew, suggest } from "../describe.ts";
import { EinsumError } from "../errors.ts";

export function lazyArgument(what: string, wanted: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "lazy-argument",
    summary: `${what} must be ${wanted}, found ${describe(found)}`,
  });
}

export function lazyAtom(found: string): EinsumError {
  return new EinsumError({
    code: "lazy-atom",
    summary: `${quote(found)} is neither an index nor a size`,
    remedy: "name a symbol, or the size of one",
  });
}

export function lazyAxes(axes: readonly string[], names: readonly string[]): EinsumError {
  return new EinsumError({
    code: "lazy-axes",
    summary: `a view names ${listFew(names.map(quote), ", ", " and ") || "no new index"} for ${
      axes.length === 0
        ? "no axis that is left"
        : `the ${axes.length === 1 ? "axis" : "axes"} ${listFew(axes.map(quote), ", ", " and ")}`
    }`,
    remedy: "name one index an axis, or say in 'where' which index reads which axis",
  });
}

export function lazyBroadcast(left: readonly string[], right: readonly string[]): EinsumError {
  return new EinsumError({
    code: "lazy-broadcast",
    summary: `a tensor over ${listFew(left.map(quote), ", ", " and ")} and one over ${listFew(right.map(quote), ", ", " and ")} do not align`,
    remedy: "name their axes with 'to': axes of one name meet",
  });
}

export function lazyDerivative(expression: string, by: string): EinsumError {
  return new EinsumError({
    code: "lazy-derivative",
    summary: `the derivative of ${quote(expression)} by ${quote(by)} is no integer`,
    remedy: "a quotient rounded down rises in steps: split the index in two instead, as in x = 2*q + r",
  });
}

export function lazyDivision(dividend: string): EinsumError {
  return new EinsumError({ code: "lazy-division", summary: `${quote(dividend)} is divided by 0` });
}

export function lazyDuplicate(name: string): EinsumError {
  return new EinsumError({
    code: "lazy-duplicate",
    summary: `the index ${quote(name)} is named twice`,
    remedy: "name an axis once: a diagonal is a view with 'where'",
  });
}

export function lazyExpression(found: unknown): EinsumError {
  return new EinsumError({
    code: "lazy-expression",
    summary: `an index expression is made of symbols, sizes and integers, found ${describe(found)}`,
  });
}

export function lazyIndex(name: string, known: readonly string[]): EinsumError {
  return new EinsumError({
    code: "lazy-index",
    summary: `${quote(name)} is no axis of the tensor`,
    remedy: known.length > 0 ? `its axes are ${listFew(known.map(quote), ", ", " and ")}` : "it has no axes",
  });
}

export function lazyInput(name: string, known: readonly string[]): EinsumError {
  const near = suggest(name, known);
  return new EinsumError({
    code: "lazy-input",
    summary: `${quote(name)} is no input of the graph`,
    remedy: near ? `did you mean ${quote(near)}?` : `its inputs are ${listFew(known.map(quote), ", ", " and ")}`,
  });
}

export function lazyInputCount(names: readonly string[], found: number): EinsumError {
  return new EinsumError({
    code: "lazy-input-count",
    summary: `the graph has ${names.length} input${names.length === 1 ? "" : "s"}, found ${found}`,
    remedy: `give ${listFew(names.map(quote), ", ", " and ")}`,
  });
}

export function lazyInputDtype(name: string, wanted: string, found: string): EinsumError {
  return new EinsumError({
    code: "lazy-input-dtype",
    summary: `input ${quote(name)} is of ${wanted}, found ${found}`,
    remedy: `pass an array of ${wanted}, or make the tensor with { dtype: '${found}' }`,
  });
}

export function lazyInputLength(name: string, shape: readonly number[], found: number): EinsumError {
  return new EinsumError({
    code: "lazy-input-length",
    summary: `input ${quote(name)} has ${found} elements, but its shape is [${shape.join(", ")}]`,
  });
}

export function lazyName(what: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "lazy-name",
    summary: `${describe(found)} cannot name ${what}`,
    remedy: "use letters, digits and _, and begin with no digit",
  });
}

export function lazyNotAffine(expression: string): EinsumError {
  return new EinsumError({
    code: "lazy-not-affine",
    summary: `no axis can be read by ${quote(expression)}`,
    remedy: "multiply indices by integers and sizes alone; instead of dividing one, split it in two, as in x = 2*q + r",
  });
}

export function lazyRank(what: string, rank: number, found: number): EinsumError {
  return new EinsumError({
    code: "lazy-rank",
    summary: `${what} has ${rank} ${rank === 1 ? "axis" : "axes"}, found ${found} ${found === 1 ? "size" : "sizes"}`,
  });
}

/** Two sizes of one index, each with where it comes from. */
export function lazySizeConflict(
  name: string,
  first: { readonly size: number; readonly from: string },
  second: { readonly size: number; readonly from: string },
): EinsumError {
  return new EinsumError({
    code: "lazy-size-conflict",
    summary: `index ${quote(name)} has two sizes: ${first.size}, ${first.from}, and ${second.size}, ${second.from}`,
    remedy: "correct one of them, or name the axes differently",
  });
}

/** `constraints` are what views say of sizes. */
export function lazyUndetermined(name: string, constraints: readonly string[]): EinsumError {
  const speaking = constraints.filter((text) => text.split(/[^\p{ID_Continue}]+/u).includes(name));
  const said = speaking.length > 0 ? `; all that is known of it is ${listFew(speaking.map(quote), ", ", " and ")}` : "";
  return new EinsumError({
    code: "lazy-undetermined",
    summary: `nothing determines the size of index ${quote(name)}${said}`,
    remedy: "give it by setSize on a tensor that has the index, or make a tensor with a number in its place",
  });
}

export function lazyWhere(constraint: string, why: string): EinsumError {
  return new EinsumError({
    code: "lazy-where",
    summary: `the constraint ${quote(constraint)} ${why}`,
    remedy: "write [axis, expression over the view's indices], or [index of the view, expression over the axes]",
  });
}
