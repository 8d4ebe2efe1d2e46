/** What nests do, in words, for who reads the code they become; a program that only runs it needs no words. */
import type { Contraction, ContractionIndex } from "../ir/contraction.ts";
import { namesBeside, printFormula } from "../ir/print.ts";
import type { Buffer } from "./kernel.ts";
import type { LoopNest } from "./nest.ts";

export interface DescribeNests {
  /** A step: the formula it computes. */
  step(contraction: Contraction): string;
  /** A copy into a border, or out of one. */
  copy(nest: LoopNest): string;
  /** A finish behind everything else. */
  finish(target: Buffer): string;
  /** A step where some indices have some of their values: the part where most of its work is, or another one. */
  box(contraction: Contraction, spans: readonly Span[], isFirst: boolean): string;
}

/** Some values of an index: so many from the first. */
export interface Span {
  readonly index: ContractionIndex;
  readonly first: number;
  readonly count: number;
}

export const IN_WORDS: DescribeNests = {
  step: printFormula,
  copy({ target, reach, operands: [source] }) {
    const [from, to] = [source?.buffer.name, target.buffer.name];
    if (target.buffer.role === "output") return `Copies the inside of ${from} to ${to}.`;
    if (reach === "once") return `Copies ${from} into ${to}, its prologue applied.`;
    return `Copies ${from} into ${to}, whose border holds ${target.buffer.initial ?? 0}.`;
  },
  finish: ({ name }) => `Applies the epilogue to every element of ${name}.`,
  box(contraction, spans, isFirst) {
    const nameOf = namesBeside(contraction);
    const some = spans.flatMap(({ index: { name, size }, first, count }) => {
      const values = count > 1 ? `${first} to ${first + count - 1}` : String(first);
      return count < size ? [`${nameOf(name)} is ${values}`] : [];
    });
    const formula = printFormula(contraction);
    if (some.length === 0) return formula;
    return isFirst ? `${formula}, where ${some.join(" and ")}` : `The same where ${some.join(" and ")}.`;
  },
};

/** Says what copies do, to who wants to know. */
export function describeCopies(nests: readonly LoopNest[], describe: DescribeNests | undefined): readonly LoopNest[] {
  return describe ? nests.map((nest) => ({ ...nest, comment: describe.copy(nest) })) : nests;
}
