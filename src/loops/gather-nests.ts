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
import { countValues, keptOf, sizesOf, type Access, type Contraction } from "../ir/contraction.ts";
import { elementOf, VALUE } from "../ir/elementwise.ts";
import { countReads, isPadded, isZeroOutside, readsOfTerm, withoutInsides } from "../ir/product.ts";
import { required } from "../support/errors.ts";
import { finishNest, nestOf, type BuildStep, type StepNests } from "./build-nests.ts";
import type { Buffer } from "./kernel.ts";
import { layoutOf } from "./layout.ts";
import type { LoopNest } from "./nest.ts";
import { padInput, type Site, type Staged } from "./padding.ts";
import { peelBorders } from "./peel-borders.ts";
import { termsOf } from "./schedule/forms.ts";
import { BLOCK_VALUES, STEPS } from "./schedule/limits.ts";
/** Builds the nests of a step that can be gathered; null where it cannot. */
export const gatherNests: BuildStep = (contraction, inputs, target, site) => {
  const classes = site.slices.length === 0 ? partsOf(contraction) : null;
  const built = classes && nestsOfParts(classes, inputs, target, site);
  if (!built || contraction.finish.kind === "value") return built;
  const written = { layout: layoutOf(contraction.output, site.sizes), buffer: target };
  const whole = nestOf(contraction, inputs, written, site, { comment: "" });
  return { ...built, after: [...built.after, finishNest(whole, contraction, target, site)] };
};

/**
 * Builds the parts of one output, steps that read the same tensors, together, with the first of them; any other step has its
 * borders peeled. All parts have to be plain products that are 0 outside, or none is built here.
 */
export function gatherParts(parts: readonly Contraction[]): BuildStep {
  const isPlain = ({ term, reduce, finish, output }: Contraction): boolean =>
    isZeroOutside(term) && reduce === "sum" && finish.kind === "value" && !isPadded(output);
  const gathered = parts.length > 1 && parts.every(isPlain) ? parts : [];
  return (contraction, ...site) => {
    if (!gathered.includes(contraction)) return peelBorders(contraction, ...site);
    return contraction === gathered[0] ? nestsOfParts(gathered, ...site) : [];
  };
}

/**
 * The nests of plain products that write parts of one output and read the same operands. Those of few terms that run over
 * the same elements share their loops.
 */
function nestsOfParts(parts: readonly Contraction[], inputs: readonly Buffer[], target: Buffer, site: Site): StepNests {
  const { describe } = site;
  const nests: LoopNest[] = [];
  const sources = readsOfTerm(required(parts[0], "a part")).map((_, position) => {
    const buffer = required(inputs[position], "an operand's buffer");
    const union = unionOf(parts, position);
    if (!union) return { buffer };
    const { contraction: copied, access, lows } = union;
    const staged = padInput(copied, access, buffer, { value: elementOf(0), outside: 0 }, site);
    nests.push(...staged.nests);
    return { buffer: staged.buffer, staged: staged.layout, lows };
  });
  const classes = parts.map((part): LoopNest => {
    const own = part.reads.map((access, position): Staged | Buffer => {
      const { buffer, staged, lows } = required(sources[position], "an operand");
      if (!staged) return buffer;
      const axes = access.axes.map(({ expression }, axis) => shiftAffine(expression, -(lows[axis] as number)));
      return { layout: { ...staged, axes }, buffer };
    });
    const written = { layout: layoutOf(part.output, site.sizes), buffer: target };
    return nestOf(part, own, written, site, {
      comment: describe?.step(part) ?? "",
      term: withoutInsides(part.term),
      reach: "partly",
      before: "kept",
      parts: parts.length,
    });
  });
  const [main, ...after] = shareLoops(classes) as [LoopNest, ...LoopNest[]];
  const written = classes.reduce((sum, { indices }) => sum + countValues(keptOf(indices)), 0);
  return { before: nests, main: written === target.length ? main : { ...main, before: "nothing" }, after };
}

/** Puts nests into one that are kept along the same indices, and whose terms are few enough to be written out. */
function shareLoops(nests: readonly LoopNest[]): readonly LoopNest[] {
  const groups = new Map<string, LoopNest[]>();
  nests.forEach((nest, number) => {
    const isShort = termsOf(nest) < STEPS;
    const key = JSON.stringify(isShort ? keptOf(nest.indices) : number);
    groups.set(key, [...(groups.get(key) ?? []), nest]);
  });
  return [...groups.values()].flatMap((alike) => {
    const largest = alike.reduce((most, nest) => (termsOf(nest) > termsOf(most) ? nest : most));
    const sizes = new Map(largest.indices.map(({ name, size }) => [name, size]));
    const fits = alike.every(({ indices }) => indices.every(({ name, size }) => size <= (sizes.get(name) ?? 1)));
    const [others, comments] = [alike.filter((nest) => nest !== largest), alike.map(({ comment }) => comment)];
    const joined: LoopNest = { ...largest, comment: comments.join("\n"), others };
    return others.length > 0 && fits && termsOf(joined) <= BLOCK_VALUES ? [joined] : alike;
  });
}

/** How layers build their steps: those that scatter gather, and others have their borders peeled. */
export const gatherOrPeel: BuildStep = (...step) => gatherNests(...step) ?? peelBorders(...step);

/** The parts of a sum of products that scatters, each of which writes its elements once; null where there are none. */
function partsOf(contraction: Contraction): readonly Contraction[] | null {
  const { reduce, symbols, term, reads } = contraction;
  if (!isZeroOutside(term) || reduce !== "sum" || symbols) return null;
  const { spec: _, ...whole } = contraction;
  const gathered = gather({ ...whole, reads: reads.slice(0, countReads(term)), finish: VALUE });
  if (gathered.kind === "none" || gathered.parts.some(({ output }) => isPadded(output))) return null;
  const { parts } = gathered;
  const reduced = countReduced(contraction);
  const isGathered = parts.length > 1 || parts.some((part) => countReduced(part) > reduced);
  return isGathered || (parts.length > 0 && isPadded(contraction.output)) ? parts : null;
}

/** How many indices of several values are reduced: gathering reduces over some that were scattered. */
function countReduced({ indices }: Contraction): number {
  return indices.filter(({ reduced, size }) => reduced && size > 1).length;
}

/** The elements of an operand that any of the classes reads, where they are more than there are. */
function unionOf(
  classes: readonly Contraction[],
  position: number,
): { readonly contraction: Contraction; readonly access: Access; readonly lows: readonly number[] } | null {
  const accesses = classes.map((part) => required(part.reads[position], "an operand"));
  if (!accesses.some(isPadded)) return null;
  const [contraction, whole] = [required(classes[0], "a class"), required(accesses[0], "an operand")];
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
