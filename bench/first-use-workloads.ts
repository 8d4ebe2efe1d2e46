/**
 * Small shapes by the dozen: what an application that meets a new shape now and then asks for. Those to warm up with and
 * those that are measured have no shape in common.
 */
import type { Workload } from "./workload.ts";
import { convolution, einsum } from "./workloads.ts";

export interface FirstUse {
  readonly name: string;
  /** Met first, so that the libraries themselves, though not these shapes, are optimised. */
  readonly warm: readonly Workload[];
  /** Each met once. */
  readonly measured: readonly Workload[];
}

/** Rounds of warming up, each of shapes that no other has met. */
const ROUNDS = 40;

interface Family {
  readonly name: string;
  readonly warm: readonly number[];
  readonly measured: readonly number[];
  /** The workload of a size; with a round, of another reduced size. */
  readonly make: (size: number, round?: number) => Workload;
}

const FAMILIES: readonly Family[] = [
  {
    name: "matmul near 55^3",
    warm: range(20, 45),
    measured: range(50, 61),
    make: (n, round) => {
      const sizes = { i: n, j: round === undefined ? n : 20 + round, k: n };
      return einsum("peers", "float32", { name: `matmul ${n}, ${sizes.j}`, spec: "ij,jk->ik", sizes });
    },
  },
  {
    name: "attention near 30",
    warm: range(8, 20),
    measured: range(26, 35),
    make: (n, round = 12) => {
      const sizes = { b: 2, h: 4, q: n, k: n, d: 4 + round };
      return einsum("peers", "float32", { name: `attention ${n}, ${sizes.d}`, spec: "bhqd,bhkd->bhqk", sizes });
    },
  },
  {
    name: "conv 3->8 near 33^2",
    warm: range(8, 20),
    measured: range(29, 38),
    make: (n, round = 2) => {
      const input = [1, 1 + (round % 4), n, n + (round >> 2)];
      return convolution(`conv ${input.join("x")}`, input, 8, { size: 3, padding: 1 });
    },
  },
];

/** With `tiny`, hardly any warming up, and two shapes of each. */
export function listFirstUses(tiny: boolean, rounds = ROUNDS): FirstUse[] {
  return FAMILIES.map(({ name, warm, measured, make }) => ({
    name,
    warm: range(0, tiny ? 1 : rounds).flatMap((round) =>
      warm.slice(0, tiny ? 2 : undefined).map((n) => make(n, round)),
    ),
    measured: measured.slice(0, tiny ? 2 : undefined).map((n) => make(n)),
  }));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}
