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
import { createPairHeap, grown } from "./pair-heap.ts";
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
  const parts = createParts(network, costing, cap * SLACK);
  const components = parts.solve(budget);
  if (!components) return false;
  if (components.length === 0) return true;
  const merger = createMerger(network);
  const idOf = new Map<number, number>();
  for (const part of components.flatMap(parts.stepsOf)) {
    const of = (child: number): number => idOf.get(child) ?? child;
    idOf.set(part, merger.merge(of(parts.left(part)), of(parts.right(part))));
  }
  // Components, which share nothing, are multiplied as greedy does.
  runGreedy(merger, createPairHeap(), createRandom(0), costing, PLAIN);
  const tree = treeOf(merger, costing);
  trials.count++;
  offer(tree);
  return true;
}

interface Parts {
  /**
   * The part of each component of the network; undefined where the limits or the budget are passed, none where no tree
   * costs as little as the cap.
   */
  solve(budget: Budget): number[] | undefined;
  left(part: number): number;
  right(part: number): number;
  /** The parts that are joined to make one, each after those it is made of. */
  stepsOf(part: number): number[];
}

function createParts(network: Network, costing: Costing, cap: number): Parts {
  const { operandCount, words, operands, uses, kept } = network;
  const memberWords = (operandCount + 31) >> 5;
  const stride = memberWords + words;
  /** By part: the operands in it, then its indices. The last row is for the part under consideration. */
  let sets = new Int32Array(1024 * stride);
  let costs = new Float64Array(1024);
  let lefts = new Int32Array(1024);
  let rights = new Int32Array(1024);
  let settled = new Uint8Array(1024);
  let stamps = new Int32Array(1024).fill(-1);
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
  const hasMember = (part: number, operand: number): boolean =>
    (((sets[part * stride + (operand >> 5)] as number) >> (operand & 31)) & 1) === 1;

  const grow = (): void => {
    const rows = 2 * costs.length;
    sets = grown(sets, new Int32Array(rows * stride));
    costs = grown(costs, new Float64Array(rows));
    lefts = grown(lefts, new Int32Array(rows));
    rights = grown(rights, new Int32Array(rows));
    settled = grown(settled, new Uint8Array(rows));
    stamps = grown(stamps, new Int32Array(rows).fill(-1));
  };
  const hashOf = (part: number): number => {
    let hash = 0x811c9dc5;
    for (let word = part * stride; word < part * stride + memberWords; word++) {
      hash = Math.imul(hash ^ (sets[word] as number), 0x01000193);
      hash ^= hash >>> 15;
    }
    return hash;
  };
  const isSame = (one: number, other: number): boolean => {
    for (let word = 0; word < memberWords; word++) {
      if (sets[one * stride + word] !== sets[other * stride + word]) return false;
    }
    return true;
  };
  /** The slot of the part of the same operands, or the free one where it belongs. */
  const slotOf = (part: number): number => {
    const mask = table.length - 1;
    let slot = hashOf(part) & mask;
    while (table[slot] !== -1 && !isSame(table[slot] as number, part)) slot = (slot + 1) & mask;
    return slot;
  };
  const addPart = (slot: number): number => {
    table[slot] = count++;
    if (2 * count > table.length) {
      table = new Int32Array(2 * table.length).fill(-1);
      for (let part = 0; part < count; part++) table[slotOf(part)] = part;
    }
    if (count === costs.length) grow();
    return count - 1;
  };

  /** Writes the operands of two parts into the row after the last; false where they share one. */
  const uniteMembers = (one: number, other: number): boolean => {
    const [to, a, b] = [count * stride, one * stride, other * stride];
    for (let word = 0; word < memberWords; word++) {
      const [left, right] = [sets[a + word] as number, sets[b + word] as number];
      if ((left & right) !== 0) return false;
      sets[to + word] = left | right;
    }
    return true;
  };
  /** Writes the indices of their contraction there. */
  const uniteIndices = (one: number, other: number): void => {
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
  };
  const isInside = (index: number, row: number): boolean => {
    for (let word = 0; word < memberWords; word++) {
      if (((holders[index * memberWords + word] as number) & ~(sets[row + word] as number)) !== 0) return false;
    }
    return true;
  };

  const consider = (one: number, other: number): void => {
    if (!uniteMembers(one, other)) return;
    const [to, a, b] = [count * stride + memberWords, one * stride + memberWords, other * stride + memberWords];
    const before = (costs[one] as number) + (costs[other] as number);
    const beyond = beyondIndices(network, isWhole(count));
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
    const part = known >= 0 ? known : addPart(slot);
    costs[part] = cost;
    lefts[part] = one;
    rights[part] = other;
    heap.push(cost, part, part);
  };

  /** Joins a part that has become final with all that became so before; returns how many pairs that were. */
  const settle = (part: number): number => {
    let pairs = 0;
    settled[part] = 1;
    const most = cap - (costs[part] as number);
    const own = indicesIn(words, sets, part * stride + memberWords).flatMap((index) => holderLists[index] ?? []);
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
  };

  return {
    solve(budget) {
      operands.forEach((indices, operand) => {
        markIndices(sets, count * stride, [operand]);
        markIndices(sets, count * stride + memberWords, indices);
        heap.push(0, addPart(slotOf(count)), 0);
      });
      const missing = componentSizes(network);
      const roots: number[] = [];
      let pairs = 0;
      while (roots.length < missing.size && heap.pop()) {
        const part = heap.left;
        if (settled[part]) continue;
        const pushed = heap.pushes;
        const seen = settle(part);
        pairs += seen;
        budget.spend(seen * PAIR_WORK + (heap.pushes - pushed) * JOIN_WORK);
        if (count > MOST_PARTS || pairs > MOST_PAIRS || budget.isSpent()) return undefined;
        const members = indicesIn(memberWords, sets, part * stride);
        if (missing.get(members[0] as number) === members.length) roots.push(part);
      }
      // Where one is missing, the tree that gave the cap is as good as any without outer products.
      return roots.length === missing.size ? roots : [];
    },
    left: (part) => lefts[part] as number,
    right: (part) => rights[part] as number,
    stepsOf(root) {
      const steps: number[] = [];
      for (const stack = [root]; stack.length > 0;) {
        const part = stack.pop() as number;
        if (part < operandCount) continue;
        steps.push(part);
        stack.push(lefts[part] as number, rights[part] as number);
      }
      return steps.reverse();
    },
  };

  /** Looks at the words from the last on, since most parts lack many operands. */
  function isWhole(part: number): boolean {
    for (let word = memberWords - 1, rest = operandCount & 31; word >= 0; word--, rest = 0) {
      if (sets[part * stride + word] !== (rest === 0 ? -1 : (1 << rest) - 1)) return false;
    }
    return true;
  }
}

/** By the first operand of each component of the network: how many operands it has. */
function componentSizes({ operands, operandCount, uses }: Network): Map<number, number> {
  const first = Int32Array.from({ length: operandCount }, (_, operand) => operand);
  const find = (operand: number): number => {
    let at = operand;
    while (first[at] !== at) at = first[at] = first[first[at] as number] as number;
    return at;
  };
  const holder = new Int32Array(uses.length).fill(-1);
  operands.forEach((indices, operand) => {
    for (const index of indices) {
      const known = holder[index] as number;
      if (known < 0) holder[index] = operand;
      else {
        const [one, other] = [find(known), find(operand)];
        first[Math.max(one, other)] = Math.min(one, other);
      }
    }
  });
  const sizes = new Map<number, number>();
  for (let operand = 0; operand < operandCount; operand++) {
    const root = find(operand);
    sizes.set(root, (sizes.get(root) ?? 0) + 1);
  }
  return sizes;
}
