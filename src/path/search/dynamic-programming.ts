/**
 * Exact search without outer products: dynamic programming over the connected parts of a network, cheapest part first.
 *
 * A part is settled when it is the cheapest of all that wait: no later one can improve it, since the cost of joining two
 * parts is at least that of either (Knuth's generalisation of Dijkstra's algorithm). It is then joined with all settled
 * parts that share an index with it and no operand. Parts that cost more than a path found beforehand are dropped, which
 * is opt_einsum's cost cap, with the best cap at once. So time depends on how many parts are cheap, not on how many
 * there are: chains and trees of hundreds of operands are soon done, dense ones of thirty never.
 *
 * Invariant: no tree without outer products costs less than the one that is found.
 */
import { beyondIndices, indicesIn, markIndices, reducesIndex, unionLog, type Network } from "../network.ts";
import type { Budget } from "./budget.ts";
import { createMerger } from "./merger.ts";
import { createPairHeap } from "./pair-heap.ts";
import { createRandom } from "./random.ts";
import { PLAIN, runGreedy } from "./sampled-greedy.ts";
import type { TreeSearch } from "./tree-search.ts";
import { treeOf, stepCost, type Costing } from "./tree.ts";

/** The most parts that are remembered, and pairs of them that are looked at: some seconds, where no time is given. */
const MOST_PARTS = 2 ** 20;
const MOST_PAIRS = 3e8;

/** What it costs to look at a pair, and to remember what joining it gives, in units of work. */
const PAIR_WORK = 80;
const JOIN_WORK = 2000;

/** Slack for the rounding of costs: a part of exactly the cap's cost must not be dropped. */
const SLACK = 1 + 1e-9;

/**
 * Offers the best tree of all that cost no more than `cap`. Returns whether it could: not, where the budget or the memory
 * for parts is not enough.
 */
export function searchParts({ trials, budget, offer }: TreeSearch, cap: number): boolean {
  const { network, costing } = trials;
  const parts = joinParts(network, costing, cap * SLACK, budget);
  if (!parts) return false;
  if (parts.components.length === 0) return true;
  const merger = createMerger(network);
  const idOf = new Map<number, number>();
  for (const part of parts.components.flatMap((component) => partsBelow(parts, component, network.operandCount))) {
    const of = (child = 0): number => idOf.get(child) ?? child;
    idOf.set(part, merger.merge(of(parts.lefts[part]), of(parts.rights[part])));
  }
  // Components, which share nothing, are multiplied as greedy does.
  runGreedy(merger, createPairHeap(), createRandom(0), costing, PLAIN);
  const tree = treeOf(merger, costing);
  trials.count++;
  offer(tree);
  return true;
}

/** Parts by number, the operands first, and what each further one is joined of. */
interface Parts {
  /** The part that each component of the network is; none where no tree costs as little as the cap. */
  readonly components: readonly number[];
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
}

/** The parts that are joined to make one, each after those it is made of. */
function partsBelow({ lefts, rights }: Parts, component: number, operandCount: number): number[] {
  const found: number[] = [];
  for (const stack = [component]; stack.length > 0;) {
    const part = stack.pop() as number;
    if (part < operandCount) continue;
    found.push(part);
    stack.push(lefts[part] as number, rights[part] as number);
  }
  return found.reverse();
}

/** Joins parts, the cheapest first, until all components are found; undefined where the limits or the budget are passed. */
function joinParts(network: Network, costing: Costing, cap: number, budget: Budget): Parts | undefined {
  const { operandCount, words, operands, uses, kept } = network;
  const memberWords = (operandCount + 31) >> 5;
  const stride = memberWords + words;
  /** By part: the operands in it, then its indices. The last row is for the part under consideration. */
  let sets = new Int32Array(1024 * stride);
  /** By part: how many operands are in it. */
  const counts: number[] = [];
  const costs: number[] = [];
  const lefts: number[] = [];
  const rights: number[] = [];
  const settled: boolean[] = [];
  /** By part: the last one that it was to be joined with. */
  const stamps: number[] = [];
  let count = 0;
  let table = new Int32Array(4096).fill(-1);
  const heap = createPairHeap();
  /** By index: the operands that have it, as bits and as a list; for each of the list, the settled parts it is in. */
  const holders = new Int32Array(uses.length * memberWords);
  const holderLists = Array.from(uses, (): { operand: number; parts: number[] }[] => []);
  operands.forEach((indices, operand) => {
    for (const index of indices) {
      markIndices(holders, index * memberWords, [operand]);
      holderLists[index]?.push({ operand, parts: [] });
    }
  });

  operands.forEach((indices, operand) => {
    markIndices(sets, count * stride, [operand]);
    markIndices(sets, count * stride + memberWords, indices);
    heap.push(0, addPart(slotOf(count), 1), 0);
  });
  const components: number[] = [];
  let [missing, pairs] = [operandCount, 0];
  while (missing > 0 && heap.pop()) {
    const part = heap.left;
    if (settled[part]) continue;
    const pushed = heap.pushes;
    const own = indicesIn(words, sets, part * stride + memberWords);
    const seen = settle(part, own);
    pairs += seen;
    budget.spend(seen * PAIR_WORK + (heap.pushes - pushed) * JOIN_WORK);
    if (count > MOST_PARTS || pairs > MOST_PAIRS || budget.isSpent()) return undefined;
    if (!own.every((index) => isInside(index, part * stride))) continue;
    components.push(part);
    missing -= counts[part] as number;
  }
  // Where one is missing, the tree that gave the cap is as good as any without outer products.
  return { components: missing > 0 ? [] : components, lefts, rights };

  /** Joins a part that has become final with all that became so before; returns how many pairs that were. */
  function settle(part: number, indices: readonly number[]): number {
    let pairs = 0;
    settled[part] = true;
    const most = cap - (costs[part] as number);
    const own = indices.flatMap((index) => holderLists[index] ?? []);
    for (const { operand, parts } of own) {
      if (hasMember(part, operand)) continue;
      for (const other of parts) {
        // They were settled in the order of their costs.
        if ((costs[other] as number) > most) break;
        pairs++;
        if (stamps[other] === part) continue;
        stamps[other] = part;
        consider(part, other);
      }
    }
    for (const { operand, parts } of own) if (hasMember(part, operand)) parts.push(part);
    return pairs;
  }

  function hasMember(part: number, operand: number): boolean {
    return (((sets[part * stride + (operand >> 5)] as number) >> (operand & 31)) & 1) === 1;
  }

  function consider(one: number, other: number): void {
    if (!uniteMembers(one, other)) return;
    const [to, a, b] = [count * stride + memberWords, one * stride + memberWords, other * stride + memberWords];
    const before = (costs[one] as number) + (costs[other] as number);
    const members = (counts[one] as number) + (counts[other] as number);
    const beyond = beyondIndices(network, members === operandCount);
    const stepLog = unionLog(network, sets, a, b) + beyond.log;
    if (before + stepCost(costing, stepLog, 0, false) > cap) return;
    uniteIndices(one, other);
    const resultLog = unionLog(network, sets, to, to) + beyond.log;
    const reduces = beyond.reduces || reducesIndex(network, sets, a, b, to);
    const cost = before + stepCost(costing, stepLog, resultLog, reduces);
    if (cost > cap) return;
    const slot = slotOf(count);
    const known = table[slot] as number;
    if (known >= 0 && (costs[known] as number) <= cost) return;
    const part = known >= 0 ? known : addPart(slot, members);
    costs[part] = cost;
    lefts[part] = one;
    rights[part] = other;
    heap.push(cost, part, part);
  }

  /** Writes the operands of two parts into the row after the last; false where they share one. */
  function uniteMembers(one: number, other: number): boolean {
    const [to, a, b] = [count * stride, one * stride, other * stride];
    for (let word = 0; word < memberWords; word++) {
      const [left, right] = [sets[a + word] as number, sets[b + word] as number];
      if ((left & right) !== 0) return false;
      sets[to + word] = left | right;
    }
    return true;
  }

  /** Writes the indices of their contraction there. */
  function uniteIndices(one: number, other: number): void {
    const [to, a, b] = [count * stride, one * stride, other * stride];
    for (let word = memberWords; word < stride; word++) {
      const [left, right] = [sets[a + word] as number, sets[b + word] as number];
      sets[to + word] = left | right;
      // Reduced is what both have, and no operand outside.
      for (let both = left & right; both !== 0; both &= both - 1) {
        const bit = both & -both;
        const index = (word - memberWords) * 32 + 31 - Math.clz32(bit);
        if (!kept[index] && isInside(index, to)) sets[to + word] = (sets[to + word] as number) & ~bit;
      }
    }
  }

  /** Whether all operands that have an index are among those of a row. */
  function isInside(index: number, row: number): boolean {
    for (let word = 0; word < memberWords; word++) {
      if (((holders[index * memberWords + word] as number) & ~(sets[row + word] as number)) !== 0) return false;
    }
    return true;
  }

  /** The slot of the part of the same operands, or the free one where it belongs. */
  function slotOf(part: number): number {
    const mask = table.length - 1;
    let slot = hashOf(part) & mask;
    while (table[slot] !== -1 && !isSame(table[slot] as number, part)) slot = (slot + 1) & mask;
    return slot;
  }

  function hashOf(part: number): number {
    let hash = 0x811c9dc5;
    for (let word = part * stride; word < part * stride + memberWords; word++) {
      hash = Math.imul(hash ^ (sets[word] as number), 0x01000193);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  function isSame(one: number, other: number): boolean {
    for (let word = 0; word < memberWords; word++) {
      if (sets[one * stride + word] !== sets[other * stride + word]) return false;
    }
    return true;
  }

  /** Keeps the row after the last as a part, and makes room for the next. */
  function addPart(slot: number, members: number): number {
    table[slot] = count++;
    counts.push(members);
    for (const list of [costs, lefts, rights]) list.push(0);
    settled.push(false);
    stamps.push(-1);
    if (2 * count > table.length) {
      table = new Int32Array(2 * table.length).fill(-1);
      for (let part = 0; part < count; part++) table[slotOf(part)] = part;
    }
    if ((count + 1) * stride > sets.length) {
      const shorter = sets;
      sets = new Int32Array(2 * shorter.length);
      sets.set(shorter);
    }
    return count - 1;
  }
}
