/** Messages about arrays passed at run time. One function a code. */
import { EinsumError } from "../errors.ts";
import { count, describe } from "../describe.ts";
import { words } from "../words.ts";

interface Layout {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

export function arrayCount(kernel: string, wanted: number, found: number): EinsumError {
  return new EinsumError({
    code: "array-count",
    summary: `${kernel} takes ${count(wanted, "array")} and an optional out, found ${found}`,
    remedy: "pass one typed array per operand, in the order of the spec",
  });
}

export function arrayClass(what: string, found: unknown, known: readonly string[]): EinsumError {
  return new EinsumError({
    code: "array-class",
    summary: `the data of ${what} is ${show(found)}, whose elements have no dtype here`,
    remedy: `copy it into one of ${known.join(", ")}, as in Float64Array.from(data)`,
  });
}

export function arrayDtype(what: string, wanted: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "array-dtype",
    summary: `${what} must be of class ${wanted}, found ${show(found)}`,
    remedy: ArrayBuffer.isView(found)
      ? `convert it, or compile for its dtype with ${words.option("dtypes")}`
      : "pass the flat array alone; the kernel knows its shape and strides",
  });
}

export function arrayLength(what: string, role: string, wanted: number, found: number): EinsumError {
  return new EinsumError({
    code: "array-length",
    summary: `${what} needs ${role === "operand" ? "at least" : "exactly"} ${wanted} elements, found ${found}`,
    remedy: "pass the flat buffer of an array of the shape this kernel was compiled for",
  });
}

export function arrayLies(what: string, said: unknown, found: number): EinsumError {
  return new EinsumError({
    code: "array-lies",
    summary: `${what} says that its length is ${describe(said)}, but has ${found} elements`,
    remedy: "pass an array whose class does not define length anew",
  });
}

export function malformedField(what: string, field: string, found: unknown, wanted: string): EinsumError {
  return new EinsumError({
    code: "malformed-array",
    summary: `the ${field} of ${what} must be ${wanted}, found ${show(found)}`,
  });
}

export function nestedTooDeep(most: number): EinsumError {
  return new EinsumError({
    code: "nested-too-deep",
    summary: `a nested list has more than ${most} levels`,
    remedy: "check that no list holds itself",
  });
}

export function notANumber(found: unknown): EinsumError {
  return new EinsumError({
    code: "not-a-number",
    summary: `a nested list must hold numbers, found ${show(found)}`,
    remedy: "pass numbers or BigInts, in lists of equal lengths",
  });
}

export function notAnArray(what: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "not-an-array",
    summary: `${what} must be an array with data and shape, found ${show(found)}`,
    remedy: "pass { data: new Float64Array(...), shape: [...] }, or make one with array([[1, 2], [3, 4]])",
  });
}

export function notAnInteger(dtype: string, found: number): EinsumError {
  return new EinsumError({
    code: "not-an-integer-element",
    summary: `an array of dtype '${dtype}' cannot hold ${found}`,
    remedy: "round it first, or choose dtype 'float64'",
  });
}

export function notArrays(found: unknown): EinsumError {
  return new EinsumError({
    code: "not-arrays",
    summary: `the operands must be a list of arrays, found ${show(found)}`,
    remedy: "pass [a, b], where each has data and shape",
  });
}

export function notTyped(what: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "not-a-typed-array",
    summary: `the data of ${what} must be a typed array, found ${show(found)}`,
    remedy: "pass { data: new Float64Array(...), shape: [...] }, or make one with array([[1, 2], [3, 4]])",
  });
}

export function optionsAmongOperands(position: number): EinsumError {
  return new EinsumError({
    code: "options-among-operands",
    summary: `operand ${position} is an object of options`,
    remedy: "options follow a list of operands: einsum(spec, [a, b], options)",
  });
}

export function outMismatch(field: string, wanted: string, found: string): EinsumError {
  return new EinsumError({
    code: "out-mismatch",
    summary: `out has ${field} ${found}, the result ${wanted}`,
    remedy: "pass an array of the result's shape and dtype, or leave it out",
  });
}

export function outOverlapsItself(): EinsumError {
  return new EinsumError({
    code: "out-overlaps-itself",
    summary: "several elements of out share one place in memory",
    remedy: "pass an array whose strides keep its elements apart",
  });
}

export function outsideBuffer(
  what: string,
  min: number,
  max: number,
  length: number,
  { shape, strides, offset }: Layout,
): EinsumError {
  const layout = `shape [${shape.join(", ")}], strides [${strides.join(", ")}], offset ${offset}`;
  return new EinsumError({
    code: "outside-buffer",
    summary: `${what} reaches elements ${min} to ${max} of a buffer of ${length}`,
    remedy: `its layout is ${layout}; all in elements`,
  });
}

export function raggedList(axis: number, shape: readonly number[], found: unknown): EinsumError {
  const wanted = `a list of ${shape[axis]}`;
  return new EinsumError({
    code: "ragged-list",
    summary: `a nested list is ragged: expected ${wanted} on axis ${axis}, found ${show(found)}`,
    remedy: "make all lists of one axis equally long",
  });
}

export function strideRank(what: string, strides: number, rank: number): EinsumError {
  return new EinsumError({
    code: "stride-rank",
    summary: `${what} has ${strides} strides for rank ${rank}`,
    remedy: "give one stride per axis, in elements",
  });
}

export function tooLargeToAllocate(elements: number): EinsumError {
  return new EinsumError({
    code: "too-large-to-allocate",
    summary: `this engine cannot allocate memory for ${elements} elements`,
    remedy: "split the computation, or check the shapes for a mistake",
  });
}

/** As `describe`, but lists with their lengths and arrays by their classes. */
function show(value: unknown): string {
  const kind = describe(value);
  try {
    if (kind === "a list") return `a list of ${Number((value as unknown[]).length)}`;
    if (kind !== "a typed array") return kind;
    const name = Object.prototype.toString.call(value).slice(8, -1);
    // A subclass may call itself anything.
    return /^[A-Z]\w{0,30}$/.test(name) ? `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}` : kind;
  } catch {
    return kind;
  }
}
