/**
 * ResNet-34 on the photograph: the generated kernels of `examples/resnet34` beside plain loops and other libraries.
 *
 *     npm run bench:resnet                  after `cd bench && npm ci`; what is not installed is said
 *     npm run bench:resnet -- NAME          one contestant alone, in this process
 *
 * Each contestant runs in a process of its own. Its logits are compared with PyTorch's before it is timed; a figure is the
 * median of the processor time of its runs.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import expected from "../../examples/resnet34/logits.json" with { type: "json" };
import { openNaiveNetwork, openNetwork, readInput, relativeError } from "../../examples/resnet34/run.ts";
import type { Contestant } from "./contestant.ts";
import { layersOfNetwork } from "./layers.ts";
import { onnxruntimeNetwork } from "./onnxruntime.ts";
import { tfjsNetwork } from "./tfjs.ts";

const MOST_ERROR = 1e-3;
/** Milliseconds after which a contestant is not run again, and the most runs. */
const [BUDGET, RUNS] = [10_000, 9];

const einsmith: Contestant = {
  name: "einsmith",
  open: async (_, picture) => {
    const { run } = await openNetwork(fileURLToPath(new URL("../../output/resnet34-float32/", import.meta.url)));
    return async () => run(picture);
  },
};

const plainLoops: Contestant = {
  name: "plain loops",
  open: async (_, picture) => {
    const { run } = await openNaiveNetwork();
    return async () => run(picture);
  },
};

const CONTESTANTS = [einsmith, plainLoops, tfjsNetwork("cpu"), tfjsNetwork("wasm"), onnxruntimeNetwork];

const [wanted] = process.argv.slice(2);
if (wanted === undefined) runAll();
else await runOne(wanted);

function runAll(): void {
  console.log("| ResNet-34, float32 | first run, ms | later runs, ms | relative error |\n| --- | ---: | ---: | ---: |");
  for (const { name } of CONTESTANTS) {
    const script = fileURLToPath(import.meta.url);
    const { stdout, stderr, status } = spawnSync(process.execPath, [...process.execArgv, script, name], {
      encoding: "utf8",
    });
    const reason = stderr.split("\n").find((line) => line.includes("Error"));
    console.log(status === 0 ? stdout.trimEnd() : `| ${name} | | | ${reason ?? "failed"} |`);
  }
}

async function runOne(name: string): Promise<void> {
  const contestant = CONTESTANTS.find((one) => one.name === name);
  if (!contestant) throw new Error(`there is no contestant ${name}`);
  const photograph = new URL("../../examples/photograph/raccoon.png", import.meta.url);
  const run = await contestant.open(layersOfNetwork(), Float32Array.from(await readInput(photograph)));
  const begun = now();
  const error = relativeError(Float32Array.from(await run()), expected.logits);
  const first = now() - begun;
  if (!(error <= MOST_ERROR)) throw new Error(`the logits of ${name} are off by ${error}`);
  const times: number[] = [];
  while (times.length < RUNS && (times.length === 0 || now() - begun < BUDGET)) {
    const start = now();
    await run();
    times.push(now() - start);
  }
  times.sort((one, other) => one - other);
  const median = times[Math.floor(times.length / 2)] ?? NaN;
  console.log(`| ${name} | ${first.toFixed(0)} | ${median.toFixed(0)} | ${error.toExponential(1)} |`);
}

/** Milliseconds of this process alone, whatever else the machine does. */
function now(): number {
  return process.cpuUsage().user / 1000;
}
