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
import { emitKernel, scriptOf } from "../emit/kernel.ts";
import type { KernelSource } from "../emit/source.ts";
import type { Access, AxisAccess, Contraction, ReduceOperator } from "../ir/contraction.ts";
import { type Dtype, isFloat } from "../ir/dtype.ts";
import { combineAll, elementsIn, type Elementwise, includes, renumber, VALUE } from "../ir/elementwise.ts";
import { elementwiseIn } from "../ir/integer-elementwise.ts";
import { checkLimits } from "../ir/limits.ts";
import { printFormula } from "../ir/print.ts";
import { partsOfTerm, wrapFor } from "../ir/product.ts";
import { denseTensor, type TensorType } from "../ir/tensor.ts";
import { verifyContraction } from "../ir/verify.ts";
import { evaluateKernel, type RunKernel } from "../jit/evaluate.ts";
import { joinNests } from "../loops/join-nests.ts";
import type { Kernel } from "../loops/kernel.ts";
import type { LoopNest } from "../loops/nest.ts";
import { printNest } from "../loops/print-nest.ts";
import { verifyKernel } from "../loops/verify-kernel.ts";
import { verifyNest } from "../loops/verify-nest.ts";
import { describePath, type PathInfo } from "../path/report.ts";
import { READABLE } from "../recipe/full.ts";
import { makeKernel, type Part } from "../recipe/recipe.ts";
import { required, UnsupportedError } from "../support/errors.ts";
import { readOptions } from "../support/read.ts";
import { type ArrayRef, leavesAxis, type SizeOf, type Stage } from "./forms.ts";
import { fuseGraph } from "./fuse.ts";
import { type InputNode, type Node, nodesOf } from "./graph.ts";
import { type IndexExpression, type LazySymbol, resolveIndices, toExpression } from "./index-expression.ts";
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

/** The names of a graph's inputs: their own; for those that have none, letters in order that no index has. */
export function nameInputs(root: Node): Map<InputNode, string> {
  const inputs = inputsOf(root);
  const own = inputs.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const taken = new Set([...own, ...nodesOf(root).flatMap(({ axes }) => axes.map((axis) => axis.name))]);
  const seen = new Set<string>();
  let next = 0;
  return new Map(
    inputs.map((input) => {
      let name = input.name;
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

/** `a`, `b`, ... `z`, `a1`, ... */
function letterAt(at: number): string {
  return String.fromCharCode(97 + (at % 26)) + (at < 26 ? "" : String(Math.floor(at / 26)));
}

/** Compiles a graph whose sizes are known. */
export function compileGraph(root: Node, sizes: Sizes, given: KernelOptions): LazyKernel {
  const options = readOptions(given, KERNEL_OPTIONS);
  const inputs = nameInputs(root);
  const known = new Map(sizes);
  const sizeOf = (of: LazySymbol): number => required(known.get(of), `the size of ${of.name}`);
  const taken = new Set([...inputs.values(), "out"]);
  const stages = fuseGraph(root, outputName(inputs), {
    sizeOf,
    arrayOf: (input): ArrayRef => ({
      name: required(inputs.get(input), "the name of an input"),
      dtype: input.dtype,
      axes: input.axes,
    }),
    nextName: () => {
      let made = "t0";
      for (let count = 1; taken.has(made); count++) made = `t${count}`;
      taken.add(made);
      return made;
    },
    stand: (fresh, of) => void known.set(fresh, sizeOf(of)),
  });
  const tensorOf = tensorsBySize(sizeOf);
  const refs = [...inputs].map(([{ dtype, axes }, inputName]) => tensorOf({ name: inputName, dtype, axes }));
  const contractions = stages.map((stage, at) => {
    const isLast = at === stages.length - 1;
    const dtype = isLast ? root.dtype : intermediateDtype(stage.target.dtype);
    tensorOf({ ...stage.target, dtype });
    return contractionOf(stage, sizeOf, tensorOf);
  });
  return { ...compileContractions(contractions, refs, options), contractions, inputs: refs };
}

/** The output is called `out`, as everywhere, unless an input is. */
function outputName(inputs: ReadonlyMap<InputNode, string>): string {
  let name = "out";
  while ([...inputs.values()].includes(name)) name = `${name}_`;
  return name;
}

function compileContractions(
  contractions: readonly Contraction[],
  inputs: readonly TensorType[],
  options: KernelOptions,
): Omit<LazyKernel, "contractions" | "inputs"> {
  contractions.forEach(verifyContraction);
  contractions.forEach(checkLimits);
  const { search, request, target } = readKernelOptions(options, contractions);
  if (options.memoryLimit !== undefined) throw new UnsupportedError("a graph is not sliced: leave memoryLimit out");
  const parts = contractions.map((contraction) => READABLE.plan(contraction, search));
  const { nests, kernel } = makeKernel(READABLE, parts, { ...request, join: (built) => joinNests(built, inputs) });
  nests.forEach(verifyNest);
  verifyKernel(kernel);
  return {
    paths: parts.map(({ contraction, path }) => describePath(contraction, path)),
    nests,
    kernel,
    source: emitKernel(kernel, { target, documentation: documentGraph(parts, inputs, kernel) }),
    output: required(contractions.at(-1), "a contraction").output.tensor,
  };
}

function documentGraph(parts: readonly Part[], inputs: readonly TensorType[], kernel: Kernel): string[] {
  const [only, second] = parts;
  if (only && !second) return documentKernel(only.contraction, only.steps, kernel);
  const last = required(parts.at(-1), "a contraction").contraction.output.tensor;
  const shapes = [...inputs, last].map(
    ({ name, dtype, shape }) => `    ${name}: ${dtype}, ${shape.join(" x ") || "scalar"}`,
  );
  return [
    "In this order:",
    "",
    ...parts.map(({ contraction }) => `    ${printFormula(contraction)}`),
    "",
    ...shapes,
    "",
    `\`${last.name}\` must not share memory with the operands.`,
  ];
}

/** Prints the loops of a kernel: each nest with what it computes, its loops and their sizes. */
export function printLoopTree({ nests }: LazyKernel): string {
  return nests
    .map((nest) => (nest.comment ? [`// ${nest.comment}`, printNest(nest)] : [printNest(nest)]).join("\n"))
    .join("\n\n");
}

/** Makes a compiled graph runnable. */
export function runnable({ kernel, source }: LazyKernel, wanted: boolean): RunKernel {
  return evaluateKernel(kernel, scriptOf(source), wanted).run;
}

/** Makes the tensor type of an array, the same for the same name. */
type TensorOf = (array: ArrayRef) => TensorType;

/** Makes tensor types of arrays whose sizes are known. */
function tensorsBySize(sizeOf: SizeOf): TensorOf {
  const tensors = new Map<string, TensorType>();
  return ({ name, dtype, axes }) => {
    const shape = axes.map(sizeOf);
    const tensor = tensors.get(name) ?? denseTensor(name, dtype, shape);
    tensors.set(name, tensor);
    return tensor;
  };
}

/** The contraction of a stage. */
function contractionOf({ form, target, writes }: Stage, sizeOf: SizeOf, tensorOf: TensorOf): Contraction {
  const over = form.reduction?.over ?? [];
  const names = uniqueNames([...form.axes, ...over]);
  const nameOf = (of: LazySymbol): string => required(names.get(of), `the name of ${of.name}`);
  const { leaves, expression, reduction, dtype } = form;
  const after = reduction?.after ?? VALUE;
  const used = [...new Set([...elementsIn(expression), ...elementsIn(after)])];
  const numberOf = (leaf: number): number => used.indexOf(leaf);
  const reads = used.map((at): Access => {
    const { array, axes } = required(leaves[at], "a leaf");
    // Without a point, nothing is read outside of an empty axis.
    const mayLeave = includes(expression, (part) => part.kind === "inside" && part.access === at);
    const own = accessesOf(axes, array.axes).map((axis) => ({ ...axis, padded: axis.padded && mayLeave }));
    return { tensor: tensorOf(array), axes: own };
  });
  const outputAxes = target.axes.map((axis) => writes.get(axis) ?? toExpression(axis));
  const reduce = reduction?.reduce === "mean" ? "sum" : (reduction?.reduce ?? "sum");
  const indexOf = (index: LazySymbol, reduced: boolean) => ({ name: nameOf(index), size: sizeOf(index), reduced });
  return {
    indices: [...form.axes.map((index) => indexOf(index, false)), ...over.map((index) => indexOf(index, true))],
    reads,
    output: { tensor: tensorOf(target), axes: accessesOf(outputAxes, target.axes) },
    term: exactTerm(renumber(expression, numberOf), reduce, dtype),
    reduce,
    finish: elementwiseIn(renumber(after, numberOf), dtype),
    dtype,
  };

  function accessesOf(expressions: readonly IndexExpression[], axes: readonly LazySymbol[]): AxisAccess[] {
    return expressions.map((expression, axis) => {
      const { coefficients, constant } = required(resolveIndices(expression, sizeOf), "an affine expression");
      const named = new Map([...coefficients].map(([index, coefficient]) => [nameOf(index), coefficient]));
      const padded = leavesAxis(expression, required(axes[axis], "an axis"), sizeOf);
      return { expression: affineOf(named, constant), padded };
    });
  }
}

/** A term as it is computed in a dtype; a combination of elements wraps where the reduction would see the difference. */
function exactTerm(term: Elementwise, reduce: ReduceOperator, dtype: Dtype): Elementwise {
  const { combine, parts } = partsOfTerm(term);
  const exact = parts.map((part) => (part.kind === "element" ? part : elementwiseIn(part, dtype)));
  const combined = combineAll(combine, exact);
  return exact.length === 1 || combine === "max" || combine === "min" ? combined : wrapFor(reduce, combined, dtype);
}

/** The dtype that an intermediate is kept in: doubles for floats, as they are computed. */
function intermediateDtype(dtype: Dtype): Dtype {
  return isFloat(dtype) ? "float64" : dtype;
}
