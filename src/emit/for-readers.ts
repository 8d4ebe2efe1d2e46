/**
 * What is emitted for a reader, and for kernels that run in slices, beyond what a program needs that runs a small one:
 * long lines broken as a hand would, comments, the size of every function, and loops over slices around calls.
 */
import type { Kernel, Routine } from "../loops/kernel.ts";
import { addressesOf, visitStatements } from "../loops/rewrite.ts";
import { bufferName, declareName, nameOf, nestBlock, writeLine, type Block } from "./block.ts";
import { functionBytecode } from "./bytecode.ts";
import { code, commaSeparated } from "./code.ts";
import { commentLines, docComment } from "./comment.ts";
import type { Extras, RoutineFunction } from "./function.ts";
import { layOut } from "./layout.ts";

export const FOR_READERS: Extras = {
  layOut,
  slicesOf,
  emitCalls,
  comment: commentLines,
  document: docComment,
  measure: functionBytecode,
};

/** The indices of slices that addresses of a routine use; a routine outside the loops may name its own loops so. */
function slicesOf(routine: Routine, { slices, routines }: Kernel): readonly string[] {
  const at = routines.indexOf(routine);
  if (!slices || at < slices.first || at >= slices.end) return [];
  const used = new Set<string>();
  visitStatements(routine.body, (statement) => {
    for (const { terms } of addressesOf(statement)) for (const { variable } of terms) used.add(variable);
  });
  return slices.indices.map(({ name }) => name).filter((name) => used.has(name));
}

/** Calls the routines in order; loops over slices around those that run once a slice. */
function emitCalls({ slices }: Kernel, routines: readonly RoutineFunction[], block: Block): void {
  const callAll = (from: number, to: number, inner: Block): void => {
    for (const routine of routines.slice(from, to)) {
      const arrays = routine.arguments.map((buffer) => bufferName(inner, buffer));
      const indices = routine.slices.map((slice) => nameOf(inner, slice));
      writeLine(inner, code`${routine.name}(${commaSeparated([...arrays, ...indices])});`);
    }
  };
  if (!slices) return callAll(0, routines.length, block);
  callAll(0, slices.first, block);
  const blocks = [block];
  for (const { name, size } of slices.indices) {
    const outer = blocks.at(-1) ?? block;
    const inner = nestBlock(outer);
    const variable = declareName(inner, name);
    writeLine(outer, code`for (let ${variable} = 0; ${variable} < ${size}; ${variable}++) {`);
    blocks.push(inner);
  }
  callAll(slices.first, slices.end, blocks.pop() ?? block);
  for (const outer of blocks.reverse()) writeLine(outer, code`}`);
  callAll(slices.end, routines.length, block);
}
