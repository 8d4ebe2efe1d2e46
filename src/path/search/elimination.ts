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
import { remaining, type Merger } from "./merger.ts";
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
  const graph = neighbourhoods(merger);
  const { kept, logs } = merger.network;
  const count = logs.length;
  const priorities = new Float64Array(count);
  const left: number[] = [];
  for (let index = 0; index < count; index++) {
    if (kept[index] || (merger.holders[index] as number[]).length === 0) continue;
    left.push(index);
    priorities[index] = graph.priority(index, rule);
  }
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
    contractSmallest(merger.holders[index] as number[], merger, heap, (a, b) => merger.merge(a, b));
    for (const neighbour of graph.eliminate(index)) {
      if (!kept[neighbour]) priorities[neighbour] = graph.priority(neighbour, rule);
    }
  }
}

interface Graph {
  /** What the rule says of an index: the lower, the sooner. */
  priority(index: number, rule: EliminationRule): number;
  /** Takes an index out and makes its neighbours neighbours of each other; returns them. */
  eliminate(index: number): readonly number[];
}

function neighbourhoods(merger: Merger): Graph {
  const { network, starts, lengths, indices } = merger;
  const { words, logs } = network;
  const bits = new Int32Array(logs.length * words);
  const members = new Int32Array(words);
  for (const tensor of remaining(merger)) {
    const own = indices.slice(starts[tensor], (starts[tensor] as number) + (lengths[tensor] as number));
    members.fill(0);
    markIndices(members, 0, own);
    for (const index of own) {
      for (let word = 0; word < words; word++) {
        bits[index * words + word] = (bits[index * words + word] as number) | (members[word] as number);
      }
    }
  }
  // No index is its own neighbour.
  for (let index = 0; index < logs.length; index++) removeFrom(bits, index * words, index);

  const listOf = (index: number): number[] => indicesIn(words, bits, index * words);
  const weightOf = (index: number): number => Math.max(logs[index] as number, 1e-3);
  return {
    priority(index, rule) {
      const list = listOf(index);
      const degree = list.reduce((sum, other) => sum + weightOf(other), 0);
      if (rule === "degree") return degree;
      if (list.length > CROWD) return degree ** 2;
      let fill = 0;
      for (const other of list) {
        const weight = weightOf(other);
        for (let word = 0; word < words; word++) {
          let missing = (bits[index * words + word] as number) & ~(bits[other * words + word] as number);
          if (word === other >> 5) missing &= ~(1 << (other & 31));
          for (; missing !== 0; missing &= missing - 1) {
            fill += weight * weightOf(word * 32 + 31 - Math.clz32(missing & -missing));
          }
        }
      }
      return fill;
    },
    eliminate(index) {
      const list = listOf(index);
      for (const other of list) {
        const at = other * words;
        for (let word = 0; word < words; word++) {
          bits[at + word] = (bits[at + word] as number) | (bits[index * words + word] as number);
        }
        removeFrom(bits, at, index);
        removeFrom(bits, at, other);
      }
      return list;
    },
  };
}

function removeFrom(bits: Int32Array, at: number, index: number): void {
  bits[at + (index >> 5)] = (bits[at + (index >> 5)] as number) & ~(1 << (index & 31));
}
