/**
 * The calls of a kernel that runs in slices: loops over the values of the sliced indices around the routines that run
 * once a slice.
 */
import type { Kernel } from "../loops/kernel.ts";
import { declareName, nestBlock, writeLine, type Block } from "./block.ts";
import { code } from "./code.ts";
import { emitCall, type RoutineFunction } from "./function.ts";

/** Calls the routines in order; loops over slices around those that run once a slice. */
export function emitSlicedCalls({ slices }: Kernel, routines: readonly RoutineFunction[], block: Block): void {
  const callAll = (from: number, to: number, inner: Block): void => {
    for (const routine of routines.slice(from, to)) emitCall(routine, inner);
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
