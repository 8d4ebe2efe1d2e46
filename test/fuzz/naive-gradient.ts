/**
 * Gradients point by point: the points that meet in an element of the result share its cotangent as the reduction says,
 * and at each point the operands share that as the combination says. Doubles throughout.
 *
 * Of a maximum or minimum the first point, in row-major order of the indices, those of the output before the others,
 * has it all, and of
 * the operands that tie, the first; a NaN is the extreme. Whatever it is: infinities too.
 */
import { rowMajor, type CaseOperand, type Combine, type MeantAxis, type Meaning, type Reduce } from "./draft.ts";
import { addressAt, countOf, forEachPoint, identityOf, operationOf, shapeOf } from "./naive.ts";
import { arithmeticOf, type Value } from "./numbers.ts";

interface Point {
  /** Where each operand is read, in its dense form; null outside. */
  readonly places: readonly (number | null)[];
  readonly elements: readonly number[];
  readonly combined: number;
}

const DOUBLES = arithmeticOf("float64");

/** The gradients by every operand, dense, for a dense cotangent. `measure` changes elements before they are used. */
export function gradients(
  meaning: Meaning,
  operands: readonly CaseOperand[],
  cotangent: ArrayLike<number>,
  measure: (value: number) => number = (value) => value,
): Float64Array[] {
  const { sizes, kept, output, reduce, combine } = meaning;
  const found = operands.map(({ shape }) => new Float64Array(countOf(shape)));
  const identity = identityOf(reduce, DOUBLES) as number;
  const combineTwo = operationOf(combine, DOUBLES);
  const groups = new Map<number, Point[]>();
  const strides = rowMajor(shapeOf(output));
  const dense = operands.map(({ shape }) => rowMajor(shape));
  forEachPoint(sizes, (point) => {
    const target = addressAt(output, strides, 0, point);
    if (target === null) return;
    const places = meaning.operands.map((axes, at) => addressAt(axes, dense[at] as number[], 0, point));
    const elements = operands.map(({ data, strides: steps, offset }, at) => {
      const address = addressAt(meaning.operands[at] as readonly MeantAxis[], steps, offset, point);
      return address === null ? identity : measure(Number(data[address]));
    });
    const combined = (elements as Value[]).reduce(combineTwo) as number;
    const group = groups.get(target) ?? [];
    groups.set(target, group);
    group.push({ places, elements, combined });
  });
  for (const [target, group] of groups) {
    const shares = sharesOf(
      reduce,
      group.map(({ combined }) => combined),
      // What lies outside of the only operand is no extreme.
      group.map(({ places }) => places.length > 1 || places[0] !== null),
    );
    for (const [at, { places, elements }] of group.entries()) {
      const share = shares[at] as number | null;
      if (share === null) continue;
      const incoming = (cotangent[target] as number) * share;
      for (const [operand, place] of places.entries()) {
        const own = place === null ? null : shareOf(combine, elements, operand);
        if (place === null || own === null) continue;
        const gradient = found[operand] as Float64Array;
        gradient[place] = (gradient[place] as number) + incoming * own;
      }
    }
  }
  const count = reduce === "mean" ? countOf(sizes.filter((_, at) => !kept[at])) : 1;
  return found.map((gradient) => gradient.map((value) => value / count));
}

/** The derivative of a reduction by each of the values that meet; null of those that have no part in it. */
function sharesOf(reduce: Reduce, values: readonly number[], isThere: readonly boolean[]): (number | null)[] {
  if (reduce === "prod") return values.map((_, at) => productBut(values, at));
  if (reduce !== "max" && reduce !== "min") return values.map(() => 1);
  const there = values.flatMap((_, at) => (isThere[at] ? [at] : []));
  const first =
    there[
      extremeOf(
        reduce,
        there.map((at) => values[at] as number),
      )
    ];
  return values.map((_, at) => (at === first ? 1 : null));
}

function shareOf(combine: Combine, elements: readonly number[], operand: number): number | null {
  if (combine === "add" || elements.length === 1) return 1;
  if (combine === "mul") return productBut(elements, operand);
  return extremeOf(combine === "max" ? "max" : "min", elements) === operand ? 1 : null;
}

/** Which is the extreme: the first NaN, or else the first of the largest or smallest. */
function extremeOf(which: "max" | "min", values: readonly number[]): number {
  const nan = values.findIndex((value) => Number.isNaN(value));
  return nan >= 0 ? nan : values.indexOf(which === "max" ? Math.max(...values) : Math.min(...values));
}

function productBut(values: readonly number[], but: number): number {
  return values.reduce((product, value, at) => (at === but ? product : product * value), 1);
}
