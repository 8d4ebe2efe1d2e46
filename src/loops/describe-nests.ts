/** Loop nests for people: what they do, in words, for who reads the code they become; and themselves as text. */
import type { Contraction, ContractionIndex } from "../ir/contraction.ts";
import { namesBeside, printFormula } from "../ir/print.ts";
import type { Buffer } from "./kernel.ts";
import { type BufferAccess, type Loop, type LoopNest, accessOf, accessesIn, nestsIn } from "./nest.ts";
import { namesApart, printAffine } from "../affine/affine.ts";
import { nameOfMonoid } from "../ir/algebra.ts";
import { printElementwise } from "../ir/print-elementwise.ts";
import { required } from "../support/errors.ts";

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

/** Says what a copy does, to who wants to know. */
export function describeCopy(nest: LoopNest, describe: DescribeNests | undefined): LoopNest {
  return describe ? { ...nest, comment: describe.copy(nest) } : nest;
}

/**
 * Prints a nest:
 *
 *     nest out[16*i + k] sum= a[16*i + j] * b[16*j + k]
 *       for i 16 unroll 4
 *       for j 16
 *       for k 16 unroll 4
 */
export function printNest(nest: LoopNest): string {
  const names = namesOfNest(nest);
  const lines = nestsIn(nest).flatMap((statement, at) => printStatement(statement, at === 0 ? "nest" : "  and", names));
  for (const { name, size } of nest.slices ?? []) lines.push(`  slice ${names(name)} of ${size}`);
  for (const loop of nest.loops) lines.push(`  for ${printLoop(nest, loop, names)}`);
  return lines.join("\n");
}

function printStatement(nest: LoopNest, opening: string, names: Names): string[] {
  const { target, indices, reduce, reach, before, term, finish } = nest;
  const reducing = indices.some(({ reduced }) => reduced);
  const assign = reducing || reach === "repeatedly" || before === "added" ? `${nameOfMonoid(reduce)}=` : "=";
  const nameOf = (access: number): string => printBufferAccess(accessOf(nest, access), names);
  const line = `${opening} ${printBufferAccess(target, names)} ${assign} ${printElementwise(term, "", nameOf, names)}`;
  return finish.kind === "value" ? [line] : [line, `  then ${printElementwise(finish, target.buffer.name, nameOf)}`];
}

/**
 * Prints what the schedule of a nest costs by the cost model, in multiply-adds at the peak, and what others would have,
 * with the operands they copy; nothing where no other was thought of.
 *
 *     cost 346,767, or:
 *     351,683 with i 64 in tiles of 8, j 64 unroll 8, i 64 unroll 8, k 64 unroll 2; bDoubles; outRows
 */
export function printChoice({ choice }: LoopNest): string {
  if (!choice) return "";
  const { cost, others } = choice;
  const alternatives = others.map((other) => {
    const nest = required(other.nests.at(-1), "the nest of a schedule");
    const copies = other.nests.slice(0, -1).map(({ target }) => target.buffer.name);
    const loops = nest.loops.map((loop) => printLoop(nest, loop, namesOfNest(nest))).join(", ");
    return `    ${printCost(other.cost)} with ${[loops, ...copies, ...(nest.rows ? [nest.rows.name] : [])].join("; ")}`;
  });
  return [`  cost ${printCost(cost)}${alternatives.length > 0 ? ", or:" : ""}`, ...alternatives].join("\n");
}

function printCost(cost: number): string {
  return Math.round(cost).toLocaleString("en-US");
}

function printLoop(nest: LoopNest, loop: Loop, names: Names): string {
  const size = nest.indices.find(({ name }) => name === loop.index)?.size ?? 1;
  const name = names(loop.index);
  if (loop.kind === "tile") return `${name} ${size} in tiles of ${loop.step}`;
  if (loop.step >= size) return `${name} ${size} unrolled`;
  return `${name} ${size}${loop.step > 1 ? ` unroll ${loop.step}` : ""}`;
}

function printBufferAccess({ buffer, address }: BufferAccess, names: Names): string {
  return `${buffer.name}[${printAffine(address, names)}]`;
}

type Names = (variable: string) => string;

/** What to call the loops of a nest beside its buffers. */
function namesOfNest(nest: LoopNest): Names {
  return namesApart(
    [...nest.indices, ...(nest.slices ?? [])].map(({ name }) => name),
    accessesIn(nest).map(({ buffer }) => buffer.name),
  );
}
