/**
 * Kernels as the JIT makes them, one after the other: time, GFLOP/s, and the fraction of the in-register multiply-add
 * peak that the same run measured first. Every result is compared with the reference at sampled
 * elements before it is timed.
 */
import { jit, type CompileOptions, type TypedArray } from "../src/index.ts";
import { referenceAt } from "../test/support/reference-at.ts";
import { measurePeak, timeAlternating } from "./measure.ts";

interface Workload {
  readonly name: string;
  readonly spec: string;
  readonly options: CompileOptions;
}

const convolution = (stride: number, padding: number, dilation = 1): string =>
  `b i (${stride}*y + ${dilation}*u - ${padding}) (${stride}*x + ${dilation}*v - ${padding}), o i u v -> b o y x`;

const square = (n: number): number[][] => [
  [n, n],
  [n, n],
];

const float32 = (name: string, spec: string, shapes: number[][], more: Partial<CompileOptions> = {}): Workload => ({
  name,
  spec,
  options: { shapes, dtype: "float32", ...more },
});

const workloads: readonly Workload[] = [
  ...[8, 16, 32, 37, 55, 64, 256].map((n) => ({
    name: `matmul ${n}^3, float64`,
    spec: "ij,jk->ik",
    options: { shapes: square(n) },
  })),
  ...[8, 16, 64, 256].map((n) => float32(`matmul ${n}^3`, "ij,jk->ik", square(n))),
  { name: "matmul 64^3 NT, float64", spec: "ij,kj->ik", options: { shapes: square(64) } },
  { name: "matmul 64^3 TN, float64", spec: "ji,jk->ik", options: { shapes: square(64) } },
  float32("batched matmul 64 x 64^3", "bij,bjk->bik", [
    [64, 64, 64],
    [64, 64, 64],
  ]),
  float32("attention scores", "bhqd,bhkd->bhqk", [
    [2, 8, 128, 64],
    [2, 8, 128, 64],
  ]),
  float32("matrix-vector 1024^2", "ij,j->i", [[1024, 1024], [1024]]),
  float32("outer product 1024^2", "i,j->ij", [[1024], [1024]]),
  float32("transpose 2048^2", "ij->ji", [[2048, 2048]]),
  float32("sum 128^3", "ijk->", [[128, 128, 128]]),
  float32("Hadamard sum 2048^2", "ij,ij->", square(2048)),
  float32("MTTKRP 128^3, 32", "ijk,jl,kl->il", [
    [128, 128, 128],
    [128, 32],
    [128, 32],
  ]),
  float32("conv 3x3 64->64 56^2", convolution(1, 1), [
    [1, 64, 56, 56],
    [64, 64, 3, 3],
  ]),
  float32("conv 7x7/2 3->64 224^2", convolution(2, 3), [
    [1, 3, 224, 224],
    [64, 3, 7, 7],
  ]),
  float32("conv 1x1 64->256 56^2", convolution(1, 0), [
    [1, 64, 56, 56],
    [256, 64, 1, 1],
  ]),
  float32("conv 3x3/2 128->128 56^2", convolution(2, 1), [
    [1, 128, 56, 56],
    [128, 128, 3, 3],
  ]),
  float32("conv 3x3 256->256 14^2", convolution(1, 1), [
    [1, 256, 14, 14],
    [256, 256, 3, 3],
  ]),
  float32("conv 3x3 dilated 56^2", convolution(1, 2, 2), [
    [1, 64, 56, 56],
    [64, 64, 3, 3],
  ]),
  float32("conv 3x3 3->8 32^2", convolution(1, 1), [
    [2, 3, 32, 32],
    [8, 3, 3, 3],
  ]),
  float32("depthwise 3x3 144, 56^2", "b c (y + u - 1) (x + v - 1), c u v -> b c y x", [
    [1, 144, 56, 56],
    [144, 3, 3],
  ]),
  float32("conv1d 9 taps 16->32", "b i (x + k), o i k -> b o x", [
    [1, 16, 16384],
    [32, 16, 9],
  ]),
  float32("max pool 3x3/2", "b c (2*y + u - 1) (2*x + v - 1) -> b c y x", [[1, 64, 112, 112]], {
    sizes: { u: 3, v: 3 },
    reduce: "max",
  }),
  float32("mean pool 2x2/2", "b c (2*y + u) (2*x + v) -> b c y x", [[1, 64, 112, 112]], {
    sizes: { u: 2, v: 2 },
    reduce: "mean",
  }),
];

const peak = measurePeak();
console.log(`peak of scalar multiply-adds: ${peak.toFixed(1)} GFLOP/s\n`);
console.log(["kernel", "ms", "GFLOP/s", "of the peak"].map(pad).join(""));
for (const { name, spec, options } of workloads) {
  const kernel = jit(spec, options);
  const { contraction, steps } = kernel.compilation;
  const arrays = kernel.compilation.kernel.operands.map(({ dtype, length }) => fill(dtype === "float32", Number(length)));
  const out = kernel(...arrays);
  requireCorrect(name, (element) => referenceAt(contraction, arrays, element), out);
  // One multiplication and one addition for each value of a step's indices.
  const flops = steps.reduce((sum, step) => sum + 2 * step.contraction.indices.reduce((n, { size }) => n * size, 1), 0);
  const [time = NaN] = timeAlternating([() => kernel(...arrays, out)]);
  const rate = flops / time / 1e6;
  console.log([name, time.toFixed(4), rate.toFixed(2), (rate / peak).toFixed(2)].map(pad).join(""));
}

/** Small integers without a pattern: sums are exact in any order, and no comparison can be foretold. */
function fill(single: boolean, length: number): TypedArray {
  const array = single ? new Float32Array(length) : new Float64Array(length);
  for (let at = 0; at < length; at++) array[at] = ((Math.imul(at + 1, 2654435761) >>> 8) % 101) - 50;
  return array;
}

function requireCorrect(name: string, expectedAt: (element: number) => number, out: TypedArray): void {
  for (let sample = 0; sample < 5; sample++) {
    const element = Math.floor((sample * (out.length - 1)) / 4);
    const [found, expected] = [Number(out[element]), expectedAt(element)];
    if (Math.abs(found - expected) > 1e-6 * Math.max(1, Math.abs(expected))) {
      throw new Error(`${name}: element ${element} is ${found}, expected ${expected}`);
    }
  }
}

function pad(cell: string, column: number): string {
  return column === 0 ? cell.padEnd(28) : cell.padStart(13);
}
