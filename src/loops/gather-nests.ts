/**
 * The nests of a step that scatters, as nests that gather: one a residue class, each into its own part of the output.
 * `einsum` does not carry this file: it is handed in.
 *
 *     out[2*y + k] sum= a[y] * b[k]     -->     aPadded[y + 1] = a[y]
 *                                               out[2*y] = sum over k of aPadded[y + k] * b[2 - 2*k]
 *                                               out[2*y + 1] = aPadded[y + 1] * b[1]
 *
 * Invariant: all classes read one padded copy of an operand; the first of them fills the output, the others keep it.
 */
import { shiftAffine, variableAffine } from "../affine/affine.ts";
import { gather } from "../grad/gather.ts";
import { reachOf } from "../ir/address.ts";
import { sizesOf, type Access, type Contraction } from "../ir/contraction.ts";
import { elementOf, VALUE } from "../ir/elementwise.ts";
import { countReads, isPlainProduct, readsOfTerm, withoutInsides } from "../ir/product.ts";
import { required } from "../support/errors.ts";
import { finishNest, nestOf, type BuildStep } from "./build-nests.ts";
import { describeCopies } from "./describe-nests.ts";
import type { Buffer } from "./kernel.ts";
import { layoutOf } from "./layout.ts";
import type { LoopNest } from "./nest.ts";
import { padInput, type Staged } from "./padding.ts";
import { peelBorders } from "./peel-borders.ts";

/** Builds the nests of a step that can be gathered; null where it cannot. */
export const gatherNests: BuildStep = (contraction, inputs, target, site) => {
  const { describe, slices } = site;
  const classes = slices.length === 0 ? partsOf(contraction) : null;
  if (!classes) return null;
  const nests: LoopNest[] = [];
  const sources = readsOfTerm(contraction).map((_, position) => {
    const buffer = required(inputs[position], "an operand's buffer");
    const union = unionOf(contraction, classes, position);
    if (!union) return { buffer };
    const { contraction: copied, access, lows } = union;
    const staged = padInput(copied, access, buffer, { value: elementOf(0), outside: 0 }, site);
    nests.push(...describeCopies(staged.nests, describe));
    return { buffer: staged.buffer, staged: staged.layout, lows };
  });
  const parts = classes.map((part, number): LoopNest => {
    const own = part.reads.map((access, position): Staged | Buffer => {
      const { buffer, staged, lows } = required(sources[position], "an operand");
      if (!staged) return buffer;
      const axes = access.axes.map(({ expression }, axis) => shiftAffine(expression, -(lows[axis] as number)));
      return { layout: { ...staged, axes }, buffer };
    });
    const written = { layout: layoutOf(part.output, site.sizes), buffer: target };
    return nestOf(part, own, written, site, {
      comment: describe?.step(part) ?? "",
      reach: "partly",
      before: number === 0 ? "nothing" : "kept",
      parts: classes.length,
    });
  });
  const [main, ...others] = parts;
  if (!main) return null;
  const { sizes } = site;
  const whole = nestOf(contraction, inputs, { layout: layoutOf(contraction.output, sizes), buffer: target }, site, {
    comment: "",
  });
  const finish = contraction.finish.kind === "value" ? [] : [finishNest(whole, contraction, target, site)];
  return { before: nests, main, after: [...others, ...finish] };
};

/** How layers build their steps: those that scatter gather, and others have their borders peeled. */
export const gatherOrPeel: BuildStep = (...step) => gatherNests(...step) ?? peelBorders(...step);

/** The parts of a sum of products that scatters, each of which writes its elements once; null where there are none. */
function partsOf(contraction: Contraction): readonly Contraction[] | null {
  const { reduce, symbols, term, reads } = contraction;
  if (!isPlainProduct(term) || reduce !== "sum" || symbols) return null;
  const { spec: _, ...whole } = contraction;
  const gathered = gather({ ...whole, reads: reads.slice(0, countReads(term)), finish: VALUE });
  if (gathered.kind === "none" || gathered.parts.some(({ output }) => output.axes.some(({ padded }) => padded))) {
    return null;
  }
  const parts = gathered.parts.map((part) => ({ ...part, term: withoutInsides(part.term) }));
  const reduced = countReduced(contraction);
  const isGathered = parts.length > 1 || parts.some((part) => countReduced(part) > reduced);
  return isGathered || contraction.output.axes.some(({ padded }) => padded) ? parts : null;
}

/** How many indices of several values are reduced: gathering reduces over some that were scattered. */
function countReduced({ indices }: Contraction): number {
  return indices.filter(({ reduced, size }) => reduced && size > 1).length;
}

/** The elements of an operand that any of the classes reads, where they are more than there are. */
function unionOf(
  contraction: Contraction,
  classes: readonly Contraction[],
  position: number,
): { readonly contraction: Contraction; readonly access: Access; readonly lows: readonly number[] } | null {
  const accesses = classes.map((part) => required(part.reads[position], "an operand"));
  if (!accesses.some(({ axes }) => axes.some(({ padded }) => padded))) return null;
  const whole = required(contraction.reads[position], "an operand");
  const reaches = accesses.map((access, number) => reachOf(access, sizesOf(required(classes[number], "a class"))));
  const windows = whole.axes.map((_, axis) => {
    const reach = reaches.map((axes) => required(axes[axis], "the reach of an axis"));
    const low = Math.min(0, ...reach.map(({ min }) => min));
    const high = Math.max((whole.tensor.shape[axis] as number) - 1, ...reach.map(({ max }) => max));
    return { low, extent: high - low + 1 };
  });
  const names = whole.axes.map(({ expression }, axis) => {
    const first = expression.terms[0]?.variable;
    const isShared = whole.axes.slice(0, axis).some((other) => other.expression.terms[0]?.variable === first);
    return first === undefined || isShared ? `axis${axis}` : first;
  });
  const indices = windows.map(({ extent }, axis) => ({ name: names[axis] as string, size: extent, reduced: false }));
  const axes = windows.map(({ low }, axis) => ({
    expression: shiftAffine(variableAffine(names[axis] as string), low),
    padded: true,
  }));
  return { contraction: { ...contraction, indices }, access: { ...whole, axes }, lows: windows.map(({ low }) => low) };
}
