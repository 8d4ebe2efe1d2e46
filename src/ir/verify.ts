/**
 * Checks that a contraction is well formed. Wrong input never reaches this far, so what it finds is a bug of ours;
 * every reason names the access and the axis.
 */
import { InternalError, required } from "../support/errors.ts";
import { type AffineTerm, printAffine } from "../affine/affine.ts";
import { reachOf, strideOf } from "./address.ts";
import { isFloat } from "./dtype.ts";
import { componentsOf, elementsIn, includes, partsOf, type Elementwise } from "./elementwise.ts";
import { countReads } from "./product.ts";
import { areNested, elementCount, isRowMajor } from "./tensor.ts";
import { printSpecOf } from "./print.ts";
import { countValues, sizesOf, type Access, type Contraction } from "./contraction.ts";

/** Returns why a contraction is malformed; null where it is well formed. */
export function whyMalformed(contraction: Contraction): string | null {
  const sizes = sizesOf(contraction);
  if (sizes.size !== contraction.indices.length) return "an index occurs twice in the list of indices";
  for (const [name, size] of sizes) {
    if (!Number.isSafeInteger(size) || size < 0) return `index ${name} has size ${size}`;
  }
  const isEmpty = [...sizes.values()].includes(0);
  const { reads, output } = contraction;
  for (const access of [...reads, output]) {
    const why = whyMalformedAccess(access, sizes) ?? (isEmpty ? null : whyOutside(access, sizes));
    if (why) return `${access.tensor.name}: ${why}`;
  }
  const written = new Set(contraction.output.axes.flatMap(({ expression }) => expression.terms.map(nameOf)));
  const lost = contraction.indices.find(({ name, reduced }) => reduced && written.has(name));
  if (lost) return `index ${lost.name} is reduced, yet the output depends on it`;
  return whyMalformedElementwise(contraction, sizes);
}

/** What the term and the finish read has to be there, and to be one element a value. */
function whyMalformedElementwise(contraction: Contraction, sizes: ReadonlyMap<string, number>): string | null {
  const { reads, output, term, reduce, finish, dtype } = contraction;
  const count = countReads(term);
  const components = typeof reduce === "string" ? 1 : reduce.components.length;
  if (componentsOf(term).length !== components) return `its term has not ${components} components`;
  if (typeof reduce !== "string" && !isFloat(dtype)) return `${reduce.name} reduces doubles alone`;
  if ([...componentsOf(term), finish].some((part) => includes(part, ({ kind }) => kind === "tuple")))
    return "an expression holds a tuple";
  if (includes(term, ({ kind }) => kind === "value")) return "its term reads a reduced value";
  for (const [read, { tensor, axes }] of reads.entries()) {
    if (read >= count && axes.some(({ padded }) => padded)) return `${tensor.name} is padded, but read beside a value`;
    if (axes.some(({ padded }) => padded) && readsOutside(term, read)) {
      return `the term does not say what ${tensor.name}, which is padded, is outside`;
    }
  }
  const stray = [term, finish].flatMap(elementsIn).find((read) => !reads[read]);
  if (stray !== undefined) return `there is no read ${stray}`;
  const reachable = reachesOnce(output, contraction.indices) ? keptNames(contraction) : plainAxes(output, sizes);
  for (const read of elementsIn(finish)) {
    const { tensor, axes } = required(reads[read], "a read");
    const index = axes.flatMap(({ expression }) => expression.terms.map(nameOf)).find((name) => !reachable.has(name));
    if (index !== undefined) return `${tensor.name} is read in the finish by ${index}, which is no axis of the output`;
  }
  return null;
}

/** Whether a term uses the element of a read without saying what it is outside. */
function readsOutside(term: Elementwise, read: number): boolean {
  if (term.kind === "inside" && term.access === read) return false;
  if (term.kind === "element") return term.access === read;
  return partsOf(term).some((part) => readsOutside(part, read));
}

function keptNames({ indices }: Contraction): ReadonlySet<string> {
  return new Set(indices.flatMap(({ name, reduced }) => (reduced ? [] : [name])));
}

/** Whether each element of the output belongs to one value of its indices. */
function reachesOnce(output: Access, indices: Contraction["indices"]): boolean {
  const { shape } = output.tensor;
  const kept = indices.flatMap(({ name, size, reduced }) =>
    reduced ? [] : [{ size, stride: strideOf(output, name) }],
  );
  const dense = isRowMajor(shape, output.tensor.strides) && !output.axes.some(({ padded }) => padded);
  return dense && areNested(kept) && countValues(kept) === elementCount(shape);
}

/** The indices that are an axis of the output each, as they are. */
function plainAxes({ axes, tensor }: Access, sizes: ReadonlyMap<string, number>): ReadonlySet<string> {
  const names = axes.flatMap(({ expression: { terms, constant } }, axis) => {
    const [term] = terms;
    const isPlain = term?.coefficient === 1 && terms.length === 1 && constant === 0;
    return isPlain && sizes.get(term.variable) === tensor.shape[axis] ? [term.variable] : [];
  });
  return new Set(names.filter((name) => names.indexOf(name) === names.lastIndexOf(name)));
}

/** Throws an `InternalError` with the reason where a contraction is malformed. */
export function verifyContraction(contraction: Contraction): void {
  const why = whyMalformed(contraction);
  if (why) throw new InternalError(`malformed contraction ${printSpecOf(contraction)}: ${why}`);
}

function nameOf({ variable }: AffineTerm): string {
  return variable;
}

function whyMalformedAccess(access: Access, sizes: ReadonlyMap<string, number>): string | null {
  const { tensor, axes } = access;
  if (axes.length !== tensor.shape.length) return `${axes.length} axis expressions for rank ${tensor.shape.length}`;
  if (tensor.strides.length !== tensor.shape.length) return `${tensor.strides.length} strides`;
  for (const { expression } of axes) {
    const stranger = expression.terms.find(({ variable }) => !sizes.has(variable));
    if (stranger) return `${printAffine(expression)} uses ${stranger.variable}, which is no index`;
  }
  return null;
}

/** Where every index has a value: an access that leaves an axis without being padded there. */
function whyOutside(access: Access, sizes: ReadonlyMap<string, number>): string | null {
  const { tensor, axes } = access;
  const reach = reachOf(access, sizes);
  for (const [axis, { expression, padded }] of axes.entries()) {
    const { min, max } = reach[axis] as { min: number; max: number };
    if (!padded && (min < 0 || max >= (tensor.shape[axis] as number))) {
      return `${printAffine(expression)} leaves axis ${axis} of size ${tensor.shape[axis]}, which is not padded`;
    }
  }
  return null;
}
