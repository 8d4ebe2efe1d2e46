/**
 * Exact search of networks without circles: chains, trees that reduce everything, and what is a chain but for branches
 * that keep nothing.
 *
 * A **chain** is contracted interval by interval, as a product of matrices is: what an interval keeps does not depend on
 * how it is split, so the cheapest split of each follows from those of its parts, in the cube of the operands.
 *
 * A **branch** that keeps no index, of bonds of two values and more, is contracted into a vector of the bond it hangs by.
 * A tensor `T` that has a vector `v` over a bond of `d` values beside it meets it before anything that has an index of
 * its own: to meet another tensor first, which has `x >= 2` elements for each of the shared bond, costs `2 |T| x`, and
 * has its part in every step until `v` comes, which all cost `d` times less without it; so `v` first saves at least
 * `2 |T| x (1 - 1 / d) >= 2 |T|`, and that is what it costs. From the leaves on, every tensor therefore waits until all
 * that is behind it are vectors, and meets the longest first.
 *
 * A **tree** that keeps nothing at all is two branches at the bond of its last step. What is left to choose is this bond:
 * it moves from one bond of a tensor to another at the difference of what this one tensor costs.
 *
 * Invariant: as in `dynamic-programming.ts`, no tree without outer products costs less than the one that is found.
 */
import { required } from "../../support/errors.ts";
import type { Network } from "../network.ts";
import { createMerger, type Merger } from "./merger.ts";
import type { TreeSearch } from "./tree-search.ts";
import { treeOf, stepCost, type Costing } from "./tree.ts";

/** The most operands of a chain: beyond, tables and time grow to gigabytes and to minutes. */
const LONGEST_CHAIN = 1500;

/** Offers the best tree where the network is a chain, or a tree of which a chain is left; returns whether it is. */
export function searchAcyclic({ trials, offer }: TreeSearch): boolean {
  const { network, costing } = trials;
  const bonds = bondsOf(network);
  if (!bonds || !isTree(bonds)) return false;
  const merger = createMerger(network);
  const keptLogs = network.operands.map((own) =>
    own.reduce((log, index) => (network.kept[index] ? log + (network.logs[index] as number) : log), 0),
  );
  const tree: Acyclic = { merger, costing, bonds, keptLogs, tensors: [...bonds.keys()] };
  const keeper = keptLogs.findIndex((log) => log > 0);
  if (costing.resultWeight === 0 && bonds.flat().every(({ log }) => log >= 1)) {
    for (const list of bonds) list.sort((one, another) => another.log - one.log);
    if (keeper < 0) contractTree(tree);
    else if (!isChain(bonds)) absorbVectors(tree, keeper, -1);
  }
  const left = orderFrom(bonds, Math.max(0, keeper), -1).map(({ node }) => node);
  if (!isChain(left.map((node) => bonds[node] as Bond[]))) return false;
  contractChain(tree, left);
  trials.count++;
  offer(treeOf(merger, costing));
  return true;
}

/** A network without circles while it is contracted, by operand. */
interface Acyclic {
  readonly merger: Merger;
  readonly costing: Costing;
  /** Those that are left; none of an operand that another one has absorbed. */
  readonly bonds: Bond[][];
  /** The logarithm of the size of what it keeps. */
  readonly keptLogs: readonly number[];
  /** What it has become, with all that it has absorbed. */
  readonly tensors: number[];
}

/** What a tensor shares with another one. */
interface Bond {
  readonly other: number;
  readonly log: number;
}

/** By operand: its bonds; undefined where an index is shared by more than two, or kept although it is shared. */
function bondsOf({ operands, logs, uses, kept, windows }: Network): Bond[][] | undefined {
  if (windows) return undefined;
  const holders = Array.from(uses, (): number[] => []);
  operands.forEach((indices, operand) => indices.forEach((index) => holders[index]?.push(operand)));
  const bonds = operands.map((): Bond[] => []);
  for (const [index, [one, other, third]] of holders.entries()) {
    if (one === undefined || other === undefined) continue;
    if (third !== undefined || kept[index] === 1) return undefined;
    const log = logs[index] as number;
    bonds[one]?.push({ other, log });
    bonds[other]?.push({ other: one, log });
  }
  return bonds;
}

/** Whether all operands hang together, without a circle; two of them share one bond at most, since a network bundles. */
function isTree(bonds: readonly (readonly Bond[])[]): boolean {
  const ends = bonds.reduce((sum, { length }) => sum + length, 0);
  return ends === 2 * (bonds.length - 1) && orderFrom(bonds, 0, -1).length === bonds.length;
}

/** The operands that are reached from one of them, each after the one it is reached from, without going to `away`. */
function orderFrom(bonds: readonly (readonly Bond[])[], first: number, away: number): { node: number; from: number }[] {
  const order = [{ node: first, from: away }];
  const seen = new Set([first, away]);
  for (const { node } of order) {
    for (const { other } of bonds[node] ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      order.push({ node: other, from: node });
    }
  }
  return order;
}

/** Whether operands that hang together without a circle are a chain, not too long. */
function isChain(bonds: readonly (readonly Bond[])[]): boolean {
  return bonds.length <= LONGEST_CHAIN && bonds.every(({ length }) => length <= 2);
}

function contractTree(tree: Acyclic): void {
  const { one, other } = lastBond(tree);
  absorbVectors(tree, one, other);
  absorbVectors(tree, other, one);
  tree.bonds[one] = [];
  tree.bonds[other] = [];
  tree.tensors[0] = tree.merger.merge(tree.tensors[one] as number, tree.tensors[other] as number);
}

/** Finds the bond over which the last step is cheapest, all others included. */
function lastBond({ bonds, costing }: Acyclic): { one: number; other: number } {
  // What a tensor and the last step cost where that is over one of the tensor's bonds, beside the same over another.
  const costAt = (node: number, last: Bond): number => {
    let log = (bonds[node] ?? []).reduce((sum, bond) => sum + bond.log, 0);
    let cost = stepCost(costing, last.log, 0, true);
    for (const bond of bonds[node] ?? []) {
      if (bond === last) continue;
      cost += stepCost(costing, log, 0, true);
      log -= bond.log;
    }
    return cost;
  };
  const start = required(bonds[0]?.[0], "a bond");
  let best = { one: 0, other: start.other, cost: 0 };
  const costs = bonds.map(() => 0);
  for (const { node, from } of orderFrom(bonds, 0, -1)) {
    const list = bonds[node] ?? [];
    const before = from < 0 ? start : required(list.find(({ other }) => other === from), "the bond to a parent"); // prettier-ignore
    const costBefore = costAt(node, before);
    for (const bond of list) {
      if (bond.other === from) continue;
      const cost = (costs[node] as number) + costAt(node, bond) - costBefore;
      costs[bond.other] = cost;
      if (cost < best.cost) best = { one: node, other: bond.other, cost };
    }
  }
  return best;
}

/** Contracts every branch that keeps nothing into the tensor it hangs by, seen from a root, without going to `away`. */
function absorbVectors({ merger, bonds, keptLogs, tensors }: Acyclic, root: number, away: number): void {
  for (const { node, from } of orderFrom(bonds, root, away).reverse()) {
    const own = bonds[node] as Bond[];
    const isVector = ({ other }: Bond): boolean =>
      other !== from && bonds[other]?.length === 1 && keptLogs[other] === 0;
    const vectors = own.filter(isVector);
    bonds[node] = own.filter((bond) => !vectors.includes(bond));
    for (const { other } of vectors) {
      tensors[node] = merger.merge(tensors[node] as number, tensors[other] as number);
      bonds[other] = [];
    }
  }
}

/** Contracts what is left, which is a chain. */
function contractChain({ merger, costing, bonds, keptLogs: kept, tensors }: Acyclic, left: readonly number[]): void {
  const count = left.length;
  const end = Math.min(...left.filter((node) => (bonds[node] as Bond[]).length <= 1));
  const order = orderFrom(bonds, end, -1).map(({ node }) => node);
  // By place in the chain: the bond to the next one, and what all before keep.
  const bondLogs = order.map((node, at) => bonds[node]?.find(({ other }) => other === order[at + 1])?.log ?? 0);
  const keptLogs = [0];
  for (const node of order) keptLogs.push((keptLogs.at(-1) as number) + (kept[node] as number));
  const bondSizes = Float64Array.from(bondLogs, (log) => 2 ** log);
  const costs = new Float64Array(count * count);
  const splits = new Int32Array(count * count);
  // Row by row from below, so that `costs[first, middle]` and, transposed, `costs[middle + 1, last]` are read in order.
  for (let first = count - 2; first >= 0; first--) {
    for (let last = first + 1; last < count; last++) {
      const resultLog =
        (keptLogs[last + 1] as number) -
        (keptLogs[first] as number) +
        (bondLogs[first - 1] ?? 0) +
        (bondLogs[last] as number);
      const perValue = 2 * costing.flopWeight * 2 ** (resultLog - costing.shift);
      let [best, split] = [Infinity, first];
      const [left, right] = [first * count, last * count];
      for (let middle = first; middle < last; middle++) {
        const cost =
          (costs[left + middle] as number) +
          (costs[right + middle + 1] as number) +
          perValue * (bondSizes[middle] as number);
        if (cost < best) [best, split] = [cost, middle];
      }
      const cost = best + stepCost(costing, -Infinity, resultLog, false);
      costs[left + last] = cost;
      costs[right + first] = cost;
      splits[left + last] = split;
    }
  }
  // No deeper than the longest chain.
  const contract = (first: number, last: number): number => {
    if (first === last) return tensors[order[first] as number] as number;
    const middle = splits[first * count + last] as number;
    return merger.merge(contract(first, middle), contract(middle + 1, last));
  };
  contract(0, count - 1);
}
