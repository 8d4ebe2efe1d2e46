/**
 * Plain loops, as one would write them by hand in a minute: outputs outside, reductions inside, sizes in variables,
 * bounds tested where windows leave the input. Contractions of several operands go step by step. They are also the
 * reference that everybody's results are compared with.
 */
import { allocate, countOf, operandsOf, type Dtype, type Floats, type Workload } from "../workload.ts";
import type { Contender } from "./contender.ts";
import { convolve, pool } from "./naive-windows.ts";

export const naive: Contender = {
  name: "plain loops",
  kind: "plain",
  packages: [],
  bare: true,
  prepare: (workload) => {
    const operands = operandsOf(workload);
    const out = allocate(workload.dtype, countOf(workload.outputShape));
    const run = (): Floats => {
      computeNaively(workload, operands, out);
      return out;
    };
    return Promise.resolve([{ label: "loops", asGiven: true, run, result: () => out }]);
  },
};

/** Computes a workload into `out`, whatever it held. */
export function computeNaively(workload: Workload, operands: readonly Floats[], out: Floats): void {
  const { operation, shapes, outputShape, spec, dtype } = workload;
  const [a, b] = operands as [Floats, Floats];
  if (operation.kind === "convolution") return convolve(a, b, out, shapes, outputShape, operation);
  if (operation.kind === "pool") return pool(a, out, shapes, outputShape, operation);
  const compute = EINSUMS.get(spec);
  if (!compute) throw new Error(`no plain loops for ${spec}`);
  compute(operands, out, shapes, dtype);
}

type Compute = (operands: readonly Floats[], out: Floats, shapes: readonly (readonly number[])[], dtype: Dtype) => void;

/** Extents and strides of a batched product of matrices, whose result is row-major. */
interface Product {
  readonly batches?: number;
  readonly rows: number;
  readonly steps: number;
  readonly columns: number;
  /** Strides of batches, rows and steps in `a`; of batches, steps and columns in `b`. */
  readonly a: readonly [number, number, number];
  readonly b: readonly [number, number, number];
}

function multiply(a: Floats, b: Floats, out: Floats, { batches = 1, rows, steps, columns, ...strides }: Product): void {
  const [aBatch, aRow, aStep] = strides.a;
  const [bBatch, bStep, bColumn] = strides.b;
  for (let batch = 0; batch < batches; batch++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let step = 0; step < steps; step++) {
          sum += a[batch * aBatch + row * aRow + step * aStep]! * b[batch * bBatch + step * bStep + column * bColumn]!;
        }
        out[(batch * rows + row) * columns + column] = sum;
      }
    }
  }
}

const EINSUMS = new Map<string, Compute>([
  [
    "ij,jk->ik",
    ([a, b], out, [[rows = 0, steps = 0] = [], [, columns = 0] = []]) =>
      multiply(a!, b!, out, { rows, steps, columns, a: [0, steps, 1], b: [0, columns, 1] }),
  ],
  [
    "ij,kj->ik",
    ([a, b], out, [[rows = 0, steps = 0] = [], [columns = 0] = []]) =>
      multiply(a!, b!, out, { rows, steps, columns, a: [0, steps, 1], b: [0, 1, steps] }),
  ],
  [
    "ji,jk->ik",
    ([a, b], out, [[steps = 0, rows = 0] = [], [, columns = 0] = []]) =>
      multiply(a!, b!, out, { rows, steps, columns, a: [0, 1, rows], b: [0, columns, 1] }),
  ],
  [
    "ji,kj->ik",
    ([a, b], out, [[steps = 0, rows = 0] = [], [columns = 0] = []]) =>
      multiply(a!, b!, out, { rows, steps, columns, a: [0, 1, rows], b: [0, 1, steps] }),
  ],
  [
    "bij,bjk->bik",
    ([a, b], out, [[batches = 0, rows = 0, steps = 0] = [], [, , columns = 0] = []]) =>
      multiply(a!, b!, out, {
        ...{ batches, rows, steps, columns },
        ...{ a: [rows * steps, steps, 1], b: [steps * columns, columns, 1] },
      }),
  ],
  [
    "bhqd,bhkd->bhqk",
    ([q, k], out, [[batch = 0, heads = 0, rows = 0, steps = 0] = [], [, , columns = 0] = []]) =>
      multiply(q!, k!, out, {
        ...{ batches: batch * heads, rows, steps, columns },
        ...{ a: [rows * steps, steps, 1], b: [columns * steps, 1, steps] },
      }),
  ],
  [
    "ij,j->i",
    ([a, x], out, [[rows = 0, steps = 0] = []]) =>
      multiply(a!, x!, out, { rows, steps, columns: 1, a: [0, steps, 1], b: [0, 1, 1] }),
  ],
  ["i,j->ij", ([a, b], out) => multiplyOuter(a!, b!, out)],
  ["ii->", ([a], out, [[n = 0] = []]) => sumDiagonal(a!, out, n)],
  ["ij->ji", ([a], out, [[rows = 0, columns = 0] = []]) => transpose(a!, out, rows, columns)],
  ["ijk->", ([a], out, [[x = 0, y = 0, z = 0] = []]) => sumAll(a!, out, x, y, z)],
  ["ij,ij->", ([a, b], out, [[rows = 0, columns = 0] = []]) => sumProducts(a!, b!, out, rows, columns)],
  ["ijk,jl,kl->il", ([a, b, c], out, [shape = [], [, rank = 0] = []]) => mttkrp(a!, b!, c!, out, shape, rank)],
  ["ij,jk,kl,lm->im", chain],
  ["pi,qj,ijkl,rk,sl->pqrs", transformFour],
]);

function multiplyOuter(a: Floats, b: Floats, out: Floats): void {
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) out[i * b.length + j] = a[i]! * b[j]!;
  }
}

function sumDiagonal(a: Floats, out: Floats, n: number): void {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i]!;
  out[0] = sum;
}

function transpose(a: Floats, out: Floats, rows: number, columns: number): void {
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++) out[j * rows + i] = a[i * columns + j]!;
  }
}

function sumAll(a: Floats, out: Floats, x: number, y: number, z: number): void {
  let sum = 0;
  for (let i = 0; i < x; i++) {
    for (let j = 0; j < y; j++) {
      for (let k = 0; k < z; k++) sum += a[(i * y + j) * z + k]!;
    }
  }
  out[0] = sum;
}

function sumProducts(a: Floats, b: Floats, out: Floats, rows: number, columns: number): void {
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) sum += a[i * columns + j]! * b[i * columns + j]!;
  }
  out[0] = sum;
}

function mttkrp(a: Floats, b: Floats, c: Floats, out: Floats, shape: readonly number[], rank: number): void {
  const [x = 0, y = 0, z = 0] = shape;
  for (let i = 0; i < x; i++) {
    for (let l = 0; l < rank; l++) {
      let sum = 0;
      for (let j = 0; j < y; j++) {
        for (let k = 0; k < z; k++) sum += a[(i * y + j) * z + k]! * b[j * rank + l]! * c[k * rank + l]!;
      }
      out[i * rank + l] = sum;
    }
  }
}

/** From left to right, as it is written. */
function chain(
  [a, b, c, d]: readonly Floats[],
  out: Floats,
  shapes: readonly (readonly number[])[],
  dtype: Dtype,
): void {
  const [rows = 0, j = 0] = shapes[0] ?? [];
  const [k = 0, l = 0, m = 0] = shapes.slice(1).map(([, columns = 0]) => columns);
  const times = (left: Floats, right: Floats, into: Floats, steps: number, columns: number): Floats => {
    multiply(left, right, into, { rows, steps, columns, a: [0, steps, 1], b: [0, columns, 1] });
    return into;
  };
  const first = times(a!, b!, allocate(dtype, rows * k), j, k);
  const second = times(first, c!, allocate(dtype, rows * l), k, l);
  times(second, d!, out, l, m);
}

/** One index after the other: four products, each over one of the indices i, j, k, l. */
function transformFour(
  [p, q, x, r, s]: readonly Floats[],
  out: Floats,
  shapes: readonly (readonly number[])[],
  dtype: Dtype,
): void {
  const [i = 0, j = 0, k = 0, l = 0] = shapes[2] ?? [];
  const [np = 0, nq = 0, nr = 0, ns = 0] = [0, 1, 3, 4].map((operand) => shapes[operand]?.[0] ?? 0);
  const left = (
    matrix: Floats,
    from: Floats,
    batches: number,
    rows: number,
    steps: number,
    columns: number,
  ): Floats => {
    const into = allocate(dtype, batches * rows * columns);
    multiply(matrix, from, into, { batches, rows, steps, columns, a: [0, steps, 1], b: [steps * columns, columns, 1] });
    return into;
  };
  const first = left(p!, x!, 1, np, i, j * k * l);
  const second = left(q!, first, np, nq, j, k * l);
  const third = left(r!, second, np * nq, nr, k, l);
  const rows = np * nq * nr;
  multiply(third, s!, out, { rows, steps: l, columns: ns, a: [0, l, 1], b: [0, 1, l] });
}
