/** What prologues and epilogues become: where they are computed, and what they read beside their value. */
import { describe, expect, it } from "vitest";
import { variableAffine } from "../../src/affine/affine.ts";
import { compileContraction } from "../../src/compile.ts";
import * as make from "../../src/ir/activations.ts";
import { bind } from "../../src/ir/bind.ts";
import type { Access, Contraction } from "../../src/ir/contraction.ts";
import { printFormula } from "../../src/ir/print.ts";
import { rowMajorStrides } from "../../src/ir/tensor.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { printNest } from "../../src/loops/print-nest.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { InternalError } from "../../src/support/errors.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import { evaluateSource } from "../support/evaluate.ts";

const x = make.VALUE;

function contractionOf(spec: string, options: BindOptions): Contraction {
  const { spec: _, ...contraction } = bind(parseSpec(spec), options);
  return contraction;
}

/** A row-major tensor read by plain indices. */
function accessOf(name: string, axes: readonly (readonly [string, number])[]): Access {
  const shape = axes.map(([, size]) => size);
  return {
    tensor: { name, dtype: "float64", shape, strides: rowMajorStrides(shape), offset: 0 },
    axes: axes.map(([index]) => ({ expression: variableAffine(index), padded: false })),
  };
}

function biasedConvolution(channels: number, length: number): Contraction {
  return {
    ...contractionOf("i(x+k-1),oik->ox", {
      shapes: [
        [channels, length],
        [3, channels, 3],
      ],
    }),
    further: [accessOf("bias", [["o", 3]])],
    epilogue: make.relu(make.binary("add", x, make.elementOf(0))),
  };
}

describe("an epilogue", () => {
  it("is printed with what it reads", () => {
    expect(printFormula(biasedConvolution(2, 50))).toBe(
      "out[o, x] = relu(acc + bias[o]) where acc = sum over i, k of a[i, x + k - 1 padded] * b[o, i, k]",
    );
    const { source } = compileContraction(biasedConvolution(2, 50), {});
    expect(source.main.documentation[0]).toBe("`i (x + k - 1), o i k -> o x`, then relu(out + bias[o])");
    expect(source.main.parameters.map(({ name }) => name)).toEqual(["a", "b", "bias", "out"]);
  });

  it("is applied where an accumulator is stored", () => {
    const row: Contraction = {
      ...contractionOf("ij,j->i", { shapes: [[20, 40], [40]] }),
      further: [accessOf("bias", [["i", 20]])],
      epilogue: make.relu(make.binary("add", x, make.elementOf(0))),
    };
    const { nests, source } = compileContraction(row, { order: ["i", "j"], unroll: { i: 4 } });
    expect(nests.map(printNest)[0]).toMatch(
      /^nest out\[i\] sum= a\[40\*i \+ j\] \* b\[j\]\n {2}then relu\(out \+ bias\[i\]\)\n/,
    );
    expect(source.text).toContain("Math.max(x0, 0)".replace("x0", "acc0 + bias[i]"));
  });

  it("runs over the output afterwards where that was updated in memory", () => {
    const { nests } = compileContraction(biasedConvolution(16, 500), { name: "conv" });
    expect(nests.map((nest) => printNest(nest).split("\n").slice(0, 2).join("\n"))).toEqual([
      "nest aPadded[502*i + x + 1] = a[500*i + x]\n  for i 16",
      "nest out[500*o + x] sum= aPadded[502*i + x + k] * b[48*o + 3*i + k]\n  for o 3 unrolled",
      "nest out[500*o + x] = out[500*o + x]\n  then relu(out + bias[o])",
    ]);
  });

  it("is applied to elements that nothing reaches, too", () => {
    const scattered: Contraction = {
      ...contractionOf("oi->o(2*i)", { shapes: [[2, 3]] }),
      further: [accessOf("bias", [["o", 2]])],
      epilogue: make.binary("add", x, make.elementOf(0)),
    };
    const run = evaluateSource(compileContraction(scattered, {}).source);
    const out = run(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(10, 20));
    expect([...out]).toEqual([11, 10, 12, 10, 13, 24, 20, 25, 20, 26]);
  });
});

describe("a prologue", () => {
  const activated = (prologue: Access["prologue"] & object, options: BindOptions, spec: string): Contraction => {
    const contraction = contractionOf(spec, options);
    const operands = contraction.operands.map((access, at) => (at === 0 ? { ...access, prologue } : access));
    return { ...contraction, operands };
  };

  it("is surrounded by the padding, whatever it makes of 0", () => {
    const padded = activated(make.binary("add", x, make.constantOf(1)), { shapes: [[3], [3]] }, "(x+k-1),k->x");
    const run = evaluateSource(compileContraction(padded, {}).source);
    expect([...run(Float64Array.of(1, 2, 3), Float64Array.of(1, 10, 100))]).toEqual([320, 432, 43]);
  });

  it("is computed once an element where it costs more than a copy", () => {
    const shapes = {
      shapes: [
        [30, 20],
        [20, 40],
      ],
    };
    const costly = compileContraction(activated(make.call("exp", x), shapes, "ij,jk->ik"), {});
    expect(costly.nests.map(({ comment }) => comment)).toEqual([
      "Copies a into aPadded, its prologue applied.",
      "out[i, k] = sum over j of exp(a[i, j]) * b[j, k]",
    ]);
    expect(costly.source.text.match(/Math\.exp/g)?.length).toBeLessThanOrEqual(4);
    const cheap = compileContraction(activated(make.relu(x), shapes, "ij,jk->ik"), {});
    expect(cheap.kernel.scratch).toEqual([]);
  });

  it("may read further accesses beside a contraction's only operand", () => {
    const given = contractionOf("ij->i", { shapes: [[2, 3]] });
    const distance = make.power(make.binary("sub", x, make.elementOf(0)), 2);
    const contraction: Contraction = {
      ...given,
      operands: given.operands.map((access) => ({ ...access, prologue: distance })),
      further: [accessOf("centre", [["j", 3]])],
    };
    const run = evaluateSource(compileContraction(contraction, {}).source);
    expect([...run(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 1, 1))]).toEqual([5, 50]);
  });
});

describe("what is malformed", () => {
  const given = contractionOf("ij,jk->ik", {
    shapes: [
      [2, 3],
      [3, 4],
    ],
  });
  const add = make.binary("add", x, make.elementOf(0));

  it.each<readonly [string, Contraction]>([
    ["there is no further access 0", { ...given, epilogue: add }],
    [
      "bias is read in the epilogue by j, which is no axis of the output",
      { ...given, epilogue: add, further: [accessOf("bias", [["j", 3]])] },
    ],
    ["two tensors are named a", { ...given, epilogue: add, further: [accessOf("a", [["i", 2]])] }],
    [
      "the prologue of a, one of several operands, reads further accesses",
      {
        ...given,
        operands: given.operands.map((access, at) => (at === 0 ? { ...access, prologue: add } : access)),
        further: [accessOf("bias", [["i", 2]])],
      },
    ],
  ])("is reported: %s", (why, contraction) => {
    expect(() => verifyContraction(contraction)).toThrow(
      new InternalError(`malformed contraction i j, j k -> i k: ${why}`),
    );
  });
});
