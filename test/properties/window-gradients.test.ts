/**
 * Gradients of random convolutions and pools: strides, dilations, padding, depthwise and dense, in one and two dimensions.
 * Values are small integers, so that maxima have ties, and kernels must agree with the reference gradient bit for bit.
 */
import { describe, expect, it } from "vitest";
import { compileGradientOf } from "../../src/compile-gradient.ts";
import { differentiate } from "../../src/grad/differentiate.ts";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction, Reduction } from "../../src/ir/contraction.ts";
import { operatorOf } from "../../src/ir/algebra.ts";
import { elementCount } from "../../src/ir/tensor.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom, type Random } from "../support/random.ts";
import { referenceGradients } from "../support/reference-gradient.ts";

const FIRST_SEED = seedFromEnvironment(1);
const COUNT = caseCountFromEnvironment(250);

interface WindowCase {
  readonly spec: string;
  readonly contraction: Contraction;
}

interface Axis {
  readonly text: string;
  readonly size: number;
  readonly kernel: number;
}

/** A window along one axis that fits at least once. */
function randomAxis(random: Random, name: string): Axis {
  const [stride, dilation, kernel] = [random.integer(1, 4), random.integer(1, 3), random.integer(1, 4)];
  const reach = dilation * (kernel - 1) + 1;
  const padding = random.integer(0, kernel);
  const size = Math.max(1, reach - 2 * padding + random.integer(0, 9));
  const text = `(${stride}*${name} + ${dilation}*k${name} - ${padding})`;
  return { text, size, kernel };
}

function windowCase(seed: number): WindowCase {
  const random = seededRandom(seed);
  const axes = ["y", "x"].slice(random.integer(0, 1)).map((name) => randomAxis(random, name));
  const windows = axes.map(({ text }) => text).join(" ");
  const names = axes.length === 2 ? ["y", "x"] : ["x"];
  const [outputs, kernels] = [names.join(" "), names.map((name) => `k${name}`).join(" ")];
  const [plane, kernel] = [axes.map(({ size }) => size), axes.map((axis) => axis.kernel)];
  const kind = random.pick(["dense", "depthwise", "pool", "pool"]);
  const [i, o] = [random.integer(1, 3), random.integer(1, 3)];
  const parse = (spec: string) => parseSpec(spec, { notation: "named" });
  if (kind === "dense") {
    const spec = `b i ${windows}, o i ${kernels} -> b o ${outputs}`;
    return { spec, contraction: bind(parse(spec), { shapes: [[2, i, ...plane], [o, i, ...kernel]] }) }; // prettier-ignore
  }
  if (kind === "depthwise") {
    const spec = `c ${windows}, c ${kernels} -> c ${outputs}`;
    return { spec, contraction: bind(parse(spec), { shapes: [[i, ...plane], [i, ...kernel]] }) }; // prettier-ignore
  }
  const reduce = random.pick<Reduction>(["max", "min", "sum"]);
  const sizes = Object.fromEntries(names.map((name, at) => [`k${name}`, kernel[at] as number]));
  const spec = `c ${windows} -> c ${outputs}`;
  return { spec, contraction: bind(parse(spec), { shapes: [[i, ...plane]], sizes, reduce }) };
}

function integers(random: Random, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => random.integer(-3, 3));
}

function failureOf(seed: number): string | null {
  const { spec, contraction } = windowCase(seed);
  const random = seededRandom(seed + 1);
  const { reads, output } = contraction;
  const reduce = operatorOf(contraction.reduce);
  const arrays = reads.map(({ tensor }) => integers(random, elementCount(tensor.shape)));
  const cotangent = integers(random, elementCount(output.tensor.shape));
  const isExtreme = reduce === "max" || reduce === "min";
  const expected = referenceGradients({ contraction, combine: "mul", reduce }, arrays, cotangent);
  for (const [by, wanted] of expected.entries()) {
    const { kernel, source } = compileGradientOf(contraction, by, {});
    const inputs = isExtreme ? [...arrays, cotangent] : arrays.map((array, at) => (at === by ? cotangent : array));
    const run = evaluateSource(source);
    const garbage = new Float64Array(wanted.length).fill(7);
    for (const [how, found] of [
      ["interpreted", interpret(kernel, inputs)],
      ["emitted", run(...inputs, garbage)],
      ["emitted, again", run(...inputs, garbage)],
    ] as const) {
      const at = wanted.findIndex((value, place) => value !== Number(found[place]));
      if (at >= 0) return `seed ${seed}: ${spec} by ${by}, ${how}: element ${at} is ${found[at]}, not ${wanted[at]}`;
    }
  }
  return null;
}

describe(`the gradients of ${COUNT} random windows from seed ${FIRST_SEED}`, () => {
  it("agree with the reference bit for bit", () => {
    const failures = Array.from({ length: COUNT }, (_, at) => failureOf(FIRST_SEED + at)).filter(
      (what) => what !== null,
    );
    expect(failures.slice(0, 3)).toEqual([]);
  }, 120_000);

  it("are gathered, but for windows that no operand bounds", () => {
    const gradients = Array.from({ length: COUNT }, (_, at) => windowCase(FIRST_SEED + at)).map(({ contraction }) =>
      differentiate(contraction, 0),
    );
    expect(gradients.filter(({ accumulates }) => accumulates !== "")).toEqual([]);
    if (COUNT >= 100) expect(gradients.filter(({ parts }) => parts.length > 1).length).toBeGreaterThan(COUNT / 4);
  });
});
