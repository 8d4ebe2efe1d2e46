/**
 * Fusion: a graph as few stages as it takes. Each node becomes a fused form on top of its sources' forms; where one form
 * cannot hold it, a source is computed into an intermediate array first.
 *
 *     relu(conv(x, w) + b)   -->   one form: the products of x and w summed, then relu(value + b)
 *     exp(x) / sum(exp(x))   -->   three: t0 = exp(x), t1 = sum of t0, t0 / t1
 *
 * Views compose by substitution. Invariant: the stages in order compute what the graph says.
 */
import { constantAffine } from "../affine/affine.ts";
import { shared } from "../ir/activations.ts";
import { type Dtype, isFloat } from "../ir/dtype.ts";
import {
  combineAll,
  divideBy,
  elementOf,
  elementsIn,
  type Elementwise,
  mapLeaves,
  renumber,
  VALUE,
} from "../ir/elementwise.ts";
import { required } from "../support/errors.ts";
import {
  type ArrayRef,
  factorsOf,
  formOf,
  type Fused,
  indicesOfLeaves,
  isBare,
  isCostly,
  isPadded,
  type Leaf,
  leavesAxis,
  lengthOf,
  type SizeOf,
  type Stage,
  unifyForm,
} from "./forms.ts";
import {
  type ApplyNode,
  type InputNames,
  type Node,
  nodesOf,
  type ReduceNode,
  sourcesOf,
  type ViewNode,
} from "./graph.ts";
import { asIndex, indicesIn, type LazySymbol, replaceIndices, symbol, symbolsIn } from "./index-expression.ts";
import type { Sizes } from "./sizes.ts";

/** A graph while it is fused. */
interface Fusing {
  readonly inputs: InputNames;
  readonly sizes: Map<LazySymbol, number>;
  readonly sizeOf: SizeOf;
  /** Those so far. */
  readonly stages: Stage[];
  readonly forms: Map<Node, Fused>;
}

/**
 * Turns a graph into stages, in the order in which they run; the last computes the root. The sizes are those of the graph's
 * symbols, and of others that stand for them in the stages.
 */
export function fuseGraph(root: Node, inputs: InputNames, known: Sizes) {
  const sizes = new Map(known);
  const sizeOf = (of: LazySymbol): number => required(sizes.get(of), `the size of ${of.name}`);
  const stages: Stage[] = [];
  const fusing: Fusing = { inputs, sizes, sizeOf, stages, forms: new Map() };
  const uses = countUses(root);
  for (const node of nodesOf(root)) {
    const form = fuseNode(node, fusing);
    fusing.forms.set(node, isStored(form, uses.get(node) ?? 0) ? store(form, fusing) : form);
  }
  const last = formOfNode(root, fusing);
  const stored = stages.at(-1);
  // The output is called so everywhere, unless an input is.
  let name = "out";
  while (isTaken(name, fusing)) name += "_";
  if (stored && isBare(last) && last.leaves[0]?.array === stored.target && isWhole(last, stored.target, fusing)) {
    stages[stages.length - 1] = { ...stored, target: { ...stored.target, name, dtype: root.dtype } };
  } else {
    const form = prepare(last, fusing);
    stages.push({ form, target: { name, dtype: root.dtype, axes: form.axes }, writes: new Map() });
  }
  return { stages, sizeOf };
}

/** The parts of an expression up to which it is computed again rather than stored, and those that one may have at all. */
const CHEAP = 8;
const LONGEST = 128;

/** What is used more than once, and costs something, is computed once; so is what gets too long for one loop. */
function isStored({ expression, reduction }: Fused, uses: number): boolean {
  const length = lengthOf(expression) + (reduction ? lengthOf(reduction.after) : 0);
  if (length > LONGEST) return true;
  return uses > 1 && (reduction !== undefined || isCostly(expression) || length > CHEAP);
}

/** Whether a form is an array as it is, axis by axis. */
function isWhole({ axes, leaves: [leaf] }: Fused, array: ArrayRef, { sizeOf }: Fusing): boolean {
  if (!leaf || axes.length !== array.axes.length) return false;
  return array.axes.every((own, at) => {
    const axis = required(axes[at], "an axis");
    return asIndex(required(leaf.axes[at], "an axis")) === axis && sizeOf(axis) === sizeOf(own);
  });
}

function countUses(root: Node): Map<Node, number> {
  const uses = new Map<Node, number>();
  for (const node of nodesOf(root)) {
    for (const source of new Set(sourcesOf(node))) uses.set(source, (uses.get(source) ?? 0) + 1);
  }
  return uses;
}

function isTaken(name: string, { inputs, stages }: Fusing): boolean {
  return [...inputs.values(), ...stages.map(({ target }) => target.name)].includes(name);
}

function formOfNode(node: Node, { forms }: Fusing): Fused {
  return required(forms.get(node), "the form of a node");
}

function fuseNode(node: Node, fusing: Fusing): Fused {
  switch (node.kind) {
    case "input":
      return formOf({
        name: required(fusing.inputs.get(node), "the name of an input"),
        dtype: node.dtype,
        axes: node.axes,
      });
    case "view":
      return fuseView(node, fusing);
    case "apply":
      return fuseApply(node, fusing);
    case "reduce":
      return fuseReduce(node, fusing);
  }
}

/** Computes a form into an array of its own; what reads an array, nothing done to it, stays. */
function store(form: Fused, fusing: Fusing): Fused {
  return isBare(form) ? form : storeAnyway(form, fusing);
}

function storeAnyway(form: Fused, fusing: Fusing): Fused {
  return push(prepare(form, fusing), form.axes, form.dtype, new Map(), fusing);
}

/** Adds a stage that computes a form into an array over some axes, which is a form again. */
function push(form: Fused, axes: ArrayRef["axes"], dtype: Dtype, writes: Stage["writes"], fusing: Fusing): Fused {
  let number = fusing.stages.length;
  while (isTaken(`t${number}`, fusing)) number++;
  // Floats are kept in doubles, as they are computed.
  const target: ArrayRef = { name: `t${number}`, dtype: isFloat(dtype) ? "float64" : dtype, axes };
  fusing.stages.push({ form, target, writes });
  return { ...formOf(target), dtype };
}

/** Makes a form one that is a contraction: factors over several arrays that are used for more points than they have are computed first. */
function prepare(given: Fused, fusing: Fusing): Fused {
  if (isBare(given)) return given;
  const form = unifyForm(given);
  return given.reduction ? storeFactors(form, fusing) : form;
}

function storeFactors(form: Fused, fusing: Fusing): Fused {
  const { factors, combine } = factorsOf(form);
  const all = indicesOfLeaves(form.leaves.filter((_, at) => elementsIn(form.expression).includes(at)));
  if (factors.length < 2 || factors.every(({ leaves }) => leaves.length < 2)) return form;
  const leaves = [...form.leaves];
  const parts = factors.map(({ leaves: used, expression }): Elementwise => {
    const own = used.map((at) => required(form.leaves[at], "a leaf"));
    const axes = indicesOfLeaves(own);
    if (used.length < 2 || axes.length === all.length) return expression;
    const renumbered = renumber(expression, (access) => used.indexOf(access));
    const stored = store({ axes, dtype: form.dtype, leaves: own, expression: renumbered }, fusing);
    leaves.push(required(stored.leaves[0], "an access"));
    return elementOf(leaves.length - 1);
  });
  return { ...form, leaves, expression: combineAll(combine, parts) };
}

function fuseView(node: ViewNode, fusing: Fusing): Fused {
  const { sizeOf } = fusing;
  let form = formOfNode(node.source, fusing);
  const plain = [...node.reads.values()].map(asIndex);
  const isRenaming = plain.every((index) => index) && new Set(plain).size === plain.length;
  const repeats = node.writes.size === 0 && node.axes.length > plain.length;
  const scatters = node.writes.size > 0;
  const isSum = form.reduction?.reduce === "sum" && form.reduction.after.kind === "value";
  if (form.reduction && (!isRenaming || repeats || (scatters && !isSum))) form = store(form, fusing);
  const leaving = [...node.reads].flatMap(([axis, read]) => (leavesAxis(read, axis, sizeOf) ? [axis] : []));
  if (leaving.length > 0 && !isPlainAlong(form, leaving, fusing)) form = storeAnyway(form, fusing);
  const moved = substituteForm(form, node.reads, fusing);
  const padded = leaving.length > 0 ? padForm(moved, node.outside) : moved;
  if (!scatters) return { ...padded, axes: node.axes };
  const axes = [...node.axes.filter((axis) => !node.writes.has(axis)), ...indicesIn(node.writes.values())];
  // What nothing is written to is 0, whatever is read outside.
  const whole = isPadded(padded) ? store({ ...padded, axes }, fusing) : { ...padded, axes };
  return push(prepare(whole, fusing), node.axes, node.dtype, node.writes, fusing);
}

/** Whether a form is made of one access that has these axes as they are, so that it may be padded along them. */
function isPlainAlong(form: Fused, axes: readonly LazySymbol[], { sizeOf }: Fusing): boolean {
  const { leaves, reduction } = form;
  const [leaf, second] = leaves;
  if (!leaf || second || reduction || isPadded(form)) return false;
  return axes.every((axis) => {
    const users = leaf.axes.flatMap((part, at) => (symbolsIn(part, "index").includes(axis) ? [at] : []));
    const [only, other] = users;
    if (only === undefined || other !== undefined) return false;
    const isAll = sizeOf(required(leaf.array.axes[only], "an axis")) === sizeOf(axis);
    return isAll && asIndex(required(leaf.axes[only], "an axis")) === axis;
  });
}

/** Surrounds what a form of one access is by a value. */
function padForm(form: Fused, outside: number): Fused {
  return { ...form, expression: { kind: "inside", access: 0, value: form.expression, outside } };
}

function substituteForm(form: Fused, reads: ViewNode["reads"], { sizes, sizeOf }: Fusing): Fused {
  const targets = indicesIn(reads.values());
  const replacements = new Map(reads);
  // An index that is reduced over must not be taken for one of the view.
  const over = form.reduction?.over.map((index) => {
    if (!targets.includes(index)) return index;
    const fresh = symbol(index.name);
    sizes.set(fresh, sizeOf(index));
    replacements.set(index, fresh);
    return fresh;
  });
  const leaves = form.leaves.map((leaf): Leaf => ({
    ...leaf,
    axes: leaf.axes.map((expression) => replaceIndices(expression, replacements)),
  }));
  const { reduction } = form;
  return { ...form, leaves, ...(reduction && over && { reduction: { ...reduction, over } }) };
}

function fuseApply(node: ApplyNode, fusing: Fusing): Fused {
  const sources = [...new Set(node.operands)];
  const finished = sources.map((source) => {
    const form = formOfNode(source, fusing);
    // An integer that is computed in another dtype than the result has to be finished in its own.
    const isFinished = isBare(form) || form.dtype === node.dtype || (isFloat(form.dtype) && isFloat(node.dtype));
    return isFinished ? form : store(form, fusing);
  });
  // Of several reductions, the longest that has all axes keeps going; the others are computed first.
  const [main] = finished
    .filter(({ reduction, axes }) => reduction && axes.length === node.axes.length)
    .sort((one, other) => pointsOf(other, fusing) - pointsOf(one, fusing));
  const operands = finished.map((form) => {
    if (form === main) return form;
    return form.reduction || (main && isPadded(form)) ? store(form, fusing) : form;
  });
  const starts = operands.map((_, at) => operands.slice(0, at).reduce((count, { leaves }) => count + leaves.length, 0));
  const apply = (valueOf: (form: Fused) => Elementwise): Elementwise => {
    // One object an operand, so that what the expression uses twice is computed once.
    const values = operands.map((form, at) => shared(shift(valueOf(form), starts[at] ?? 0)));
    return mapLeaves(node.expression, (leaf) => {
      if (leaf.kind !== "element") return leaf;
      const at = sources.indexOf(required(node.operands[leaf.access], "an operand"));
      return required(values[at], "the value of an operand");
    });
  };
  const base = { axes: node.axes, dtype: node.dtype, leaves: operands.flatMap(({ leaves }) => leaves) };
  if (!main?.reduction) return { ...base, expression: apply(({ expression }) => expression) };
  const { reduction } = main;
  const expression = shift(main.expression, required(starts[operands.indexOf(main)], "the main operand"));
  const after = apply((form) => (form === main ? reduction.after : form.expression));
  return { ...base, expression, reduction: { ...reduction, after } };
}

/** Moves the numbers of leaves. */
function shift(expression: Elementwise, by: number): Elementwise {
  return renumber(expression, (access) => access + by);
}

function pointsOf({ axes, reduction }: Fused, { sizeOf }: Fusing): number {
  return [...axes, ...(reduction?.over ?? [])].reduce((product, index) => product * sizeOf(index), 1);
}

function fuseReduce({ source: node, reduce, over, axes, dtype }: ReduceNode, fusing: Fusing): Fused {
  const source = formOfNode(node, fusing);
  const { reduction } = source;
  if (reduction?.reduce === reduce && reduce !== "mean" && reduction.after.kind === "value") {
    return { ...source, axes, reduction: { ...reduction, over: [...reduction.over, ...over] } };
  }
  const changes = dtype !== source.dtype && !isBare(source);
  const form = reduction || changes ? store(source, fusing) : source;
  const count = over.reduce((product, index) => product * fusing.sizeOf(index), 1);
  const after = reduce === "mean" ? divideBy(constantAffine(count)) : VALUE;
  return { ...form, axes, dtype, reduction: { reduce, over, after } };
}
