/**
 * Arrays in, an array out: finds the sizes of a graph, runs its kernel.
 *
 * Invariant: the kernel sees arrays of its inputs' dtypes, row-major and of their lengths.
 */
import type { EvaluateOption } from "../compile.ts";
import { dtypeOfArray, lengthOf, type TypedArray } from "../ir/dtype.ts";
import { readOptions } from "../support/read.ts";
import { elementCount } from "../ir/tensor.ts";
import { wantsEvaluation, type RunKernel } from "../jit/evaluate.ts";
import { allocate, partOf } from "../jit/memory.ts";
import { checkArray, elementsOf, type NdArray } from "../jit/nd-array.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";
import { compileGraph, inputsOf, nameInputs, runnable, type LazyKernel } from "./compile-graph.ts";
import type { InputNode, Node } from "./graph.ts";
import type { LazySymbol } from "./index-expression.ts";
import { matchInputs, type Arrays, type LazyInputs } from "./match-inputs.ts";
import { solveGraph, type FixedSize } from "./sizes.ts";

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
