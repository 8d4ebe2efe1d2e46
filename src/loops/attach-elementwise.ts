/**
 * Gives the nests of a step its prologues, its epilogue and what these read. `einsum` has none but a mean's division, and
 * does not carry this file: it is handed in.
 *
 * A prologue is applied where the operand is read, or, where that is a copy with a border or the access asks for one,
 * while it is copied. An epilogue is applied where an element is stored; or, where elements are updated in memory or not
 * reached once, by a nest of its own afterwards.
 *
 * Invariant: an epilogue that reads further accesses stands on a nest that stores each element of the output once.
 */
import { elementsIn, type Elementwise } from "../ir/elementwise.ts";
import type { Contraction } from "../ir/contraction.ts";
import type { SymbolicAccess } from "../ir/symbols.ts";
import { printFormula } from "../ir/print.ts";
import { indicesOf } from "../path/problem.ts";
import { required } from "../support/errors.ts";
import type { Attach, Site } from "./build-nests.ts";
import { accessBuffer, layoutOf, nestIndex, sizeOfIndex, type Sizes } from "./layout.ts";
import { updatesInMemory } from "./lower.ts";
import type { Buffer } from "./kernel.ts";
import type { BufferAccess, LoopNest } from "./nest.ts";
import { cropNest, padInput } from "./padding.ts";
import { scheduleNest } from "./schedule/schedule-nest.ts";

/** Attaches the elementwise expressions of a step to its nests: copies of operands, the main one, perhaps a crop. */
export const attachElementwise: Attach = (contraction, { before: copies, main, after }, inputs, target, site) => {
  const [crop] = after;
  const { before, staged, operands } = attachPrologues(contraction, main, copies, inputs, site);
  const further = furtherOf(contraction, inputs, site);
  const reading = further.length > 0 ? { further } : {};
  const comment = main.comment || (staged.length > 0 ? printFormula(contraction) : "");
  const { epilogue, ...bare } = { ...main, operands, comment, ...reading };
  const nests = { before: [...before, ...staged], main: bare, after };
  if (!epilogue) return nests;
  if (!crop && (isMean(contraction) || reachesOnce(contraction, main))) {
    return { ...nests, main: { ...bare, epilogue } };
  }
  const last = crop ?? overItself(contraction, target, site.sizes);
  return { ...nests, after: [{ ...last, ...reading, epilogue }] };
};

/** A nest that applies the epilogue of a step to every element of its output, where they have been added up before. */
export function finishNest(
  contraction: Contraction,
  inputs: readonly Buffer[],
  target: Buffer,
  site: Site,
): readonly LoopNest[] {
  const { epilogue } = contraction;
  const further = furtherOf(contraction, inputs, site);
  const reading = further.length > 0 ? { further } : {};
  return epilogue ? [{ ...overItself(contraction, target, site.sizes), ...reading, epilogue }] : [];
}

/** A nest that copies each element of the output to where it is. */
function overItself(contraction: Contraction, target: Buffer, sizes: Sizes): LoopNest {
  const { tensor, axes } = contraction.output;
  const output = { tensor, axes: axes.map((axis) => ({ ...axis, padded: false })) };
  return {
    ...cropNest({ ...contraction, output }, { layout: layoutOf(output, sizes), buffer: target }, target, sizes),
    comment: describeFinish(target),
  };
}

function describeFinish({ name }: Buffer): string {
  return `Applies the epilogue to every element of ${name}.`;
}

/** The further accesses as flat addresses, over the indices that they depend on. */
function furtherOf(contraction: Contraction, inputs: readonly Buffer[], { sizes, slices }: Site): BufferAccess[] {
  const indices = [...contraction.indices, ...slices];
  return (contraction.further ?? []).map((access, at) => {
    const buffer = required(inputs[contraction.operands.length + at], "the buffer of a further access");
    const own = indices.filter(({ name }) => indicesOf(access).has(name));
    return placeAccess(layoutOf(access, sizes), buffer, own, sizes);
  });
}

function placeAccess(
  layout: SymbolicAccess,
  buffer: Buffer,
  indices: Contraction["indices"],
  sizes: Sizes,
): BufferAccess {
  const own = indices.map((index) => nestIndex(index, sizeOfIndex(sizes, index), sizes));
  return accessBuffer(layout, buffer, own, sizes);
}

/** Puts prologues on copies that there are already, on copies that are asked for, or on what the main nest reads. */
function attachPrologues(
  contraction: Contraction,
  main: LoopNest,
  copies: readonly LoopNest[],
  inputs: readonly Buffer[],
  { sizes, allocate, slices }: Site,
): { readonly before: LoopNest[]; readonly staged: LoopNest[]; readonly operands: BufferAccess[] } {
  const before = [...copies];
  const staged: LoopNest[] = [];
  const whole = { ...contraction, indices: [...contraction.indices, ...slices] };
  const { indices } = whole;
  const operands = main.operands.map((operand, position): BufferAccess => {
    const access = required(contraction.operands[position], "an operand");
    const source = required(inputs[position], "the buffer of an operand");
    const { prologue } = access;
    if (!prologue) return operand;
    if (operand.buffer !== source) {
      const at = before.findIndex((nest) => nest.target.buffer === operand.buffer);
      // A border may be all there is.
      if (at >= 0) before[at] = withPrologue(before[at] as LoopNest, prologue);
      return operand;
    }
    if (!access.staged || indices.some(({ size }) => size === 0)) return { ...operand, prologue };
    const copy = padInput(whole, access, source, sizes, allocate);
    const comment = `Copies ${access.tensor.name} into ${copy.buffer.name}, its prologue applied.`;
    staged.push(...copy.nests.map((nest) => ({ ...withPrologue(nest, prologue), comment })));
    return placeAccess(copy.layout, copy.buffer, indices, sizes);
  });
  return { before, staged, operands };
}

function withPrologue(nest: LoopNest, prologue: Elementwise): LoopNest {
  return { ...nest, operands: nest.operands.map((operand) => ({ ...operand, prologue })) };
}

/** Whether an epilogue is the division of a mean, which leaves the identity as it is. */
function isMean({ reduce, epilogue }: Contraction): boolean {
  return reduce === "mean" && epilogue !== undefined && elementsIn(epilogue).length === 0;
}

function reachesOnce({ indices }: Contraction, { covers }: LoopNest): boolean {
  return covers === "once" && indices.every(({ size }) => size > 0);
}

/**
 * Splits a scheduled nest that updates its target in memory from an epilogue that reads further accesses: that runs over
 * the output's indices afterwards, each element once.
 */
export function splitEpilogue(nest: LoopNest): LoopNest[] {
  const { epilogue, choice, ...bare } = nest;
  if (!epilogue || elementsIn(epilogue).length === 0 || !updatesInMemory(nest)) return [nest];
  const finishing: LoopNest = {
    ...bare,
    epilogue,
    comment: describeFinish(nest.target.buffer),
    indices: nest.indices.filter(({ reduced }) => !reduced),
    operands: [nest.target],
    combine: "mul",
    reduce: "sum",
  };
  return [{ ...bare, ...(choice && { choice }) }, scheduleNest(finishing)];
}
