/**
 * Kernels whose sizes are arguments beside kernels made for one shape: the first call on a shape that was never seen,
 * the second, and the hundredth. Prints a table; asserts nothing.
 */
import { einsum, type NdArray } from "../src/index.ts";
import { median, startWatch } from "./measure.ts";

/** Operands of a workload at a size. */
interface Workload {
  readonly name: string;
  readonly spec: string;
  operandsAt(size: number): NdArray[];
}

const CALLS = 100;
const SHAPES = 12;
const WARM = 20;

const workloads: readonly Workload[] = [
  { name: "matmul near 55^3", spec: "ij,jk->ik", operandsAt: (n) => [random([n, n + 1]), random([n + 1, n + 2])] },
  {
    name: "attention near 30",
    spec: "bhqd,bhkd->bhqk",
    operandsAt: (n) => [random([1, 4, n - 25, 32]), random([1, 4, n - 23, 32])],
  },
  {
    name: "conv 3->8 near 33^2",
    spec: "b i (y + ky - 1) (x + kx - 1), o i ky kx -> b o y x",
    operandsAt: (n) => [random([1, 3, n - 22, n - 21]), random([8, 3, 3, 3])],
  },
  {
    name: "matmul near 256^3",
    spec: "i j, j k -> i k",
    operandsAt: (n) => [random([200 + n, 256]), random([256, 200 + n])],
  },
];

function random(shape: readonly number[]): NdArray {
  const length = shape.reduce((count, size) => count * size, 1);
  return { data: Float64Array.from({ length }, () => Math.random() - 0.5), shape };
}

/** Times of the first, the second, and the median of the last tenth of all calls, over shapes that are new. */
function timesOf({ spec, operandsAt }: Workload, specialize: number, from: number): readonly number[] {
  const calls: number[][] = [];
  for (let shape = 0; shape < SHAPES; shape++) {
    const operands = operandsAt(from + shape);
    calls.push(
      Array.from({ length: CALLS }, () => {
        const watch = startWatch();
        einsum(spec, operands, { specialize });
        return watch();
      }),
    );
  }
  const at = (call: number): number => median(calls.map((times) => times[call] ?? NaN));
  return [at(0), at(1), median(calls.flatMap((times) => times.slice(-CALLS / 10)))];
}

const pad = (text: string, column: number): string => (column === 0 ? text.padEnd(24) : text.padStart(12));
const row = (cells: readonly string[]): void => console.log(cells.map(pad).join(""));

row(["new shapes, ms", "first", "second", "hundredth", "first", "second", "hundredth"]);
row(["", "", "of any size", "", "", "made for it", ""]);
for (const workload of workloads) {
  // Other shapes first, so that both kinds are as warm as in a program that has met many.
  for (const specialize of [0, Infinity]) timesOf(workload, specialize, 40);
  const any = timesOf(workload, 0, 40 + WARM);
  const own = timesOf(workload, Infinity, 40 + WARM + SHAPES);
  row([workload.name, ...[...any, ...own].map((time) => time.toFixed(3))]);
}
