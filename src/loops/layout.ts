/**
 * Layouts while nests are built: the indices of a nest, and its accesses as flat addresses, for sizes and strides that
 * are known, or left to run time.
 *
 * Invariant: no address leaves its buffer; `verify-compilation.ts` and `verify-kernel.ts` check it.
 */
import { constantAffine, multiplyAffines, sumAffines, type Affine, type AffineTerm } from "../affine/affine.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { denseLayout, type Integers } from "../ir/symbolic-layout.ts";
import { atValues, evaluateSymbolic, type SymbolicAccess, type Symbols } from "../ir/symbols.ts";
import { required } from "../support/errors.ts";
import type { Buffer } from "./kernel.ts";
import type { BufferAccess, NestIndex } from "./nest.ts";

/** What is known of sizes while the nests of one kernel are built. */
export interface Sizes extends Integers {
  readonly symbols: Symbols | undefined;
}

/** Starts with the integers of a contraction. */
export function openSizes({ symbols }: Contraction): Sizes {
  return { symbols, integers: [...(symbols?.integers ?? [])], example: new Map(symbols?.example) };
}

/** The size of an index of a step. */
export function sizeOfIndex(
  { symbols }: Sizes,
  { name, size }: { readonly name: string; readonly size: number },
): Affine {
  return symbols?.sizes.get(name) ?? constantAffine(size);
}

/** An access of a step; an intermediate has one axis an index, row-major. */
export function layoutOf(access: Access, { symbols }: Sizes): SymbolicAccess {
  const { tensor, axes } = access;
  const known = symbols?.accesses.get(tensor.name);
  if (known) return known;
  const expressions = axes.map(({ expression }) => expression);
  if (!symbols) {
    const { shape, strides, offset } = tensor;
    return {
      shape: shape.map(constantAffine),
      strides: strides.map(constantAffine),
      offset: constantAffine(offset),
      axes: expressions,
    };
  }
  const shape = expressions.map(({ terms }) => required(symbols.sizes.get(terms[0]?.variable ?? ""), "an index"));
  return { ...denseLayout(shape), axes: expressions };
}

/** Sizes that are left to run time are scheduled as long ones: at the example they may be small by chance. */
const SYMBOLIC_EXTENT = 1024;

/** An index of a nest. */
export function nestIndex(
  { name, reduced, outermost }: Pick<NestIndex, "name" | "reduced" | "outermost">,
  extent: Affine,
  { example }: Sizes,
): NestIndex {
  if (extent.terms.length === 0) {
    return { name, size: Math.max(0, extent.constant), reduced, ...(outermost && { outermost }) };
  }
  return { name, size: Math.max(SYMBOLIC_EXTENT, evaluateSymbolic(extent, example)), symbolic: extent, reduced };
}

/** The flat address of an access, over the indices of more than one value, the largest stride first. */
export function accessBuffer(
  { strides, offset, axes }: SymbolicAccess,
  buffer: Buffer,
  indices: readonly NestIndex[],
  { example }: Sizes,
): BufferAccess {
  const sizes = new Map(indices.map(({ name, size }) => [name, size]));
  if (indices.some(({ size }) => size === 0)) return { buffer, address: constantAffine(0) };
  const full = sumAffines([
    offset,
    ...axes.map((expression, axis) => multiplyAffines(strides[axis] as Affine, expression)),
  ]);
  const strideOf = (term: AffineTerm): number =>
    Math.abs(atValues({ terms: [term], constant: 0 }, example).terms[0]?.coefficient ?? 0);
  const terms = full.terms
    .filter(({ variable }) => sizes.get(variable.slice(variable.lastIndexOf("*") + 1)) !== 1)
    .map((term) => ({ term, stride: strideOf(term) }))
    .sort((one, other) => other.stride - one.stride)
    .map(({ term }) => term);
  const symbolic = { terms, constant: full.constant };
  const address = atValues(symbolic, example);
  return example.size > 0 ? { buffer, address, symbolic } : { buffer, address };
}
