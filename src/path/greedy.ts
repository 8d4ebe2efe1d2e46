/**
 * The greedy optimizer, after opt_einsum's: operands of the same indices are multiplied first; then, again and again,
 * the pair of tensors sharing a reduced index that leaves memory smallest, `size(result) - size(a) - size(b)`; then
 * outer products of what is left, smallest first.
 *
 * Deterministic: ties go to the pair whose later tensor is older. Every tensor, when it is made, offers its best
 * partner; an offer lapses when one of its two tensors is gone. The newest tensor of a connected group always has a
 * standing offer, so none is left over until the group is one tensor.
 */
import type { PathProblem, SsaPath } from "./path.ts";

/**
 * How many tensors sharing an index are compared with a new one. Thousands of tensors on one index would otherwise
 * cost the square of their number; fewer never notice.
 */
const CROWD = 64;

/**
 * A tensor that remains, or did. Indices are numbers, ascending, and stand for the tensor: where the same indices come
 * about again, offers made to the tensor before hold for the new one.
 */
interface Tensor {
  /** The SSA id of the tensor that has these indices now. */
  id: number;
  /** Whether it remains. */
  live: boolean;
  readonly indices: readonly number[];
  readonly size: number;
}

/** A pair that might be contracted next, with the ids that break ties. */
interface Offer {
  readonly cost: number;
  readonly later: number;
  readonly earlier: number;
  readonly left: Tensor;
  readonly right: Tensor;
}

/** Returns the path of the greedy search, in about n log n time for networks of bounded degree. */
export function findGreedy({ inputs, output, sizes: sizesByName }: PathProblem): SsaPath {
  if (inputs.length === 1) return [[0]];
  const names = [...sizesByName.keys()];
  const sizes = [...sizesByName.values()];
  const numbers = new Map(names.map((name, number) => [name, number]));
  // By index: whether it stays to the end, so that sharing it makes no pair. What every operand shares is reduced in the
  // last step at best: pairs sharing it would be all pairs.
  const lasting = names.map((name) => output.has(name) || inputs.every((input) => input.has(name)));
  /** By index: the tensors that have it. */
  const sharers = names.map(() => new Set<Tensor>());
  /** Every tensor there has been, by its indices. */
  const tensors = new Map<string, Tensor>();
  const offers = createHeap(isBetter);
  const path: number[][] = [];

  inputs.forEach((input, id) => {
    addTensor(
      [...input].map((name) => numbers.get(name) as number).sort((a, b) => a - b),
      id,
    );
  });
  sharers.forEach((own, index) => {
    if (lasting[index]) return;
    const sorted = [...own].sort((a, b) => a.id - b.id);
    sorted.forEach((tensor, at) => offerBest(tensor, sorted.slice(at + 1, at + 1 + CROWD)));
  });
  for (let offer = offers.pop(); offer; offer = offers.pop()) {
    if (offer.left.live && offer.right.live) contractPair(offer.left, offer.right);
  }
  multiplyRest();
  return path;

  /** Adds a step and returns the id of its result. */
  function addStep(left: number, right: number): number {
    return inputs.length + path.push(left < right ? [left, right] : [right, left]) - 1;
  }

  /** Adds a tensor; where one of the same indices remains, the two are multiplied there and then. */
  function addTensor(indices: readonly number[], id: number): Tensor {
    const key = indices.join();
    const known = tensors.get(key);
    if (known?.live) {
      known.id = addStep(known.id, id);
      return known;
    }
    const tensor = known ?? { id, live: true, indices, size: sizeOf(indices) };
    tensor.id = id;
    tensor.live = true;
    tensors.set(key, tensor);
    for (const index of indices) sharers[index]?.add(tensor);
    return tensor;
  }

  function removeTensor(tensor: Tensor): void {
    tensor.live = false;
    for (const index of tensor.indices) sharers[index]?.delete(tensor);
  }

  /** Replaces two tensors by their contraction, which then looks for a partner of its own. */
  function contractPair(left: Tensor, right: Tensor): void {
    const indices = resultIndices(left, right);
    removeTensor(left);
    removeTensor(right);
    const result = addTensor(indices, addStep(left.id, right.id));
    offerBest(result, partnersOf(result));
  }

  /** The tensors that share an index with this one which some step will reduce. */
  function partnersOf(tensor: Tensor): Set<Tensor> {
    const partners = new Set<Tensor>();
    for (const index of tensor.indices) {
      if (lasting[index]) continue;
      let room = CROWD;
      for (const sharer of sharers[index] ?? []) {
        if (sharer === tensor) continue;
        partners.add(sharer);
        if (--room === 0) break;
      }
    }
    return partners;
  }

  function offerBest(tensor: Tensor, partners: Iterable<Tensor>): void {
    let best: Offer | undefined;
    for (const partner of partners) {
      const offer = makeOffer(tensor, partner);
      if (!best || isBetter(offer, best)) best = offer;
    }
    if (best) offers.push(best);
  }

  function makeOffer(left: Tensor, right: Tensor): Offer {
    const size = sizeOf(resultIndices(left, right));
    return {
      // Sizes beyond the largest double must not become NaN, which would put the heap in disorder.
      cost: size === Infinity ? Infinity : size - left.size - right.size,
      later: Math.max(left.id, right.id),
      earlier: Math.min(left.id, right.id),
      left,
      right,
    };
  }

  /** Merges the indices of two tensors, without those that no other tensor and not the end needs. */
  function resultIndices({ indices: a }: Tensor, { indices: b }: Tensor): number[] {
    const result: number[] = [];
    let [i, j] = [0, 0];
    while (i < a.length || j < b.length) {
      const [fromA, fromB] = [a[i] ?? Infinity, b[j] ?? Infinity];
      const index = Math.min(fromA, fromB);
      if (fromA === index) i++;
      if (fromB === index) j++;
      const own = fromA === fromB ? 2 : 1;
      if (lasting[index] || (sharers[index]?.size ?? 0) > own) result.push(index);
    }
    return result;
  }

  /** Multiplies the tensors that share nothing any more, smallest first, so that large ones are read once. */
  function multiplyRest(): void {
    const queue = createHeap<{ readonly size: number; readonly id: number; readonly indices: readonly number[] }>(
      (a, b) => a.size < b.size || (a.size === b.size && a.id < b.id),
    );
    const enqueue = (id: number, all: readonly number[]): void => {
      const indices = all.filter((index) => lasting[index]);
      queue.push({ size: sizeOf(indices), id, indices });
    };
    for (const { id, live, indices } of tensors.values()) if (live) enqueue(id, indices);
    for (let left = queue.pop(), right = queue.pop(); left && right; left = queue.pop(), right = queue.pop()) {
      enqueue(addStep(left.id, right.id), [...new Set([...left.indices, ...right.indices])]);
    }
  }

  function sizeOf(indices: readonly number[]): number {
    let size = 1;
    for (const index of indices) size *= sizes[index] as number;
    return size;
  }
}

function isBetter(first: Offer, second: Offer): boolean {
  if (first.cost !== second.cost) return first.cost < second.cost;
  if (first.later !== second.later) return first.later < second.later;
  return first.earlier < second.earlier;
}

/**
 * Makes an empty binary heap. `pop` gives the items in the order of `isBefore`, which must order them totally for the
 * result not to depend on the order of pushes.
 */
function createHeap<T>(isBefore: (left: T, right: T) => boolean) {
  const items: T[] = [];
  const rise = (item: T, from: number): void => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, items[parent] as T)) break;
      items[at] = items[parent] as T;
      at = parent;
    }
    items[at] = item;
  };
  const sink = (item: T): void => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1] as T, items[child] as T)) child++;
      if (!isBefore(items[child] as T, item)) break;
      items[at] = items[child] as T;
      at = child;
    }
    items[at] = item;
  };
  return {
    push: (item: T): void => rise(item, items.length),
    /** Removes and returns the first item; undefined where none is left. */
    pop(): T | undefined {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0) sink(last as T);
      return first;
    },
  };
}
