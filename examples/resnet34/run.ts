/**
 * Runs the network: generates its kernels from the manifest, makes its weights, plans its memory, and feeds it a picture.
 *
 * Invariant: every number between the picture and the logits was computed by a generated module.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decode } from "fast-png";
import { generate, parseManifest, type LayerKernel } from "../../src/writer/index.ts";
import { planMemory } from "./memory.ts";
import { describeNetwork, type Step } from "./network.ts";
import { makeClassifier, makeConvolution } from "./weights.ts";

type Floats = Float32Array | Float64Array;
type WrittenKernel = (...arrays: Floats[]) => Floats;

/** The network, ready to run. */
export interface Network {
  /** From a picture `[1, 3, 224, 224]` to the logits. */
  run(picture: Floats): Floats;
  /** Elements of the arena between the layers, and of all its tensors if each had memory of its own. */
  readonly memory: { readonly arena: number; readonly apart: number };
}

const MANIFEST = new URL("kernels.json", import.meta.url);

/** Generates the kernels into a folder, in float32 as the manifest says, or in float64, and connects them. */
export async function openNetwork(folder: string, dtype: "float32" | "float64" = "float32"): Promise<Network> {
  const text = (await readFile(MANIFEST, "utf8")).replaceAll('"float32"', JSON.stringify(dtype));
  const manifest = parseManifest(text, "kernels.json");
  await generate(manifest, { out: folder });
  const module = (await import(pathToFileURL(join(folder, "index.ts")).href)) as Record<string, WrittenKernel>;
  const layers = new Map(manifest.kernels.flatMap((entry) => ("layer" in entry ? [[entry.name, entry] as const] : [])));
  const Plain = dtype === "float32" ? Float32Array : Float64Array;
  return connect(describeNetwork(), layers, module, Plain);
}

function connect(
  steps: readonly Step[],
  layers: ReadonlyMap<string, LayerKernel>,
  module: Readonly<Record<string, WrittenKernel>>,
  Plain: Float32ArrayConstructor | Float64ArrayConstructor,
): Network {
  const lengths = steps.map(({ kernel }) => lengthOf(layerOf(layers, kernel).outputShape));
  const lifetimes = lengths.map((length, step) => ({ length, from: step, to: lastReader(steps, step) }));
  const plan = planMemory(lifetimes);
  const arena = new Plain(plan.length);
  const tensors = lengths.map((length, step) => {
    const offset = plan.offsets[step] as number;
    return arena.subarray(offset, offset + length);
  });
  const weights = steps.map((step) => weightsOf(step, layerOf(layers, step.kernel).options.shapes[1], Plain));
  const calls = steps.map(({ kernel, input, residual }, step) => {
    const run = module[kernel];
    if (!run) throw new Error(`there is no kernel ${kernel}`);
    const passed = residual === undefined ? [] : [tensors[residual] as Floats];
    return (picture: Floats) =>
      run(
        input < 0 ? picture : (tensors[input] as Floats),
        ...(weights[step] as Floats[]),
        ...passed,
        tensors[step] as Floats,
      );
  });
  return {
    run: (picture) => {
      for (const call of calls) call(picture);
      return (tensors.at(-1) as Floats).slice();
    },
    memory: { arena: plan.length, apart: lengths.reduce((sum, length) => sum + length, 0) },
  };
}

function layerOf(layers: ReadonlyMap<string, LayerKernel>, kernel: string): LayerKernel["layer"] {
  const entry = layers.get(kernel);
  if (!entry) throw new Error(`the manifest has no kernel ${kernel}`);
  return entry.layer;
}

/** The last step that reads what a step wrote; the logits are read when all is done. */
function lastReader(steps: readonly Step[], step: number): number {
  const last = steps.findLastIndex(({ input, residual }) => input === step || residual === step);
  return last < 0 ? steps.length : last;
}

function weightsOf(
  { weights }: Step,
  shape: readonly (number | string)[] | undefined,
  Plain: Float32ArrayConstructor | Float64ArrayConstructor,
): Floats[] {
  if (weights === undefined) return [];
  const sizes = (shape ?? []).map(Number);
  const { weight, bias } = weights === "classifier" ? makeClassifier(sizes) : makeConvolution(weights, sizes);
  return [weight, bias].map(({ data }) => Plain.from(data as Float64Array));
}

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

const SIZE = 224;
/** What the network sees of the photograph. */
const [TOP, LEFT] = [80, 144];
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** The middle of the photograph, as the network takes it: three planes, each normalised. */
export async function readInput(photograph: URL): Promise<Float64Array> {
  const { channels, width, data } = decode(await readFile(photograph));
  return Float64Array.from({ length: 3 * SIZE * SIZE }, (_, at) => {
    const [c, y, x] = [Math.floor(at / (SIZE * SIZE)), Math.floor(at / SIZE) % SIZE, at % SIZE];
    const level = data[((TOP + y) * width + LEFT + x) * channels + c] ?? 0;
    return (level / 255 - (MEAN[c] as number)) / (DEVIATION[c] as number);
  });
}

/** The greatest difference of two lists of logits, relative to the greatest logit. */
export function relativeError(found: Floats, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, at) => Math.abs((found[at] ?? NaN) - value))) / largest;
}
