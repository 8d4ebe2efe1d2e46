/**
 * Symbolic tensors: what a program builds, and what it asks of the result. Building computes nothing; `kernel`, `compute`
 * and `unify` look at the whole graph behind a tensor. Operations are methods, and functions: `mul(a, b)` is `a.mul(b)`, and
 * one of the two may be a number.
 *
 *     const Y = mul(X.to(s), W.to(k)).sum(k);   Y.setSize(16);   Y.unify();   Y.compute({ X, W })
 *
 * Invariant: a tensor never changes but for sizes that are set; operations make new ones.
 */
import type { EvaluateOption, KernelOptions } from "../compile.ts";
import * as make from "../ir/activations.ts";
import { type Dtype, DTYPE_NAMES, isDtype } from "../ir/dtype.ts";
import { elementOf, type Elementwise, type ElementwiseBinary } from "../ir/elementwise.ts";
import type { NdArray } from "../jit/nd-array.ts";
import { published, publishedMethods } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";
import { unknownName } from "../support/messages/options.ts";
import { copyList, readOptions } from "../support/read.ts";
import { compileGraph, type LazyKernel, printLoopTree } from "./compile-graph.ts";
import { computeGraph, type LazyInputs } from "./compute.ts";
import { type Node, type ReduceNode, viewOf, type ViewOptions } from "./graph.ts";
import { isSymbol, type LazySymbol } from "./index-expression.ts";
import {
  applyNode,
  concatenatedNode,
  gradientNodes,
  inputNode,
  paddedNode,
  reduceNode,
  renamedInput,
} from "./nodes.ts";
import { assignSizes, type FixedSize, isSize, knownSize, solveGraph } from "./sizes.ts";

/** What an operation takes beside tensors: numbers. */
export type LazyOperand = LazyTensor | number;

/** An axis by its index, or by its place; negative places count from the end. */
export type LazyAxis = LazySymbol | number;

export interface LazyTensor {
  /** For einsmith itself. */
  readonly node: Node;
  readonly axes: readonly LazySymbol[];
  readonly dtype: Dtype;
  /** The size of each axis; the name of its index while nothing says what it is. */
  readonly shape: readonly (number | string)[];

  /**
   * A view over these indices: axes that are among them stay, permuted; the others are renamed in order, or read as
   * `where` says. An index that no axis has repeats the tensor. See `ViewOptions`.
   */
  to(...indices: readonly LazySymbol[]): LazyTensor;
  to(indices: readonly LazySymbol[], options?: ViewOptions): LazyTensor;
  /** An input under a name, by which `compute` and the kernel know it. */
  named(name: string): LazyTensor;

  /** Elementwise. Axes of one index meet; a tensor repeats along those it has not. Dtypes promote as NumPy's do. */
  add(other: LazyOperand): LazyTensor;
  sub(other: LazyOperand): LazyTensor;
  mul(other: LazyOperand): LazyTensor;
  div(other: LazyOperand): LazyTensor;
  /** The larger of two elements; given symbols, or a list of axes, or nothing, reduces over these as `sum` does. */
  max(...others: readonly (LazyOperand | LazySymbol | readonly LazyAxis[])[]): LazyTensor;
  min(...others: readonly (LazyOperand | LazySymbol | readonly LazyAxis[])[]): LazyTensor;
  /** The power with a constant exponent. */
  pow(exponent: number): LazyTensor;
  neg(): LazyTensor;
  abs(): LazyTensor;
  exp(): LazyTensor;
  log(): LazyTensor;
  sqrt(): LazyTensor;
  erf(): LazyTensor;
  tanh(): LazyTensor;
  relu(): LazyTensor;
  leakyRelu(slope?: number): LazyTensor;
  sigmoid(): LazyTensor;
  silu(): LazyTensor;
  gelu(approximate?: "none" | "tanh"): LazyTensor;
  clamp(low: number, high: number): LazyTensor;

  /** Reduces over the axes named, or over all. */
  sum(...axes: readonly (LazyAxis | readonly LazyAxis[])[]): LazyTensor;
  prod(...axes: readonly (LazyAxis | readonly LazyAxis[])[]): LazyTensor;
  mean(...axes: readonly (LazyAxis | readonly LazyAxis[])[]): LazyTensor;

  /** Surrounds the tensor by zeros, or another number: one pair an axis; negative numbers crop. */
  pad(pairs: readonly (readonly [number, number])[], value?: number): LazyTensor;

  /** Fixes the size of each axis in every graph that has this tensor; null leaves one open. Returns the tensor itself. */
  setSize(...sizes: readonly (number | null)[]): LazyTensor;
  /**
   * Solves for every size of the graph, whatever is known of it: forwards, backwards and sideways. Returns the tensor.
   *
   * @throws EinsumError for conflicts, with both sides, and for what nothing determines.
   */
  unify(): LazyTensor;
  /** The loops of the kernel, with sizes, as text. */
  readonly loopTree: string;
  /** The graph compiled for its sizes: its source is one module. */
  readonly kernel: LazyKernel;
  /** As `kernel`, with options: a name, a target, unrolling. */
  compile(options?: KernelOptions): LazyKernel;
  /**
   * Computes the tensor from arrays for its inputs: by name, by tensor in a Map, or in the order in which the inputs were
   * made; keys that are no names go to inputs without one, in that order or as their shapes fit. Arrays with shapes say
   * what sizes are open. The kernel for these sizes, with its scratch, is kept as long as the tensor.
   */
  compute(inputs?: LazyInputs, options?: EvaluateOption): NdArray;
}

export interface TensorOptions {
  readonly name?: string | undefined;
  /** "float64" by default. */
  readonly dtype?: Dtype | undefined;
}

/** Makes an input of any rank: each axis is a size, or a symbol whose size is found out later. */
export const tensor = /* @__PURE__ */ published(function tensor(
  ...given: readonly (number | LazySymbol | TensorOptions)[]
): LazyTensor {
  const last = given.at(-1);
  const hasOptions = typeof last === "object" && !isSymbol(last);
  const { name, dtype = "float64" } = hasOptions ? readOptions(last as TensorOptions, ["name", "dtype"]) : {};
  if (!isDtype(dtype)) throw unknownName("dtype", dtype, DTYPE_NAMES);
  const axes = (hasOptions ? given.slice(0, -1) : given) as readonly (number | LazySymbol)[];
  return tensorOf(inputNode(axes, name === undefined ? undefined : checkTensorName(name), dtype));
});

/** Tensors one behind the other along an axis of the first. */
export const concatenate = /* @__PURE__ */ published(function concatenate(
  tensors: readonly LazyTensor[],
  axis: LazyAxis = 0,
): LazyTensor {
  const list = copyList(tensors);
  if (!list) throw messages.lazyArgument("what is concatenated", "a list of tensors", tensors);
  return tensorOf(concatenatedNode(list.map(nodeOf), axis));
});

function checkTensorName(name: unknown): string {
  if (typeof name !== "string" || !/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) {
    throw messages.lazyName("a tensor", name);
  }
  return name;
}

const FIRST = elementOf(0);
const SECOND = elementOf(1);

function tensorOf(node: Node): LazyTensor {
  let compiled: { readonly key: string; readonly kernel: LazyKernel } | undefined;
  const apply = (expression: Elementwise): LazyTensor => tensorOf(applyNode(expression, [node]));
  const combine = (operator: ElementwiseBinary["operator"], other: LazyOperand): LazyTensor =>
    combineTwo(operator, self, other);
  const reduce = (kind: ReduceNode["reduce"], axes: readonly (LazyAxis | readonly LazyAxis[])[]): LazyTensor => {
    const listed = axes.flatMap((axis) => copyList(axis) ?? axis) as readonly LazyAxis[];
    return tensorOf(reduceNode(node, kind, listed));
  };
  const extreme = (kind: "max" | "min", given: readonly unknown[]): LazyTensor => {
    const [other, second] = given;
    // A tensor or a number is combined with; a symbol, or a list, is what is reduced over.
    if (second === undefined && (typeof other === "number" || isTensor(other))) return combine(kind, other);
    return reduce(kind, given as readonly LazyAxis[]);
  };
  const self: LazyTensor = publishedMethods<LazyTensor>({
    node,
    axes: node.axes,
    dtype: node.dtype,
    get shape() {
      return node.axes.map((axis) => knownSize(axis, node) ?? axis.name);
    },
    to: (...given: readonly unknown[]) => {
      const list = copyList(given[0]);
      const options = list && given[1] !== undefined ? (given[1] as ViewOptions) : {};
      const read = readOptions(options, ["where", "outside"], ["where"]);
      return tensorOf(viewOf(node, (list ?? given) as readonly LazySymbol[], read));
    },
    named: (name) => tensorOf(renamedInput(node, checkTensorName(name))),
    add: (other) => combine("add", other),
    sub: (other) => combine("sub", other),
    mul: (other) => combine("mul", other),
    div: (other) => combine("div", other),
    max: (...others) => extreme("max", others),
    min: (...others) => extreme("min", others),
    pow: (exponent) => apply(make.power(FIRST, checkNumber("the exponent", exponent))),
    neg: () => apply(make.call("neg", FIRST)),
    abs: () => apply(make.call("abs", FIRST)),
    exp: () => apply(make.call("exp", FIRST)),
    log: () => apply(make.call("log", FIRST)),
    sqrt: () => apply(make.call("sqrt", FIRST)),
    erf: () => apply(make.call("erf", FIRST)),
    tanh: () => apply(make.tanh(FIRST)),
    relu: () => apply(make.relu(FIRST)),
    leakyRelu: (slope = 0.01) => apply(make.leakyRelu(FIRST, checkNumber("the slope", slope))),
    sigmoid: () => apply(make.sigmoid(FIRST)),
    silu: () => apply(make.silu(FIRST)),
    gelu: (approximate = "none") => {
      if (approximate !== "none" && approximate !== "tanh") {
        throw messages.lazyArgument("the approximation", '"none" or "tanh"', approximate);
      }
      return apply(make.gelu(FIRST, approximate));
    },
    clamp: (low, high) =>
      apply(make.clamp(FIRST, checkNumber("the lower bound", low), checkNumber("the upper bound", high))),
    sum: (...axes) => reduce("sum", axes),
    prod: (...axes) => reduce("prod", axes),
    mean: (...axes) => reduce("mean", axes),
    pad: (pairs, value = 0) => tensorOf(paddedNode(node, pairs, value)),
    setSize: (...sizes) => {
      fixSizes(node, sizes);
      return self;
    },
    unify: () => {
      solveGraph(node);
      return self;
    },
    get loopTree() {
      return printLoopTree(self.kernel);
    },
    get kernel() {
      const sizes = solveGraph(node);
      const key = [...sizes.values()].join();
      if (compiled?.key !== key) compiled = { key, kernel: compileGraph(node, sizes, {}) };
      return compiled.kernel;
    },
    compile: (options = {}) => compileGraph(node, solveGraph(node), options),
    compute: (inputs = [], options = {}) => computeGraph(node, inputs, options),
  });
  nodes.set(self, node);
  return self;
}

/** The tensors that were made here, and their nodes; nothing else is a tensor, whatever fields it has. */
const nodes = /* @__PURE__ */ new WeakMap<object, Node>();

function checkNumber(what: string, value: unknown): number {
  if (typeof value !== "number") throw messages.lazyArgument(what, "a number", value);
  return value;
}

function fixSizes(node: Node, sizes: readonly (number | null)[]): void {
  if (sizes.length !== node.axes.length) throw messages.lazyRank("the tensor", node.axes.length, sizes.length);
  const fixed = new Map<LazySymbol, FixedSize>();
  for (const [at, axis] of node.axes.entries()) {
    const size = sizes[at] ?? null;
    if (size === null) continue;
    if (!isSize(size)) throw messages.lazyArgument(`size ${at}`, "an integer of at least 0", size);
    fixed.set(axis, { size, from: "by setSize" });
  }
  assignSizes(node, fixed);
}

function isTensor(value: unknown): value is LazyTensor {
  return nodes.has(value as object);
}

function nodeOf(value: unknown): Node {
  return checkTensor(value, "a tensor or a number").node;
}

/** Combines two operands element by element, of which one at least is a tensor. */
function combineTwo(operator: ElementwiseBinary["operator"], left: LazyOperand, right: LazyOperand): LazyTensor {
  const nodes = [left, right].filter((operand) => typeof operand !== "number").map(nodeOf);
  if (nodes.length === 0) throw messages.lazyArgument("one of two operands", "a tensor", left);
  const second = typeof left === "number" ? FIRST : SECOND;
  const [one, other] = [left, right].map((operand, at) =>
    typeof operand === "number" ? make.constantOf(operand) : at === 0 ? FIRST : second,
  ) as [Elementwise, Elementwise];
  return tensorOf(applyNode(make.binary(operator, one, other), nodes));
}

/**
 * The gradients of a tensor's elements, summed, by some tensors of its graph: one tensor each, of the same axes. With a
 * `cotangent` of the tensor's axes, each element counts as often as it says. Maxima and minima of two tensors have a
 * gradient, reductions to them have none yet.
 */
export const grad = /* @__PURE__ */ published(function grad(
  of: LazyTensor,
  by: readonly LazyTensor[],
  cotangent?: LazyTensor,
): LazyTensor[] {
  const list = copyList(by);
  if (!list) throw messages.lazyArgument("what gradients are taken by", "a list of tensors", by);
  const incoming = cotangent === undefined ? undefined : nodeOf(cotangent);
  return gradientNodes(nodeOf(of), list.map(nodeOf), incoming).map(tensorOf);
});

/** A tensor; refuses anything else. */
function checkTensor(value: unknown, wanted = "a tensor"): LazyTensor {
  if (!isTensor(value)) throw messages.lazyArgument("an operand", wanted, value);
  return value;
}

export const add = /* @__PURE__ */ operation("add");
export const sub = /* @__PURE__ */ operation("sub");
export const mul = /* @__PURE__ */ operation("mul");
export const div = /* @__PURE__ */ operation("div");

/** The larger of two elements; NaN wins. `x.max(axis)` reduces. */
export const max = /* @__PURE__ */ operation("max");

/** The smaller of two elements; NaN wins. `x.min(axis)` reduces. */
export const min = /* @__PURE__ */ operation("min");

/** The power with a constant exponent. */
export const pow = /* @__PURE__ */ method("pow");
export const neg = /* @__PURE__ */ method("neg");
export const abs = /* @__PURE__ */ method("abs");
export const exp = /* @__PURE__ */ method("exp");
export const log = /* @__PURE__ */ method("log");
export const sqrt = /* @__PURE__ */ method("sqrt");
export const erf = /* @__PURE__ */ method("erf");
export const tanh = /* @__PURE__ */ method("tanh");
export const relu = /* @__PURE__ */ method("relu");
export const leakyRelu = /* @__PURE__ */ method("leakyRelu");
export const sigmoid = /* @__PURE__ */ method("sigmoid");
export const silu = /* @__PURE__ */ method("silu");
export const gelu = /* @__PURE__ */ method("gelu");
export const clamp = /* @__PURE__ */ method("clamp");
export const sum = /* @__PURE__ */ method("sum");
export const prod = /* @__PURE__ */ method("prod");
export const mean = /* @__PURE__ */ method("mean");

/** Surrounds a tensor by zeros, or another number: one pair an axis; negative numbers crop. */
export const pad = /* @__PURE__ */ method("pad");

function operation(operator: ElementwiseBinary["operator"]) {
  return published((left: LazyOperand, right: LazyOperand): LazyTensor => combineTwo(operator, left, right), operator);
}

/** The methods that give a tensor. */
type Method = {
  [Name in keyof LazyTensor]: LazyTensor[Name] extends (...given: never[]) => LazyTensor ? Name : never;
}[keyof LazyTensor];

/** A method as a function of its tensor and of what it takes. */
function method<Name extends Method>(name: Name) {
  return published((x: LazyTensor, ...given: Parameters<LazyTensor[Name]>): LazyTensor => {
    const own = checkTensor(x)[name] as (...given: unknown[]) => LazyTensor;
    return own(...given);
  }, name);
}
