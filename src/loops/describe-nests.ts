/** What nests do, in words, for who reads the code they become; a program that only runs it needs no words. */
import type { Contraction } from "../ir/contraction.ts";
import { printFormula } from "../ir/print.ts";
import type { LoopNest } from "./nest.ts";

export interface DescribeNests {
  /** A step: the formula it computes. */
  step(contraction: Contraction): string;
  /** A copy into a border, or out of one. */
  copy(nest: LoopNest): string;
}

export const IN_WORDS: DescribeNests = {
  step: printFormula,
  copy({ target, operands: [source] }) {
    const [from, to] = [source?.buffer.name, target.buffer.name];
    if (target.buffer.role === "output") return `Copies the inside of ${from} to ${to}.`;
    return `Copies ${from} into ${to}, whose border holds ${target.buffer.initial ?? 0}.`;
  },
};
