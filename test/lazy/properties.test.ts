/**
 * Random graphs: what is computed is what each node means on its own, bit for bit. EINSMITH_SEED replays one,
 * EINSMITH_CASES sets how many are run.
 */
import { expect, it } from "vitest";
import { concatenate, symbol, tensor, type LazySymbol, type LazyTensor } from "../../src/lazy/index.ts";
import { inputsOf } from "../../src/lazy/compile-graph.ts";
import { arrayOf, isBig, type Dtype, type TypedArray } from "../../src/ir/dtype.ts";
import { isPlainProduct } from "../../src/ir/product.ts";
import { solveGraph } from "../../src/lazy/sizes.ts";
import { evaluateGraph } from "../support/lazy-evaluator.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment, type Random } from "../support/random.ts";

const FIRST_SEED = seedFromEnvironment(70_000);
const COUNT = caseCountFromEnvironment(1_000);

it(`${COUNT} random graphs from seed ${FIRST_SEED} compute what they mean`, () => {
  const seen = { several: 0, one: 0, paths: 0, padded: 0, inTerm: 0, inFinish: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
    const random = seededRandom(seed);
    const { root, steps } = randomGraph(random);
    const inputs = inputsOf(root.node);
    const sizes = solveGraph(root.node);
    const sizeOf = (of: LazySymbol): number => sizes.get(of) ?? NaN;
    const numbers = inputs.map(({ axes }) => {
      const length = axes.reduce((product, axis) => product * sizeOf(axis), 1);
      return Array.from({ length }, () => random.integer(-2, 2));
    });
    const arrays = inputs.map(({ dtype }, at) => arrayOfNumbers(dtype, numbers[at] ?? []));
    const byInput = new Map(inputs.map((input, at) => [input, numbers[at] ?? []]));
    const expected = evaluateGraph(root.node, byInput, sizeOf);
    const { kernel, contractions, paths } = root.kernel;
    const shown = `EINSMITH_SEED=${seed}\n${steps.join("\n")}\n\n${root.loopTree}`;
    const found = Array.from(root.compute(arrays).data as ArrayLike<number | bigint>, Number);
    // Beyond, integers wrap, and sums of singles are rounded.
    if (expected.some((value) => Number.isFinite(value) && Math.abs(value) > 2 ** 24)) continue;
    expect(
      found.map((value) => value + 0),
      shown,
    ).toEqual(expected.map((value) => value + 0));
    seen.several += Number(contractions.length > 1);
    seen.one += Number(contractions.length === 1);
    seen.paths += Number(paths.some(({ path }) => path.length > 1));
    seen.padded += Number(kernel.scratch.some(({ name }) => name.includes("Padded")));
    seen.inTerm += Number(contractions.some(({ term }) => !isPlainProduct(term)));
    seen.inFinish += Number(contractions.some(({ finish }) => finish.kind !== "value"));
  }
  const rare = Object.entries(seen).filter(([, count]) => count < COUNT / 100);
  expect(COUNT < 500 ? [] : rare).toEqual([]);
}, 120_000);

function arrayOfNumbers(dtype: Dtype, numbers: readonly number[]): TypedArray {
  const array = new (arrayOf(dtype))(numbers.length);
  numbers.forEach((value, at) => (array[at] = (isBig(dtype) ? BigInt(value) : value) as never));
  return array;
}

/** Builds a graph of some steps; each is one of the operations on tensors that there are by then. */
function randomGraph(random: Random): { readonly root: LazyTensor; readonly steps: readonly string[] } {
  const names = [..."ijkl"].map(symbol);
  const sizes = names.map(() => random.integer(1, 4));
  const sizeOf = new Map(names.map((name, at) => [name, sizes[at] as number]));
  const steps: string[] = [];
  const dtype = random.pick(["float64", "float64", "float32", "int32", "int64"] as const);
  const inputs = Array.from({ length: random.integer(1, 4) }, (_, at) => {
    const axes = random.shuffle(names).slice(0, random.integer(0, 3));
    steps.push(`in${at}: ${dtype} ${axes.join(" ")}`);
    return tensor(...axes, { name: `in${at}`, dtype }).setSize(...axes.map((axis) => sizeOf.get(axis) ?? 1));
  });
  const made: LazyTensor[] = [...inputs];
  const count = random.integer(1, 6);
  for (let step = 0; step < count; step++) {
    const [what, next] = randomStep(random, made, names);
    if (next.axes.length > 4) continue;
    steps.push(`${made.length}: ${what} -> ${next.axes.join(" ")}`);
    made.push(next);
  }
  return { root: made.at(-1) as LazyTensor, steps };
}

function randomStep(random: Random, made: readonly LazyTensor[], names: readonly LazySymbol[]): [string, LazyTensor] {
  // Recent ones more often, so that graphs are deep.
  const pick = (): number => (random.chance(0.6) ? made.length - 1 : random.integer(0, made.length - 1));
  const at = pick();
  const x = made[at] as LazyTensor;
  const axis = x.axes.length > 0 ? random.pick(x.axes) : undefined;
  const kind = random.integer(0, 12);
  if (kind <= 2) {
    const other = pick();
    const operator = random.pick(["add", "sub", "mul", "max", "min"] as const);
    return [`${operator} ${at} ${other}`, x[operator](made[other] as LazyTensor)];
  }
  if (kind === 3) {
    const operator = random.pick(["add", "mul", "max", "min"] as const);
    return [`${operator} ${at} 2`, x[operator](random.integer(-1, 2))];
  }
  if (kind === 4) {
    const name = random.pick(["neg", "abs", "relu"] as const);
    return [`${name} ${at}`, x[name]()];
  }
  if (kind <= 7) {
    const over = random.shuffle(x.axes).slice(0, random.integer(1, 2));
    const reduce = random.pick(["sum", "sum", "sum", "max", "min"] as const);
    if (over.length === 0) return [`relu ${at}`, x.relu()];
    return [`${reduce} ${at} over ${over.join(" ")}`, reduce === "sum" ? x.sum(over) : x[reduce](over)];
  }
  if (kind === 12) {
    const product = x.mul(made[0] as LazyTensor).mul(made[pick()] as LazyTensor);
    const over = random.shuffle(product.axes).slice(0, random.integer(1, 2));
    return [`product of ${at} and two more, summed`, over.length > 0 ? product.sum(over) : product];
  }
  if (!axis) return [`neg ${at}`, x.neg()];
  if (kind === 8) return randomWindow(random, x, axis, at);
  if (kind === 9) {
    const pairs = x.axes.map((own) =>
      own === axis ? ([random.integer(0, 2), random.integer(0, 2)] as const) : ([0, 0] as const),
    );
    const value = random.pick([0, 0, 1, 7, -3, -Infinity, Infinity]);
    return Number.isFinite(value)
      ? [`pad ${at} by ${pairs.join(" ")} with ${value}`, x.pad(pairs, value)]
      : [`permute ${at}`, x.to(random.shuffle(x.axes))];
  }
  if (kind === 10) return [`concatenate ${at} ${at} along ${axis}`, concatenate([x, x.neg()], axis)];
  const free = names.filter((name) => !x.axes.includes(name));
  if (free.length === 0) return [`permute ${at}`, x.to(random.shuffle(x.axes))];
  const renamed = x.axes.map((own) => (own === axis ? symbol(`${own.name}r`) : own));
  return [`rename ${axis} of ${at}`, x.to(renamed)];
}

/** A window over an axis, padded or not. */
function randomWindow(random: Random, x: LazyTensor, axis: LazySymbol, at: number): [string, LazyTensor] {
  const [y, k] = [symbol("y"), symbol("w")];
  const padding = random.integer(0, 1);
  const stride = random.integer(1, 2);
  const targets = x.axes.flatMap((own) => (own === axis ? [y, k] : [own]));
  const outside = padding === 0 ? 0 : random.pick([0, 0, 1, 5, -4]);
  const view = x.to(targets, { where: [[axis, y.times(stride).plus(k).minus(padding)]], outside });
  view.setSize(...targets.map((target) => (target === k ? 1 + padding : null)));
  return [`window ${axis} of ${at} = ${stride}*y + w - ${padding}, outside ${outside}`, view];
}
