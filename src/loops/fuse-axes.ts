/**
 * Makes one index of several that a nest walks through as one: those that stand together, in one order and with strides that
 * fit, wherever any of them occurs. They come apart in names and comments alone.
 *
 *     out[12*i + 4*j + k] = a[12*i + 4*j + k] * b[k]   -->   out[4*ij + k] = a[4*ij + k] * b[k]     |ij| = |i| * |j|
 *
 * Invariant: a fused index runs over the addresses that its parts ran over, in the order of their loops.
 */
import { constantAffine, derivative, substitute, variableAffine, type Affine } from "../affine/affine.ts";
import { includes, mapPositions, type Elementwise } from "../ir/elementwise.ts";
import { accessesIn, type BufferAccess, type LoopNest, type NestIndex } from "./nest.ts";

/** Most names that one of a fused index tells; of more, it has the first and the last. */
const MOST_NAMES = 3;

/** Fuses the axes of a nest, but for those of some names, which a caller speaks of. Sizes have to be known. */
export function fuseAxes(nest: LoopNest, spoken: ReadonlySet<string> = new Set()): LoopNest {
  const mayFuse = (index: NestIndex): boolean => !index.outermost && !spoken.has(index.name);
  if (nest.others || nest.indices.some(({ symbolic, size }) => symbolic || size === 0)) return nest;
  if (accessesIn(nest).some(({ symbolic }) => symbolic)) return nest;
  const expressions = [...accessesIn(nest).map(({ address }) => address), ...positionsIn(nest)];
  const groups = groupAxes(nest.indices.filter(mayFuse), expressions).filter(({ length }) => length > 1);
  if (groups.length === 0) return nest;
  const fused = new Map<NestIndex, NestIndex>();
  const replaced = new Map<string, Affine>();
  const taken = new Set([...nest.indices, ...(nest.slices ?? [])].map(({ name }) => name));
  for (const group of groups) {
    const [last] = group.slice(-1) as [NestIndex];
    const name = nameOf(group, taken);
    for (const part of group) replaced.set(part.name, constantAffine(0));
    replaced.set(last.name, variableAffine(name));
    fused.set(last, { ...last, name, size: group.reduce((size, part) => size * part.size, 1) });
  }
  const over = (expression: Affine): Affine => substitute(expression, replaced);
  const access = ({ buffer, address }: BufferAccess): BufferAccess => ({ buffer, address: over(address) });
  return {
    ...nest,
    indices: nest.indices.flatMap((index) => fused.get(index) ?? (replaced.has(index.name) ? [] : [index])),
    target: access(nest.target),
    operands: nest.operands.map(access),
    beside: nest.beside.map(access),
    term: mapPositions(nest.term, over),
    finish: mapPositions(nest.finish, over),
  };
}

/** Indices of which each moves all addresses as far as the next one does once it has run through its values. */
function groupAxes(indices: readonly NestIndex[], expressions: readonly Affine[]): readonly (readonly NestIndex[])[] {
  const keyOf = ({ name, reduced }: NestIndex, times: number): string =>
    `${reduced} ${expressions.map((expression) => times * derivative(expression, name)).join()}`;
  // An index of one value moves nothing.
  const moving = indices.filter(({ size }) => size > 1);
  const before = new Map(moving.map((index) => [keyOf(index, 1), index]));
  const joined = new Set<NestIndex>();
  const outerOf = new Map<NestIndex, NestIndex>();
  for (const index of moving) {
    const outer = before.get(keyOf(index, index.size));
    if (!outer || outer === index || joined.has(outer)) continue;
    outerOf.set(index, outer);
    joined.add(outer);
  }
  return moving
    .filter((index) => !joined.has(index))
    .map((last) => {
      const group = [last];
      for (let outer = outerOf.get(last); outer; outer = outerOf.get(outer)) group.unshift(outer);
      return group;
    });
}

/** The positions that the expressions of a nest speak of. */
function positionsIn({ term, finish }: LoopNest): Affine[] {
  const positions: Affine[] = [];
  const collect = (part: Elementwise): boolean => {
    if (part.kind === "integer") positions.push(part.value);
    return false;
  };
  for (const expression of [term, finish]) includes(expression, collect);
  return positions;
}

/** A name that no other index has: `ij` of i and j. */
function nameOf(group: readonly NestIndex[], taken: Set<string>): string {
  const names = group.map(({ name }) => name);
  const told = names.length <= MOST_NAMES ? names : [names[0], "to", names.at(-1)];
  let name = told.join(names.every((part) => part.length === 1) && told === names ? "" : "_");
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}
