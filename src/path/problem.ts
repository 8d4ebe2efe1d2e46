/**
 * A contraction as optimizers see it: sets of indices and their sizes, and the windows that keep some of them together.
 *
 * Invariant: an operand's set holds exactly the indices its elements depend on: an axis `(2*y + ky)` counts as both
 * `y` and `ky`, an axis read at one place counts as none.
 */
import { sizesOf, type Access, type Contraction } from "../ir/contraction.ts";
import { readsOfTerm } from "../ir/product.ts";
import { elementCount } from "../ir/tensor.ts";
import type { PathProblem } from "./path.ts";
import { findWindows, type Window } from "./windows.ts";

/** Returns the index sets of operands and output, and the size of every index in the contraction's order. */
export function pathProblem(contraction: Contraction): PathProblem {
  const sizes = sizesOf(contraction);
  const reads = readsOfTerm(contraction);
  // A window of sizes that are left to run time has no size to count with.
  const windows = contraction.symbols ? [] : reads.map((access) => windowsOf(access, sizes));
  const { axes, tensor } = contraction.output;
  const hasExpression = axes.some(({ expression: { terms, constant }, padded }) => {
    return padded || terms.length > 1 || constant !== 0 || (terms[0]?.coefficient ?? 1) !== 1;
  });
  return {
    inputs: reads.map(indicesOf),
    output: indicesOf(contraction.output),
    sizes,
    ...(hasExpression && { outputSize: elementCount(tensor.shape) }),
    ...(windows.some(({ length }) => length > 0) && { windows }),
  };
}

/** The indices an access depends on, in order of appearance. */
export function indicesOf(access: Access): ReadonlySet<string> {
  const indices = new Set<string>();
  for (const { expression } of access.axes) {
    for (const { variable } of expression.terms) indices.add(variable);
  }
  return indices;
}

function windowsOf({ axes }: Access, sizes: ReadonlyMap<string, number>): Window[] {
  if (axes.every(({ expression }) => expression.terms.length < 2)) return [];
  const places = new Map([...sizes.keys()].map((name, place) => [name, place]));
  const placeOf = ({ variable }: { readonly variable: string }): number => places.get(variable) ?? 0;
  const expressions = axes.map(({ expression }) =>
    expression.terms.slice().sort((one, other) => placeOf(one) - placeOf(other)),
  );
  return findWindows(expressions, new Set(), sizes);
}
