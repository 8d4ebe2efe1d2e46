/**
 * Terms that combine operands, and the recogniser of such terms: paths split a contraction only where its term is a
 * product of factors, each over one read, whose combination distributes over the reduction.
 *
 *     relu(a) * b     -->     mul of the factors relu(a), b
 *     a * b + c       -->     none: add does not distribute over sum
 *
 * Invariant: the factors, combined in order, are the term, up to the order of operands; factor `n` reads read `n` alone.
 */
import { required } from "../support/errors.ts";
import { distributes, identityOf, nameOfMonoid } from "./algebra.ts";
import { COMBINATIONS, type Access, type Combination, type Contraction, type ReduceOperator } from "./contraction.ts";
import { bytesOf, isBig, isFloat, type Dtype } from "./dtype.ts";
import {
  combineAll,
  elementOf,
  elementsIn,
  flatten,
  includes,
  isTruth,
  mapLeaves,
  mapParts,
  type Elementwise,
  type ElementwiseInside,
} from "./elementwise.ts";

/** A term as a product of factors, one a read; or what kind of term it is instead. */
export type Factors =
  | { readonly kind: "product"; readonly combine: Combination; readonly factors: readonly Elementwise[] }
  | { readonly kind: "none"; readonly why: string };

/** The term of a spec: what its operands' elements combine to. What lies outside of an operand is the reduction's identity. */
export function termOf(
  combine: Combination,
  reduce: ReduceOperator,
  operands: readonly Access[],
  dtype: Dtype,
): Elementwise {
  const reads = operands.map((access, number) => readOf(access, number, identityOf(reduce, dtype)));
  const isLogical = combine === "and" || combine === "or";
  const combined = combineAll(combine, reads);
  if (reads.length === 1) return isLogical ? truthOf(combined, combine, dtype) : combined;
  return isLogical || combine === "max" || combine === "min" ? combined : wrapFor(reduce, combined, dtype);
}

/** The element of a read; something else where it leaves a padded axis. */
export function readOf(access: Access, number: number, outside: number | bigint): Elementwise {
  const value = elementOf(number);
  return isPadded(access) ? { kind: "inside", access: number, value, outside } : value;
}

/** 1 where a value is not 0, NaN included, else 0: with what is true, or what is not. */
function truthOf(value: Elementwise, operator: "and" | "or", dtype: Dtype): Elementwise {
  const truth = Number(operator === "and");
  return {
    kind: "binary",
    operator,
    left: value,
    right: { kind: "constant", value: isBig(dtype) ? BigInt(truth) : truth },
  };
}

/**
 * Wraps a value where the reduction would see the difference: a product of int8 in 32 bits may be larger than one that
 * wrapped. Sums and products need no such thing, as wrapping is a homomorphism of rings.
 */
export function wrapFor(reduce: ReduceOperator, value: Elementwise, dtype: Dtype): Elementwise {
  const isNarrow = !isFloat(dtype) && bytesOf(dtype) < 4;
  return isNarrow && reduce !== "sum" && reduce !== "prod" ? { kind: "wrap", value } : value;
}

/** What a contraction's term reads: its first reads. */
export function readsOfTerm({ term, reads }: Pick<Contraction, "term" | "reads">): readonly Access[] {
  return reads.slice(0, countReads(term));
}

/** How many reads a term has; they are the first. */
export function countReads(term: Elementwise): number {
  return elementsIn(term).reduce((count, access) => Math.max(count, access + 1), 0);
}

/** Recognises a product of factors whose combination distributes over the reduction. */
export function factorsOf({ term, reduce, dtype }: Pick<Contraction, "term" | "reduce" | "dtype">): Factors {
  const { combine, parts } = partsOfTerm(term);
  const count = countReads(term);
  if (count > 1 && !distributes(combine, reduce, dtype)) {
    return { kind: "none", why: `${combine} does not distribute over ${nameOfMonoid(reduce)}` };
  }
  const factors: Elementwise[] = [];
  const constants: Elementwise[] = [];
  for (const part of parts) {
    const [access, another] = elementsIn(part);
    if (another !== undefined || includes(part, ({ kind }) => kind === "integer" && count > 1)) {
      return { kind: "none", why: "a factor of it reads several operands" };
    }
    if (access === undefined) constants.push(part);
    else factors[access] = factors[access] ? combineAll(combine, [factors[access], part]) : part;
  }
  const [first] = factors;
  if (first && constants.length > 0) factors[0] = combineAll(combine, [first, ...constants]);
  return { kind: "product", combine, factors: factors.length > 0 ? factors : [term] };
}

/** The operator that a term combines its parts by, and the parts; a term of one part counts as a product. */
export function partsOfTerm(term: Elementwise): {
  readonly combine: Combination;
  readonly parts: readonly Elementwise[];
} {
  const bare = term.kind === "wrap" || term.kind === "shared" ? term.value : term;
  if (bare.kind !== "binary") return { combine: "mul", parts: [term] };
  const combine = COMBINATIONS.find((name) => name === bare.operator);
  return combine ? { combine, parts: flatten(bare, combine) } : { combine: "mul", parts: [term] };
}

/** Whether a term is the plain product of all its reads, or the element of one, each padded or not. */
export function isPlainProduct(term: Elementwise): boolean {
  return isProductOfReads(multiplyOutside(term));
}

/** Whether such a product is 0 as soon as a read lies outside. */
export function isZeroOutside(term: Elementwise): boolean {
  return isPlainProduct(term) && holdsZeroOutside(term);
}

function holdsZeroOutside(term: Elementwise): boolean {
  return !includes(term, (part) => part.kind === "inside" && Number(part.outside) !== 0);
}

function isProductOfReads(term: Elementwise): boolean {
  const { combine, parts } = partsOfTerm(term);
  const isRead = (part: Elementwise): boolean =>
    part.kind === "element" || (part.kind === "inside" && part.value.kind === "element");
  return combine === "mul" && term.kind !== "wrap" && parts.every(isRead);
}

/**
 * A term of which all contributes nothing where some read lies outside, without the conditions that say so; null where
 * what lies outside takes part. Sums of products of integers are such terms, for 0 times any integer is 0.
 */
export function skipOutside({
  term,
  reduce,
  dtype,
}: Pick<Contraction, "term" | "reduce" | "dtype">): Elementwise | null {
  if (term.kind === "tuple" && typeof reduce !== "string") {
    const parts = reduce.components.map(({ identity: nothing }, at) =>
      skipOutside({ term: required(term.parts[at], "a component"), reduce: { ...reduce, nothing }, dtype }),
    );
    return parts.every((part) => part !== null) ? { kind: "tuple", parts } : null;
  }
  const nothing = identityOf(reduce, dtype);
  let bare = term;
  while (bare.kind === "inside" && bare.outside === nothing) bare = bare.value;
  // The truth of what there is not is as good as nothing, where that is no truth.
  if (bare.kind === "binary" && isTruth(bare) && bare.left.kind === "inside" && Number(nothing) === 0) {
    if (Number(bare.left.outside) === 0) bare = { ...bare, left: bare.left.value };
  }
  if (!includes(bare, ({ kind }) => kind === "inside")) return bare;
  const sumsIntegers = reduce === "sum" && !isFloat(dtype) && isZeroOutside(bare);
  return sumsIntegers ? withoutInsides(bare) : null;
}

/** The reads outside of which a whole term is 0. */
export function skippedReads(term: Elementwise): readonly number[] {
  if (term.kind !== "inside") return [];
  const inner = skippedReads(term.value);
  return Number(term.outside) === 0 ? [term.access, ...inner] : inner.filter((read) => read !== term.access);
}

/** A term that says nothing of what lies outside of some reads: of all, where absent. */
export function withoutInsides(term: Elementwise, isOne: (read: number) => boolean = () => true): Elementwise {
  const shared = new Map<Elementwise, Elementwise>();
  const rebuild = (part: Elementwise): Elementwise =>
    part.kind === "inside" && isOne(part.access) ? rebuild(part.value) : mapParts(part, rebuild, shared);
  return rebuild(term);
}

/** A term that says nothing of what lies outside of reads that are not padded. */
export function settle(term: Elementwise, reads: readonly Access[]): Elementwise {
  return withoutInsides(term, (read) => !isPadded(reads[read]));
}

/** Whether an access may leave its tensor. */
export function isPadded(access: Access | undefined): boolean {
  return access?.axes.some(({ padded }) => padded) ?? false;
}

/** The term with what its padded reads are outside of their tensors. */
export function surround(term: Elementwise, reads: readonly Access[], outside: number | bigint): Elementwise {
  return mapLeaves(withoutInsides(term), (leaf) => {
    return leaf.kind === "element" ? readOf(reads[leaf.access] as Access, leaf.access, outside) : leaf;
  });
}

/** The term where all contributes nothing as soon as one of some reads lies outside. */
export function skipping(term: Elementwise, reads: readonly Access[], outside: number | bigint): Elementwise {
  return reads.reduceRight<Elementwise>(
    (value, read, access) => (isPadded(read) ? { kind: "inside", access, value, outside } : value),
    withoutInsides(term),
  );
}

/**
 * A product that contributes nothing where a read lies outside, as a product that reads 0 there: the same for finite
 * elements. Any other term stays as it is.
 */
export function multiplyOutside(term: Elementwise): Elementwise {
  const skipped: ElementwiseInside[] = [];
  let bare = term;
  for (; bare.kind === "inside" && bare.value.kind !== "element"; bare = bare.value) skipped.push(bare);
  if (skipped.length === 0 || !holdsZeroOutside(term) || !isProductOfReads(bare)) return term;
  const shared = new Map<Elementwise, Elementwise>();
  const rebuild = (part: Elementwise): Elementwise => {
    if (part.kind !== "element") return mapParts(part, rebuild, shared);
    const around = skipped.find(({ access }) => access === part.access);
    return around ? { ...around, value: part } : part;
  };
  return rebuild(bare);
}
