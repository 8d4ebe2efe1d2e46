/** Loop nests as text for people: the statement, then a line a loop, outermost first. */
import { printAffine } from "../affine/print.ts";
import { printElementwise } from "../ir/elementwise.ts";
import { required } from "../support/errors.ts";
import type { BufferAccess, Loop, LoopNest } from "./nest.ts";

const SIGNS = {
  mul: " * ",
  add: " + ",
  min: " min ",
  max: " max ",
  and: " and ",
  or: " or ",
  match: " match ",
  differ: " differ ",
} as const;

/**
 * Prints a nest:
 *
 *     nest out[16*i + k] sum= a[16*i + j] * b[16*j + k]
 *       for i 16 unroll 4
 *       for j 16
 *       for k 16 unroll 4
 */
export function printNest(nest: LoopNest): string {
  const reducing = nest.indices.some(({ reduced }) => reduced);
  const assign = reducing || nest.covers === "repeatedly" || nest.covers === "onto" ? `${nest.reduce}=` : "=";
  const nameOf = (access: number): string => printBufferAccess(required(nest.further?.[access], "a further access"));
  const reads = nest.operands
    .map((access) => {
      const read = printBufferAccess(access);
      return access.prologue ? printElementwise(access.prologue, read, nameOf) : read;
    })
    .join(SIGNS[nest.combine]);
  const lines = [`nest ${printBufferAccess(nest.target)} ${assign} ${reads}`];
  if (nest.epilogue) lines.push(`  then ${printElementwise(nest.epilogue, nest.target.buffer.name, nameOf)}`);
  for (const { name, size } of nest.slices ?? []) lines.push(`  slice ${name} of ${size}`);
  for (const loop of nest.loops) lines.push(`  ${printLoop(nest, loop)}`);
  return lines.join("\n");
}

function printLoop(nest: LoopNest, loop: Loop): string {
  const size = nest.indices.find(({ name }) => name === loop.index)?.size ?? 1;
  if (loop.kind === "tile") return `for ${loop.index} ${size} in tiles of ${loop.step}`;
  if (loop.step >= size) return `for ${loop.index} ${size} unrolled`;
  return `for ${loop.index} ${size}${loop.step > 1 ? ` unroll ${loop.step}` : ""}`;
}

function printBufferAccess({ buffer, address }: BufferAccess): string {
  return `${buffer.name}[${printAffine(address)}]`;
}
