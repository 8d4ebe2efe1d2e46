/**
 * Views: what `to` makes of a tensor. Each axis is kept, renamed, read through an expression over the view's indices, or
 * written along one of them.
 *
 * Invariant: every axis of the source has one of these; every index of the view that none speaks of repeats the tensor.
 */
import * as messages from "../support/messages/lazy.ts";
import { copyOf } from "../support/read.ts";
import { isFloat, type Dtype } from "../ir/dtype.ts";
import { isHeld } from "../ir/integer-elementwise.ts";
import { checkDistinct, type Node, type ViewNode } from "./graph.ts";
import {
  asIndex,
  isSymbol,
  resolveIndices,
  symbolsIn,
  toExpression,
  type IndexExpression,
  type LazySymbol,
} from "./index-expression.ts";

/** An axis or a size, what it equals, and the padding behind the axis. */
export type WhereEquation = readonly [left: IndexExpression, right: IndexExpression | number, after?: number];

/** Beside the indices of a view. */
export interface ViewOptions {
  /**
   * Equations. `[s, so.plus(w.times(2))]` with an axis s of the tensor: it is read at so + 2*w. With an index n of the
   * view: `[n, x.plus(1)]` puts the element at x to n = x + 1, and zeros where nothing goes. Between sizes,
   * `[n.size, x.size.plus(2)]`: they are equal.
   *
   * A negative constant declares padding: `y.plus(k).minus(1)` one element before the axis, and one behind it unless a
   * third item says otherwise.
   */
  readonly where?: readonly WhereEquation[] | undefined;
  /** What is read where an expression leaves its axis, by a negative constant for instance: a number, 0 where absent. */
  readonly outside?: number | undefined;
}

/** Makes a view; `targets` are its indices in order. */
export function viewOf(source: Node, targets: readonly LazySymbol[], options: ViewOptions): ViewNode {
  checkTargets(targets);
  const { reads, writes, sizes, after } = readConstraints(source, targets, options.where ?? []);
  const free = source.axes.filter((axis) => !reads.has(axis) && !writtenBy(writes).has(axis));
  const spoken = new Set([
    ...[...reads.values()].flatMap((expression) => symbolsIn(expression, "index")),
    ...writes.keys(),
  ]);
  const kept = free.filter((axis) => targets.includes(axis) && !spoken.has(axis));
  const renamed = free.filter((axis) => !kept.includes(axis));
  const names = targets.filter((target) => !kept.includes(target) && !spoken.has(target));
  // Names without an axis repeat the tensor; axes without a name have no place to go.
  if (renamed.length > 0 && renamed.length !== names.length) {
    throw messages.lazyAxes(renamed.map(nameOf), names.map(nameOf));
  }
  for (const axis of kept) reads.set(axis, axis);
  for (const [at, axis] of renamed.entries()) reads.set(axis, names[at] as LazySymbol);
  return {
    kind: "view",
    axes: targets,
    dtype: source.dtype,
    source,
    reads,
    writes,
    after,
    sizes,
    outside: checkOutside(options.outside ?? 0, source.dtype),
  };
}

/** The axes of the source that some expression of a scatter speaks of. */
function writtenBy(writes: ReadonlyMap<LazySymbol, IndexExpression>): Set<LazySymbol> {
  return new Set([...writes.values()].flatMap((expression) => symbolsIn(expression, "index")));
}

function readConstraints(source: Node, targets: readonly LazySymbol[], given: readonly unknown[]) {
  const where = copyOf(given, 2);
  if (!Array.isArray(where)) throw messages.lazyArgument("where", "a list of [left, right]", given);
  const reads = new Map<LazySymbol, IndexExpression>();
  const writes = new Map<LazySymbol, IndexExpression>();
  const sizes: [IndexExpression, IndexExpression][] = [];
  const after = new Map<LazySymbol, number>();
  for (const constraint of where as readonly unknown[]) {
    if (!Array.isArray(constraint) || constraint.length < 2 || constraint.length > 3) {
      throw messages.lazyArgument("an equation of where", "a list [left, right]", constraint);
    }
    const [left, right] = constraint.slice(0, 2).map(toExpression) as [IndexExpression, IndexExpression];
    const padding: unknown = constraint[2];
    if (padding !== undefined && !(Number.isSafeInteger(padding) && (padding as number) >= 0)) {
      throw messages.lazyArgument("the padding behind an axis", "an integer of at least 0", padding);
    }
    const text = `${left} = ${right}`;
    if (symbolsIn(left, "index").length + symbolsIn(right, "index").length === 0) {
      sizes.push([left, right]);
      continue;
    }
    const [axis, expression] = asIndex(left) ? [asIndex(left), right] : [asIndex(right), left];
    if (!axis) throw messages.lazyWhere(text, "has no index alone on one side");
    if (!resolveIndices(expression, () => 1)) throw messages.lazyNotAffine(expression.toString());
    if (padding !== undefined) after.set(axis, padding as number);
    const used = symbolsIn(expression, "index");
    if (source.axes.includes(axis) && used.every((index) => targets.includes(index))) {
      if (reads.has(axis)) throw messages.lazyWhere(text, "is the second that reads its axis");
      reads.set(axis, expression);
    } else if (targets.includes(axis) && used.every((index) => source.axes.includes(index))) {
      if (writes.has(axis)) throw messages.lazyWhere(text, "is the second that writes along its index");
      writes.set(axis, expression);
    } else {
      const stranger = [axis, ...used].find((index) => !targets.includes(index) && !source.axes.includes(index));
      const why = stranger
        ? `speaks of '${stranger.name}', which is neither an axis nor an index of the view`
        : "mixes axes of the tensor with indices of the view";
      throw messages.lazyWhere(text, why);
    }
  }
  // An index that is an axis, and of whose size nothing else is said, is a name for it.
  const sized = new Set(sizes.flat().flatMap((side) => symbolsIn(side, "size")));
  for (const [target, expression] of [...writes]) {
    const axis = asIndex(expression);
    if (!axis || sized.has(target) || reads.has(axis)) continue;
    writes.delete(target);
    reads.set(axis, target);
  }
  return { reads, writes, sizes, after };
}

function checkTargets(targets: readonly unknown[]): void {
  if (targets.every(isSymbol)) return checkDistinct(targets);
  const other = targets.find((target) => !isSymbol(target));
  throw messages.lazyArgument("an index of a view", "a symbol", other);
}

function checkOutside(value: unknown, dtype: Dtype): number {
  if (typeof value !== "number") throw messages.lazyArgument("outside", "a number", value);
  if (isFloat(dtype) || isHeld(value, dtype)) return value;
  throw messages.lazyArgument("outside", `an integer that ${dtype} holds`, value);
}

function nameOf({ name }: LazySymbol): string {
  return name;
}
