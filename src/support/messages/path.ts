/** Messages about contraction paths and the options that choose them. One function a code. */
import { quote, type Mark } from "../carets.ts";
import { describe, formatCount, suggest } from "../describe.ts";
import { EinsumError } from "../errors.ts";
import { words } from "../words.ts";

export function incompletePath(steps: number, remaining: number, operandCount: number): EinsumError {
  const taken = steps === 1 ? "its only step" : `its ${steps} steps`;
  return new EinsumError({
    code: "incomplete-path",
    summary: `the path leaves ${remaining} of ${operandCount} tensors uncontracted after ${taken}`,
    remedy: `add steps until one tensor is left; one of positions 0 to ${remaining - 1} contracts the rest at once`,
  });
}

export function malformedStep(number: number, step: unknown): EinsumError {
  const found = Array.isArray(step) ? "an empty list" : describe(step);
  return new EinsumError({
    code: "malformed-step",
    summary: `step ${number} of the path must be a list of positions, found ${found}`,
    remedy: "write each step as the positions of the tensors it contracts: [0, 1]",
  });
}

export function memoryLimit(limit: number, least: number): EinsumError {
  return new EinsumError({
    code: "memory-limit",
    summary: `${words.option("memoryLimit")} is ${formatCount(limit)} elements, and the result alone has ${formatCount(least)}`,
    remedy: `pass ${formatCount(least)} or more: any path can be sliced to keep to that`,
  });
}

export function notAPath(value: unknown): EinsumError {
  return new EinsumError({
    code: "not-a-path",
    summary: `${words.option("optimize")} must be the name of an optimizer or a path, found ${describe(value)}`,
    remedy: 'pass a name, such as "auto", or a list of steps, such as [[0, 1], [0, 1]]',
  });
}

/** The problem that an optimizer is called with, or a part of it, which `where` names. */
export function notAProblem(where: string, found: unknown, wanted: string): EinsumError {
  return new EinsumError({
    code: "not-a-problem",
    summary: `${where} must be ${wanted}, found ${describe(found)}`,
    remedy: "call optimizers with what they are handed as 'optimize', or pass a spec and shapes to contractionPath",
  });
}

/** A caller's own optimizer gave no path; `wrong` is the first step that is none, or -1 where too much is left. */
export function optimizerPath(path: unknown, wrong: number, remaining: number): EinsumError {
  const step = Array.isArray(path) ? `step ${wrong}: ${describe(path[wrong])}` : describe(path);
  return new EinsumError({
    code: "optimizer-path",
    summary: `the optimizer returned no path: ${wrong < 0 ? `${remaining} tensors are left` : step}`,
    remedy: "return steps of ids: operands count from 0, then each result has the next id, and one tensor is left",
  });
}

export function positionOutOfRange(
  number: number,
  step: readonly unknown[],
  at: number,
  remaining: number,
): EinsumError {
  const places = remaining === 1 ? "position 0" : `positions 0 to ${remaining - 1}`;
  return new EinsumError({
    code: "path-position",
    summary: `step ${number} of the path takes position ${describe(step[at])}, where ${countTensors(remaining)}`,
    ...drawStep(step, at, places),
    remedy: "the tensors of a step leave the list and its result joins it at the end; positions count what remains",
  });
}

export function repeatedPosition(number: number, step: readonly unknown[], at: number): EinsumError {
  return new EinsumError({
    code: "repeated-position",
    summary: `step ${number} of the path takes position ${describe(step[at])} twice`,
    ...drawStep(step, at, "taken already"),
    remedy: "list each tensor of a step once",
  });
}

/** `what` is the name of an optimizer, or the option that takes a search. */
export function searchNotCarried(what: string): EinsumError {
  const isOption = what.startsWith("options.");
  const named = what.replace(/-./g, ([, letter = ""]) => letter.toUpperCase());
  return new EinsumError({
    code: "search-not-carried",
    summary: `${isOption ? what : `the optimizer ${quote(what)}`} takes a search, which only programs with 'einsmith/path' carry`,
    remedy: `import "einsmith/path"${isOption ? "" : `, or pass its function: import { ${named} } from "einsmith/path"`}`,
  });
}

export function splitNotDistributive(combine: string, reduce: string, dtype: string, stepCount: number): EinsumError {
  return new EinsumError({
    code: "split-not-distributive",
    summary: `a ${reduce} of ${combine} over ${dtype} cannot be split into ${stepCount} steps: ${combine} does not distribute over ${reduce}`,
    remedy: `contract all operands in one step: ${words.set("optimize", "auto")}`,
  });
}

export function unknownOptimizer(name: string, known: readonly string[]): EinsumError {
  const near = suggest(name, known);
  return new EinsumError({
    code: "unknown-optimizer",
    summary: `there is no optimizer ${quote(name)}${near === undefined ? "" : `; did you mean ${quote(near)}?`}`,
    remedy: `pass one of ${known.map((one) => quote(one)).join(", ")}, or a path such as [[0, 1], [0, 1]]`,
  });
}

/** Draws a step with a caret under one of its positions. */
function drawStep(step: readonly unknown[], at: number, label: string): { text: string; marks: Mark[] } {
  const positions = Array.from(step, describe);
  const start = positions.slice(0, at).reduce((length, position) => length + position.length + 2, 1);
  const end = start + (positions[at]?.length ?? 0);
  return { text: `[${positions.join(", ")}]`, marks: [{ span: { start, end }, label }] };
}

function countTensors(count: number): string {
  return count === 1 ? "1 tensor remains" : `${count} tensors remain`;
}
