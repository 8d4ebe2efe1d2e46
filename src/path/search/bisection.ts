/**
 * Recursive bisection: the network is cut in two halves that share as little as possible, each half again, down to single
 * tensors; the tree of the cuts is the contraction tree. What a tree looks like near its root decides its cost, and cuts
 * are found from the root down: on large lattices and circuits, pairs chosen from the leaves up never see them.
 *
 * A cut begins as the first half of a breadth-first order from the edge of the network, and tensors are then moved from
 * side to side, the most profitable first, even at a loss for a while; the best state on the way is kept.
 *
 * Sources: Fiduccia and Mattheyses, "A linear-time heuristic for improving network partitions" (1982); Gray and Kourtis,
 * "Hyper-optimized tensor network contraction" (2021), who cut with KaHyPar.
 */
import { indicesOf, remaining, type Merger } from "./merger.ts";
import type { PairHeap } from "./pair-heap.ts";
import type { Random } from "./random.ts";

/** How often all tensors of a group may move. */
const PASSES = 6;
/** An index of more tensors than these is cut anyway: moving one of them changes nothing. */
const CROWD = 100;

/** Contracts what remains along recursive cuts; how far from equal the halves may be is drawn at random. */
export function runBisection(merger: Merger, heap: PairHeap, random: Random): void {
  const groups: { readonly members: readonly number[]; halves?: readonly [number, number] }[] = [
    { members: remaining(merger) },
  ];
  // What suits one network is wrong for another.
  const slack = 0.05 + 0.4 * random.next();
  // Groups are appended while the list is read.
  for (let at = 0; at < groups.length; at++) {
    const parent = groups[at];
    if (!parent || parent.members.length < 2) continue;
    const { members } = parent;
    const group = groupOf(members, merger);
    const sides = firstCut(group, random);
    for (let pass = 0; pass < PASSES; pass++) if (!improveCut(group, sides, slack, heap)) break;
    parent.halves = [groups.length, groups.length + 1];
    for (const side of [0, 1]) groups.push({ members: members.filter((_, member) => sides[member] === side) });
  }
  const results = new Int32Array(groups.length);
  for (let at = groups.length - 1; at >= 0; at--) {
    const { members = [], halves } = groups[at] ?? {};
    results[at] = halves
      ? merger.merge(results[halves[0]] as number, results[halves[1]] as number)
      : (members[0] as number);
  }
}

/** A group while it is cut: tensors and shared indices are numbered from 0. */
interface Group {
  readonly count: number;
  /** By tensor: its indices; by index: its tensors, and its weight. */
  readonly indices: readonly (readonly number[])[];
  readonly tensors: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** Some tensors, and the indices that two of them or more share. */
function groupOf(members: readonly number[], merger: Merger): Group {
  const holders = new Map<number, number[]>();
  members.forEach((tensor, member) => {
    for (const index of indicesOf(merger, tensor)) {
      const known = holders.get(index);
      if (known) known.push(member);
      else holders.set(index, [member]);
    }
  });
  const indices = members.map((): number[] => []);
  const tensors: number[][] = [];
  const weights: number[] = [];
  for (const [index, own] of holders) {
    if (own.length < 2) continue;
    for (const holder of own) indices[holder]?.push(tensors.length);
    tensors.push(own);
    // A cut through an index of size 1 is a cut all the same.
    weights.push(Math.max(merger.network.logs[index] as number, 1e-3));
  }
  return { count: members.length, indices, tensors, weights };
}

/** Half of the tensors, in breadth-first order from one that is far from a random one. */
function firstCut(group: Group, random: Random): Uint8Array {
  const [far = 0] = breadthFirst(group, random.below(group.count)).slice(-1);
  const order = breadthFirst(group, far);
  const sides = new Uint8Array(group.count);
  for (const member of order.slice(group.count >> 1)) sides[member] = 1;
  return sides;
}

function breadthFirst({ count, indices, tensors }: Group, first: number): number[] {
  const seen = new Uint8Array(count);
  const seenIndex = new Uint8Array(tensors.length);
  const order: number[] = [];
  const visit = (member: number): void => {
    if (seen[member]) return;
    seen[member] = 1;
    order.push(member);
  };
  // Each component in its turn.
  for (let root = -1, at = 0; root < count; root++) {
    visit(root < 0 ? first : root);
    for (; at < order.length; at++) {
      for (const index of indices[order[at] as number] ?? []) {
        if (seenIndex[index]) continue;
        seenIndex[index] = 1;
        tensors[index]?.forEach(visit);
      }
    }
  }
  return order;
}

/** One pass of moves; returns whether the cut has become lighter. */
function improveCut(
  { count, indices, tensors, weights }: Group,
  sides: Uint8Array,
  slack: number,
  heap: PairHeap,
): boolean {
  const most = Math.min(count - 1, Math.ceil((count / 2) * (1 + slack)));
  const sizes = [0, 0];
  const on = [new Int32Array(tensors.length), new Int32Array(tensors.length)] as const;
  for (let member = 0; member < count; member++) {
    const side = sides[member] as 0 | 1;
    sizes[side] = (sizes[side] as number) + 1;
    for (const index of indices[member] ?? []) on[side][index] = (on[side][index] as number) + 1;
  }
  const gainOf = (member: number): number => {
    const side = sides[member] as 0 | 1;
    let gain = 0;
    for (const index of indices[member] ?? []) {
      if (on[side][index] === 1) gain += weights[index] as number;
      else if (on[side ^ 1]?.[index] === 0) gain -= weights[index] as number;
    }
    return gain;
  };
  /** By member: the last offer, so that earlier ones lapse; -1 once it has moved. */
  const offers = new Int32Array(count);
  heap.clear();
  const offer = (member: number): void => {
    offers[member] = (offers[member] as number) + 1;
    heap.push(-gainOf(member), member, offers[member] as number);
  };
  for (let member = 0; member < count; member++) offer(member);
  const moved: number[] = [];
  let [total, best, bestCount] = [0, 0, 0];
  while (heap.pop()) {
    const { left: member, right } = heap;
    if (offers[member] !== right) continue;
    const side = sides[member] as 0 | 1;
    const other = (1 - side) as 0 | 1;
    if ((sizes[other] as number) + 1 > most) continue;
    total += gainOf(member);
    offers[member] = -1;
    sides[member] = other;
    sizes[side] = (sizes[side] as number) - 1;
    sizes[other] = (sizes[other] as number) + 1;
    moved.push(member);
    for (const index of indices[member] ?? []) {
      on[side][index] = (on[side][index] as number) - 1;
      on[other][index] = (on[other][index] as number) + 1;
    }
    for (const index of indices[member] ?? []) {
      const neighbours = tensors[index] ?? [];
      if (neighbours.length > CROWD) continue;
      for (const neighbour of neighbours) if (offers[neighbour] !== -1) offer(neighbour);
    }
    if (total > best + 1e-9) {
      best = total;
      bestCount = moved.length;
    }
  }
  for (const member of moved.slice(bestCount)) sides[member] = 1 - (sides[member] as number);
  return bestCount > 0;
}
