/**
 * A sound call of every public function of every entry: what tests of arguments, of stacks and of realms start from.
 *
 * Invariant: each call makes its arguments anew, so that a test may spoil them.
 */
import { tmpdir } from "node:os";
import * as einsmith from "../../src/index.ts";
import * as lazy from "../../src/lazy/index.ts";
import * as writer from "../../src/writer/index.ts";

/** A public function, or a method of something that one returns. */
export interface PublicCall {
  readonly name: string;
  /** The function, and a sound list of arguments. */
  readonly prepare: () => { readonly call: (...given: never[]) => unknown; readonly given: readonly unknown[] };
}

/** The arguments of each function of an entry; a class of errors has none. */
type Arguments<Entry> = {
  readonly [Name in keyof Entry]: Entry[Name] extends new (...given: never[]) => unknown ? null : () => unknown[];
};

type Array2 = { readonly data: Float64Array; readonly shape: readonly number[] };

/** An array of ones with some shape. */
function ones(...shape: number[]): Array2 {
  return { data: new Float64Array(shape.reduce((count, size) => count * size, 1)).fill(1), shape };
}

const conv = {
  stride: 1,
  padding: [0],
  dilation: 1,
  groups: 1,
  layout: "channels-first",
  scale: 2,
  activation: "relu",
};
const convTranspose = { ...conv, outputPadding: [0] };
const clamp = { activation: { name: "clamp", min: 0, max: 1 } };
const pool = { kernelSize: [2], stride: 1, padding: [[1, 1]], ceilMode: false, padRule: "torch" };
const maxPool = { ...pool, dilation: 1 };
const avgPool = { ...pool, countIncludePad: true, divisorOverride: 3 };
const unfold = { kernelSize: 2, stride: [1, 1], padding: 0, dilation: 1 };
const norm = (): object => ({ mean: ones(2), variance: ones(2), weight: ones(2), bias: ones(2), eps: 1e-5 });
const compiled = {
  shapes: [
    [2, 2],
    [2, "k"],
  ],
  strides: [[2, 1], undefined],
  offsets: [0, 0],
  dtypes: ["float64", "float32"],
};
const tuned = { unroll: { i: 1 }, tile: { k: 2 }, order: ["i", "k"], stage: ["x"], name: "made", target: "typescript" };
const searched = {
  optimize: [[0, 1]],
  seed: 1,
  maxTime: 0.01,
  minimize: { flops: 1, write: 2 },
  onProgress: () => undefined,
};
const meant = {
  sizes: { i: 2 },
  params: {},
  notation: "compact",
  outputShape: [2, null],
  reduce: "sum",
  combine: "mul",
};

/** Optimizers, all called alike. Two operands, as whatever time a search is given it is over at once. */
const OPTIMIZERS = [
  "annealing",
  "auto",
  "autoHq",
  "bisection",
  "branch1",
  "branch2",
  "branchAll",
  "dp",
  "dynamicProgramming",
  "greedy",
  "leftToRight",
  "minDegree",
  "minFill",
  "optimal",
  "randomGreedy",
  "randomGreedy128",
] as const;

const problem = (): object => ({
  inputs: [new Set("yu"), new Set("u")],
  output: new Set("y"),
  sizes: new Map(Object.entries({ y: 4, u: 3 })),
  outputSize: 4,
  windows: [[{ terms: ["y", "u"].map((variable) => ({ variable, coefficient: 1 })), low: 0, size: 6 }], []],
});

const CALLS_OF_OPTIMIZERS = Object.fromEntries(
  OPTIMIZERS.map((name) => [name, () => [problem(), { ...searched, memoryLimit: 100 }]]),
) as Record<(typeof OPTIMIZERS)[number], () => unknown[]>;

const MAIN: Arguments<typeof einsmith> = {
  ...CALLS_OF_OPTIMIZERS,
  EinsumError: null,
  InternalError: null,
  UnsupportedError: null,
  array: () => [
    [
      [1, 2],
      [3, 4],
    ],
    "float32",
  ],
  asStrided: () => [ones(4), [2, 2], [2, 1], 0],
  avgPool1d: () => [ones(1, 2, 4), { ...avgPool, out: ones(1, 2, 5) }],
  avgPool2d: () => [ones(1, 2, 4, 4), { ...avgPool, kernelSize: 2, padding: 1 }],
  avgPool3d: () => [ones(1, 2, 4, 4, 4), { kernelSize: 2 }],
  avgPoolGrad: () => [ones(1, 2, 4), 1, ones(1, 2, 5), avgPool],
  avgPoolSpec: () => [[1, 2, 4], 1, avgPool],
  batchNorm: () => [ones(1, 2, 3), norm()],
  batchNormGrad: () => [ones(1, 2, 3), norm(), ones(1, 2, 3)],
  batchNormSpec: () => [[1, 2, 3]],
  compile: () => ["ij,jk->ik", { ...compiled, ...meant, operands: ["x", "y"], ...tuned, optimize: "greedy" }],
  compileGradient: () => [
    "ij,jk->ik",
    "b",
    {
      shapes: [
        [2, 2],
        [2, 2],
      ],
      name: "gradient",
      target: "javascript",
    },
  ],
  compileLayer: () => [
    einsmith.convSpec([1, 2, 4], [2, 2, 3]),
    { dtype: "float32", ...tuned, unroll: {}, tile: {}, order: ["o"], stage: ["input"] },
  ],
  compileLayerGradient: () => [einsmith.convSpec([1, 2, 4], [2, 2, 3]), "weight", { name: "made" }],
  contractionPath: () => [
    "ij,jk,kl->il",
    [
      [2, 2],
      [2, 2],
      [2, 2],
    ],
    { ...searched, optimize: "greedy", sizes: { i: 2 }, params: {}, memoryLimit: 100 },
  ],
  conv1d: () => [ones(1, 2, 4), ones(2, 2, 3), { ...conv, bias: ones(2), residual: ones(1, 2, 2), out: ones(1, 2, 2) }],
  conv2d: () => [
    ones(1, 2, 4, 4),
    ones(2, 2, 3, 3),
    {
      padding: [
        [1, 1],
        [0, 0],
      ],
      ...clamp,
    },
  ],
  conv3d: () => [ones(1, 2, 4, 4, 4), ones(2, 2, 3, 3, 3), { padding: "same" }],
  convGrad: () => [ones(1, 2, 4), ones(2, 2, 3), ones(1, 2, 2), { ...conv, bias: ones(2) }],
  convSpec: () => [[1, 2, 4], [2, 2, 3], { ...conv, bias: true, residual: false }],
  convTranspose1d: () => [ones(1, 2, 4), ones(2, 2, 3), { ...convTranspose, bias: ones(2), out: ones(1, 2, 6) }],
  convTranspose2d: () => [ones(1, 2, 4, 4), ones(2, 2, 3, 3), {}],
  convTranspose3d: () => [ones(1, 2, 2, 2, 2), ones(2, 2, 2, 2, 2), {}],
  convTransposeGrad: () => [ones(1, 2, 4), ones(2, 2, 3), ones(1, 2, 6), { ...convTranspose, bias: ones(2) }],
  convTransposeSpec: () => [[1, 2, 4], [2, 2, 3], { ...convTranspose, bias: true }],
  deriveSizes: () => [["x = 2*y + k"], { y: 3, k: 3 }],
  einsum: () => [
    "ij,jk->ik",
    [ones(2, 2), ones(2, 2)],
    { ...meant, params: {}, optimize: "auto", specialize: 8, out: ones(2, 2) },
  ],
  einsumGrad: () => [
    "ij,jk->ik",
    [ones(2, 2), ones(2, 2)],
    ones(2, 2),
    { ...meant, params: {}, optimize: [[0, 1]], by: [0, 1] },
  ],
  fold: () => [ones(1, 8, 9), { ...unfold, outputSize: [4, 4] }],
  foldBatchNorm: () => [ones(2, 3), norm(), ones(2)],
  foldSpec: () => [[1, 8, 9], { ...unfold, outputSize: 4 }],
  globalAvgPool: () => [ones(1, 2, 3)],
  globalAvgPoolGrad: () => [ones(1, 2, 3), ones(1, 2)],
  globalAvgPoolSpec: () => [[1, 2, 3]],
  inferSizes: () => [
    "(s*y+k),k->y",
    [[9], [null]],
    { sizes: { k: 3 }, outputShape: [null], params: { s: 2 }, notation: "compact" },
  ],
  jit: () => [
    "ij,jk->ik",
    {
      shapes: [
        [2, 2],
        [2, 2],
      ],
      ...searched,
    },
  ],
  layerGradients: () => [
    einsmith.convSpec([1, 2, 4], [2, 2, 3]),
    [ones(1, 2, 4), ones(2, 2, 3)],
    ones(1, 2, 2),
    new Set(["weight"]),
  ],
  linear: () => [
    ones(3, 2),
    ones(4, 2),
    { bias: ones(4), residual: ones(3, 4), scale: 2, activation: "gelu", out: ones(3, 4) },
  ],
  linearGrad: () => [ones(3, 2), ones(4, 2), ones(3, 4), { bias: ones(4) }],
  linearSpec: () => [[3, 2], [4, 2], { bias: true, activation: { name: "leakyRelu", slope: 0.1 } }],
  maxPool1d: () => [ones(1, 2, 4), { ...maxPool, out: ones(1, 2, 5) }],
  maxPool2d: () => [ones(1, 2, 4, 4), { kernelSize: [2, 2], layout: "channels-first" }],
  maxPool3d: () => [ones(1, 2, 4, 4, 4), { kernelSize: 2 }],
  maxPoolGrad: () => [ones(1, 2, 4), 1, ones(1, 2, 5), maxPool],
  maxPoolSpec: () => [[1, 2, 4], 1, maxPool],
  pad: () => [
    ones(2, 2),
    [
      [1, 1],
      [0, -1],
    ],
    7,
  ],
  padGrad: () => [ones(2), [[1, 0]], ones(3)],
  padSpec: () => [[2], [[1, 0]], 3],
  parseSpec: () => ["ij,jk->ik", { notation: "compact" }],
  printSpec: () => [einsmith.parseSpec("b (2*y + k - p : 1) (h w) 1 ..., k -> b (|k|*y) h w ...", {})],
  setEvaluation: () => [true],
  solveSizes: () => [["x = 2*y + k"], { y: 3, k: 3 }],
  toNested: () => [ones(2, 2)],
  unfold: () => [ones(1, 2, 4, 4), unfold],
  unfoldSpec: () => [[1, 2, 4, 4], unfold],
};

const one = (): lazy.LazyTensor => lazy.tensor(2, 3, { name: "x" });

const LAZY: Arguments<typeof lazy> = {
  EinsumError: null,
  InternalError: null,
  UnsupportedError: null,
  abs: () => [one()],
  add: () => [one(), 2],
  clamp: () => [one(), 0, 1],
  concatenate: () => [[one(), one()], 0],
  div: () => [one(), one()],
  erf: () => [one()],
  exp: () => [one()],
  gelu: () => [one(), "tanh"],
  grad: () => {
    const x = one();
    return [x.mul(2), [x], lazy.tensor(2, 3)];
  },
  leakyRelu: () => [one(), 0.1],
  log: () => [one()],
  max: () => [one(), one()],
  mean: () => [one(), 0, [1]],
  min: () => [one(), 1],
  mul: () => [one(), one()],
  neg: () => [one()],
  pad: () => [
    one(),
    [
      [1, 0],
      [0, 2],
    ],
    1,
  ],
  pow: () => [one(), 3],
  prod: () => [one(), [0, 1]],
  relu: () => [one()],
  sigmoid: () => [one()],
  silu: () => [one()],
  sqrt: () => [one()],
  sub: () => [2, one()],
  sum: () => [one(), 0],
  symbol: () => ["i"],
  symbols: () => ["i, j k"],
  tanh: () => [one()],
  tensor: () => [2, lazy.symbol("n"), { name: "x", dtype: "float32" }],
};

const manifest = { kernels: [{ name: "trace", spec: "ii->", shapes: [[4, 4]] }] };

const WRITER: Arguments<typeof writer> = {
  EinsumError: null,
  InternalError: null,
  UnsupportedError: null,
  emitModule: () => [einsmith.compile("ii->", { shapes: [[2, 2]] }), { description: "A trace." }],
  // Nothing is written whatever else is wrong: it only compares.
  generate: () => [manifest, { out: `${tmpdir()}/einsmith-no-such-folder`, check: true, onProgress: () => undefined }],
  parseManifest: () => [JSON.stringify(manifest), "kernels.json"],
};

type Methods = Readonly<Record<string, readonly [(...given: never[]) => unknown, readonly unknown[]]>>;

/** What a public function returns, and with what its methods are called. */
const METHODS: Readonly<Record<string, () => Methods>> = {
  kernel: () => ({
    call: [
      einsmith.jit("ij,jk->ik", {
        shapes: [
          [2, 2],
          [2, 2],
        ],
      }),
      [ones(4).data, ones(4).data, ones(4).data],
    ],
    sized: [
      einsmith.jit("ij,jk->ik", {
        shapes: [
          ["n", 2],
          [2, "m"],
        ],
      }),
      [ones(4).data, ones(4).data, ones(4).data],
    ],
    counted: [einsmith.jit("(h w)->h w", { shapes: [["n"]], sizes: { w: 2 } }), [ones(4).data]],
  }),
  symbol: (): Methods => {
    const [i, j] = lazy.symbols("i j") as [lazy.LazySymbol, lazy.LazySymbol];
    return {
      plus: [i.plus, [j]],
      minus: [i.minus, [1]],
      times: [i.times, [j.size]],
      over: [i.over, [2]],
      derivative: [i.times(2).derivative, [i]],
      substitute: [i.plus(j).substitute, [i, 2]],
      toString: [i.toString, []] as const,
    };
  },
  tensor: (): Methods => {
    const x = one();
    const [a, b] = x.axes as [lazy.LazySymbol, lazy.LazySymbol];
    const made = x.mul(2);
    return {
      to: [x.to, [[a, b], { where: [[a, a.plus(1), 1]], outside: 0 }]],
      named: [x.named, ["y"]],
      add: [x.add, [x]],
      sub: [x.sub, [1]],
      mul: [x.mul, [x]],
      div: [x.div, [2]],
      max: [x.max, [x]],
      min: [x.min, [a, b]],
      pow: [x.pow, [3]],
      neg: [x.neg, []],
      abs: [x.abs, []],
      exp: [x.exp, []],
      log: [x.log, []],
      sqrt: [x.sqrt, []],
      erf: [x.erf, []],
      tanh: [x.tanh, []],
      relu: [x.relu, []],
      leakyRelu: [x.leakyRelu, [0.1]],
      sigmoid: [x.sigmoid, []],
      silu: [x.silu, []],
      gelu: [x.gelu, ["none"]],
      clamp: [x.clamp, [0, 1]],
      sum: [x.sum, [a]],
      prod: [x.prod, [0]],
      mean: [x.mean, [[a, b]]],
      pad: [
        x.pad,
        [
          [
            [1, 0],
            [0, 1],
          ],
          0,
        ],
      ],
      setSize: [lazy.tensor(lazy.symbol("n"), 2).setSize, [3, null]],
      unify: [x.unify, []],
      compile: [
        made.compile,
        [{ name: "made", target: "typescript", optimize: "greedy", unroll: {}, tile: {}, order: [], stage: ["x"] }],
      ],
      compute: [made.compute, [{ x: ones(2, 3) }]],
      computeList: [
        made.compute,
        [
          [
            [
              [1, 2, 3],
              [4, 5, 6],
            ],
          ],
        ],
      ],
      computeMap: [made.compute, [new Map([[x, ones(2, 3).data]])]],
    };
  },
};

type Entry = Readonly<Record<string, unknown>>;

/** Every public function of an entry that has no arguments here, and every name here that is no public function. */
export function unlisted(): string[] {
  return ENTRIES.flatMap(([entry, exported, known]) => [
    ...Object.keys(exported)
      .filter((name) => typeof exported[name] === "function" && !Object.hasOwn(known, name))
      .map((name) => `${entry}: ${name} has no call`),
    ...Object.keys(known)
      .filter((name) => typeof exported[name] !== "function")
      .map((name) => `${entry}: ${name} is gone`),
  ]);
}

const ENTRIES: readonly (readonly [string, Entry, Readonly<Record<string, (() => unknown[]) | null>>])[] = [
  ["einsmith", einsmith, MAIN],
  ["einsmith/lazy", lazy, LAZY],
  ["einsmith/writer", writer, WRITER],
];

/** All calls. */
export const PUBLIC_CALLS: readonly PublicCall[] = [
  ...ENTRIES.flatMap(([entry, exported, known]) =>
    Object.entries(known).flatMap(([name, given]): PublicCall[] =>
      given === null
        ? []
        : [{ name: `${entry}: ${name}`, prepare: () => ({ call: exported[name] as never, given: given() }) }],
    ),
  ),
  ...Object.entries(METHODS).flatMap(([of, make]) =>
    Object.keys(make()).map((method): PublicCall => ({
      name: `${of}.${method}`,
      prepare: () => {
        const [call, given] = make()[method] as Methods[string];
        return { call, given };
      },
    })),
  ),
];

/** The methods of what public functions return, by what they are methods of; those that the table leaves out. */
export function unlistedMethods(): string[] {
  const holders: Entry = { symbol: lazy.symbol("i"), tensor: one() };
  return Object.entries(holders).flatMap(([of, holder]) => {
    const known = Object.keys(METHODS[of]?.() ?? {});
    return Object.entries(holder as Entry).flatMap(([name, value]) =>
      typeof value === "function" && !known.includes(name) ? [`${of}.${name} has no call`] : [],
    );
  });
}
