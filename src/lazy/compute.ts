/**
 * Arrays in, an array out: matches arrays to the inputs of a graph, by name, by tensor, or in the order in which the inputs
 * were made; finds the sizes, and runs the kernel.
 *
 * Invariant: every input gets one array, and no array is left over; the kernel sees arrays of its inputs' dtypes, row-major
 * and of their lengths.
 */
import type { EvaluateOption } from "../compile.ts";
import { scriptOf } from "../emit/kernel.ts";
import { type Dtype, dtypeOfArray, lengthOf, type TypedArray } from "../ir/dtype.ts";
import { elementCount, type TensorType } from "../ir/tensor.ts";
import { evaluateKernel, type RunKernel, wantsEvaluation } from "../jit/evaluate.ts";
import { allocate, partOf } from "../jit/memory.ts";
import { array, checkArray, elementsOf, type NdArray, type Nested, type View } from "../jit/nd-array.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";
import { reading, readOptions } from "../support/read.ts";
import { compileGraph, type LazyKernel, nameInputs } from "./compile-graph.ts";
import type { InputNames, InputNode, Node } from "./graph.ts";
import type { LazySymbol } from "./index-expression.ts";
import { type FixedSize, knownSize, solveGraph } from "./sizes.ts";

/** The kernel of each graph for the sizes it was computed with last. */
const prepared = new WeakMap<Node, { readonly key: string; readonly compiled: LazyKernel; readonly run: RunKernel }>();

/** Computes the root of a graph. */
export function computeGraph(root: Node, given: LazyInputs, options: EvaluateOption): NdArray {
  const wanted = wantsEvaluation(readOptions(options, ["evaluate"]).evaluate);
  const names = nameInputs(root);
  const arrays = matchInputs(names, given);
  const sizes = solveGraph(root, sizesOfArrays(names, arrays));
  const key = `${wanted}: ${[...sizes.values()].join()}`;
  let ready = prepared.get(root);
  if (ready?.key !== key) {
    const compiled = compileGraph(root, sizes, {});
    ready = { key, compiled, run: evaluateKernel(compiled.kernel, scriptOf(compiled.source), wanted).run };
    prepared.set(root, ready);
  }
  const { compiled, run } = ready;
  const data = compiled.inputs.map((tensor, at) => elementsFor(tensor, required(arrays[at], "an array")));
  const { dtype, shape } = compiled.output;
  const out = allocate(dtype, elementCount(shape));
  run(data, out);
  return { data: out, shape: [...shape] };
}

function sizesOfArrays(names: InputNames, arrays: readonly GivenArray[]): Map<LazySymbol, FixedSize> {
  const sizes = new Map<LazySymbol, FixedSize>();
  for (const [at, [{ axes }, name]] of [...names].entries()) {
    const shape = arrays[at]?.shape;
    if (!shape) continue;
    if (shape.length !== axes.length) throw messages.lazyRank(`input '${name}'`, axes.length, shape.length);
    for (const [place, axis] of axes.entries()) {
      const fixed = { size: required(shape[place], "a size"), from: `axis ${place} of the array for ${name}` };
      const before = sizes.get(axis) ?? fixed;
      if (before.size !== fixed.size) throw messages.lazySizeConflict(axis.name, before, fixed);
      sizes.set(axis, before);
    }
  }
  return sizes;
}

/** The elements of an array as the kernel takes them. */
function elementsFor({ name, dtype, shape }: TensorType, given: GivenArray): TypedArray {
  if (given.dtype !== dtype) throw messages.lazyInputDtype(name, dtype, given.dtype);
  const length = elementCount(shape);
  if (given.shape) return given.rowMajor ? partOf(given.data, dtype, given.offset, length) : elementsOf(given);
  const found = lengthOf(given.data);
  if (found !== length) throw messages.lazyInputLength(name, shape, found);
  return partOf(given.data, dtype, 0, length);
}

/** An array, flat and row-major, n-dimensional, or of nested lists. */
export type LazyArray = NdArray | TypedArray | Nested;

/**
 * By name; by tensor; or in the order in which the inputs were made. Keys that are no names are taken for inputs without
 * one: in that order, or, where shapes fit in one other order alone, in that.
 */
export type LazyInputs =
  Readonly<Record<string, LazyArray>> | ReadonlyMap<{ readonly node: Node }, LazyArray> | readonly LazyArray[];

/** An array that was given, checked; a flat one says nothing of its shape. */
type GivenArray = View | { readonly data: TypedArray; readonly dtype: Dtype; readonly shape?: undefined };

/** Matches what a caller gives to the inputs of a graph, in their order; refuses what is left over or missing. */
function matchInputs(names: InputNames, given: unknown): readonly GivenArray[] {
  return reading(() => {
    const labels = [...names.values()];
    const pairs = pairUp([...names.keys()], labels, given);
    if (pairs.size !== names.size) throw messages.lazyInputCount(labels, pairs.size);
    return [...names].map(([input, name]): GivenArray => {
      const data = toArray(pairs.get(input), input);
      const dtype = dtypeOfArray(data);
      return dtype === undefined ? checkArray(data, `input '${name}'`) : { data: data as TypedArray, dtype };
    });
  });
}

function pairUp(inputs: readonly InputNode[], labels: readonly string[], given: unknown): Map<InputNode, unknown> {
  if (Array.isArray(given)) {
    if (given.length !== inputs.length) throw messages.lazyInputCount(labels, given.length);
    return new Map(inputs.map((input, at) => [input, given[at]]));
  }
  if (given instanceof Map) {
    const pairs = [...given].map(([tensor, value]: [unknown, unknown]): [InputNode, unknown] => {
      const input = inputs.find((node) => node === (tensor as { node?: unknown } | null)?.node);
      if (!input) throw messages.lazyArgument("a key of the Map", "an input of the graph", "another value");
      return [input, value];
    });
    return new Map(pairs);
  }
  if (typeof given !== "object" || given === null) {
    throw messages.lazyArgument("the inputs", "an object by name, a Map by tensor, or a list", given);
  }
  const pairs = new Map<InputNode, unknown>();
  const entries = Object.entries(given);
  const areLabels = entries.every(([key]) => labels.includes(key));
  const rest = entries.filter(([key, value]) => {
    const input = inputs[labels.indexOf(key)];
    if (input === undefined || (input.name === undefined && !areLabels)) return true;
    pairs.set(input, value);
    return false;
  });
  // Variables of a program have names that tensors know nothing of: what is left goes to inputs without one.
  const open = inputs.filter((input) => input.name === undefined && !pairs.has(input));
  const stranger = rest[open.length];
  if (stranger) throw messages.lazyInput(stranger[0], labels);
  const values = rest.map(([, value]) => value);
  const order = fitByShape(open, values) ?? open;
  for (const [at, value] of values.entries()) pairs.set(required(order[at], "an input"), value);
  return pairs;
}

/** Most inputs that are tried in every order. */
const MOST_TRIED = 6;

/** The one order of the inputs in which all shapes fit; undefined where that is theirs, or where there are several. */
function fitByShape(open: readonly InputNode[], values: readonly unknown[]): readonly InputNode[] | undefined {
  if (values.length !== open.length || open.length > MOST_TRIED) return undefined;
  if (open.every((input, at) => fits(input, values[at]))) return undefined;
  const orders = values.reduce<readonly (readonly InputNode[])[]>(
    (begun, value) =>
      begun.flatMap((order) =>
        open.filter((input) => !order.includes(input) && fits(input, value)).map((input) => [...order, input]),
      ),
    [[]],
  );
  return orders.length === 1 ? orders[0] : undefined;
}

/** Whether an array may be that of an input, as far as sizes are known. */
function fits(input: InputNode, value: unknown): boolean {
  const sizes = input.axes.map((axis) => knownSize(axis, input));
  if (dtypeOfArray(value) !== undefined) {
    const count = sizes.reduce<number>((product, size) => product * (size ?? NaN), 1);
    return Number.isNaN(count) || count === lengthOf(value);
  }
  const { shape } = (toArray(value, input) as { readonly shape?: unknown } | null) ?? {};
  return (
    Array.isArray(shape) &&
    shape.length === sizes.length &&
    sizes.every((size, at) => (size ?? shape[at]) === shape[at])
  );
}

/** An n-dimensional array, or a flat one that says nothing of its shape. */
function toArray(value: unknown, { dtype }: InputNode): NdArray | TypedArray {
  if (ArrayBuffer.isView(value)) return value as TypedArray;
  const isNested = Array.isArray(value) || typeof value === "number" || typeof value === "bigint";
  return isNested ? array(value as Nested, dtype) : (value as NdArray);
}
