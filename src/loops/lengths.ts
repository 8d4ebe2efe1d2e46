/**
 * Which arrays a buffer accepts, and what is said of others, by the interpreter and by emitted functions alike. An
 * operand may be longer than what is read of it; the output is filled whole, so that nothing behind it may be lost.
 */
import type { Buffer, Kernel } from "./kernel.ts";

/** The scratch that a kernel allocates: parts of other scratch left out. */
export function allocatedScratch({ scratch }: Kernel): readonly Buffer[] {
  return scratch.filter(({ part }) => !part);
}

/** Whether an array of so many elements may stand for a buffer of a length. */
export function fitsLength(role: Buffer["role"], length: number, found: number): boolean {
  return role === "operand" ? found >= length : found === length;
}

/** What is said of an array of the wrong length; the length found follows. */
export function wrongLength(kernel: string, array: string, role: Buffer["role"], length: number | string): string {
  const wanted = role === "operand" ? "needs" : "must have";
  return `${kernel}: ${array} ${wanted} ${length} element${length === 1 ? "" : "s"}, found `;
}
