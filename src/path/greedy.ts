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

interface Search {
  /** By index. */
  readonly sizes: readonly number[];
  /** By index: whether it stays to the end, so that sharing it makes no pair. */
  readonly lasting: readonly boolean[];
  /** By index: the tensors that have it. */
  readonly sharers: readonly Set<Tensor>[];
  /** Every tensor there has been, by its indices. */
  readonly tensors: Map<string, Tensor>;
  readonly offers: Heap<Offer>;
  readonly path: number[][];
  nextId: number;
}

/** Returns the path of the greedy search, in about n log n time for networks of bounded degree. */
export function findGreedy(problem: PathProblem): SsaPath {
  if (problem.inputs.length === 1) return [[0]];
  const search = startSearch(problem);
  offerInitialPairs(search);
  for (let offer = search.offers.pop(); offer; offer = search.offers.pop()) {
    if (offer.left.live && offer.right.live) contractPair(search, offer.left, offer.right);
  }
  multiplyRest(search);
  return search.path;
}

function startSearch({ inputs, output, sizes }: PathProblem): Search {
  const names = [...sizes.keys()];
  const numbers = new Map(names.map((name, number) => [name, number]));
  const occurrences = new Array<number>(names.length).fill(0);
  const operands = inputs.map((input) => [...input].map((name) => numbers.get(name) as number).sort((a, b) => a - b));
  for (const operand of operands) for (const index of operand) occurrences[index] = (occurrences[index] as number) + 1;
  const search: Search = {
    sizes: [...sizes.values()],
    // What every operand shares is reduced in the last step at best: pairs sharing it would be all pairs.
    lasting: names.map((name, index) => output.has(name) || occurrences[index] === inputs.length),
    sharers: names.map(() => new Set<Tensor>()),
    tensors: new Map(),
    offers: createHeap(isBetter),
    path: [],
    nextId: inputs.length,
  };
  operands.forEach((indices, id) => addTensor(search, indices, id));
  return search;
}

function offerInitialPairs(search: Search): void {
  search.sharers.forEach((sharers, index) => {
    if (search.lasting[index]) return;
    const tensors = [...sharers].sort((a, b) => a.id - b.id);
    tensors.forEach((tensor, at) => offerBest(search, tensor, tensors.slice(at + 1, at + 1 + CROWD)));
  });
}

/** Replaces two tensors by their contraction, which then looks for a partner of its own. */
function contractPair(search: Search, left: Tensor, right: Tensor): void {
  const indices = resultIndices(search, left, right);
  pushStep(search, left.id, right.id);
  removeTensor(search, left);
  removeTensor(search, right);
  const result = addTensor(search, indices, search.nextId++);
  offerBest(search, result, partnersOf(search, result));
}

/** Adds a tensor; where one of the same indices remains, the two are multiplied there and then. */
function addTensor(search: Search, indices: readonly number[], id: number): Tensor {
  const key = indices.join();
  const known = search.tensors.get(key);
  if (known?.live) {
    pushStep(search, known.id, id);
    known.id = search.nextId++;
    return known;
  }
  const tensor = known ?? { id, live: true, indices, size: sizeOf(search, indices) };
  tensor.id = id;
  tensor.live = true;
  search.tensors.set(key, tensor);
  for (const index of indices) search.sharers[index]?.add(tensor);
  return tensor;
}

function removeTensor(search: Search, tensor: Tensor): void {
  tensor.live = false;
  for (const index of tensor.indices) search.sharers[index]?.delete(tensor);
}

/** The tensors that share an index with this one which some step will reduce. */
function partnersOf(search: Search, tensor: Tensor): Set<Tensor> {
  const partners = new Set<Tensor>();
  for (const index of tensor.indices) {
    if (search.lasting[index]) continue;
    let room = CROWD;
    for (const sharer of search.sharers[index] ?? []) {
      if (sharer === tensor) continue;
      partners.add(sharer);
      if (--room === 0) break;
    }
  }
  return partners;
}

function offerBest(search: Search, tensor: Tensor, partners: Iterable<Tensor>): void {
  let best: Offer | undefined;
  for (const partner of partners) {
    const offer = makeOffer(search, tensor, partner);
    if (!best || isBetter(offer, best)) best = offer;
  }
  if (best) search.offers.push(best);
}

function makeOffer(search: Search, left: Tensor, right: Tensor): Offer {
  const size = sizeOf(search, resultIndices(search, left, right));
  return {
    // Sizes beyond the largest double must not become NaN, which would put the heap in disorder.
    cost: size === Infinity ? Infinity : size - left.size - right.size,
    later: Math.max(left.id, right.id),
    earlier: Math.min(left.id, right.id),
    left,
    right,
  };
}

function isBetter(first: Offer, second: Offer): boolean {
  if (first.cost !== second.cost) return first.cost < second.cost;
  if (first.later !== second.later) return first.later < second.later;
  return first.earlier < second.earlier;
}

/** Merges the indices of two tensors, without those that no other tensor and not the end needs. */
function resultIndices(search: Search, left: Tensor, right: Tensor): number[] {
  const [a, b] = [left.indices, right.indices];
  const result: number[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [fromA, fromB] = [a[i] ?? Infinity, b[j] ?? Infinity];
    const index = Math.min(fromA, fromB);
    if (fromA === index) i++;
    if (fromB === index) j++;
    const own = fromA === fromB ? 2 : 1;
    if (search.lasting[index] || (search.sharers[index]?.size ?? 0) > own) result.push(index);
  }
  return result;
}

/** Multiplies the tensors that share nothing any more, smallest first, so that large ones are read once. */
function multiplyRest(search: Search): void {
  const queue = createHeap<{ readonly size: number; readonly id: number; readonly indices: readonly number[] }>(
    (a, b) => a.size < b.size || (a.size === b.size && a.id < b.id),
  );
  const enqueue = (id: number, indices: readonly number[]): void => {
    const lasting = indices.filter((index) => search.lasting[index]);
    queue.push({ size: sizeOf(search, lasting), id, indices: lasting });
  };
  for (const { id, live, indices } of search.tensors.values()) if (live) enqueue(id, indices);
  for (let left = queue.pop(), right = queue.pop(); left && right; left = queue.pop(), right = queue.pop()) {
    pushStep(search, left.id, right.id);
    enqueue(search.nextId++, [...new Set([...left.indices, ...right.indices])]);
  }
}

function pushStep(search: Search, left: number, right: number): void {
  search.path.push(left < right ? [left, right] : [right, left]);
}

function sizeOf(search: Search, indices: readonly number[]): number {
  let size = 1;
  for (const index of indices) size *= search.sizes[index] as number;
  return size;
}

/**
 * A binary heap.
 *
 * Invariant: `pop` gives the items in the order of `isBefore`, which must order them totally for the result not to
 * depend on the order of pushes.
 */
interface Heap<T> {
  push(item: T): void;
  /** Removes and returns the first item; undefined where none is left. */
  pop(): T | undefined;
}

/** Makes an empty heap whose first item is the one before all others. */
function createHeap<T>(isBefore: (left: T, right: T) => boolean): Heap<T> {
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
    push: (item) => rise(item, items.length),
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0) sink(last as T);
      return first;
    },
  };
}
