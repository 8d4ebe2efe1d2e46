/**
 * Measures the constants of the cost model: runs many schedules of contractions of all kinds, counts what each does, and
 * finds the weights that foretell their times best. Prints the constants, to be put into `src/loops/schedule/cost.ts`,
 * and how good the choices are that the model makes by them.
 *
 *     npm run bench:costs                some four minutes
 *     npm run bench:costs -- 12          at most so many schedules of each contraction; 24 by default
 */
import { compile, inferSizes, type CompileOptions, type LoopNest } from "../src/index.ts";
import { scriptOf } from "../src/emit/kernel.ts";
import { evaluateKernel } from "../src/jit/evaluate.ts";
import { countWork, type Work } from "../src/loops/schedule/cost.ts";
import { proposeLoops } from "../src/loops/schedule/choose-schedule.ts";
import type { Loop } from "../src/loops/nest.ts";
import { median, quantile, timeOnce } from "./measure.ts";
import { multiplyAdd, PEAK_FLOPS } from "./peak.ts";

const SPECS: readonly (readonly [spec: string, ...sizes: Readonly<Record<string, number>>[]])[] = [
  ["ij,jk->ik", ...[8, 10, 16, 24, 37, 64, 128].map((n) => ({ i: n, j: n, k: n })), { i: 13, j: 17, k: 11 }],
  ["ij,jk->ik", { i: 100, j: 3, k: 100 }, { i: 16, j: 200, k: 16 }, { i: 8, j: 512, k: 8 }, { i: 64, j: 64, k: 1024 }],
  [
    "ij,kj->ik",
    { i: 24, j: 24, k: 24 },
    { i: 64, j: 64, k: 64 },
    { i: 160, j: 160, k: 160 },
    { i: 32, j: 512, k: 512 },
  ],
  ["ji,jk->ik", { i: 64, j: 64, k: 64 }],
  ["ji,kj->ik", { i: 64, j: 64, k: 64 }],
  ["bij,bjk->bik", { b: 8, i: 32, j: 32, k: 32 }],
  ["hqd,hkd->hqk", { h: 4, q: 64, k: 64, d: 64 }],
  ["ijk,jl->ikl", { i: 16, j: 32, k: 16, l: 32 }],
  ["ijk,kl->ijl", { i: 16, j: 16, k: 32, l: 10 }],
  ["ij,j->i", { i: 200, j: 200 }, { i: 1000, j: 1000 }, { i: 1024, j: 1024 }, { i: 2048, j: 512 }, { i: 512, j: 2048 }],
  ["ij,i->j", { i: 200, j: 200 }],
  ["ij,ij->i", { i: 100, j: 100 }],
  ["ij->i", { i: 200, j: 200 }, { i: 1024, j: 1024 }],
  ["ij->j", { i: 200, j: 200 }],
  ["ij,ij->", { i: 100, j: 100 }],
  ["c(y+u)(x+v),cyx->cuv", { c: 8, u: 3, v: 3, y: 28, x: 28 }],
  ["boy,by->o", { b: 4, o: 16, y: 100 }],
  ["iyx,oi->oyx", { i: 32, o: 32, y: 14, x: 14 }],
  ["i(x+k),oik->ox", { i: 8, k: 9, o: 16, x: 300 }, { i: 16, k: 5, o: 16, x: 100 }],
  ["i(y+u)(x+v),oiuv->oyx", { i: 16, u: 3, v: 3, o: 16, y: 14, x: 14 }, { i: 8, u: 3, v: 3, o: 8, y: 40, x: 40 }],
  ["i(2*y+u)(2*x+v),oiuv->oyx", { i: 8, u: 3, v: 3, o: 8, y: 28, x: 28 }, { i: 3, u: 7, v: 7, o: 16, y: 28, x: 28 }],
  ["i(y+2*u)(x+2*v),oiuv->oyx", { i: 8, u: 3, v: 3, o: 8, y: 28, x: 28 }],
  ["c(y+u)(x+v),cuv->cyx", { c: 16, u: 3, v: 3, y: 40, x: 40 }],
  ["c(2*y+u)(2*x+v),cuv->cyx", { c: 16, u: 3, v: 3, y: 28, x: 28 }],
  ["c(2*y+u)(2*x+v)->cyx", { c: 16, u: 2, v: 2, y: 28, x: 28 }],
];

/** A schedule that was run: what it does, how long it took in multiply-adds at the peak, and how it was named. */
interface Sample {
  readonly contraction: string;
  readonly work: Work;
  readonly time: number;
  readonly isRule: boolean;
}

const most = Number(process.argv[2] ?? 24);
const samples: Sample[] = [];
for (const [spec, ...choices] of SPECS) {
  for (const sizes of choices) for (const dtype of ["float64", "float32"] as const) runAll(spec, sizes, dtype);
}
const costs = fit(samples);
console.log("\nconst COSTS: Work = {");
for (const [kind, cost] of Object.entries(costs)) console.log(`  ${kind}: ${Number(cost.toPrecision(2))},`);
console.log("};");
tellRegret();

/** Runs the schedules that are proposed for a contraction, in float32 with its operands as they are and in doubles. */
function runAll(spec: string, sizes: Readonly<Record<string, number>>, dtype: "float64" | "float32"): void {
  const [inputs = ""] = spec.split("->");
  const ranks = inputs.split(",").map((term) => term.replace(/\([^)]*\)/g, "x").length);
  const { shapes } = inferSizes(
    spec,
    ranks.map((rank) => Array<null>(rank).fill(null)),
    { sizes },
  );
  const options: CompileOptions = { shapes, sizes, dtype };
  const contraction = `${spec} ${JSON.stringify(sizes)} ${dtype}`;
  const plain = mainNest(compile(spec, { ...options, stage: [] }).nests);
  const peak = PEAK_FLOPS / Math.min(...Array.from({ length: 40 }, () => timeOnce(multiplyAdd)));
  const proposals = sample(proposeLoops(plain), most);
  const names = plain.operands.map(({ buffer }) => buffer.name);
  const stagings = dtype === "float64" ? [[]] : [["out"], ["out", ...names]];
  for (const loops of proposals) {
    for (const stage of stagings) {
      const compiled = compile(spec, { ...options, ...overridesOf(loops), stage });
      const time = (timeKernel(compiled) * peak) / 2;
      const work = compiled.nests.map(countWork).reduce(addWork);
      samples.push({ contraction, work, time, isRule: loops === proposals[0] });
    }
  }
  const own = samples.filter((one) => one.contraction === contraction);
  const least = Math.min(...own.map(({ time }) => time));
  const operations = plain.indices.reduce((count, { size }) => count * size, 1);
  console.log(`${contraction}: ${own.length} schedules, the best at ${(operations / least).toFixed(2)} of the peak`);
}

function mainNest(nests: readonly LoopNest[]): LoopNest {
  const nest = nests.at(-1);
  if (!nest) throw new Error("there is no nest");
  return nest;
}

/** The first, and others spread evenly over the rest. */
function sample<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, at) => items[Math.floor(at * step)] as T);
}

function overridesOf(loops: readonly Loop[]): Pick<CompileOptions, "order" | "unroll"> {
  return {
    order: loops.map(({ index }) => index),
    unroll: Object.fromEntries(loops.map(({ index, step }) => [index, step])),
  };
}

function addWork(one: Work, other: Work): Work {
  const entries = Object.entries(one) as [keyof Work, number][];
  return Object.fromEntries(entries.map(([kind, count]) => [kind, count + other[kind]])) as unknown as Work;
}

/** Milliseconds of a call once the engine has optimised it, which takes it a while where other programs keep it busy. */
function timeKernel({ kernel, source, contraction }: ReturnType<typeof compile>): number {
  const { run } = evaluateKernel(kernel, scriptOf(source));
  const arrayOf = (length: number): Float32Array | Float64Array =>
    contraction.dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
  const inputs = kernel.operands.map(({ length }) => arrayOf(Number(length)).fill(0.5));
  const out = arrayOf(Number(kernel.output.length));
  const calls = (count: number) => () => {
    for (let call = 0; call < count; call++) run(inputs, out);
  };
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    for (let count = 1; performance.now() - start < 40; count = Math.min(2 * count, 64)) calls(count)();
    const count = Math.ceil(1 / Math.max(1e-4, timeOnce(calls(1))));
    const times = Array.from({ length: 5 }, () => timeOnce(calls(count)) / count);
    const time = median(times);
    if (time > 0.9 * best) return Math.min(time, best);
    best = time;
  }
  return best;
}

/** Weights, none of them negative, by which the predicted times are in the mean as near as can be to those measured. */
function fit(all: readonly Sample[]): Work {
  const leastTimes = new Map<string, number>();
  for (const { contraction, time } of all)
    leastTimes.set(contraction, Math.min(time, leastTimes.get(contraction) ?? time));
  const kinds = Object.keys((all[0] as Sample).work) as (keyof Work)[];
  const rows = all.map(({ work, time }) => kinds.map((kind) => work[kind] / time));
  const weights = kinds.map(() => 0.1);
  const predict = (row: readonly number[]): number =>
    row.reduce((sum, count, at) => sum + count * (weights[at] ?? 0), 0);
  // Only good schedules need be told from each other: the slower one is, the less its time counts.
  const worth = all.map(({ contraction, time }) => (leastTimes.get(contraction) ?? time) / time);
  let trust = worth;
  for (let round = 0; round < 3000; round++) {
    kinds.forEach((_, at) => {
      let [gradient, curvature] = [0, 0];
      rows.forEach((row, number) => {
        const count = row[at] ?? 0;
        gradient += (trust[number] ?? 0) * count * (1 - predict(row));
        curvature += (trust[number] ?? 0) * count * count;
      });
      if (curvature > 0) weights[at] = Math.max(0, (weights[at] ?? 0) + gradient / curvature);
    });
    // What is far off was disturbed, or is of a kind that the model does not know.
    if (round % 100 === 99)
      trust = rows.map((row, at) => (worth[at] ?? 0) ** 2 / Math.max(0.2, Math.abs(Math.log(predict(row)))) ** 2);
  }
  return Object.fromEntries(kinds.map((kind, at) => [kind, weights[at]])) as unknown as Work;
}

function tellRegret(): void {
  const costOf = ({ work }: Sample): number =>
    (Object.entries(work) as [keyof Work, number][]).reduce((sum, [kind, count]) => sum + count * costs[kind], 0);
  const cheapest = (some: readonly Sample[]): Sample =>
    some.reduce((best, one) => (costOf(one) < costOf(best) ? one : best));
  const groups = [...new Set(samples.map(({ contraction }) => contraction))].map((contraction) =>
    samples.filter((one) => one.contraction === contraction),
  );
  const regret = (choose: (some: readonly Sample[]) => Sample): number[] =>
    groups.map((group) => choose(group).time / Math.min(...group.map(({ time }) => time)));
  const tell = (who: string, ratios: readonly number[]): void => {
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    const [typical, worst] = [median(ratios), quantile(ratios, 0.95)].map((ratio) => ratio.toFixed(2));
    console.log(
      `${who}: ${mean.toFixed(3)} times the best of each in the mean, median ${typical}, one in twenty over ${worst}`,
    );
  };
  tell("chosen by cost", regret(cheapest));
  tell(
    "by the rule of thumb",
    regret((group) => cheapest(group.filter(({ isRule }) => isRule))),
  );
}
