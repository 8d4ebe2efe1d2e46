/**
 * The table of workloads: what users pick libraries for, a sweep of matrix products, transposed layouts, and the
 * einsums again in double precision. Names are unique; a goal is a fraction of the peak.
 */
import type { Dtype, Operation, Table, Window, Workload } from "./workload.ts";

/** Every workload of the report, in its order; with `tiny`, all sizes above 9 are made small. */
export function listWorkloads(tiny = false): Workload[] {
  const doubles = EINSUMS.filter(({ sweep }) => !sweep).map((row) => einsum("float64", "float64", row));
  const all = [
    ...EINSUMS.map((row) => einsum("peers", "float32", row)),
    ...windows(),
    ...sweep(),
    ...layouts(),
    ...doubles,
  ];
  const names = new Set(all.map(({ name }) => name));
  if (names.size !== all.length) throw new Error("two workloads have one name");
  return tiny ? all.map((workload) => shrink(workload)) : all;
}

/** The convolutions whose gradients are measured, by their input and by their weight. */
export function listConvolutions(tiny = false): Workload[] {
  const near = { size: 3, padding: 1 };
  const all = [
    convolution("3x3 64->64 56^2", [1, 64, 56, 56], 64, near),
    convolution("3x3/2 128->128 56^2", [1, 128, 56, 56], 128, { ...near, stride: 2 }),
    convolution("3x3 dilation 2, 64->64 56^2", [1, 64, 56, 56], 64, { size: 3, padding: 2, dilation: 2 }),
    convolution("3x3 256->256 14^2", [1, 256, 14, 14], 256, near),
    convolution("1x1 64->256 56^2", [1, 64, 56, 56], 256, { size: 1 }),
    convolution("7x7/2 3->64 224^2", [1, 3, 224, 224], 64, { size: 7, stride: 2, padding: 3 }),
    convolution("depthwise 3x3 144 56^2", [1, 144, 56, 56], "depthwise", near),
    convolution("depthwise 3x3/2 144 56^2", [1, 144, 56, 56], "depthwise", { ...near, stride: 2 }),
  ];
  return tiny ? all.map((workload) => shrink(workload)) : all;
}

export interface EinsumRow {
  readonly name: string;
  readonly spec: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly goal?: number;
  /** Whether the sweep has it in double precision. */
  readonly sweep?: boolean;
}

const product = (n: number): EinsumRow => ({
  name: `matmul ${n}^3`,
  spec: "ij,jk->ik",
  sizes: { i: n, j: n, k: n },
  goal: n < 64 ? 0.5 : 0.62,
  sweep: true,
});

const EINSUMS: readonly EinsumRow[] = [
  product(32),
  product(64),
  product(256),
  product(512),
  product(1024),
  { name: "batched matmul 64 x 64^3", spec: "bij,bjk->bik", sizes: { b: 64, i: 64, j: 64, k: 64 }, goal: 0.6 },
  { name: "attention scores", spec: "bhqd,bhkd->bhqk", sizes: { b: 2, h: 8, q: 128, k: 128, d: 64 }, goal: 0.6 },
  { name: "matrix-vector 1024^2", spec: "ij,j->i", sizes: { i: 1024, j: 1024 }, goal: 0.33 },
  { name: "outer product 1024^2", spec: "i,j->ij", sizes: { i: 1024, j: 1024 } },
  { name: "trace 2048", spec: "ii->", sizes: { i: 2048 } },
  { name: "transpose 2048^2", spec: "ij->ji", sizes: { i: 2048, j: 2048 } },
  { name: "full sum 128^3", spec: "ijk->", sizes: { i: 128, j: 128, k: 128 }, goal: 0.25 },
  { name: "sum of products 2048^2", spec: "ij,ij->", sizes: { i: 2048, j: 2048 }, goal: 0.2 },
  { name: "MTTKRP 128^3, l 32", spec: "ijk,jl,kl->il", sizes: { i: 128, j: 128, k: 128, l: 32 }, goal: 0.5 },
  {
    name: "chain of four matrices",
    spec: "ij,jk,kl,lm->im",
    sizes: { i: 1000, j: 800, k: 600, l: 400, m: 10 },
    goal: 0.5,
  },
  {
    name: "four-index transform n 16",
    spec: "pi,qj,ijkl,rk,sl->pqrs",
    sizes: { i: 16, j: 16, k: 16, l: 16, p: 16, q: 16, r: 16, s: 16 },
    goal: 0.5,
  },
];

/** An einsum whose sizes are told index by index. */
export function einsum(table: Table, dtype: Dtype, { name, spec, sizes, goal }: EinsumRow): Workload {
  const [inputs = "", output = ""] = spec.split("->");
  const shapeOf = (term: string): number[] => [...term].map((letter) => sizes[letter] ?? NaN);
  return {
    name: table === "peers" ? name : `${name}, ${dtype}`,
    table,
    spec,
    operation: { kind: "einsum" },
    dtype,
    shapes: inputs.split(",").map(shapeOf),
    outputShape: shapeOf(output),
    values: "random",
    ...(goal !== undefined && { goal }),
  };
}

/** Matrix products from tiny to large, odd sizes among them, in both precisions; those that are rows above are not repeated. */
function sweep(): Workload[] {
  const cubes = [2, 3, 4, 7, 8, 16, 32, 37, 61, 64, 127, 128, 256, 512, 1024].map((n) => [n, n, n]);
  const sizes = [...cubes, [13, 17, 11], [100, 3, 100]];
  const above = new Set(EINSUMS.map(({ name }) => name));
  return (["float64", "float32"] as const).flatMap((dtype) =>
    sizes.flatMap(([i = 0, j = 0, k = 0]) => {
      const name = i === j && j === k ? `matmul ${i}^3` : `matmul ${i}x${j}x${k}`;
      if (dtype === "float32" && above.has(name)) return [];
      const goal = sweepGoal(Math.min(i, j, k), dtype);
      return [einsum("sweep", dtype, { name, spec: "ij,jk->ik", sizes: { i, j, k }, ...(goal && { goal }) })];
    }),
  );
}

function sweepGoal(n: number, dtype: Dtype): number | undefined {
  if (dtype === "float32") return n >= 64 ? 0.62 : n >= 8 ? 0.5 : undefined;
  return n >= 32 || n === 16 ? 0.65 : n >= 6 ? 0.5 : undefined;
}

/** Products of transposed matrices: one, the other, both. */
function layouts(): Workload[] {
  const specs = { NT: "ij,kj->ik", TN: "ji,jk->ik", TT: "ji,kj->ik" };
  return Object.entries(specs).flatMap(([layout, spec]) =>
    [64, 256].map((n) =>
      einsum("layouts", "float64", { name: `matmul ${layout} ${n}^3`, spec, sizes: { i: n, j: n, k: n }, goal: 0.65 }),
    ),
  );
}

function windows(): Workload[] {
  return [
    convolution("conv 7x7/2 3->64, 224^2", [1, 3, 224, 224], 64, { size: 7, stride: 2, padding: 3 }, 0.58),
    convolution("conv 3x3 64->64, 56^2", [1, 64, 56, 56], 64, { size: 3, padding: 1 }, 0.62),
    convolution("conv 1x1 64->256, 56^2", [1, 64, 56, 56], 256, { size: 1 }, 0.62),
    convolution("conv 3x3/2 128->128, 56^2", [1, 128, 56, 56], 128, { size: 3, stride: 2, padding: 1 }, 0.62),
    convolution("conv 3x3 256->256, 14^2", [1, 256, 14, 14], 256, { size: 3, padding: 1 }, 0.62),
    convolution("depthwise 3x3, 144, 56^2", [1, 144, 56, 56], "depthwise", { size: 3, padding: 1 }, 0.62),
    convolution("conv1d k9 16->32, 16384", [1, 16, 16384], 32, { size: 9 }, 0.62),
    convolution("conv 3x3 3->8, 2 x 32^2", [2, 3, 32, 32], 8, { size: 3, padding: 1 }, 0.52),
    convolution("conv 3x3 dilated 64->64, 56^2", [1, 64, 56, 56], 64, { size: 3, padding: 2, dilation: 2 }, 0.62),
    pool("max pool 3x3/2, 64, 112^2", "max", "random", { size: 3, stride: 2, padding: 1, dilation: 1 }),
    pool("max pool 3x3/2 on ties", "max", "ties", { size: 3, stride: 2, padding: 1, dilation: 1 }),
    pool("mean pool 2x2/2, 64, 112^2", "mean", "random", { size: 2, stride: 2, padding: 0, dilation: 1 }),
  ];
}

const SPATIAL = [
  ["y", "u"],
  ["x", "v"],
] as const;

/** Axis expressions of an input with windows: `(2*y + u - 1) (2*x + v - 1)`. */
function windowed(rank: number, { stride, padding, dilation }: Window): string {
  const times = (factor: number, index: string): string => (factor === 1 ? index : `${factor}*${index}`);
  const last = padding > 0 ? ` - ${padding}` : "";
  return SPATIAL.slice(2 - rank)
    .map(([at, tap]) => `(${times(stride, at)} + ${times(dilation, tap)}${last})`)
    .join(" ");
}

function slide(size: number, { size: taps, stride, padding, dilation }: Window): number {
  return Math.floor((size + 2 * padding - dilation * (taps - 1) - 1) / stride) + 1;
}

/** A convolution over an input of `[N, C, ...extents]`, in float32; a channel of its own each, if it is depthwise. */
export function convolution(
  name: string,
  input: readonly number[],
  outputs: number | "depthwise",
  chosen: Partial<Window> & { size: number },
  goal?: number,
): Workload {
  const window: Window = { stride: 1, padding: 0, dilation: 1, ...chosen };
  const [batch = 0, channels = 0, ...extents] = input;
  const depthwise = outputs === "depthwise";
  const positions = SPATIAL.slice(2 - extents.length).map(([at]) => at);
  const taps = SPATIAL.slice(2 - extents.length).map(([, tap]) => tap);
  const weights = [...(depthwise ? ["c"] : ["o", "i"]), ...taps].join(" ");
  const read = `b ${depthwise ? "c" : "i"} ${windowed(extents.length, window)}`;
  const kernel = extents.map(() => window.size);
  const count = depthwise ? channels : outputs;
  return {
    name,
    table: "peers",
    spec: `${read}, ${weights} -> b ${depthwise ? "c" : "o"} ${positions.join(" ")}`,
    operation: { kind: "convolution", window, depthwise },
    dtype: "float32",
    shapes: [input, depthwise ? [channels, ...kernel] : [count, channels, ...kernel]],
    outputShape: [batch, count, ...extents.map((size) => slide(size, window))],
    values: "random",
    ...(goal !== undefined && { goal }),
  };
}

function pool(name: string, reduce: "max" | "mean", values: "random" | "ties", window: Window): Workload {
  const input = [1, 64, 112, 112];
  return {
    name,
    table: "peers",
    spec: `b c ${windowed(2, window)} -> b c y x`,
    operation: { kind: "pool", window, reduce },
    dtype: "float32",
    shapes: [input],
    outputShape: [1, 64, slide(112, window), slide(112, window)],
    sizes: { u: window.size, v: window.size },
    values,
  };
}

/**
 * The same computation on other small sizes, in each round on others than in the one before: what a library is warmed
 * up with that is then asked for the workload itself.
 */
export function shrinkOtherwise(workload: Workload, round: number): Workload {
  const small = (size: number): number => 9 + ((size + round) % 7);
  // As large as the largest window, at least: there are libraries that an empty result breaks for good.
  const windowed = (size: number): number => (size <= 9 ? size : 10 + ((size + round) % 5));
  const other = shrink(workload, workload.operation.kind === "einsum" ? small : windowed);
  const isSame = JSON.stringify(other.shapes) === JSON.stringify(workload.shapes);
  return isSame ? shrinkOtherwise(workload, round + 1) : other;
}

/** The same computation on sizes of at most 12: equal sizes stay equal, windows stay as they are. */
function shrink(workload: Workload, smaller = (size: number): number => (size <= 9 ? size : 8 + (size % 5))): Workload {
  const shapes = workload.shapes.map((shape) => shape.map(smaller));
  return { ...workload, shapes, outputShape: shrinkOutput(workload.operation, workload.outputShape, shapes, smaller) };
}

function shrinkOutput(
  operation: Operation,
  outputShape: readonly number[],
  shapes: readonly (readonly number[])[],
  smaller: (size: number) => number,
): number[] {
  if (operation.kind === "einsum") return outputShape.map(smaller);
  const extents = (shapes[0] ?? []).slice(2).map((size) => slide(size, operation.window));
  return [...outputShape.slice(0, 2).map(smaller), ...extents];
}
