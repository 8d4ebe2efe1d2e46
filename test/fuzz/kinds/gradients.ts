/** Gradients of contractions: `einsumGrad`, and kernels of `compileGradient`, against a definition point by point. */
import { compileGradient, einsumGrad } from "../../../src/index.ts";
import { evaluateSource } from "../../support/evaluate.ts";
import { seededRandom, type Random } from "../../support/random.ts";
import { buildCase, type Case, type Draft, type MeantAxis } from "../draft.ts";
import { attempt, type Entry, type Failure, type Kind, type Outcome, type Report } from "../kind.ts";
import { countOf, shapeOf } from "../naive.ts";
import { gradients as naiveGradients } from "../naive-gradient.ts";
import { isFloat, type Filling, type Numbers } from "../numbers.ts";
import { printProgram, printValue } from "../print.ts";
import { randomDraft, type Wishes } from "../random-draft.ts";
import { shrink } from "../shrink.ts";
import { isFinite } from "../ways.ts";

export const gradients: Kind = { name: "gradient", weight: 8, run: runGradients };

/** Beyond, a float32 would round. */
const LARGEST = 2 ** 20;

const SUMS: Wishes = { reduces: ["sum", "sum", "sum", "mean"], combines: ["mul", "mul", "mul", "add"] };
const OTHERS: Wishes = {
  reduces: ["max", "max", "min", "prod", "sum", "mean"],
  combines: ["mul", "mul", "add", "max", "min"],
};

/** What a gradient is taken of. */
interface Question {
  readonly draft: Draft;
  readonly seed: number;
  readonly special: boolean;
}

async function runGradients(random: Random): Promise<Report> {
  const special = random.chance(0.2);
  const fillings: Filling[] = special ? ["special"] : ["small", "small", "sparse"];
  const wishes: Wishes = {
    ...(random.chance(0.55) ? SUMS : OTHERS),
    dtypes: ["float64", "float64", "float64", "float32"],
    fillings,
    // With the cotangent, more would meet pairwise, and `(a + b) * Infinity` is no `a * Infinity + b * Infinity`.
    ...(special && { operands: [1, 1, 2, 2] }),
    mostPoints: 800,
  };
  const { draft } = randomDraft(random, wishes);
  const question = { draft, seed: random.integer(0, 2 ** 31 - 1), special };
  const answers = answersTo(question);
  if (!answers) return { entries: [], failures: [] };
  const entries: Entry[] = [];
  const failures: Failure[] = [];
  for (const { row, run, given } of answers) {
    const outcome = await outcomeOf(run, given, question);
    entries.push({ row, outcome });
    if (outcome.kind === "fails") failures.push(await describeFailure(question, row));
  }
  return { entries, failures };
}

interface Answer {
  readonly row: string;
  readonly given: Case;
  readonly call: string;
  readonly run: () => string | number;
}

/** The ways to take the gradients; undefined where the draft is none, or numbers grow too large to be exact. */
function answersTo({ draft, seed, special }: Question): Answer[] | undefined {
  const given = buildCase(draft, 800);
  if (!given) return undefined;
  const { meaning, operands, options, spec } = given;
  const random = seededRandom(seed);
  const by = operands.flatMap(({ dtype }, at) => (isFloat(dtype) ? [at] : []));
  if (by.length === 0 || !isFloat(meaning.dtype)) return undefined;
  const cotangent = cotangentOf(given, random, special);
  const expected = naiveGradients(meaning, operands, cotangent);
  const isExact = (found: readonly Float64Array[]): boolean =>
    found.every((gradient) => gradient.every((value) => Math.abs(value) <= LARGEST));
  const largest = (value: number): number => Math.max(1, Math.abs(value));
  const isBounded = special || isExact(naiveGradients(meaning, operands, cotangent.map(largest), largest));
  if (!isBounded) return undefined;
  // Ties go to the first of each step: here, there is one.
  const optimize = operands.length > 2 ? [[...operands.keys()]] : undefined;
  const chosen = { ...options, ...(optimize && { optimize }) };
  const names = operands.map((_, at) => `x${at}`);
  const incoming = { data: cotangent, shape: shapeOf(meaning.output) };
  const tolerance = meaning.reduce === "mean" ? 1e-6 : 0;
  const wanted = (at: number): Float64Array => expected[at] as Float64Array;
  const one = random.pick(by);
  const compileOptions = {
    ...chosen,
    shapes: operands.map(({ shape }) => shape),
    strides: operands.map(({ strides }) => strides),
    offsets: operands.map(({ offset }) => offset),
    dtypes: operands.map(({ dtype }) => dtype),
    operands: names,
  };
  const printed = printValue(expected.map((gradient) => gradient));
  const viaKernel: Answer = {
    row: "compileGradient",
    given,
    call: `compileGradient(${printValue(spec)}, ${one}, ${printValue(compileOptions)})\n// cotangent ${printValue(cotangent)}\n// expected ${printValue(wanted(one))}`,
    run: () => {
      const compilation = compileGradient(spec, one, compileOptions);
      const arrays = compilation.gradient.operands.map(({ tensor }) => {
        const operand = operands[names.indexOf(tensor.name)];
        // A kernel takes its cotangent in the dtype of the result.
        return operand ? operand.data : meaning.dtype === "float32" ? Float32Array.from(cotangent) : cotangent;
      });
      const run = evaluateSource(compilation.source);
      const first = run(...(arrays as Numbers[]));
      const found = difference(first, wanted(one), tolerance);
      if (found !== null) return found;
      const again = run(...(arrays as Numbers[]), first.fill(7 as never));
      return difference(again, wanted(one), tolerance) ?? 2;
    },
  };
  const viaEinsum: Answer = {
    row: "einsumGrad",
    given,
    call: `einsumGrad(${printValue(spec)}, [${names.join(", ")}], ${printValue(incoming)}, ${printValue({ ...chosen, by })})\n// expected ${printed}`,
    run: () => {
      const found = einsumGrad(spec, operands, incoming, { ...chosen, by });
      for (const [place, at] of by.entries()) {
        const gradient = found[place];
        const operand = operands[at];
        if (gradient?.shape.join() !== operand?.shape.join()) return `by ${at}: shape [${gradient?.shape.join()}]`;
        if (gradient?.data.constructor !== operand?.data.constructor) return `by ${at}: another class of array`;
        const what = difference(gradient?.data as Numbers, wanted(at), tolerance);
        if (what !== null) return `by ${at}: ${what}`;
      }
      return by.length;
    },
  };
  return random.chance(0.35) ? [viaEinsum, viaKernel] : [viaEinsum];
}

function cotangentOf({ meaning }: Case, random: Random, special: boolean): Float64Array {
  const infinite = special && random.chance(0.3);
  return Float64Array.from({ length: countOf(shapeOf(meaning.output)) }, () =>
    infinite && random.chance(0.2) ? random.pick([NaN, Infinity, -Infinity]) : random.integer(-3, 3),
  );
}

/** The mean divides at another place, and rounds there. */
function difference(found: ArrayLike<number | bigint>, expected: Float64Array, tolerance: number): string | null {
  if (found.length !== expected.length) return `${found.length} elements, expected ${expected.length}`;
  for (const [at, wanted] of expected.entries()) {
    const value = Number(found[at]);
    if (value === wanted || (Number.isNaN(value) && Number.isNaN(wanted))) continue;
    if (Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted))) continue;
    return `element ${at} is ${value}, expected ${wanted}`;
  }
  return null;
}

async function outcomeOf(run: () => string | number, given: Case, { seed, special }: Question): Promise<Outcome> {
  const outcome = await attempt(run);
  if (outcome.kind !== "fails") return outcome;
  const name = knownFault(given, cotangentOf(given, seededRandom(seed), special), outcome.what);
  return name === null ? outcome : { kind: "known", name };
}

/**
 * What is not as one might want it, where an element or a cotangent is not finite: NaN where windows or what is written meet
 * the end of an axis, as a gather multiplies zeros that stand outside. Nothing else that fails is known.
 */
function knownFault(given: Case, cotangent: Float64Array, what: string): string | null {
  const { operands, output, sizes } = given.meaning;
  const isPlain = ({ coefficients, constant, size }: MeantAxis): boolean => {
    const [own, another] = [...coefficients.entries()].filter(([, by]) => by !== 0);
    return constant === 0 && !another && (!own || (own[1] === 1 && sizes[own[0]] === size));
  };
  const isExpression = ![...operands.flat(), ...output].every(isPlain);
  const isFiniteAll = isFinite(given) && cotangent.every(Number.isFinite);
  return !isFiniteAll && isExpression && /is NaN, expected/.test(what)
    ? "zeros outside times what is not finite"
    : null;
}

async function describeFailure(question: Question, row: string): Promise<Failure> {
  const failing = async (draft: Draft): Promise<string | null> => {
    const smaller = { ...question, draft };
    const answer = answersTo(smaller)?.find((candidate) => candidate.row === row);
    const outcome = answer && (await outcomeOf(answer.run, answer.given, smaller));
    return outcome?.kind === "fails" ? outcome.what : null;
  };
  const sort = (what: string | null): string => /^\w+Error\b/.exec(what ?? "")?.[0] ?? (what === null ? "" : "differs");
  const wanted = sort(await failing(question.draft));
  const draft = await shrink(
    question.draft,
    async (smaller) => wanted !== "" && sort(await failing(smaller)) === wanted,
  );
  const answer = answersTo({ ...question, draft })?.find((candidate) => candidate.row === row);
  if (!answer) return { row, what: "it does not fail again", program: "" };
  return {
    row,
    what: (await failing(draft)) ?? "it does not fail again",
    program: printProgram(answer.given, answer.call),
  };
}
