import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addAffine, constantAffine, variableAffine } from "../../src/affine/affine.ts";
import {
  isMean,
  type AxisAccess,
  type Combination,
  type Contraction,
  type ReduceOperator,
} from "../../src/ir/contraction.ts";
import { arrayOf, isBig, type Dtype, type TypedArray } from "../../src/ir/dtype.ts";
import { binary } from "../../src/ir/activations.ts";
import { divideBy, elementOf, VALUE } from "../../src/ir/elementwise.ts";
import { surround } from "../../src/ir/product.ts";
import { printSpecOf } from "../../src/ir/print.ts";
import { bufferLength } from "../../src/ir/tensor.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { findGreedy } from "../../src/path/greedy.ts";
import { findLeftToRight } from "../../src/path/choose.ts";
import { findOptimal } from "../../src/path/optimal.ts";
import type { PathProblem, SsaPath } from "../../src/path/path.ts";
import { pathProblem } from "../../src/path/problem.ts";
import { splitSteps, type ContractionStep } from "../../src/path/steps.ts";
import { reference } from "../support/reference.ts";
import { contractionOf, randomProblem, type Settings } from "./support.ts";

/** Small integers, so that sums stay exact and every path agrees bit for bit. */
function fill(contraction: Contraction): TypedArray[] {
  return contraction.reads.map(({ tensor }, operand) => {
    const array = new (arrayOf(tensor.dtype))(bufferLength(tensor));
    for (let at = 0; at < array.length; at++) {
      const value = ((at * 7 + operand * 3) % 5) - (tensor.dtype.startsWith("u") ? 0 : 2);
      array[at] = isBig(tensor.dtype) ? BigInt(value) : value;
    }
    return array;
  });
}

/** The text of a step. */
function textOf(step: ContractionStep | undefined): string | undefined {
  return step && printSpecOf(step.contraction);
}

/** Runs the steps one after the other, each by the reference. */
function runSteps(contraction: Contraction, path: SsaPath): TypedArray {
  const arrays = fill(contraction);
  for (const step of splitSteps(contraction, path)) {
    verifyContraction(step.contraction);
    expect(step.result).toBe(arrays.length);
    const operands = step.inputs.map((id) => arrays[id] as TypedArray);
    arrays.push(reference(step.contraction, operands));
  }
  return arrays.at(-1) as TypedArray;
}

function expectSteps(contraction: Contraction, path: SsaPath): void {
  expect([...runSteps(contraction, path)]).toEqual([...reference(contraction, fill(contraction))]);
}

function specOf({ inputs, output }: PathProblem): string {
  return `${inputs.map((input) => [...input].join(" ")).join(", ")} -> ${[...output].join(" ")}`;
}

const pairwise: SsaPath = [
  [0, 1],
  [2, 3],
];

/** `i (2*y + ky - 1), m ky, o i m -> o y` with a zero of padding on either side. */
function windowed(): Contraction {
  const plain = contractionOf("i x, m ky, o i m -> o y", { i: 2, x: 6, m: 3, ky: 3, o: 2, y: 3 });
  const window: AxisAccess = {
    expression: addAffine(addAffine(variableAffine("y", 2), variableAffine("ky")), constantAffine(-1)),
    padded: true,
  };
  const [image, ...others] = plain.reads;
  if (!image) throw new Error("the builder gave no operand");
  const reads = [{ ...image, axes: [...image.axes.slice(0, 1), window] }, ...others];
  const indices = plain.indices.filter(({ name }) => name !== "x");
  return { ...plain, indices, reads, term: surround(plain.term, reads, 0) };
}

describe("splitSteps", () => {
  it("gives the contraction itself for a path of one step", () => {
    const whole = contractionOf("i j, j k -> i k", {});
    expect(splitSteps(whole, [[1, 0]])).toEqual([{ inputs: [0, 1], result: 2, contraction: whole }]);
    expect(splitSteps(whole, [[0, 1]])[0]?.contraction).toBe(whole);
  });

  it("writes each step as a contraction of its own", () => {
    const whole = contractionOf("i j, j k, k l -> i l", { i: 3, j: 4, k: 5, l: 6 });
    const [first, last] = splitSteps(whole, pairwise);
    expect(first).toEqual({
      inputs: [0, 1],
      result: 3,
      contraction: {
        indices: [
          { name: "i", size: 3, reduced: false },
          { name: "k", size: 5, reduced: false },
          { name: "j", size: 4, reduced: true },
        ],
        reads: whole.reads.slice(0, 2),
        output: {
          tensor: { name: "t0", dtype: "float64", shape: [3, 5], strides: [5, 1], offset: 0 },
          axes: [
            { expression: variableAffine("i"), padded: false },
            { expression: variableAffine("k"), padded: false },
          ],
        },
        term: binary("mul", elementOf(0), elementOf(1)),
        reduce: "sum",
        finish: VALUE,
        dtype: "float64",
      },
    });
    expect([first, last].map(textOf)).toEqual(["i j, j k -> i k", "k l, i k -> i l"]);
    expect(last?.inputs).toEqual([2, 3]);
    expect(last?.contraction).toEqual({
      ...whole,
      spec: undefined,
      term: binary("mul", elementOf(0), elementOf(1)),
      reads: [whole.reads[2], first?.contraction.output],
      indices: [
        { name: "i", size: 3, reduced: false },
        { name: "l", size: 6, reduced: false },
        { name: "k", size: 5, reduced: true },
      ],
    });
  });

  it("lays an intermediate out in the order of the whole's indices", () => {
    const whole = contractionOf("a c, c b, a b d -> d b a", { a: 2, b: 3, c: 4, d: 5 });
    const [first] = splitSteps(whole, pairwise);
    expect(first?.contraction.output.tensor.shape).toEqual([3, 2]);
    expect(textOf(first)).toBe("a c, c b -> b a");
    expectSteps(whole, pairwise);
  });

  it("reads a window and its padding in the step that reads the operand", () => {
    const whole = windowed();
    const [first, last] = splitSteps(whole, pairwise);
    expect(textOf(first)).toBe("i (2*y + ky - 1), m ky -> y i m");
    expect(first?.contraction.reads[0]?.axes[1]?.padded).toBe(true);
    expect(textOf(last)).toBe("o i m, y i m -> o y");
    expect(last?.contraction.reads.flatMap(({ axes }) => axes.map(({ padded }) => padded))).not.toContain(true);
    for (const path of [
      pairwise,
      [
        [1, 2],
        [0, 3],
      ],
      [[2], [0, 3], [4, 1]],
    ])
      expectSteps(whole, path);
  });

  it("scatters in the last step", () => {
    const plain = contractionOf("i, j, k -> y", { i: 3, j: 2, k: 2, y: 7 });
    const expression = addAffine(variableAffine("i", 2), variableAffine("j"));
    const whole: Contraction = {
      ...plain,
      indices: ["i", "j", "k"].map((name) => ({ name, size: name === "i" ? 3 : 2, reduced: name === "k" })),
      output: { ...plain.output, axes: [{ expression, padded: false }] },
    };
    expect(splitSteps(whole, pairwise).map(textOf)).toEqual(["i, j -> i j", "k, i j -> (2*i + j)"]);
    expectSteps(whole, pairwise);
  });

  it("divides a mean once, in the last step", () => {
    const mean: Contraction = {
      ...contractionOf("i j, j k, k l -> i l", { j: 4, k: 5 }),
      finish: divideBy(constantAffine(20)),
    };
    expect(isMean(mean)).toBe(true);
    const finishes = splitSteps(mean, pairwise).map(({ contraction }) => contraction.finish);
    expect(finishes).toEqual([VALUE, mean.finish]);
    expectSteps(mean, pairwise);
  });

  it.each([
    ["float32", "float64"],
    ["float64", "float64"],
    ["int8", "int8"],
    ["uint32", "uint32"],
    ["int64", "int64"],
  ] as const)("keeps an intermediate of %s as %s", (dtype, kept) => {
    const whole = contractionOf("i j, j k, k l -> i l", { j: 40, k: 40 }, { dtype });
    const [first, last] = splitSteps(whole, pairwise);
    expect(first?.contraction.output.tensor.dtype).toBe(kept);
    expect(last?.contraction.output.tensor.dtype).toBe(dtype);
    expectSteps(whole, pairwise);
  });

  it("repeats along an index that only the output has in the last step", () => {
    const whole = contractionOf("i, j, k -> i r", { r: 3 });
    expect(splitSteps(whole, pairwise).map(({ contraction }) => contraction.indices.map(({ name }) => name))).toEqual([
      ["i", "j"],
      ["i", "r", "k"],
    ]);
    expectSteps(whole, pairwise);
  });

  it("counts a reduced index that no operand depends on once, in the last step", () => {
    const plain = contractionOf("i, j, k -> i", {});
    const whole = { ...plain, indices: [...plain.indices, { name: "n", size: 3, reduced: true }] };
    const last = splitSteps(whole, pairwise).at(-1);
    expect(last?.contraction.indices.map(({ name }) => name)).toEqual(["i", "k", "n"]);
    expectSteps(whole, pairwise);
  });

  it("contracts scalars", () => {
    const whole = contractionOf(", i, -> i", { i: 3 });
    expect(splitSteps(whole, pairwise).map(textOf)).toEqual([", i -> i", ", i -> i"]);
    expectSteps(whole, pairwise);
    expectSteps(contractionOf(", ,  -> ", {}), pairwise);
  });

  it("shows an axis read at one place as a number, and one of size 1 as ()", () => {
    const plain = contractionOf("b i, i j, j -> i", { b: 4 });
    const [first, ...others] = plain.reads;
    const at = (constant: number, shape: number[]): Contraction => ({
      ...plain,
      indices: plain.indices.filter(({ name }) => name !== "b"),
      reads: [
        {
          tensor: { name: "a", dtype: "float64", shape, strides: [2, 1], offset: 0 },
          axes: [{ expression: constantAffine(constant), padded: false }, ...(first?.axes.slice(1) ?? [])],
        },
        ...others,
      ],
    });
    expect(textOf(splitSteps(at(3, [4, 2]), pairwise)[0])).toBe("(3) i, i j -> i j");
    expect(textOf(splitSteps(at(0, [1, 2]), pairwise)[0])).toBe("() i, i j -> i j");
    expectSteps(at(3, [4, 2]), pairwise);
  });

  it("names intermediates apart from operands", () => {
    const plain = contractionOf("i j, j k, k l -> i l", {});
    const whole = {
      ...plain,
      reads: plain.reads.map((access, at) => ({ ...access, tensor: { ...access.tensor, name: `t${at}` } })),
    };
    expect(splitSteps(whole, pairwise)[0]?.contraction.output.tensor.name).toBe("tt0");
  });

  const semirings: [Combination, ReduceOperator, Dtype][] = [
    ["mul", "sum", "float64"],
    ["mul", "sum", "int8"],
    ["add", "max", "float64"],
    ["add", "min", "float32"],
    ["min", "max", "int16"],
    ["max", "max", "float64"],
    ["and", "any", "uint8"],
    ["or", "all", "float64"],
  ];

  it.each(semirings)("gives what the whole gives, bit for bit, for %s under %s of %s", (combine, reduce, dtype) => {
    const settings: Settings = { combine, reduce, dtype };
    fc.assert(
      fc.property(randomProblem(5), (problem) => {
        const whole = contractionOf(specOf(problem), Object.fromEntries(problem.sizes), settings);
        for (const find of [findLeftToRight, findGreedy, findOptimal]) expectSteps(whole, find(pathProblem(whole)));
      }),
      { seed: 7, numRuns: 25 },
    );
  });
});
