/**
 * The process of one contender: meets shapes to warm up, then those that are measured, and prints its medians as JSON.
 * Every measured result is checked against plain loops. The arrays are at hand, in whatever form the library keeps them;
 * what is timed goes from the first call to its result, compiling included.
 */
import { requireClose } from "./check.ts";
import { computeNaively } from "./contenders/naive.ts";
import { contenderNamed } from "./contenders/list.ts";
import type { Variant } from "./contenders/contender.ts";
import { describeFailure } from "./failure.ts";
import { listFirstUses, type FirstUse } from "./first-use-workloads.ts";
import { median, timeAwaited } from "./measure.ts";
import { NO_WAY, type FirstUseResult } from "./results.ts";
import { allocate, countOf, operandsOf, type Floats, type Workload } from "./workload.ts";

const [name = "", size] = process.argv.slice(2);
const contender = contenderNamed(name);
const results: FirstUseResult[] = [];
// einsmith is warm after half of the shapes that others need, and compiles each of them.
const rounds = contender.kind === "einsmith" ? 20 : undefined;
for (const workload of listFirstUses(size === "tiny", rounds)) results.push(await measureFirstUse(workload));
console.log(JSON.stringify(results));
process.exit();

async function measureFirstUse({ name, warm, measured }: FirstUse): Promise<FirstUseResult> {
  const times = { first: [] as number[], second: [] as number[], hundredth: [] as number[] };
  try {
    for (const workload of warm) {
      const variant = await firstVariant(workload);
      if (!variant) return { name, failure: NO_WAY };
      await use(variant);
    }
    for (const workload of measured) {
      const variant = await firstVariant(workload);
      if (!variant) continue;
      times.first.push(await timeAwaited(() => use(variant)));
      times.second.push(await timeAwaited(() => variant.run()));
      for (let call = 3; call < 100; call++) await variant.run();
      times.hundredth.push(await timeAwaited(() => variant.run()));
      requireClose(await variant.result(), expectedOf(workload), workload.dtype);
    }
  } catch (error) {
    return { name, failure: describeFailure(error) };
  }
  return { name, first: median(times.first), second: median(times.second), hundredth: median(times.hundredth) };
}

/** What the library does with the computation as it is given, or else as it is rewritten. */
async function firstVariant(workload: Workload): Promise<Variant | undefined> {
  return (await contender.prepare(workload, { module: "" }))[0];
}

function use(variant: Variant): unknown {
  return variant.firstUse ? variant.firstUse() : variant.run();
}

function expectedOf(workload: Workload): Floats {
  const expected = allocate(workload.dtype, countOf(workload.outputShape));
  computeNaively(workload, operandsOf(workload), expected);
  return expected;
}
