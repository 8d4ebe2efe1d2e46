/**
 * A contraction tree that can be changed in place: leaves are the operands, every other node contracts its two children.
 *
 * What its steps cost adds up, whatever is minimized, since local changes of a tree can be weighed against each other only
 * then. The largest result is made small through the sum of the squares of all results, which it dominates; flops break
 * ties. Which of two finished trees is better is decided exactly, in `finish.ts`.
 *
 * Invariant: `bits` holds the indices of every node, `costs` the cost of every step; both follow from the shape. Node ids
 * of steps say nothing about their order: `stepsOf` gives one. Costs are told in units of `2 ** shift`, so that trees
 * beyond the largest double can still be compared.
 */
import { type LastStep, type Network, beyondIndices, markIndices, reducesIndex, unionLog } from "../network.ts";
import { indicesOf, type Merger } from "./merger.ts";
import type { Minimize } from "../path.ts";

export interface Tree {
  readonly network: Network;
  readonly costing: Costing;
  readonly root: number;
  /** By node: its children; -1 for a leaf. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** By node; -1 for the root. */
  readonly parent: Int32Array;
  /** By node, `network.words` words each: the indices of its result. */
  readonly bits: Int32Array;
  /** By node: the logarithm of the size of its result. */
  readonly logSizes: Float64Array;
  /** By node: what its step costs; 0 for a leaf. */
  readonly costs: Float64Array;
}

/** Makes the tree of the steps that a merger has taken, down to one tensor. */
export function treeOf(merger: Merger, costing: Costing): Tree {
  const { network, left, right, logSizes } = merger;
  const { operandCount, words } = network;
  const count = 2 * operandCount - 1;
  const tree: Tree = {
    network,
    costing,
    root: count - 1,
    left: new Int32Array(count).fill(-1),
    right: new Int32Array(count).fill(-1),
    parent: new Int32Array(count).fill(-1),
    bits: new Int32Array(count * words),
    logSizes: logSizes.slice(0, count),
    costs: new Float64Array(count),
  };
  for (let node = 0; node < count; node++) {
    markIndices(tree.bits, node * words, indicesOf(merger, node));
    if (node < operandCount) continue;
    join(tree, node, left[node - operandCount] as number, right[node - operandCount] as number);
    refresh(tree, node);
  }
  return tree;
}

/** Makes two nodes the children of a third. */
export function join(tree: Tree, node: number, left: number, right: number): void {
  tree.left[node] = left;
  tree.right[node] = right;
  tree.parent[left] = node;
  tree.parent[right] = node;
}

/** Works out size and cost of a step from the indices of its children and its own. */
export function refresh(tree: Tree, node: number): void {
  const { log, resultLog, reduces } = measureStep(tree, node);
  tree.logSizes[node] = resultLog;
  tree.costs[node] = stepCost(tree.costing, log, resultLog, reduces);
}

/** The logarithms of what a step runs over and of its result, and whether it reduces. */
export function measureStep(
  { network, root, bits, left, right }: Tree,
  node: number,
): LastStep & { readonly resultLog: number } {
  const { words } = network;
  const [at, a, b] = [node * words, (left[node] as number) * words, (right[node] as number) * words];
  const beyond = beyondIndices(network, node === root);
  return {
    log: unionLog(network, bits, a, b) + beyond.log,
    resultLog: unionLog(network, bits, at, at) + beyond.log,
    reduces: beyond.reduces || reducesIndex(network, bits, a, b, at),
  };
}

export function totalCost({ costs }: Tree): number {
  let total = 0;
  for (let node = 0; node < costs.length; node++) total += costs[node] as number;
  return total;
}

/** Orders trees, the cheapest first. */
export function byCost(one: Tree, other: Tree): number {
  return totalCost(one) - totalCost(other);
}

/** The nodes of all steps, each after its children; of two subtrees the left one first, unless they are swapped. */
export function stepsOf({ root, left, right, network }: Tree, isSwapped?: Uint8Array): Int32Array {
  const order = new Int32Array(network.operandCount - 1);
  const stack = [root];
  // Written from the end: a node before its children, the right one first.
  for (let at = order.length - 1; stack.length > 0;) {
    const node = stack.pop() as number;
    if ((left[node] as number) < 0) continue;
    order[at--] = node;
    const [first, last] = isSwapped?.[node] ? [right, left] : [left, right];
    stack.push(first[node] as number, last[node] as number);
  }
  return order;
}

export function copyTree(tree: Tree): Tree {
  return {
    ...tree,
    left: tree.left.slice(),
    right: tree.right.slice(),
    parent: tree.parent.slice(),
    bits: tree.bits.slice(),
    logSizes: tree.logSizes.slice(),
    costs: tree.costs.slice(),
  };
}

/** What a step costs: whatever is minimized, a sum of flops and of powers of the sizes of results. */
export interface Costing {
  readonly flopWeight: number;
  readonly resultWeight: number;
  /** The power of the size of a result that is added up: 1 or 2. */
  readonly resultPower: number;
  /** The logarithm to base 2 of the unit. */
  shift: number;
}

/** The weight of flops where they only break ties. */
const FAINT = 2 ** -20;

export function costingOf(minimize: Minimize): Costing {
  if (typeof minimize === "object") {
    return { flopWeight: minimize.flops ?? 0, resultWeight: minimize.write ?? 0, resultPower: 1, shift: 0 };
  }
  if (minimize === "flops") return { flopWeight: 1, resultWeight: 0, resultPower: 1, shift: 0 };
  return { flopWeight: FAINT, resultWeight: 1, resultPower: minimize === "write" ? 1 : 2, shift: 0 };
}

/** What a step costs that runs over `2 ** stepLog` points and has a result of `2 ** resultLog` elements. */
export function stepCost(costing: Costing, stepLog: number, resultLog: number, reduces: boolean): number {
  const { flopWeight, resultWeight, resultPower, shift } = costing;
  const flops = flopWeight * powerOfTwo(stepLog - shift) * (reduces ? 2 : 1);
  return resultWeight === 0 ? flops : flops + resultWeight * powerOfTwo(resultPower * resultLog - shift);
}

const POWERS = Float64Array.from({ length: 1024 }, (_, exponent) => 2 ** exponent);

/** `2 ** exponent`: where all sizes are powers of two, as they mostly are in large networks, without the function. */
function powerOfTwo(exponent: number): number {
  const whole = exponent | 0;
  return whole === exponent && whole >= 0 && whole < 1024 ? (POWERS[whole] as number) : 2 ** exponent;
}
