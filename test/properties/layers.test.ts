/**
 * Random layers against naive loops. Values are small integers, so that both agree bit for bit, but for the quotients of
 * a mean.
 *
 * A failure prints the seed of each layer: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run.
 */
import { describe, expect, it } from "vitest";
import { randomLayer, type RandomLayer } from "../support/random-layers.ts";
import { caseCountFromEnvironment, seedFromEnvironment } from "../support/random.ts";

const FIRST_SEED = seedFromEnvironment(70_000);
const COUNT = caseCountFromEnvironment(1_000);
const TIMEOUT = 120_000;

/** Says how the layer differs from the naive one; null where it does not. */
function differenceOf({ expected, found }: RandomLayer): string | null {
  const [wanted, got] = [expected(), found()];
  if (got.shape.join() !== wanted.shape.join()) return `shape ${got.shape.join()}, expected ${wanted.shape.join()}`;
  const at = wanted.data.findIndex((value, element) => !isSame(value, Number(got.data[element])));
  return at < 0 ? null : `element ${at} is ${got.data[at]}, expected ${wanted.data[at]}`;
}

/** Zeros of both signs are one: a sum that begins with 0 has another sign than one that begins with its first value. */
function isSame(left: number, right: number): boolean {
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}

describe("random layers", () => {
  it(
    `compute what naive loops do, ${COUNT} of them from seed ${FIRST_SEED}`,
    () => {
      const failures = Array.from({ length: COUNT }, (_, at) => randomLayer(FIRST_SEED + at)).flatMap((layer) => {
        const what = attempt(layer);
        return what === null ? [] : [`EINSMITH_SEED=${layer.seed} ${layer.title}: ${what}`];
      });
      expect(failures.slice(0, 3).join("\n")).toBe("");
      expect(failures.length).toBe(0);
    },
    TIMEOUT,
  );
});

function attempt(layer: RandomLayer): string | null {
  try {
    return differenceOf(layer);
  } catch (error) {
    return String(error);
  }
}
