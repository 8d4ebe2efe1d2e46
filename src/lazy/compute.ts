/**
 * Arrays in, an array out: matches what a caller gives to the inputs of a graph, finds the sizes, runs the kernel.
 *
 * Invariant: the kernel sees arrays of its inputs' dtypes, row-major and of their lengths.
 */
import { dtypeOfArray, type TypedArray } from "../ir/dtype.ts";
import { elementCount } from "../ir/tensor.ts";
import type { RunKernel } from "../jit/evaluate.ts";
import { allocate } from "../jit/memory.ts";
import { checkArray, copyElements, type NdArray } from "../jit/nd-array.ts";
import { array, type Nested } from "../jit/nested.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";
import { compileGraph, inputsOf, nameInputs, runnable, type LazyKernel } from "./compile-graph.ts";
import type { InputNode, Node } from "./graph.ts";
import type { LazySymbol } from "./index-expression.ts";
import { solveGraph, type FixedSize } from "./sizes.ts";

/** An array, flat and row-major, n-dimensional, or of nested lists. */
export type LazyArray = NdArray | TypedArray | Nested;

/** By name; by tensor; or in the order in which the inputs were made. */
export type LazyInputs =
  Readonly<Record<string, LazyArray>> | ReadonlyMap<{ readonly node: Node }, LazyArray> | readonly LazyArray[];

interface Prepared {
  readonly compiled: LazyKernel;
  readonly run: RunKernel;
}

/** The kernel of each graph for the sizes it was computed with last. */
const prepared = new WeakMap<Node, Prepared & { readonly key: string }>();

/** Computes the root of a graph. */
export function computeGraph(root: Node, given: LazyInputs): NdArray {
  const inputs = inputsOf(root);
  const names = nameInputs(root);
  const arrays = matchInputs(inputs, names, given);
  const sizes = solveGraph(root, sizesOfArrays(inputs, names, arrays));
  const key = [...sizes.values()].join();
  const known = prepared.get(root);
  const ready = known?.key === key ? known : prepare(root, key, sizes);
  const data = inputs.map((input, at) => {
    const { name, shape } = required(ready.compiled.inputs[at], "an input");
    return flatten(required(arrays.get(input), `the array of ${name}`), name, shape, input);
  });
  const { dtype, shape } = ready.compiled.output;
  const out = allocate(dtype, elementCount(shape));
  ready.run(data, out);
  return { data: out, shape: [...shape] };
}

function prepare(root: Node, key: string, sizes: ReturnType<typeof solveGraph>): Prepared {
  const compiled = compileGraph(root, sizes, {});
  const made = { key, compiled, run: runnable(compiled) };
  prepared.set(root, made);
  return made;
}

type Arrays = ReadonlyMap<InputNode, NdArray | TypedArray>;

function matchInputs(inputs: readonly InputNode[], names: ReadonlyMap<InputNode, string>, given: unknown): Arrays {
  const labels = inputs.map((input) => required(names.get(input), "the name of an input"));
  const pairs = pairUp(inputs, labels, given);
  if (pairs.size !== inputs.length) throw messages.lazyInputCount(labels, pairs.size);
  return new Map([...pairs].map(([input, value]) => [input, toArray(value, input)]));
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
  // Variables of a program have names that tensors know nothing of: what is left goes to inputs without one, in order.
  const open = inputs.filter((input) => input.name === undefined && !pairs.has(input));
  for (const [at, [key, value]] of rest.entries()) {
    const input = open[at];
    if (!input) throw messages.lazyInput(key, labels);
    pairs.set(input, value);
  }
  return pairs;
}

/** An n-dimensional array, or a flat one that says nothing of its shape. */
function toArray(value: unknown, { dtype }: InputNode): NdArray | TypedArray {
  if (ArrayBuffer.isView(value)) return value as TypedArray;
  if (Array.isArray(value) || typeof value === "number" || typeof value === "bigint")
    return array(value as Nested, dtype);
  return value as NdArray;
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
    if (value.length !== length) throw messages.lazyInputLength(name, shape, value.length);
    return value;
  }
  const view = checkArray(value, name);
  if (view.rowMajor && view.offset === 0 && view.data.length >= length) return view.data;
  const flat = allocate(dtype, length);
  copyElements(view, flat);
  return flat;
}
