/**
 * Subtree reconfiguration, after cotengra: a few neighbouring nodes of a tree, cut out below some node, are contracted in
 * the cheapest order there is; node after node, pass after pass, until nothing changes.
 *
 *     ((A B) (C D)) E   -->   the exact search over A, B, C, D, E, which may be whole subtrees
 *
 * Invariant: a tree never costs more afterwards; what is above and below the cut stays as it is.
 */
import { beyondIndices, type Network } from "../network.ts";
import { addPattern, clearTables, completeTables, createTables, searchSubsets } from "../optimal.ts";
import type { WindowLogs } from "../window-factors.ts";
import type { Budget } from "./budget.ts";
import type { Random } from "./random.ts";
import { join, refresh, stepsOf, type Tree } from "./tree.ts";

/** Goes over a tree once, in windows of so many leaves; returns whether it has changed. */
export type Reconfigure = (tree: Tree, leafCount: number, random: Random, budget: Budget) => boolean;

/** An improvement below this part of a window's cost may be rounding: taking it could go on for ever. */
const ROUNDING = 1e-9;

/** What the windows of a subset of leaves cost to look up, in units of work. */
const WINDOW_WORK = 100;

/** Makes room for windows of up to so many leaves, in trees of one network. */
export function createReconfigurer(network: Network, mostLeaves: number): Reconfigure {
  const { words, logs, windows } = network;
  const tables = createTables(mostLeaves);
  const { touched, inside, closed, costs, halves } = tables;
  const indexCount = logs.length;
  /** By index: the leaves of the window that have it. */
  const patterns = new Int32Array(indexCount);
  const seen = new Int32Array(indexCount);
  const sizes = Float64Array.from(logs, (log) => Math.round(2 ** log) || 1);
  const leaves: number[] = [];
  const inner: number[] = [];
  const markWords = ((windows?.operands.length ?? 0) + 31) >> 5;
  /** By subset of the leaves: the first words of its indices, which hold its marks. */
  const marks = new Int32Array(markWords << mostLeaves);
  return (tree, leafCount, random, budget) => {
    const order = stepsOf(tree);
    let hasChanged = false;
    const work = 3 * 3 ** leafCount + (windows ? WINDOW_WORK * 2 ** leafCount : 0);
    for (let at = order.length - 1; at >= 0; at--) {
      if (budget.isSpent()) break;
      const node = order[at] as number;
      cutWindow(tree, node, leafCount, random);
      if (leaves.length < 3) continue;
      budget.spend(work);
      if (improve(tree, node)) hasChanged = true;
    }
    return hasChanged;
  };

  /** Opens node after node below the top: mostly the costliest, now and then any. */
  function cutWindow({ left, right, costs }: Tree, top: number, leafCount: number, random: Random): void {
    leaves.length = 0;
    inner.length = 0;
    inner.push(top);
    leaves.push(left[top] as number, right[top] as number);
    while (leaves.length < leafCount) {
      let place = -1;
      const start = random.below(leaves.length);
      const takesAny = random.next() < 0.25;
      for (let step = 0; step < leaves.length; step++) {
        const candidate = (start + step) % leaves.length;
        const leaf = leaves[candidate] as number;
        if ((left[leaf] as number) < 0) continue;
        if (place < 0 || (costs[leaf] as number) > (costs[leaves[place] as number] as number)) place = candidate;
        if (takesAny) break;
      }
      if (place < 0) return;
      const opened = leaves[place] as number;
      inner.push(opened);
      leaves[place] = left[opened] as number;
      leaves.push(right[opened] as number);
    }
  }

  function improve(tree: Tree, top: number): boolean {
    const { costing } = tree;
    const count = leaves.length;
    if (!fillTables(tree, top)) return false;
    let before = 0;
    for (const node of inner) before += tree.costs[node] as number;
    const unit = 2 ** -costing.shift;
    for (let leaf = 0; leaf < count; leaf++) costs[1 << leaf] = 0;
    if (costing.resultWeight === 0) searchSubsets(tables, count, undefined, costing.flopWeight * unit);
    else searchSubsets(tables, count, addResult, costing.flopWeight * unit);
    const after = costs[(1 << count) - 1] as number;
    if (!(after < before * (1 - ROUNDING))) return false;
    rebuild(tree, top);
    return true;

    function addResult(subset: number): void {
      const size = (touched[subset] as number) / (inside[subset] as number);
      const result = costing.resultPower === 1 ? size * unit : size ** costing.resultPower * unit;
      costs[subset] = (costs[subset] as number) + costing.resultWeight * result;
    }
  }

  /** Tells the subset search which leaves have which index. */
  function fillTables(tree: Tree, top: number): boolean {
    const { bits } = tree;
    const count = leaves.length;
    clearTables(tables, count);
    let found = 0;
    for (let leaf = 0; leaf < count; leaf++) {
      const at = (leaves[leaf] as number) * words;
      for (let word = 0; word < words; word++) {
        for (let set = bits[at + word] as number; set !== 0; set &= set - 1) {
          const index = word * 32 + 31 - Math.clz32(set & -set);
          const pattern = patterns[index] as number;
          if (pattern === 0) seen[found++] = index;
          patterns[index] = pattern | (1 << leaf);
        }
      }
    }
    const keptAt = top * words;
    for (let at = 0; at < found; at++) {
      const index = seen[at] as number;
      const isKept = ((bits[keptAt + (index >> 5)] as number) >> (index & 31)) & 1;
      addPattern(tables, patterns[index] as number, sizes[index] as number, isKept === 1);
      patterns[index] = 0;
    }
    if (!completeTables(tables, count)) return false;
    if (windows) countWindows(tree, windows);
    const { log, reduces } = beyondIndices(network, top === tree.root);
    const all = (1 << count) - 1;
    touched[all] = (touched[all] as number) * 2 ** log;
    closed[all] = (closed[all] as number) + Number(reduces);
    return true;
  }

  /** The factors of windows are no products over indices: each subset has its own. */
  function countWindows({ bits }: Tree, windows: WindowLogs): void {
    const rows = 1 << leaves.length;
    for (let subset = 1; subset < rows; subset++) {
      const without = subset & (subset - 1);
      const leaf = leaves[31 - Math.clz32(subset ^ without)] as number;
      for (let word = 0; word < markWords; word++) {
        marks[subset * markWords + word] =
          (marks[without * markWords + word] as number) | (bits[leaf * words + word] as number);
      }
      const log = windows.logOf(marks, subset * markWords, subset * markWords);
      touched[subset] = (touched[subset] as number) * 2 ** log;
    }
  }

  /** Rewires the nodes of the window; the top stays on top. */
  function rebuild(tree: Tree, top: number): void {
    const { bits } = tree;
    const count = leaves.length;
    let next = 1;
    // As deep as the window has leaves.
    const build = (subset: number, node: number): void => {
      const half = halves[subset] as number;
      const rest = subset ^ half;
      const [a, b] = [childOf(half), childOf(rest)];
      join(tree, node, a, b);
      if (half & (half - 1)) build(half, a);
      if (rest & (rest - 1)) build(rest, b);
      if (node !== top) {
        const [at, from, other] = [node * words, a * words, b * words];
        // Reduced is what no leaf outside the subset has, nor the top keeps.
        for (let word = 0; word < words; word++) {
          bits[at + word] = ((bits[from + word] as number) | (bits[other + word] as number)) & needed(subset, word);
        }
      }
      refresh(tree, node);
    };
    const needed = (subset: number, word: number): number => {
      let set = bits[top * words + word] as number;
      for (let leaf = 0; leaf < count; leaf++) {
        if (!(subset & (1 << leaf))) set |= bits[(leaves[leaf] as number) * words + word] as number;
      }
      return set;
    };
    const childOf = (subset: number): number =>
      subset & (subset - 1) ? (inner[next++] as number) : (leaves[31 - Math.clz32(subset)] as number);
    build((1 << count) - 1, top);
  }
}
