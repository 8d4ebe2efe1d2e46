/**
 * Specs that meet ever new shapes: after some, one polymorphic kernel serves all further ones, and gives what the
 * reference gives, bit for bit on small integers.
 */
import { describe, expect, it, vi } from "vitest";
import { einsum, type EinsumOptions, type NdArray } from "../../src/index.ts";
import { bind } from "../../src/ir/bind.ts";
import { rowMajorStrides } from "../../src/ir/tensor.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { messageOf } from "../support/message-of.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom, type Random } from "../support/random.ts";
import { reference } from "../support/reference.ts";

/** A spec, and the shapes of its operands at some sizes. */
interface Kind {
  readonly spec: string;
  readonly options?: EinsumOptions;
  shapes(random: Random): number[][];
}

const size = (random: Random): number => random.integer(1, 12);

const KINDS: readonly Kind[] = [
  {
    spec: "ij,jk->ik",
    shapes: (r, [i, j, k] = [size(r), size(r), size(r)]) => [
      [i, j],
      [j, k],
    ],
  },
  {
    spec: "ij,jk,kl,li->",
    shapes: (r, [i, j, k, l] = [size(r), size(r), size(r), size(r)]) => [
      [i, j],
      [j, k],
      [k, l],
      [l, i],
    ],
  },
  {
    spec: "bhqd,bhkd->bhqk",
    shapes: (r, [q, k] = [size(r), size(r)]) => [
      [2, 3, q, 4],
      [2, 3, k, 4],
    ],
  },
  { spec: "ij->ji", shapes: (r) => [[size(r), 4 * size(r)]] },
  { spec: "ii->i", shapes: (r, n = size(r)) => [[n, n]] },
  { spec: "...i,i->...", shapes: (r, n = size(r)) => [[size(r), 3, n], [n]] },
  { spec: "i,j->ij", shapes: (r) => [[size(r)], [size(r)]] },
  { spec: "(h w) c -> h c", options: { sizes: { w: 3 } }, shapes: (r) => [[3 * size(r), size(r)]] },
  { spec: "h w c -> (h w) c", shapes: (r) => [[size(r), size(r), size(r)]] },
  {
    spec: "b i (2*y + ky - 1) (2*x + kx - 1), o i ky kx -> b o y x",
    shapes: (r) => [
      [1, 2, 4 + size(r), 4 + size(r)],
      [3, 2, 3, r.integer(1, 3)],
    ],
  },
  {
    spec: "(y + u - 1 : 2), u -> y",
    options: { reduce: "max", combine: "add" },
    shapes: (r) => [[3 + size(r)], [r.integer(1, 3)]],
  },
  { spec: "c (2*y + u) -> c y", options: { sizes: { u: 2 }, reduce: "mean" }, shapes: (r) => [[size(r), 2 * size(r)]] },
  { spec: "y, k -> (2*y + k - 1)", shapes: (r) => [[2 + size(r)], [2 + size(r)]] },
  { spec: "ij->", options: { reduce: "any" }, shapes: (r) => [[size(r), size(r)]] },
  { spec: "ij,ij->i", options: { reduce: "prod", combine: "add" }, shapes: (r, s = [size(r), size(r)]) => [s, s] },
];

/** An array of small integers, at times transposed, or every other element of a larger one. */
function randomArray(shape: readonly number[], random: Random): NdArray {
  const layout = random.integer(0, 3);
  const step = layout === 1 ? 2 : 1;
  const order = shape.map((_, axis) => axis);
  if (layout === 2) order.reverse();
  const dense = rowMajorStrides(order.map((axis) => shape[axis] as number));
  const strides = shape.map((_, axis) => step * (dense[order.indexOf(axis)] as number));
  const length = step * shape.reduce((count, extent) => count * extent, 1);
  return { data: Float64Array.from({ length }, () => random.integer(-4, 4)), shape, strides };
}

const FIRST_SEED = seedFromEnvironment(7_000);
const SHAPES = caseCountFromEnvironment(40);

describe(`specs that meet ${SHAPES} random shapes each, from seed ${FIRST_SEED}`, () => {
  it.each(KINDS)("agree with the reference: $spec", ({ spec, options = {}, shapes }) => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SHAPES; seed++) {
      const random = seededRandom(seed);
      const operands = shapes(random).map((shape) => randomArray(shape, random));
      const bound = bind(parseSpec(spec), {
        ...options,
        shapes: operands.map(({ shape }) => shape),
        strides: operands.map(({ strides }) => strides),
      });
      const expected = reference(
        bound,
        operands.map(({ data }) => data),
      );
      const found = einsum(spec, operands, { ...options, specialize: seed % 3 });
      expect({ seed, shape: found.shape, values: [...found.data].map((value) => Number(value) + 0) }).toEqual({
        seed,
        shape: bound.output.tensor.shape,
        values: [...expected].map((value) => Number(value) + 0),
      });
    }
  });
});

describe("a spec that meets 10,000 shapes", () => {
  it("compiles a bounded number of functions, and keeps a bounded number of kernels", () => {
    const compiled = vi.spyOn(globalThis, "Function");
    try {
      for (let at = 0; at < 10_000; at++) {
        const [rows, columns] = [1 + (at % 100), 1 + Math.floor(at / 100)];
        const data = new Float64Array(rows * columns).fill(1);
        const sum = einsum("pq->p", { data, shape: [rows, columns] });
        expect(sum.data[rows - 1]).toBe(columns);
      }
      // Eight shapes of each kind (an axis of size 1 or none), and a polymorphic kernel whenever one more size varies.
      expect(compiled.mock.calls.length).toBeGreaterThan(8);
      expect(compiled.mock.calls.length).toBeLessThan(60);
    } finally {
      compiled.mockRestore();
    }
  });

  it("compiles each of them where that is asked for", () => {
    const compiled = vi.spyOn(globalThis, "Function");
    try {
      for (let rows = 1; rows <= 20; rows++) {
        const operand = { data: new Float64Array(rows), shape: [rows] };
        einsum("a->a", [operand], { specialize: Infinity });
      }
      expect(compiled.mock.calls.length).toBe(20);
    } finally {
      compiled.mockRestore();
    }
  });
});

describe("the option specialize", () => {
  it.each([-1, NaN, "all"])("is refused as %s", (specialize) => {
    const action = (): unknown =>
      einsum("i->", [{ data: new Float64Array(2), shape: [2] }], { specialize: specialize as number });
    const found = typeof specialize === "string" ? `'${specialize}'` : String(specialize);
    expect(messageOf(action)).toBe(
      `options.specialize must be a count of shapes, or Infinity, found ${found} [invalid-option]`,
    );
  });
});
