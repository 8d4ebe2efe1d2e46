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

interface Row {
  readonly name: string;
  readonly spec: string;
  readonly shapes: readonly (readonly number[])[];
}

const TURNS = 9;
const SLICE = 120;

const dense = (stride: number, padding: number, dilation = 1): string => {
  const axis = (at: string, window: string): string => `(${stride}*${at} + ${dilation}*${window} - ${padding})`;
  return `b i ${axis("y", "u")} ${axis("x", "v")}, o i u v -> b o y x`;
};
const depthwise = (stride: number): string => `b c (${stride}*y + u - 1) (${stride}*x + v - 1), c u v -> b c y x`;

/** A convolution of so many channels on square planes. */
const row = (name: string, spec: string, plane: readonly number[], weight: readonly number[]): Row => ({
  name,
  spec,
  shapes: [[1, ...plane], weight],
});

const ROWS: readonly Row[] = [
  row("3x3 64->64 56^2", dense(1, 1), [64, 56, 56], [64, 64, 3, 3]),
  row("3x3/2 128->128 56^2", dense(2, 1), [128, 56, 56], [128, 128, 3, 3]),
  row("3x3 dilation 2, 64->64 56^2", dense(1, 2, 2), [64, 56, 56], [64, 64, 3, 3]),
  row("3x3 256->256 14^2", dense(1, 1), [256, 14, 14], [256, 256, 3, 3]),
  row("1x1 64->256 56^2", dense(1, 0), [64, 56, 56], [256, 64, 1, 1]),
  row("7x7/2 3->64 224^2", dense(2, 3), [3, 224, 224], [64, 3, 7, 7]),
  row("depthwise 3x3 144 56^2", depthwise(1), [144, 56, 56], [144, 3, 3]),
  row("depthwise 3x3/2 144 56^2", depthwise(2), [144, 56, 56], [144, 3, 3]),
];

const asked = process.argv[2] ?? "";
console.log("float32; median ms, fraction of the peak".padEnd(44), "forward".padEnd(16), "dx".padEnd(16), "dw");
for (const given of ROWS) if (given.name.includes(asked)) await measureRow(given);

async function measureRow({ name, spec, shapes }: Row): Promise<void> {
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
