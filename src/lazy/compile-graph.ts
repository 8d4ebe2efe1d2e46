/**
 * Compiles a graph: its stages as contractions, whose sizes are numbers and whose accesses are affine, each along its own
 * path, their nests in one kernel, and its source.
 *
 * Invariant: the kernel's operands are the graph's inputs, in the order in which they were made; arrays of one name are one
 * tensor.
 */
import { affineOf } from "../affine/affine.ts";
import { KERNEL_OPTIONS, type KernelOptions, readKernelOptions } from "../compile.ts";
import { documentKernel } from "../emit/documentation.ts";
import { emitKernel } from "../emit/kernel.ts";
import type { KernelSource } from "../emit/source.ts";
import type { Access, Contraction, ReduceOperator } from "../ir/contraction.ts";
import type { Dtype } from "../ir/dtype.ts";
import { combineAll, elementsIn, type Elementwise, includes, renumber, VALUE } from "../ir/elementwise.ts";
import { elementwiseIn } from "../ir/integer-elementwise.ts";
import { checkLimits } from "../ir/address.ts";
import { letterAt } from "../ir/bind.ts";
import { printFormula } from "../ir/print.ts";
import { partsOfTerm, wrapFor } from "../ir/product.ts";
import { denseTensor, type TensorType } from "../ir/tensor.ts";
import { verifyContraction } from "../ir/verify.ts";
import { joinNests } from "../loops/arrange-nests.ts";
import type { Kernel } from "../loops/kernel.ts";
import type { LoopNest } from "../loops/nest.ts";
import { printNest } from "../loops/describe-nests.ts";
import { verifyKernel } from "../loops/verify-kernel.ts";
import { verifyNest } from "../loops/verify-compilation.ts";
import { describePath, type PathInfo } from "../path/report.ts";
import { READABLE } from "../recipe/full.ts";
import { makeKernel, type Part } from "../recipe/recipe.ts";
import { required, UnsupportedError } from "../support/errors.ts";
import { readOptions } from "../support/read.ts";
import { type ArrayRef, leavesAxis, type SizeOf, type Stage } from "./forms.ts";
import { fuseGraph } from "./fuse.ts";
import { type InputNames, type InputNode, type Node, nodesOf } from "./graph.ts";
import { type IndexExpression, type LazySymbol, resolveIndices } from "./index-expression.ts";
import { type Sizes, uniqueNames } from "./sizes.ts";

/** A graph compiled for its sizes; every stage's artefact is kept. */
export interface LazyKernel {
  /** One a contraction that the graph became, in the order in which they run. */
  readonly contractions: readonly Contraction[];
  /** The contraction path of each. */
  readonly paths: readonly PathInfo[];
  /** Scheduled, all in one list. */
  readonly nests: readonly LoopNest[];
  readonly kernel: Kernel;
  /** One module; its text is `source.text`. */
  readonly source: KernelSource;
  /** The arrays that it takes, in order. */
  readonly inputs: readonly TensorType[];
  readonly output: TensorType;
}

/** The inputs of a graph, in the order in which they were made. */
export function inputsOf(root: Node): InputNode[] {
  const inputs = nodesOf(root).filter((node) => node.kind === "input");
  return inputs.sort((one, other) => one.order - other.order);
}

/** Names a graph's inputs: as they are called; those that have no name, by letters in order that no index has. */
export function nameInputs(root: Node): InputNames {
  const inputs = inputsOf(root);
  const axes = nodesOf(root).flatMap((node) => node.axes.map(({ name }) => name));
  const taken = new Set([...inputs.map(({ name }) => name), ...axes]);
  const seen = new Set<string>();
  let next = 0;
  return new Map(
    inputs.map((input) => {
      let { name } = input;
      for (let count = 2; name !== undefined && seen.has(name); count++) name = `${input.name}${count}`;
      while (name === undefined) {
        const letter = letterAt(next++);
        if (!taken.has(letter)) name = letter;
      }
      seen.add(name);
      return [input, name];
    }),
  );
}

/** Compiles a graph whose sizes are known. */
export function compileGraph(root: Node, sizes: Sizes, given: KernelOptions): LazyKernel {
  const options = readOptions(given, KERNEL_OPTIONS);
  const names = nameInputs(root);
  const { stages, sizeOf } = fuseGraph(root, names, sizes);
  const inputs = [...names].map(([{ dtype, axes }, name]) => denseTensor(name, dtype, axes.map(sizeOf)));
  const contractions = stages.map((stage) => contractionOf(stage, sizeOf));
  contractions.forEach(verifyContraction);
  contractions.forEach(checkLimits);
  const { search, request, target } = readKernelOptions(options, contractions);
  if (options.memoryLimit !== undefined) throw new UnsupportedError("a graph is not sliced: leave memoryLimit out");
  const parts = contractions.map((contraction) => READABLE.plan(contraction, search));
  const { nests, kernel } = makeKernel(READABLE, parts, { ...request, join: (built) => joinNests(built, inputs) });
  nests.forEach(verifyNest);
  verifyKernel(kernel);
  const paths = parts.map(({ contraction, path }) => describePath(contraction, path));
  const output = required(contractions.at(-1), "a contraction").output.tensor;
  const source = emitKernel(kernel, { target, documentation: documentGraph(parts, inputs, output, kernel) });
  return { contractions, paths, nests, kernel, source, inputs, output };
}

function documentGraph(
  parts: readonly Part[],
  inputs: readonly TensorType[],
  output: TensorType,
  kernel: Kernel,
): string[] {
  const [only, second] = parts;
  if (only && !second) return documentKernel(only.contraction, only.steps, kernel);
  const shapes = [...inputs, output].map(
    ({ name, dtype, shape }) => `    ${name}: ${dtype}, ${shape.join(" x ") || "scalar"}`,
  );
  const formulas = parts.map(({ contraction }) => `    ${printFormula(contraction)}`);
  const alias = `\`${output.name}\` must not share memory with the operands.`;
  return ["In this order:", "", ...formulas, "", ...shapes, "", alias];
}

/** Prints the loops of a kernel: each nest with what it computes, its loops and their sizes. */
export function printLoopTree({ nests }: LazyKernel): string {
  return nests.map((nest) => (nest.comment ? `// ${nest.comment}\n` : "") + printNest(nest)).join("\n\n");
}

/** The contraction of a stage. */
function contractionOf({ form, target, writes }: Stage, sizeOf: SizeOf): Contraction {
  const { leaves, expression, reduction, dtype } = form;
  const { over = [], after = VALUE } = reduction ?? {};
  const names = uniqueNames([...form.axes, ...over]);
  const nameOf = (of: LazySymbol): string => required(names.get(of), `the name of ${of.name}`);
  const accessOf = (array: ArrayRef, expressions: readonly IndexExpression[], mayLeave = true): Access => ({
    tensor: denseTensor(array.name, array.dtype, array.axes.map(sizeOf)),
    axes: expressions.map((along, axis) => {
      const { coefficients, constant } = required(resolveIndices(along, sizeOf), "an affine expression");
      const named = new Map([...coefficients].map(([index, coefficient]) => [nameOf(index), coefficient]));
      const padded = mayLeave && leavesAxis(along, required(array.axes[axis], "an axis"), sizeOf);
      return { expression: affineOf(named, constant), padded };
    }),
  });
  const used = [...new Set([...elementsIn(expression), ...elementsIn(after)])];
  const numberOf = (leaf: number): number => used.indexOf(leaf);
  const reads = used.map((at) => {
    const { array, axes } = required(leaves[at], "a leaf");
    // Without a point, nothing is read outside of an empty axis.
    const mayLeave = includes(expression, (part) => part.kind === "inside" && part.access === at);
    return accessOf(array, axes, mayLeave);
  });
  const written = target.axes.map((axis) => writes.get(axis) ?? axis);
  const reduce = reduction === undefined || reduction.reduce === "mean" ? "sum" : reduction.reduce;
  const indexOf = (index: LazySymbol) => ({ name: nameOf(index), size: sizeOf(index), reduced: over.includes(index) });
  return {
    indices: [...form.axes, ...over].map(indexOf),
    reads,
    output: accessOf(target, written),
    term: exactTerm(renumber(expression, numberOf), reduce, dtype),
    reduce,
    finish: elementwiseIn(renumber(after, numberOf), dtype),
    dtype,
  };
}

/** A term as it is computed in a dtype; a combination of elements wraps where the reduction would see the difference. */
function exactTerm(term: Elementwise, reduce: ReduceOperator, dtype: Dtype): Elementwise {
  const { combine, parts } = partsOfTerm(term);
  const exact = parts.map((part) => (part.kind === "element" ? part : elementwiseIn(part, dtype)));
  const combined = combineAll(combine, exact);
  return exact.length === 1 || combine === "max" || combine === "min" ? combined : wrapFor(reduce, combined, dtype);
}
