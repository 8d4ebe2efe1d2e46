/**
 * The first cases of the fuzz. EINSMITH_SEED runs those of another seed, EINSMITH_CASES sets how many; `npm run fuzz` runs
 * any number, and any one of them again.
 */
import { afterAll, describe, expect, it } from "vitest";
import { caseCountFromEnvironment, seedFromEnvironment } from "../support/random.ts";
import { describeFailed, KINDS, printTally, runCases, type Tally } from "./run.ts";

const SEED = seedFromEnvironment(1);
const COUNT = caseCountFromEnvironment(5_000);
const PARTS = 10;

const tallies: Tally[] = [];

describe(`${COUNT} random cases from seed ${SEED}`, () => {
  const size = Math.ceil(COUNT / PARTS);
  for (let from = 0; from < COUNT; from += size) {
    const to = Math.min(from + size, COUNT);
    it(`agree with plain loops: ${from} to ${to - 1}`, async () => {
      const tally = await runCases({ seed: SEED, from, to });
      tallies.push(tally);
      expect(tally.failures.map(describeFailed).slice(0, 3).join("\n\n")).toBe("");
    }, 120_000);
  }

  afterAll(() => {
    if (COUNT < 1_000) return;
    const rows = tallies.flatMap((tally) => [...tally.rows]);
    // Every kind, and each way of contractions, has come, and compared something.
    for (const { name } of KINDS) {
      const compared = rows
        .filter(([row]) => row.startsWith(`${name}: `))
        .reduce((sum, [, row]) => sum + row.compared, 0);
      expect(compared, tallies.map(printTally).join("\n")).toBeGreaterThan(0);
    }
  });
});
