/**
 * Elimination orders: the indices are reduced one by one, each by contracting all tensors that have it. On networks with
 * indices of many tensors (Bayesian networks, circuits with diagonal gates, partition functions) this finds what
 * looking at pairs of tensors misses.
 *
 * The next index is the one of the fewest neighbours (min-degree), or the one whose elimination makes the fewest new
 * neighbours (min-fill), where the neighbours of an index are those it shares a tensor with; both weigh them by the
 * logarithms of their sizes, and break ties at random.
 *
 * Source: Markov and Shi, "Simulating quantum computation by contracting tensor networks" (2008); the rules are those
 * of sparse Cholesky factorisation.
 */
import { indicesIn, markIndices } from "../network.ts";
import { indicesOf, remaining, type Merger } from "./merger.ts";
import type { PairHeap } from "./pair-heap.ts";
import type { Random } from "./random.ts";
import { contractSmallest } from "./sampled-greedy.ts";

export type EliminationRule = "degree" | "fill";

/** The neighbours of every index as bits: at most so many indices, for their square is what it takes. */
export const MOST_ELIMINATED = 4096;

/** An index of more neighbours than these is not next, whatever exactly it would add. */
const CROWD = 256;

/** Contracts what remains until every index that the output lacks is reduced; what is left shares nothing. */
export function runElimination(merger: Merger, heap: PairHeap, random: Random, rule: EliminationRule): void {
  const { kept, logs, words } = merger.network;
  const neighbours = neighbourhoods(merger);
  const priorities = new Float64Array(logs.length);
  const left = [...logs.keys()].filter((index) => !kept[index] && (merger.holders[index] as number[]).length > 0);
  for (const index of left) priorities[index] = priorityOf(index);
  while (left.length > 0) {
    let place = 0;
    let least = Infinity;
    for (let at = 0; at < left.length; at++) {
      const priority = (priorities[left[at] as number] as number) + random.next() * 1e-3;
      if (priority >= least) continue;
      least = priority;
      place = at;
    }
    const index = left[place] as number;
    left[place] = left[left.length - 1] as number;
    left.pop();
    contractSmallest(merger.holders[index] as number[], merger, heap, merger.merge);
    for (const neighbour of eliminate(index)) if (!kept[neighbour]) priorities[neighbour] = priorityOf(neighbour);
  }

  function weightOf(index: number): number {
    return Math.max(logs[index] as number, 1e-3);
  }

  /** What the rule says of an index: the lower, the sooner. */
  function priorityOf(index: number): number {
    const list = indicesIn(words, neighbours, index * words);
    const degree = list.reduce((sum, other) => sum + weightOf(other), 0);
    if (rule === "degree") return degree;
    if (list.length > CROWD) return degree ** 2;
    let fill = 0;
    for (const other of list) {
      const weight = weightOf(other);
      for (let word = 0; word < words; word++) {
        let missing = (neighbours[index * words + word] as number) & ~(neighbours[other * words + word] as number);
        if (word === other >> 5) missing &= ~(1 << (other & 31));
        for (; missing !== 0; missing &= missing - 1) {
          fill += weight * weightOf(word * 32 + 31 - Math.clz32(missing & -missing));
        }
      }
    }
    return fill;
  }

  /** Takes an index out and makes its neighbours neighbours of each other; returns them. */
  function eliminate(index: number): readonly number[] {
    const list = indicesIn(words, neighbours, index * words);
    for (const other of list) {
      addAll(neighbours, other * words, neighbours.subarray(index * words, (index + 1) * words));
      removeFrom(neighbours, other * words, index);
      removeFrom(neighbours, other * words, other);
    }
    return list;
  }
}

/** By index, as many words as a set of indices takes: its neighbours, of which it is none. */
function neighbourhoods(merger: Merger): Int32Array {
  const { words, logs } = merger.network;
  const neighbours = new Int32Array(logs.length * words);
  const members = new Int32Array(words);
  for (const tensor of remaining(merger)) {
    const own = indicesOf(merger, tensor);
    members.fill(0);
    markIndices(members, 0, own);
    for (const index of own) addAll(neighbours, index * words, members);
  }
  for (const index of logs.keys()) removeFrom(neighbours, index * words, index);
  return neighbours;
}

function addAll(bits: Int32Array, at: number, added: Int32Array): void {
  for (let word = 0; word < added.length; word++)
    bits[at + word] = (bits[at + word] as number) | (added[word] as number);
}

function removeFrom(bits: Int32Array, at: number, index: number): void {
  bits[at + (index >> 5)] = (bits[at + (index >> 5)] as number) & ~(1 << (index & 31));
}
