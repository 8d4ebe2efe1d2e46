/**
 * The gradients of convolutions beside the convolutions themselves, in turns: median milliseconds, and the fraction of the
 * in-register multiply-add peak that the same turns measured. Every gradient is checked before it is timed: it must be the
 * adjoint of the convolution.
 *
 *     npm run bench:gradients              all of them
 *     npm run bench:gradients -- depthwise   those of that name
 */
import { compile, compileGradient, type CompileOptions, type Kernel } from "../src/index.ts";
import type { KernelSource } from "../src/emit/source.ts";
import type { Contraction } from "../src/ir/contraction.ts";
import { scriptOf } from "../src/emit/kernel.ts";
import { evaluateKernel } from "../src/jit/evaluate.ts";
import { median, warmUp } from "./measure.ts";
import { multiplyAdd, PEAK_FLOPS } from "./peak.ts";
import type { Workload } from "./workload.ts";
import { listConvolutions } from "./workloads.ts";

const TURNS = 9;
const SLICE = 120;

const asked = process.argv[2] ?? "";
console.log("float32; median ms, fraction of the peak".padEnd(44), "forward".padEnd(16), "dx".padEnd(16), "dw");
for (const given of listConvolutions()) if (given.name.includes(asked)) await measureRow(given);

async function measureRow({ name, spec, shapes }: Workload): Promise<void> {
  const options: CompileOptions = { shapes, dtype: "float32", operands: ["x", "w"] };
  const forward = compile(spec, options);
  const { contraction } = forward;
  const flops = 2 * contraction.indices.reduce((product, { size }) => product * size, 1);
  const gradients = [0, 1].map((by) => compileGradient(spec, by, options));
  gradients.forEach(({ kernel, source }, by) => checkLinear(contraction, kernel, source, by));
  const runs = [forward, ...gradients].map(({ kernel, source }) => runOf(kernel, source));
  const warmed = [];
  for (const run of [multiplyAdd, ...runs]) warmed.push(await warmUp(run, 3 * SLICE));
  const times: number[][] = warmed.map(() => []);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [at, one] of warmed.entries()) times[at]?.push(await one.slice(SLICE));
  }
  const [peakTime = NaN, ...medians] = times.map(median);
  const peak = PEAK_FLOPS / peakTime;
  const cells = medians.map((time) => `${time.toFixed(2)}  ${(flops / time / peak).toFixed(2)}`.padEnd(16));
  console.log(name.padEnd(44), ...cells);
}

function operandsOf({ operands }: Kernel): Float32Array[] {
  return operands.map(({ length }, operand) =>
    Float32Array.from({ length: Number(length) }, (_, at) => (((at + 1) * (operand + 3) * 7919) % 1009) / 1009 - 0.5),
  );
}

function runOf(kernel: Kernel, source: KernelSource): () => unknown {
  const { run } = evaluateKernel(kernel, scriptOf(source));
  const inputs = operandsOf(kernel);
  const out = new Float32Array(Number(kernel.output.length));
  return () => run(inputs, out);
}

/**
 * The sum of a gradient times the operand is that of the cotangent times the result, as the result is linear in the
 * operand: throws where they differ.
 */
function checkLinear(contraction: Contraction, kernel: Kernel, source: KernelSource, by: number): void {
  const inputs = operandsOf(kernel);
  const cotangent = inputs[by] as Float32Array;
  const gradient = new Float32Array(Number(kernel.output.length));
  evaluateKernel(kernel, scriptOf(source)).run(inputs, gradient);
  const operand = Float32Array.from(gradient, (_, at) => ((at * 31) % 17) / 17 - 0.5);
  const shapes = contraction.reads.map(({ tensor }) => tensor.shape);
  const spec = contraction.spec?.text ?? "";
  const forward = compile(spec, { shapes, dtype: "float32", operands: ["x", "w"] });
  const result = new Float32Array(Number(forward.kernel.output.length));
  evaluateKernel(forward.kernel, scriptOf(forward.source)).run(
    inputs.map((input, at) => (at === by ? operand : input)),
    result,
  );
  const dot = (one: Float32Array, other: Float32Array): number =>
    one.reduce((sum, value, at) => sum + value * (other[at] as number), 0);
  const [found, expected] = [dot(gradient, operand), dot(result, cotangent)];
  const scale = Math.sqrt(dot(gradient, gradient) * dot(operand, operand));
  if (Math.abs(found - expected) > 1e-4 * scale) throw new Error(`the gradient by operand ${by} is wrong: ${spec}`);
}
