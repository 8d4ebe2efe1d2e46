/**
 * Lowers nests of several statements: under the loops that they share, one after the other, in the order of the target. A
 * program in which no nest has several does not carry this file: it is handed in.
 *
 *     nest out[2*y] = a[y] * b[1]                       -->     for y { value a = ...; value b = ...; out[2*y] = a * b
 *       and out[2*y + 1] sum= a[y - k + 1] * b[2*k]                     accumulator accB = 0
 *       for y 8                                                         for k { value aB = ...; value bB = ...
 *       for k 2                                                                 accB sum= aB * bB }
 *                                                                       out[2*y + 1] = accB }
 *
 * Invariant: no two statements have a name in common; a pass sees that they load the same elements.
 */
import { nameExpressions, type NamedStatement, type NameStatements } from "./lower.ts";
import { nestsIn } from "./nest.ts";

/** Names the values of each statement: behind those of all but the first stands a letter. */
export const nameStatements: NameStatements = (nest, nameValues) => {
  const [first, ...others] = nestsIn(nest);
  const names = nameValues({ ...nest, operands: first.operands });
  const named = others.map((own, at): NamedStatement => {
    const letter = String.fromCharCode("B".charCodeAt(0) + at);
    const operands = own.operands.map(({ buffer }) => names.choose(buffer.name + letter));
    return nameExpressions(own, { ...names, operands, accumulator: names.choose(`acc${letter}`) });
  });
  return [nameExpressions(first, names), ...named];
};
