/**
 * The cache of kernels: its bounds, and that two calls share a kernel only where one serves both. The second is tried
 * with calls that differ in little and go through one cache.
 */
import { describe, expect, it } from "vitest";
import { einsum, type EinsumOptions, type NdArray } from "../../src/index.ts";
import { bind } from "../../src/ir/bind.ts";
import type { Dtype, TypedArray } from "../../src/ir/dtype.ts";
import { addressRange, rowMajorStrides } from "../../src/ir/tensor.ts";
import { createBudget, createCache } from "../../src/jit/memory.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { EinsumError } from "../../src/support/errors.ts";
import { fill } from "../support/cases.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment, type Random } from "../support/random.ts";
import { reference } from "../support/reference.ts";

describe("a cache", () => {
  it("holds as many entries as allowed, those used last", () => {
    const cache = createCache<number>(2, createBudget(100));
    cache.set("a", 1, 0);
    cache.set("b", 2, 0);
    expect(cache.get("a")).toBe(1);
    cache.set("c", 3, 0);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
    expect(cache.size).toBe(2);
  });

  it("holds as many bytes as allowed, those used last", () => {
    const budget = createBudget(100);
    const cache = createCache<number>(10, budget);
    for (const key of ["a", "b", "c"]) cache.set(key, 0, 40);
    expect([cache.size, budget.bytes, cache.get("a")]).toEqual([2, 80, undefined]);
    cache.set("d", 0, 100);
    expect([cache.size, budget.bytes, cache.get("d")]).toEqual([1, 100, 0]);
  });

  it("does not hold what alone is more than allowed, nor forget anything for it", () => {
    const budget = createBudget(100);
    const cache = createCache<string>(10, budget);
    cache.set("small", "small", 1);
    cache.set("large", "large", 101);
    expect([cache.size, budget.bytes, cache.get("large"), cache.get("small")]).toEqual([1, 1, undefined, "small"]);
    cache.set("small", "grown", 101);
    expect([cache.size, budget.bytes, cache.get("small")]).toEqual([0, 0, undefined]);
  });

  it("forgets nothing that owns nothing for the sake of bytes", () => {
    const cache = createCache<number>(10, createBudget(100));
    cache.set("free", 1, 0);
    for (let at = 0; at < 5; at++) cache.set(`owner ${at}`, at, 60);
    expect([cache.size, cache.get("free"), cache.get("owner 4")]).toEqual([2, 1, 4]);
  });

  it("counts a value that is set again once", () => {
    const budget = createBudget(100);
    const cache = createCache<number>(10, budget);
    cache.set("a", 1, 60);
    cache.set("a", 2, 70);
    expect([cache.size, budget.bytes, cache.get("a")]).toEqual([1, 70, 2]);
  });

  it("forgets the oldest of all caches that share its budget", () => {
    const budget = createBudget(100);
    const [one, other] = [createCache<number>(10, budget), createCache<string>(10, budget)];
    one.set("old", 1, 40);
    other.set("older", "b", 40);
    one.get("old");
    other.set("new", "c", 40);
    expect([one.get("old"), other.get("older"), other.get("new"), budget.bytes]).toEqual([1, undefined, "c", 80]);
  });

  it("stays within its bounds whatever is done to it", () => {
    const random = seededRandom(1);
    const budget = createBudget(50);
    const caches = [createCache<number>(5, budget), createCache<number>(3, budget)];
    const sizes = new Map<string, number>();
    for (let step = 0; step < 2_000; step++) {
      const at = random.integer(0, 1);
      const cache = caches[at] as (typeof caches)[number];
      const key = String(random.integer(0, 9));
      if (random.chance(0.5)) {
        cache.get(key);
        continue;
      }
      const bytes = random.integer(0, 55);
      sizes.set(`${at} ${key}`, bytes);
      cache.set(key, step, bytes);
      expect(cache.get(key)).toBe(bytes > 50 ? undefined : step);
      expect(cache.size).toBeLessThanOrEqual([5, 3][at] as number);
      expect(budget.bytes).toBeLessThanOrEqual(50);
    }
    const held = [...sizes].filter(([name]) => {
      const [at, key] = name.split(" ") as [string, string];
      return caches[Number(at)]?.get(key) !== undefined;
    });
    expect(budget.bytes).toBe(held.reduce((sum, [, bytes]) => sum + bytes, 0));
    expect(held.length).toBeGreaterThan(1);
  });
});

const FIRST_SEED = seedFromEnvironment(40_000);
const COUNT = caseCountFromEnvironment(1_500);

/** Calls of few specs whose shapes, layouts, dtypes and options are few as well, so that kernels meet again. */
function randomCall(random: Random): { spec: string; operands: NdArray[]; dtypes: Dtype[]; options: EinsumOptions } {
  const spec = random.pick(["i,i->i", "i,j->ij", "ij,j->i", "ij->i", "ij->ij", "(s*i + k),k->i", "i->ij", "ab c->c"]);
  const named = spec.startsWith("ab ");
  const ranks = spec
    .slice(0, spec.indexOf("-"))
    .split(",")
    .map((term) => (term.includes("(") ? 1 : term.replaceAll(" ", "").length - (named && random.chance(0.5) ? 1 : 0)));
  const dtypes = ranks.map(() => random.pick<Dtype>(["float64", "float32", "int32", "int8", "uint8"]));
  const size = random.integer(1, 2);
  const operands = ranks.map((rank, at): NdArray => {
    const shape = Array.from({ length: rank }, () => (random.chance(0.8) ? size : random.integer(1, 3)));
    const strides = random.chance(0.5) ? undefined : shape.map(() => random.integer(-1, 2));
    const range = addressRange(shape, strides ?? rowMajorStrides(shape), 0);
    const offset = -(range?.min ?? 0) + random.integer(0, 1);
    const values = Array.from({ length: offset + (range?.max ?? 0) + 2 }, () => random.integer(0, 5));
    return { data: fill(dtypes[at] as Dtype, values), shape, strides, offset };
  });
  const options: EinsumOptions = {
    ...(random.chance(0.3) && { reduce: random.pick(["sum", "max", "min", "mean"] as const) }),
    ...(random.chance(0.3) && { combine: random.pick(["mul", "add", "max"] as const) }),
    ...((spec.includes("s") || random.chance(0.1)) && { params: { s: random.integer(1, 2) } }),
    ...((spec === "i->ij" || random.chance(0.1)) && { sizes: { [random.pick(["i", "j"])]: random.integer(1, 3) } }),
    ...(random.chance(0.3) && { notation: random.pick(["compact", "named"] as const) }),
    ...(random.chance(0.1) && { outputShape: [random.integer(1, 3)] }),
    ...(random.chance(0.1) && { optimize: random.pick(["auto", [[0]], [[0, 1]]] as const) }),
  };
  return { spec, operands, dtypes, options };
}

/** What a call means, compiled and cached nowhere. */
function expectation({ spec, operands, dtypes, options }: ReturnType<typeof randomCall>): TypedArray {
  const { notation, optimize: _, ...meaning } = options;
  const contraction = bind(parseSpec(spec, { ...(notation && { notation }) }), {
    ...meaning,
    shapes: operands.map(({ shape }) => shape),
    strides: operands.map(({ strides }) => strides),
    offsets: operands.map(({ offset }) => offset),
    dtypes,
  });
  return reference(
    contraction,
    operands.map(({ data }) => data),
  );
}

describe(`${COUNT} calls that differ in little, from seed ${FIRST_SEED}`, () => {
  it("give each what it asks for", () => {
    let served = 0;
    const failures: string[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const call = randomCall(seededRandom(seed));
      const expected = attempt(() => expectation(call));
      const found = attempt(() => einsum(call.spec, call.operands, call.options).data);
      if (found === null) continue;
      served++;
      if (String(found) === String(expected) && found.constructor === expected?.constructor) continue;
      failures.push(`EINSMITH_SEED=${seed} ${call.spec}: ${String(found)}, expected ${String(expected)}`);
    }
    expect(failures).toEqual([]);
    expect(COUNT < 1_000 || served > COUNT / 4).toBe(true);
  });
});

/** The result, or null where the call is refused. */
function attempt(run: () => TypedArray): TypedArray | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof EinsumError) return null;
    throw error;
  }
}

describe("the key of a kernel", () => {
  const vector: NdArray = { data: Float64Array.of(1, 2), shape: [2] };
  const loosely = einsum as (...given: unknown[]) => NdArray;

  it.each<[string, EinsumOptions, Record<string, unknown>]>([
    ["a number as a text", { sizes: { j: 3 } }, { sizes: { j: "3" } }],
    ["a number as a BigInt", { sizes: { j: 3 } }, { sizes: { j: 3n } }],
    ["NaN as a text", { sizes: { j: 3 } }, { sizes: { j: NaN } }],
    ["a value that prints itself as another", { sizes: { j: 3 } }, { sizes: { j: { toJSON: () => 3 } } }],
    [
      "a function that prints itself as another",
      { sizes: { j: 3 } },
      { sizes: { j: Object.assign(() => 3, { toString: () => "3" }) } },
    ],
    ["a boxed number", { sizes: { j: 3 } }, { sizes: { j: Object(3) as unknown } }],
    ["a name that spells another option", { sizes: { j: 3 }, reduce: "max" }, { 'sizes={"j":3}|reduce': "max" }],
    ["a list that holds itself", { sizes: { j: 3 } }, { sizes: { j: endless() } }],
  ])("tells a valid option from %s", (_, valid, invalid) => {
    expect(einsum("i->j", [vector], valid).shape).toEqual([3]);
    expect(() => loosely("i->j", [vector], invalid)).toThrow(EinsumError);
    expect(einsum("i->j", [vector], valid).shape).toEqual([3]);
  });

  it("tells shapes of the same digits apart", () => {
    const run = (shape: readonly number[]): readonly number[] =>
      einsum("ij->ji", { data: new Float64Array(22), shape }).shape;
    expect([run([1, 12]), run([11, 2]), run([2, 11])]).toEqual([
      [12, 1],
      [2, 11],
      [11, 2],
    ]);
  });

  it("does not ask an option how to print itself", () => {
    class Sizes {
      constructor(readonly j: number) {}
      toJSON(): unknown {
        return { j: 3 };
      }
    }
    const shapeWith = (j: number): readonly number[] =>
      einsum("i->j", [vector], { sizes: new Sizes(j) as unknown as Record<string, number> }).shape;
    expect([shapeWith(3), shapeWith(4)]).toEqual([[3], [4]]);
  });

  it("holds names of indices that objects inherit", () => {
    const sizes = JSON.parse('{ "__proto__": 3 }') as Record<string, number>;
    const spec = "i -> __proto__";
    expect(einsum(spec, [vector], { sizes, notation: "named" }).shape).toEqual([3]);
    expect(() => einsum(spec, [vector], { sizes: {}, notation: "named" })).toThrow(EinsumError);
    const other = JSON.parse('{ "__proto__": 4 }') as Record<string, number>;
    expect(einsum(spec, [vector], { sizes: other, notation: "named" }).shape).toEqual([4]);
  });

  it("tells a spec from one that goes on as its operands are described", () => {
    einsum("i->i", vector);
    expect(() => einsum("i->i|float64,2")).toThrow(EinsumError);
    expect(() => loosely(undefined, vector)).toThrow(EinsumError);
  });
});

function endless(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}
