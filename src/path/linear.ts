/**
 * Linear paths, as callers write them, and their way to and from SSA. See `path.ts` for the two forms.
 *
 * Invariant: within a step, the order of the tensors is kept, so that both ways round give the same path back.
 */
import * as messages from "../support/messages/path.ts";
import type { LinearPath, SsaPath } from "./path.ts";

/** Turns positions in the list of remaining tensors into ids. The path must be valid: see `validatePath`. */
export function linearToSsa(path: LinearPath, operandCount: number): SsaPath {
  // Ascending, since results are appended. Moving what is behind a removed one is cheap even for thousands.
  const live = Array.from({ length: operandCount }, (_, id) => id);
  return path.map((positions, step) => {
    const ids = positions.map((position) => live[position] as number);
    removeAll(live, positions);
    live.push(operandCount + step);
    return ids;
  });
}

/** Turns ids into positions in the list of remaining tensors. */
export function ssaToLinear(path: SsaPath, operandCount: number): LinearPath {
  const live = Array.from({ length: operandCount }, (_, id) => id);
  return path.map((ids, step) => {
    const positions = ids.map((id) => positionOf(live, id));
    removeAll(live, positions);
    live.push(operandCount + step);
    return positions;
  });
}

function removeAll(live: number[], positions: readonly number[]): void {
  for (const position of [...positions].sort((a, b) => b - a)) live.splice(position, 1);
}

/** Where an id is in an ascending list that has it. */
function positionOf(live: readonly number[], id: number): number {
  let [low, high] = [0, live.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((live[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Returns a copy of a caller's path, or refuses it: every step must list positions of tensors that remain, each once,
 * and one tensor must remain after the last. A lone operand needs no step: its empty path gets one.
 */
export function validatePath(path: unknown, operandCount: number): LinearPath {
  if (!Array.isArray(path)) throw messages.notAPath(path);
  const steps: number[][] = [];
  let remaining = operandCount;
  for (let step = 0; step < path.length; step++) {
    const positions = validateStep(path[step], step, remaining);
    steps.push(positions);
    remaining -= positions.length - 1;
  }
  if (operandCount === 1 && steps.length === 0) return [[0]];
  if (remaining !== 1) throw messages.incompletePath(steps.length, remaining, operandCount);
  return steps;
}

/** Checks one step, where `remaining` tensors are left to choose from. */
function validateStep(step: unknown, number: number, remaining: number): number[] {
  if (!Array.isArray(step) || step.length === 0) throw messages.malformedStep(number, step);
  const positions = new Set<number>();
  for (let at = 0; at < step.length; at++) {
    const position: unknown = step[at];
    if (!Number.isInteger(position) || (position as number) < 0 || (position as number) >= remaining) {
      throw messages.positionOutOfRange(number, step, at, remaining);
    }
    if (positions.has(position as number)) throw messages.repeatedPosition(number, step, at);
    // Of a Set, an explicit -0 is a 0.
    positions.add(position as number);
  }
  return [...positions];
}

/** Returns the path in SSA form that an optimizer gave, or refuses it: of a caller's own there is no saying what it gives. */
export function validateSsa(path: SsaPath, operandCount: number): SsaPath {
  const live = new Set(Array.from({ length: operandCount }, (_, id) => id));
  const isStep = (ids: unknown, step: number): boolean =>
    Array.isArray(ids) && ids.length > 0 && ids.every((id) => live.delete(id)) && !!live.add(operandCount + step);
  const wrong = Array.isArray(path) ? path.findIndex((ids, step) => !isStep(ids, step)) : 0;
  if (wrong >= 0 || live.size !== 1) throw messages.optimizerPath(path, wrong, live.size);
  return path;
}
