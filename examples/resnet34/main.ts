/**
 * Generates the kernels of a ResNet-34, runs the photograph through them, and compares the logits with PyTorch's:
 *
 *     npx tsx examples/resnet34/main.ts [float64]
 */
import { fileURLToPath } from "node:url";
import expected from "./logits.json" with { type: "json" };
import { openNetwork, readInput, relativeError } from "./run.ts";

const dtype = process.argv[2] === "float64" ? "float64" : "float32";
const folder = fileURLToPath(new URL(`../../output/resnet34-${dtype}/`, import.meta.url));
const input = await readInput(new URL("../photograph/raccoon.png", import.meta.url));
const picture = dtype === "float32" ? Float32Array.from(input) : input;

const begun = performance.now();
const network = await openNetwork(folder, dtype);
const opened = performance.now();
const logits = network.run(picture);
const first = performance.now();
const times = Array.from({ length: 7 }, () => {
  const start = performance.now();
  network.run(picture);
  return performance.now() - start;
}).sort((one, other) => one - other);

const { arena, apart } = network.memory;
const bytes = dtype === "float32" ? 4 : 8;
const megabytes = (elements: number): string => ((elements * bytes) / 1e6).toFixed(2);
console.log(`${dtype}: generated and connected in ${((opened - begun) / 1000).toFixed(1)} s
first run ${(first - opened).toFixed(0)} ms, median of 7 more ${(times[3] ?? NaN).toFixed(0)} ms
relative error of the logits ${relativeError(logits, expected.logits).toExponential(1)}
memory between the layers ${megabytes(arena)} MB at its peak, ${megabytes(apart)} MB if each tensor had its own`);
