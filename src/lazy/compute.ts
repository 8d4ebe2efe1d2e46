/**
 * Arrays in, an array out: matches arrays to the inputs of a graph, by name, by tensor, or in the order in which the inputs
 * were made; finds the sizes, and runs the kernel.
 *
 * Invariant: every input gets one array, and no array is left over; the kernel sees arrays of its inputs' dtypes, row-major
 * and of their lengths.
 */
import type { EvaluateOption } from "../compile.ts";
import { dtypeOfArray, lengthOf, type TypedArray } from "../ir/dtype.ts";
import { elementCount } from "../ir/tensor.ts";
import { type RunKernel, wantsEvaluation } from "../jit/evaluate.ts";
import { allocate, partOf } from "../jit/memory.ts";
import { checkArray, elementsOf, type NdArray } from "../jit/nd-array.ts";
import { array, type Nested } from "../jit/nested.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";
import { reading, readOptions } from "../support/read.ts";
import { compileGraph, inputsOf, type LazyKernel, nameInputs, runnable } from "./compile-graph.ts";
import type { InputNode, Node } from "./graph.ts";
import type { LazySymbol } from "./index-expression.ts";
import { type FixedSize, knownSize, solveGraph } from "./sizes.ts";

/** The kernel of each graph for the sizes it was computed with last. */
const prepared = new WeakMap<Node, { readonly key: string; readonly compiled: LazyKernel; readonly run: RunKernel }>();

/** Computes the root of a graph. */
export function computeGraph(root: Node, given: LazyInputs, options: EvaluateOption): NdArray {
  const wanted = wantsEvaluation(readOptions(options, ["evaluate"]).evaluate);
  const inputs = inputsOf(root);
  const names = nameInputs(root);
  const arrays = matchInputs(inputs, names, given);
  const sizes = solveGraph(root, sizesOfArrays(inputs, names, arrays));
  const key = `${wanted}: ${[...sizes.values()].join()}`;
  let ready = prepared.get(root);
  if (ready?.key !== key) {
    const compiled = compileGraph(root, sizes, {});
    ready = { key, compiled, run: runnable(compiled, wanted) };
    prepared.set(root, ready);
  }
  const { compiled, run } = ready;
  const data = inputs.map((input, at) => {
    const { name, shape } = required(compiled.inputs[at], "an input");
    return flatten(required(arrays.get(input), `the array of ${name}`), name, shape, input);
  });
  const { dtype, shape } = compiled.output;
  const out = allocate(dtype, elementCount(shape));
  run(data, out);
  return { data: out, shape: [...shape] };
}

function sizesOfArrays(
  inputs: readonly InputNode[],
  names: ReadonlyMap<InputNode, string>,
  arrays: Arrays,
): Map<LazySymbol, FixedSize> {
  const sizes = new Map<LazySymbol, FixedSize>();
  for (const input of inputs) {
    const value = required(arrays.get(input), "an array");
    if (ArrayBuffer.isView(value)) continue;
    const name = required(names.get(input), "the name of an input");
    const { shape } = checkArray(value, name);
    if (shape.length !== input.axes.length) throw messages.lazyRank(`input '${name}'`, input.axes.length, shape.length);
    input.axes.forEach((axis, at) => {
      const fixed = { size: required(shape[at], "a size"), from: `axis ${at} of the array for ${name}` };
      const before = sizes.get(axis);
      if (before && before.size !== fixed.size) throw messages.lazySizeConflict(axis.name, before, fixed);
      sizes.set(axis, before ?? fixed);
    });
  }
  return sizes;
}

function flatten(
  value: NdArray | TypedArray,
  name: string,
  shape: readonly number[],
  { dtype }: InputNode,
): TypedArray {
  const data = ArrayBuffer.isView(value) ? value : value.data;
  const found = dtypeOfArray(data);
  if (found !== dtype) throw messages.lazyInputDtype(name, dtype, found ?? "another kind of array");
  const length = elementCount(shape);
  if (ArrayBuffer.isView(value)) {
    if (lengthOf(value) !== length) throw messages.lazyInputLength(name, shape, lengthOf(value));
    return partOf(value as TypedArray, dtype, 0, length);
  }
  const view = checkArray(value, name);
  if (view.rowMajor && view.offset === 0 && lengthOf(view.data) >= length) {
    return partOf(view.data, dtype, 0, length);
  }
  return elementsOf(view);
}

/** An array, flat and row-major, n-dimensional, or of nested lists. */
export type LazyArray = NdArray | TypedArray | Nested;

/**
 * By name; by tensor; or in the order in which the inputs were made. Keys that are no names are taken for inputs without
 * one: in that order, or, where shapes fit in one other order alone, in that.
 */
export type LazyInputs =
  Readonly<Record<string, LazyArray>> | ReadonlyMap<{ readonly node: Node }, LazyArray> | readonly LazyArray[];

/** An array for each input, as it was given. */
type Arrays = ReadonlyMap<InputNode, NdArray | TypedArray>;

/** Matches what a caller gives to the inputs of a graph; refuses what is left over or missing. */
function matchInputs(inputs: readonly InputNode[], names: ReadonlyMap<InputNode, string>, given: unknown): Arrays {
  return reading(() => {
    const labels = inputs.map((input) => required(names.get(input), "the name of an input"));
    const pairs = pairUp(inputs, labels, given);
    if (pairs.size !== inputs.length) throw messages.lazyInputCount(labels, pairs.size);
    return new Map(
      [...pairs].map(([input, value]) => {
        const found = toArray(value, input);
        // What is no array at all is refused here; what kind of array it is, is asked later.
        return [input, dtypeOfArray(found) === undefined ? checkArray(found, `input '${names.get(input)}'`) : found];
      }),
    );
  });
}

function pairUp(inputs: readonly InputNode[], labels: readonly string[], given: unknown): Map<InputNode, unknown> {
  if (Array.isArray(given)) {
    if (given.length !== inputs.length) throw messages.lazyInputCount(labels, given.length);
    return new Map(inputs.map((input, at) => [input, given[at]]));
  }
  if (given instanceof Map) {
    const byNode = new Map(
      [...given].map(([tensor, value]: [unknown, unknown]) => [(tensor as { node?: unknown })?.node, value]),
    );
    const stranger = [...byNode.keys()].some((node) => !inputs.includes(node as InputNode));
    if (stranger) throw messages.lazyArgument("a key of the Map", "an input of the graph", "another value");
    return new Map(inputs.flatMap((input) => (byNode.has(input) ? [[input, byNode.get(input)]] : [])));
  }
  if (typeof given !== "object" || given === null) {
    throw messages.lazyArgument("the inputs", "an object by name, a Map by tensor, or a list", given);
  }
  const pairs = new Map<InputNode, unknown>();
  const entries = Object.entries(given);
  const rest = entries.filter(([key, value]) => {
    const input = inputs[labels.indexOf(key)];
    const isName =
      input !== undefined && (input.name !== undefined || !entries.some(([other]) => !labels.includes(other)));
    if (isName) pairs.set(input, value);
    return !isName;
  });
  // Variables of a program have names that tensors know nothing of: what is left goes to inputs without one.
  const open = inputs.filter((input) => input.name === undefined && !pairs.has(input));
  const stranger = rest[open.length];
  if (stranger) throw messages.lazyInput(stranger[0], labels);
  const values = rest.map(([, value]) => value);
  for (const [at, input] of (fitByShape(open, values) ?? open.slice(0, rest.length)).entries())
    pairs.set(input, values[at]);
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
  if (Array.isArray(value) || typeof value === "number" || typeof value === "bigint")
    return array(value as Nested, dtype);
  return value as NdArray;
}
