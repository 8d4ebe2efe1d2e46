/**
 * A binary heap of pairs of tensors, lowest score first.
 *
 * Invariant: among equal scores, the order depends on the order of pushes alone.
 */
export interface PairHeap {
  /** The pair that `pop` took. */
  left: number;
  right: number;
  /** How many pairs have ever been pushed: what a search has cost, near enough. */
  pushes: number;
  push(score: number, left: number, right: number): void;
  /** Takes the pair of the lowest score; false where there is none. */
  pop(): boolean;
  clear(): void;
}

export function createPairHeap(): PairHeap {
  // Longer than the heap where it has been larger: they grow as they are written behind their ends.
  const scores: number[] = [];
  const lefts: number[] = [];
  const rights: number[] = [];
  let size = 0;
  const put = (at: number, score: number, left: number, right: number): void => {
    scores[at] = score;
    lefts[at] = left;
    rights[at] = right;
  };
  const move = (from: number, to: number): void =>
    put(to, scores[from] as number, lefts[from] as number, rights[from] as number);
  const heap: PairHeap = {
    left: 0,
    right: 0,
    pushes: 0,
    push(score, left, right) {
      heap.pushes++;
      let at = size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if ((scores[parent] as number) <= score) break;
        move(parent, at);
        at = parent;
      }
      put(at, score, left, right);
    },
    pop() {
      if (size === 0) return false;
      heap.left = lefts[0] as number;
      heap.right = rights[0] as number;
      const score = scores[--size] as number;
      const left = lefts[size] as number;
      const right = rights[size] as number;
      let at = 0;
      for (let child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && (scores[child + 1] as number) < (scores[child] as number)) child++;
        if ((scores[child] as number) >= score) break;
        move(child, at);
        at = child;
      }
      put(at, score, left, right);
      return true;
    },
    clear: () => void (size = 0),
  };
  return heap;
}
