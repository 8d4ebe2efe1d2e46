/**
 * How good paths are, and how long they take to find, beside the figures that opt_einsum and cotengra have for the same
 * problems. Costs are logarithms to base 10; flops as opt_einsum counts them, multiplications without the factor of two
 * for steps that reduce. Times of small problems are medians of warm runs, of others those of one run. All times are of
 * the processor, those included that searches are given: a shared machine takes longer for them, and finds the same.
 *
 *     npm run bench:paths                  all of it: some minutes
 *     npm run bench:paths -- small
 *     npm run bench:paths -- sycamore      the instances of that name
 */
import { contractionPath } from "../src/index.ts";
import { walkPath } from "../src/path/cost.ts";
import { bind } from "../src/ir/bind.ts";
import { choosePath, type OptimizerName } from "../src/path/choose.ts";
import type { PathProblem, SearchOptions, SsaPath } from "../src/path/path.ts";
import { createSearch } from "../src/path/search/optimizers.ts";
import { parseSpec } from "../src/spec/parser.ts";
import { pathInstances, type PathInstance } from "../test/path/instances.ts";
import { median, timeOnce } from "./measure.ts";

/** Seconds of one core that large instances may take, and public graphs. */
const LARGE_TIME = 8;
const PUBLIC_TIME = 10;

interface Run {
  readonly flops: number;
  readonly multiplications: number;
  readonly milliseconds: number;
}

const asked = process.argv[2] ?? "";
const instances = pathInstances();
const sections: Readonly<Record<string, () => void>> = {
  small: benchSmall,
  medium: benchMedium,
  large: benchLarge,
  public: benchPublic,
  first: benchFirst,
};
const section = sections[asked];
if (section) section();
else for (const bench of Object.values(sections)) bench();

function benchSmall(): void {
  const rows = chosen(({ problem }) => problem.inputs.length <= 20).map(({ name, problem, figures }) => {
    const found = run(problem, "auto", {}, 15);
    const best = Math.min(...[figures.optimum, figures.dp, figures.best].filter((figure) => figure !== undefined));
    return { name, problem, found, goal: best };
  });
  printRows("auto, up to 20 operands, beside the best of opt_einsum (flops)", rows, ({ flops }) => flops);
  if (rows.length === 0) return;
  const ratios = rows.map(({ found, goal }) => found.flops - goal);
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  console.log(`geometric mean of the ratios: ${(10 ** mean).toFixed(4)}\n`);
}

function benchMedium(): void {
  const rows = chosen(
    ({ problem, figures }) => problem.inputs.length > 20 && problem.inputs.length <= 200 && !figures.multiplications,
  ).map(({ name, problem, figures }) => ({
    name,
    problem,
    found: run(problem, "auto-hq"),
    goal: Math.min(figures.autoHq ?? Infinity, figures.randomGreedy ?? Infinity, figures.dp ?? Infinity),
  }));
  printRows("auto-hq, 21 to 200 operands, beside the best of opt_einsum's auto-hq, random-greedy and dp (flops)", rows);
}

function benchLarge(): void {
  const rows = chosen(({ figures }) => figures.multiplications !== undefined).map(({ name, problem, figures }) => ({
    name,
    problem,
    found: run(problem, "auto-hq", { maxTime: LARGE_TIME }),
    goal: figures.multiplications ?? Infinity,
  }));
  const title = `auto-hq, ${LARGE_TIME} seconds, beside the best known of such a search (multiplications)`;
  printRows(title, rows, ({ multiplications }) => multiplications);
}

/** The goal is half the way, in the logarithm, from opt_einsum's best to the best published; else opt_einsum's best. */
function benchPublic(): void {
  const rows = chosen(({ problem, figures }) => problem.inputs.length > 200 && !figures.multiplications).map(
    ({ name, problem, figures }) => {
      const best = figures.best ?? figures.greedy;
      return {
        name,
        problem,
        found: run(problem, "auto-hq", { maxTime: PUBLIC_TIME }),
        goal: figures.published === undefined ? best : (best + figures.published) / 2,
        note: figures.published === undefined ? "" : `published ${figures.published.toFixed(3)}`,
      };
    },
  );
  const title = `auto-hq, ${PUBLIC_TIME} seconds, public graphs, beside half the way to the best published`;
  printRows(title, rows, ({ multiplications }) => multiplications);
}

/** What the smallest contraction costs: finding its path alone, and with parsing, binding and the report. */
function benchFirst(): void {
  if (asked !== "" && asked !== "first") return;
  const shapes = [
    [20, 30],
    [30, 40],
  ];
  const contraction = bind(parseSpec("ij,jk->ik"), { shapes });
  const find = createSearch({});
  const batch = 100;
  const microseconds = (once: () => unknown): string => {
    const run = (): void => {
      for (let time = 0; time < batch; time++) once();
    };
    const times = Array.from({ length: 200 }, () => timeOnce(run));
    return ((median(times.slice(100)) / batch) * 1000).toFixed(1);
  };
  console.log("ij,jk->ik, warm, in microseconds");
  console.log(`  finding the path  ${microseconds(() => choosePath(contraction, "auto", find))}`);
  console.log(`  contractionPath   ${microseconds(() => contractionPath("ij,jk->ik", shapes))}`);
}

function chosen(isMeant: (instance: PathInstance) => boolean): PathInstance[] {
  const isNamed = asked !== "" && !sections[asked];
  return instances.filter((instance) => isMeant(instance) && (!isNamed || instance.name.includes(asked)));
}

function run(problem: PathProblem, name: OptimizerName, options: SearchOptions = {}, repeats = 1): Run {
  const find = createSearch(options);
  let path: SsaPath = [];
  const search = (): void => void (path = find(problem, name).path);
  const times = Array.from({ length: repeats }, () => timeOnce(options.maxTime === undefined ? search : timed(search)));
  let [flops, multiplications] = [0, 0];
  for (const step of walkPath(problem, path)) {
    flops += step.flops;
    multiplications += step.reduced.size > 0 ? step.flops / 2 : step.flops;
  }
  return { flops: Math.log10(flops), multiplications: Math.log10(multiplications), milliseconds: median(times) };
}

/** Runs a search whose clock is the processor's. */
function timed(search: () => void): () => void {
  return () => {
    const now = performance.now;
    const usedMilliseconds = (): number => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
    performance.now = usedMilliseconds;
    try {
      search();
    } finally {
      performance.now = now;
    }
  };
}

interface Row {
  readonly name: string;
  readonly problem: PathProblem;
  readonly found: Run;
  readonly goal: number;
  readonly note?: string;
}

function printRows(title: string, rows: readonly Row[], costOf: (run: Run) => number = ({ flops }) => flops): void {
  if (rows.length === 0) return;
  const printed = rows.map(({ name, problem, found, goal, note = "" }) => [
    name,
    String(problem.inputs.length),
    costOf(found).toFixed(3),
    goal.toFixed(3),
    // Figures of others have three or four digits.
    costOf(found) <= goal + 6e-4 ? "reached" : "MISSED",
    found.milliseconds.toFixed(found.milliseconds < 10 ? 2 : 0),
    note,
  ]);
  const table = [["instance", "operands", "found", "goal", "", "ms", ""], ...printed];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log(title);
  for (const row of table) console.log(`  ${row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ")}`.trimEnd());
  console.log();
}
