import { describe, expect, it } from "vitest";
import { compileContraction } from "../../src/compile.ts";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { arrayOf, type TypedArray } from "../../src/ir/dtype.ts";
import { writeScript } from "../../src/emit/script.ts";
import { evaluateKernel } from "../../src/jit/evaluate.ts";
import type { Expression, Kernel, Statement } from "../../src/loops/kernel.ts";
import { allocatedScratch } from "../../src/loops/lengths.ts";
import { expressionOf, visitExpression } from "../../src/loops/rewrite.ts";
import { layOutResults, peakOf, type SizedStep } from "../../src/path/memory.ts";
import { type SsaPath, ssaToLinear } from "../../src/path/path.ts";
import { describePath } from "../../src/path/report.ts";
import { splitSteps } from "../../src/path/steps.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { lowerPlainly } from "../support/plain-kernel.ts";
import { randomWindows } from "../support/random-windows.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment } from "../support/random.ts";
import { reference } from "../support/reference.ts";

const FIRST_SEED = seedFromEnvironment(1);
const COUNT = caseCountFromEnvironment(500);

/** How many operations a kernel runs: combinations, reductions and updates, loop by loop. */
function countOperations({ routines }: Kernel): number {
  const count = (statements: readonly Statement[]): number =>
    statements.reduce((total, statement) => total + countIn(statement), 0);
  const countIn = (statement: Statement): number => {
    if (statement.kind === "loop")
      return ((Number(statement.to) - Number(statement.from)) / statement.step) * count(statement.body);
    if (statement.kind === "block") return count(statement.body);
    const reduces = statement.kind === "accumulate" || statement.kind === "update" ? 1 : 0;
    const expression: Expression | undefined = expressionOf(statement);
    let combines = 0;
    if (expression) visitExpression(expression, ({ kind }) => void (combines += kind === "binary" ? 1 : 0));
    return reduces + combines;
  };
  return routines.reduce((total, { body }) => total + count(body), 0);
}

/** A network of 200 matrices and vectors around a ring, with chords: what no single nest could contract. */
function ringOf(count: number): Contraction {
  const random = seededRandom(7);
  const terms = Array.from({ length: count }, (_, at) => [`i${at}`, `i${(at + 1) % count}`]);
  for (let chord = 0; chord < count / 5; chord++) {
    const at = random.integer(0, count - 1);
    const other = (at + random.integer(2, 5)) % count;
    for (const end of [at, other]) terms[end]?.push(`c${chord}`);
  }
  const spec = `${terms.map((names) => names.join(" ")).join(", ")} -> i0`;
  return bind(parseSpec(spec, {}), { shapes: terms.map((names) => names.map(() => 2)) });
}

/** Near identities around the ring, so that sums of products of hundreds stay exact. */
function fill({ reads }: Contraction): TypedArray[] {
  const random = seededRandom(3);
  return reads.map(({ tensor }) => {
    const length = tensor.shape.reduce((product, size) => product * size, 1);
    const [rows = 0] = tensor.strides;
    const columns = tensor.strides[1] ?? 0;
    return Float64Array.from({ length }, (_, at) => {
      const isDiagonal = Math.floor(at / rows) % 2 === Math.floor(at / columns) % 2;
      return isDiagonal ? (random.chance(0.02) ? -1 : 1) : random.chance(0.01) ? 1 : 0;
    });
  });
}

describe("the cost of a path", () => {
  it(`is what the kernel executes, for ${COUNT} random contractions over windows from seed ${FIRST_SEED}`, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const { contraction, path } = randomWindows(seed, true);
      const { steps } = describePath(contraction, path);
      // Reading a lone tensor counts as an operation, as in opt_einsum; nothing is combined.
      const loneReads = splitSteps(contraction, path).map(({ contraction: { reads, indices } }) =>
        reads.length === 1 ? indices.reduce((product, { size }) => product * size, 1) : 0,
      );
      const expected = steps.reduce((total, { flops }, at) => total + flops - (loneReads[at] ?? 0), 0);
      const kernel = lowerPlainly(contraction, ssaToLinear(path, contraction.reads.length));
      expect([seed, countOperations(kernel)]).toEqual([seed, expected]);
    }
  });
});

describe("a network of 200 operands", () => {
  const network = ringOf(200);
  const arrays = fill(network);

  /** Step by step, by the reference. */
  function runSteps(path: SsaPath): TypedArray {
    const tensors = [...arrays];
    for (const { inputs, contraction } of splitSteps(network, path)) {
      tensors.push(
        reference(
          contraction,
          inputs.map((id) => tensors[id] as TypedArray),
        ),
      );
    }
    return tensors.at(-1) as TypedArray;
  }

  it("is computed by generated code, which holds no more than the reported peak", () => {
    const compilation = compileContraction(network, { optimize: "greedy" });
    const { kernel, path } = compilation;
    const out = new (arrayOf(kernel.output.dtype))(Number(kernel.output.length));
    evaluateKernel(kernel, writeScript(kernel)).run(arrays, out);
    const other = compileContraction(network, { optimize: "auto" }).path.ssaPath;
    expect([...out]).toEqual([...runSteps(other)]);
    expect(Math.abs(Number(out[0])) + Math.abs(Number(out[1]))).toBeGreaterThan(0);
    const scratch = allocatedScratch(kernel).reduce((total, { length }) => total + Number(length), 0);
    expect(scratch).toBeLessThanOrEqual(path.peakMemory);
    expect(scratch).toBeLessThan(path.steps.reduce((total, { size }) => total + size, 0) / 2);
  });
});

describe("the layout of results", () => {
  it("keeps those apart that exist together, and takes hardly more than the most of them", () => {
    let excess = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const random = seededRandom(seed);
      const operandCount = random.integer(2, 30);
      const steps: SizedStep[] = [];
      let live = Array.from({ length: operandCount }, (_, id) => id);
      while (live.length > 1) {
        const inputs = random.shuffle(live).slice(0, 2);
        live = [...live.filter((id) => !inputs.includes(id)), operandCount + steps.length];
        steps.push({ inputs, size: random.integer(1, 50) });
      }
      const { starts, total } = layOutResults(steps, operandCount);
      const until = (at: number): number => steps.findIndex(({ inputs }) => inputs.includes(operandCount + at));
      starts.forEach((start, one) => {
        const end = start + (steps[one]?.size ?? 0);
        expect(end).toBeLessThanOrEqual(total);
        for (let other = one + 1; other < starts.length && other <= until(one); other++) {
          const otherStart = starts[other] as number;
          expect(otherStart >= end || otherStart + (steps[other]?.size ?? 0) <= start).toBe(true);
        }
      });
      excess += Math.max(0, total / peakOf(steps, operandCount) - 1);
    }
    expect(excess / COUNT).toBeLessThan(0.08);
  });

  it("lays out the results of 5,000 operands in a moment", () => {
    const steps = Array.from({ length: 4999 }, (_, at) => ({
      inputs: [at === 0 ? 0 : 4999 + at, at + 1],
      size: 1 + (at % 7),
    }));
    expect(layOutResults(steps, 5000).total).toBeLessThan(16);
  });
});
