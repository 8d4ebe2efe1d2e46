/**
 * What a program carries of the searches: those for few operands before `einsmith/path` is imported, all of them after.
 * The tests run in the order in which they stand.
 */
import { describe, expect, it } from "vitest";
import { compile, contractionPath, einsum, jit, type CompileOptions, type NdArray } from "../../src/index.ts";
import { mul, symbols, tensor, type LazySymbol } from "../../src/lazy/index.ts";
import { OPTIMIZER_NAMES, type Optimize } from "../../src/path/choose.ts";
import * as path from "../../src/path/index.ts";
import type { Optimizer, SsaPath } from "../../src/path/index.ts";

const SPEC = "ij,jk,kl->il";
const SHAPES = [
  [2, 3],
  [3, 4],
  [4, 5],
];
const CARRIED = ["auto", "left-to-right", "greedy", "optimal"];

const operands = SHAPES.map((shape, at): NdArray => ({
  data: Float64Array.from({ length: 20 }, (_, i) => (i + at) % 5),
  shape,
}));
const product = einsum(SPEC, operands);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return "nothing was thrown";
}

/** Everything that takes `optimize`. */
const TAKERS: Readonly<Record<string, (optimize: Optimize) => unknown>> = {
  einsum: (optimize) => einsum(SPEC, operands, { optimize }).data,
  jit: (optimize) => jit(SPEC, { shapes: SHAPES, optimize })(...operands.map(({ data }) => data)),
  compile: (optimize) => compile(SPEC, { shapes: SHAPES, optimize }).path.flops,
  lazy: (optimize) => {
    const [i, j, k, l] = symbols("i j k l") as [LazySymbol, LazySymbol, LazySymbol, LazySymbol];
    const chain = mul(mul(tensor(2, 3).to(i, j), tensor(3, 4).to(j, k)), tensor(4, 5).to(k, l)).sum(j, k);
    return chain.compile({ optimize }).source.text;
  },
};

/** The name of an optimizer as that of its function. */
function functionName(name: string): string {
  return name.replace(/-./g, (letters) => letters.slice(1).toUpperCase());
}

describe("a program that does not import einsmith/path", () => {
  for (const [taker, run] of Object.entries(TAKERS)) {
    it.each(OPTIMIZER_NAMES.filter((name) => !CARRIED.includes(name)))(`is refused '%s' by ${taker}`, (name) => {
      expect(messageOf(() => run(name))).toBe(
        [
          `EinsumError: the optimizer '${name}' takes a search, which only programs with 'einsmith/path' carry [search-not-carried]`,
          `  remedy: import "einsmith/path", or pass its function: import { ${functionName(name)} } from "einsmith/path"`,
        ].join("\n"),
      );
    });

    it(`may pass the function to ${taker}`, () => {
      const wanted = run("auto");
      for (const name of OPTIMIZER_NAMES) {
        const optimizer = (path as unknown as Record<string, Optimizer>)[functionName(name)] as Optimizer;
        expect(typeof run(optimizer)).toBe(typeof wanted);
        if (taker === "einsum" || taker === "jit") expect(run(optimizer)).toEqual(wanted);
      }
    });
  }

  it.each([
    ["memoryLimit", { memoryLimit: 100 }],
    ["memoryLimit", { memoryLimit: 100, optimize: "greedy" }],
    ["maxTime", { maxTime: 1 }],
    ["minimize", { minimize: "size" }],
  ] as [string, Partial<CompileOptions>][])("is refused the option %s", (option, options) => {
    expect(messageOf(() => compile(SPEC, { shapes: SHAPES, ...options }))).toBe(
      [
        `EinsumError: options.${option} takes a search, which only programs with 'einsmith/path' carry [search-not-carried]`,
        '  remedy: import "einsmith/path"',
      ].join("\n"),
    );
  });

  it("has options of a search checked all the same", () => {
    expect(messageOf(() => jit(SPEC, { shapes: SHAPES, seed: 0.5 }))).toContain("options.seed must be an integer");
  });

  it("has every name in contractionPath", () => {
    for (const optimize of OPTIMIZER_NAMES) expect(contractionPath(SPEC, SHAPES, { optimize }).steps).toHaveLength(2);
  });
});

describe("an optimizer of one's own", () => {
  const own =
    (found: unknown): Optimizer =>
    () =>
      found as SsaPath;

  it("is asked for the path", () => {
    const seen: unknown[] = [];
    const optimize: Optimizer = (problem, options) => {
      seen.push(problem, options);
      return [
        [2, 1],
        [3, 0],
      ];
    };
    const { steps } = compile(SPEC, { shapes: SHAPES, optimize, seed: 7 });
    expect(steps.map(({ inputs }) => inputs)).toEqual([
      [2, 1],
      [3, 0],
    ]);
    expect(seen).toMatchObject([
      { output: new Set(["i", "l"]), sizes: new Map(Object.entries({ i: 2, j: 3, k: 4, l: 5 })) },
      { seed: 7 },
    ]);
  });

  it("is told apart from others by the cache of einsum", () => {
    const calls: string[] = [];
    const named = (name: string, found: SsaPath): Optimizer => {
      return () => {
        calls.push(name);
        return found;
      };
    };
    const [first, second] = [named("first", [[0, 1, 2]]), named("second", [[0, 2, 1]])];
    for (const optimize of [first, second, first, second]) {
      expect(einsum(SPEC, operands, { optimize })).toEqual(product);
    }
    expect(calls).toEqual(["first", "second"]);
  });

  it.each([
    [undefined, "undefined"],
    ["auto", "'auto'"],
    [[[0, 1]], "2 tensors are left"],
    [[], "3 tensors are left"],
    [
      [
        [0, 1],
        [0, 2],
      ],
      "step 1: a list",
    ],
    [[[0, 0, 1, 2]], "step 0: a list"],
    [[[0, 1, 2, 3]], "step 0: a list"],
    [[[0.5, 1, 2]], "step 0: a list"],
    [[[], [0, 1, 2]], "step 0: a list"],
    [[[0, 1], 2], "step 1: 2"],
    [[[0, 1], null], "step 1: null"],
  ])("is refused where it returns %j", (found, what) => {
    for (const run of Object.values(TAKERS)) {
      expect(messageOf(() => run(own(found)))).toBe(
        [
          `EinsumError: the optimizer returned no path: ${what} [optimizer-path]`,
          "  remedy: return steps of ids: operands count from 0, then each result has the next id, and one tensor is left",
        ].join("\n"),
      );
    }
  });
});

describe("a program that imports einsmith/path", () => {
  it("knows every name, everywhere", async () => {
    await import("../../src/entries/path.ts");
    for (const [taker, run] of Object.entries(TAKERS)) {
      for (const name of OPTIMIZER_NAMES)
        expect(
          messageOf(() => run(name)),
          taker,
        ).toBe("nothing was thrown");
    }
    expect(compile(SPEC, { shapes: SHAPES, memoryLimit: 10 }).path.largestIntermediate).toBeLessThanOrEqual(10);
  });
});
