/**
 * Lowers a nest that sums some rows of its target in scratch, and then stores them: see `schedule/accumulate-rows.ts`.
 *
 *     out[8*i + k] sum= a[4*i + j] * b[8*j + k]   -->   for i { fill outRows = 0
 *                                                               for j { for k { outRows[k] sum= a * b } }
 *                                                               for k { out[8*i + k] = outRows[k] } }
 *
 * Invariant: the rows hold one element for each value of the indices whose loops lie inside of the first reducing one.
 */
import { addAffine, scaleAffine, sumAffines, type Affine } from "../affine/affine.ts";
import { required } from "../support/errors.ts";
import type { Statement } from "./kernel.ts";
import { lowerLoops, lowerTerm, storeAt, type LowerReduction, type Position, type Positions } from "./lower.ts";
import { isReduced } from "./nest.ts";
import { LINE } from "./schedule/limits.ts";
import { load } from "./values.ts";

/** Lowers the loops of a nest from its first reducing one on. */
export const lowerRows: LowerReduction = (nest, names, depth, positions) => {
  const buffer = required(nest.rows, "the buffer of the rows");
  const kept = nest.loops.slice(depth).filter(({ index }) => !isReduced(nest, index));
  const addressIn = placeInRows(
    kept.map(({ index }) => index),
    positions,
  );
  const sums = lowerLoops(nest, depth, positions, {
    names,
    leaf: (inner): Statement[] => {
      const { statements, value } = lowerTerm(names, inner);
      return [...statements, { kind: "update", buffer, address: addressIn(inner), operator: "sum", value }];
    },
  });
  const stores = lowerLoops({ ...nest, loops: kept }, 0, positions, {
    names,
    leaf: (inner) => storeAt(nest, names, inner, load(buffer, addressIn(inner))),
  });
  return [{ kind: "fill", buffer, value: 0 }, ...sums, ...stores];
};

/** Where an element lies in the rows, by what the loops walk through from where they start. */
function placeInRows(indices: readonly string[], start: Positions): (inner: Positions) => Affine {
  const extents = new Map([...new Set(indices)].map((index) => [index, Number(positionOf(start, index).extent)]));
  const { strides } = layOutRows(extents);
  return (inner) =>
    sumAffines(
      [...strides].map(([index, stride]) => {
        const distance = addAffine(positionOf(inner, index).value, scaleAffine(positionOf(start, index).value, -1));
        return scaleAffine(distance, stride);
      }),
    );
}

function positionOf(positions: Positions, index: string): Position {
  return required(positions.get(index), `index ${index}`);
}

/** Doubles in 4096 bytes: a processor takes addresses so far apart for the same while it matches loads with stores. */
export const ALIAS = 512;

/** How far apart indices of some extents lie in rows, the last one next to each other, and how long all rows are. */
export function layOutRows(extents: ReadonlyMap<string, number>): {
  readonly strides: ReadonlyMap<string, number>;
  readonly length: number;
} {
  const strides = new Map<string, number>();
  let length = 1;
  for (const [index, extent] of [...extents].reverse()) {
    if (length % ALIAS === 0) length += LINE;
    strides.set(index, length);
    length *= extent;
  }
  return { strides, length };
}
