/**
 * Random contractions with random prologues and epilogues: the reference, the interpreter before and after every pass,
 * and the emitted code agree bit for bit. EINSMITH_SEED replays one, EINSMITH_CASES sets how many are run.
 */
import { expect, it } from "vitest";
import { compileContraction } from "../../src/compile.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { printFormula } from "../../src/ir/print.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { randomContraction } from "../support/random-contractions.ts";
import { withElementwise } from "../support/random-elementwise.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(50_000);
const COUNT = caseCountFromEnvironment(1_000);
const TIMEOUT = 180_000;

it(
  `${COUNT} contractions with prologues and epilogues from seed ${FIRST_SEED} are what the reference says`,
  () => {
    const counts = { staged: 0, further: 0, apart: 0, defined: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const made = randomContraction(seed);
      const random = seededRandom(seed);
      const { contraction, arrays: further } = withElementwise(made.contraction, random);
      const arrays = [...made.operands.map(({ data }) => data), ...further];
      const expected = texts(reference(contraction, arrays));
      const shown = (stage: string): string =>
        `EINSMITH_SEED=${seed} ${made.spec} ${stage}\n${printFormula(contraction)}`;
      const compilation = compileContraction(contraction, {
        optimize: random.pick(["auto", "left-to-right"]),
        onPass: (name, kernel) => expect(texts(interpret(kernel, arrays)), shown(name)).toEqual(expected),
      });
      const emitted = evaluateSource(compilation.source);
      expect(texts(emitted(...arrays)), `${shown("emitted")}\n${compilation.source.text}`).toEqual(expected);
      counts.further += Number(further.length > 0);
      counts.staged += Number(compilation.kernel.scratch.some(({ name }) => name.endsWith("Padded")));
      counts.apart += Number(compilation.source.text.includes("Applies the epilogue"));
      counts.defined += Number(compilation.kernel.definitions !== undefined);
    }
    const rare = Object.entries(counts).filter(([, count]) => count < COUNT / 100);
    expect(COUNT < 500 ? [] : rare).toEqual([]);
  },
  TIMEOUT,
);

/** Elements as texts: zeros are one zero, and NaN is NaN. */
function texts(array: TypedArray): string[] {
  return Array.from(array as ArrayLike<number | bigint>, (value) => String(value));
}
