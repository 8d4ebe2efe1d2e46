/**
 * The reference: what a contraction means, executed one point of its iteration space after the other. It shares
 * nothing with the layers below `ir`: no loops, no path, no strides arithmetic but "offset plus position times stride".
 *
 * Invariant: every integer is a BigInt wrapped to its dtype after each operation, as NumPy's arithmetic wraps; every
 * float is a double, rounded once, when it is stored.
 */
import type { Access, CompoundMonoid, Contraction, ReduceOperator } from "../../src/ir/contraction.ts";
import { arrayOf, bytesOf, isBig, isFloat, type Dtype, type TypedArray } from "../../src/ir/dtype.ts";
import { componentsOf } from "../../src/ir/elementwise.ts";
import { bufferLength } from "../../src/ir/tensor.ts";
import { applyElementwise, isTrue, type Point, type Value } from "./reference-elementwise.ts";

/** Evaluates a contraction over the buffers of its reads; the result is the output's whole buffer. */
export function reference(contraction: Contraction, arrays: readonly TypedArray[]): TypedArray {
  const { indices, output, term, reduce, dtype } = contraction;
  if (typeof reduce !== "string") return referenceOfStates(contraction, reduce, arrays);
  const totals = new Array<Value>(bufferLength(output.tensor)).fill(identityValue(reduce, dtype));
  const target = addressReader(output, contraction);
  const point = indices.map(() => 0);
  const at = pointOf(contraction, arrays, point);
  for (let more = indices.every(({ size }) => size > 0); more; more = advance(point, contraction)) {
    const address = target(point);
    if (address === null) continue;
    totals[address] = wrap(reduceValues(reduce, totals[address] as Value, applyElementwise(term, dtype, at)), dtype);
  }
  return store(totals, contraction, arrays);
}

/** The same for states of several components: of each element, the states of its points are combined one after the other. */
function referenceOfStates(
  contraction: Contraction,
  monoid: CompoundMonoid,
  arrays: readonly TypedArray[],
): TypedArray {
  const { indices, output, term, dtype } = contraction;
  const { components, combine, result } = monoid;
  const over = (elements: readonly Value[]): Point => ({ element: (at) => elements[at] ?? null, index: () => NaN });
  const states = Array.from({ length: bufferLength(output.tensor) }, () =>
    components.map(({ identity }): Value => identity),
  );
  const target = addressReader(output, contraction);
  const point = indices.map(() => 0);
  const at = pointOf(contraction, arrays, point);
  for (let more = indices.every(({ size }) => size > 0); more; more = advance(point, contraction)) {
    const address = target(point);
    if (address === null) continue;
    const here = componentsOf(term).map((part) => applyElementwise(part, dtype, at));
    const both = over([...(states[address] ?? []), ...here]);
    states[address] = combine.map((part) => applyElementwise(part, dtype, both));
  }
  const results = states.map((state) => applyElementwise(result, dtype, over(state)));
  return store(results, contraction, arrays);
}

/** What an expression finds at a point, which may move. */
function pointOf(contraction: Contraction, arrays: readonly TypedArray[], point: readonly number[]): Point {
  const readers = contraction.reads.map((access) => addressReader(access, contraction));
  return {
    element(access) {
      const address = readers[access]?.(point) ?? null;
      return address === null ? null : elementAt(arrays, access, address);
    },
    index: (name) => point[contraction.indices.findIndex((index) => index.name === name)] ?? NaN,
  };
}

/** Moves to the next point, the last index fastest; false where there is none. */
function advance(point: number[], { indices }: Contraction): boolean {
  for (let at = indices.length - 1; at >= 0; at--) {
    const next = (point[at] as number) + 1;
    if (next < (indices[at]?.size ?? 0)) {
      point[at] = next;
      return true;
    }
    point[at] = 0;
  }
  return false;
}

/** Where in a buffer an access lies at a point; null where it leaves a padded axis. */
function addressReader(
  { tensor, axes }: Access,
  { indices }: Contraction,
): (point: readonly number[]) => number | null {
  const positionOf = new Map(indices.map(({ name }, at) => [name, at]));
  const terms = axes.map(({ expression }) =>
    expression.terms.map(({ variable, coefficient }) => [positionOf.get(variable) ?? -1, coefficient] as const),
  );
  return (point) => {
    let address = tensor.offset;
    for (let axis = 0; axis < axes.length; axis++) {
      let position = axes[axis]?.expression.constant ?? NaN;
      for (const [at, coefficient] of terms[axis] ?? []) position += coefficient * (point[at] ?? NaN);
      if (!(position >= 0 && position < (tensor.shape[axis] ?? 0))) {
        if (axes[axis]?.padded && !Number.isNaN(position)) return null;
        throw new Error(`${tensor.name} is accessed at ${position} of axis ${axis}, which has ${tensor.shape[axis]}`);
      }
      address += position * (tensor.strides[axis] ?? NaN);
    }
    return address;
  };
}

function elementAt(arrays: readonly TypedArray[], operand: number, address: number): Value {
  const element = arrays[operand]?.[address];
  if (element === undefined) throw new Error(`operand ${operand} has no element at address ${address}`);
  return element;
}

function identityValue(reduce: ReduceOperator, dtype: Dtype): Value {
  const [lowest, highest] = isFloat(dtype) ? [-Infinity, Infinity] : integerRange(dtype);
  const identity = { sum: 0, any: 0, prod: 1, all: 1, max: lowest, min: highest }[reduce];
  return promoteValue(identity, dtype);
}

function integerRange(dtype: Dtype): [bigint, bigint] {
  const bits = BigInt(8 * bytesOf(dtype));
  return isUnsigned(dtype) ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

function isUnsigned(dtype: Dtype): boolean {
  return dtype.startsWith("uint");
}

function promoteValue(value: Value, dtype: Dtype): Value {
  return isFloat(dtype) ? Number(value) : wrap(BigInt(value), dtype);
}

function wrap(value: Value, dtype: Dtype): Value {
  if (typeof value === "number") return value;
  const bits = 8 * bytesOf(dtype);
  return isUnsigned(dtype) ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
}

function reduceValues(reduce: ReduceOperator, total: Value, value: Value): Value {
  switch (reduce) {
    case "sum":
      return add(total, value);
    case "prod":
      return multiply(total, value);
    case "max":
      return greatest(total, value);
    case "min":
      return least(total, value);
    case "any":
      return truth(isTrue(total) || isTrue(value), total);
    case "all":
      return truth(isTrue(total) && isTrue(value), total);
  }
}

function add(left: Value, right: Value): Value {
  return typeof left === "bigint" ? left + (right as bigint) : left + (right as number);
}

function multiply(left: Value, right: Value): Value {
  return typeof left === "bigint" ? left * (right as bigint) : left * (right as number);
}

/** `Math.min` and `Math.max` give NaN where either side is. */
function least(left: Value, right: Value): Value {
  return typeof left === "number" ? Math.min(left, right as number) : left < right ? left : right;
}

function greatest(left: Value, right: Value): Value {
  return typeof left === "number" ? Math.max(left, right as number) : left > right ? left : right;
}

function truth(condition: boolean, like: Value): Value {
  return typeof like === "bigint" ? BigInt(condition) : Number(condition);
}

/** Applies the finish, by which a mean divides, to every element, and rounds or wraps to the output's dtype. */
function store(totals: readonly Value[], contraction: Contraction, arrays: readonly TypedArray[]): TypedArray {
  const { finish, output, dtype } = contraction;
  const array = new (arrayOf(output.tensor.dtype))(totals.length);
  const points = finish.kind === "value" ? new Map<number, readonly number[]>() : pointsByAddress(contraction);
  totals.forEach((total, at) => {
    const point = pointOf(contraction, arrays, points.get(at) ?? []);
    const value = applyElementwise(finish, dtype, { ...point, value: total });
    array[at] = isBig(output.tensor.dtype) ? BigInt(value) : Number(value);
  });
  return array;
}

/**
 * For each element of the output a point of the indices that its finish reads at: one that reaches it;
 * else one whose indices stand where the axes do that are theirs alone.
 */
function pointsByAddress(contraction: Contraction): Map<number, readonly number[]> {
  const { indices, output } = contraction;
  const points = new Map<number, readonly number[]>();
  const plain = indices.map(({ name }) =>
    output.axes.findIndex(({ expression: { terms, constant } }) => {
      return terms.length === 1 && terms[0]?.variable === name && terms[0].coefficient === 1 && constant === 0;
    }),
  );
  const { shape, strides } = output.tensor;
  for (let number = 0; number < shape.reduce((count, size) => count * size, 1); number++) {
    let [rest, address] = [number, 0];
    const position = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis] = rest % (shape[axis] as number);
      rest = Math.floor(rest / (shape[axis] as number));
      address += (position[axis] as number) * (strides[axis] as number);
    }
    points.set(
      address,
      plain.map((axis) => position[axis] ?? 0),
    );
  }
  const kept = { ...contraction, indices: indices.map((index) => (index.reduced ? { ...index, size: 1 } : index)) };
  const target = addressReader(output, kept);
  const point = indices.map(() => 0);
  for (let more = kept.indices.every(({ size }) => size > 0); more; more = advance(point, kept)) {
    const address = target(point);
    if (address !== null && reachesOnce(contraction)) points.set(address, [...point]);
  }
  return points;
}

/** Whether no two points of the output's indices reach one element, and every element is reached. */
function reachesOnce({ indices, output }: Contraction): boolean {
  const kept = indices.filter(({ reduced }) => !reduced);
  const count = kept.reduce((product, { size }) => product * size, 1);
  const elements = output.tensor.shape.reduce((product, size) => product * size, 1);
  return count === elements && !output.axes.some(({ padded }) => padded);
}
