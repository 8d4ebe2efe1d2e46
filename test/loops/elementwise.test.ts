/** What terms and finishes become: where they are computed, and what they read. */
import { describe, expect, it } from "vitest";
import { variableAffine } from "../../src/affine/affine.ts";
import { compileContraction } from "../../src/compile.ts";
import * as make from "../../src/ir/activations.ts";
import { bind } from "../../src/ir/bind.ts";
import { elementOf, VALUE, type Elementwise } from "../../src/ir/elementwise.ts";
import { partsOfTerm } from "../../src/ir/product.ts";
import type { Access, Contraction } from "../../src/ir/contraction.ts";
import { printFormula } from "../../src/ir/print.ts";
import { rowMajorStrides } from "../../src/ir/tensor.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { printNest } from "../../src/loops/describe-nests.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { InternalError } from "../../src/support/errors.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { reference } from "../support/reference.ts";
import { operandsOf } from "./nests.ts";

const x = VALUE;

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

/** The contraction with a finish over its value and what it reads beside, as read number `BESIDE`. */
function finished(
  contraction: Contraction,
  beside: Access,
  finish: (element: Elementwise) => Elementwise,
): Contraction {
  const { reads } = contraction;
  return { ...contraction, reads: [...reads, beside], finish: finish(elementOf(reads.length)) };
}

function biasedConvolution(channels: number, length: number): Contraction {
  const convolution = contractionOf("i(x+k-1),oik->ox", {
    shapes: [
      [channels, length],
      [3, channels, 3],
    ],
  });
  return finished(convolution, accessOf("bias", [["o", 3]]), (bias) => make.relu(make.binary("add", x, bias)));
}

describe("a finish", () => {
  it("is printed with what it reads", () => {
    expect(printFormula(biasedConvolution(2, 50))).toBe(
      "out[o, x] = relu(acc + bias[o]) where acc = sum over i, k of a[i, x + k - 1 padded] * b[o, i, k]",
    );
    const { source } = compileContraction(biasedConvolution(2, 50), {});
    expect(source.main.documentation[0]).toBe("`i (x + k - 1), o i k -> o x`, then relu(out + bias[o])");
    expect(source.main.parameters.map(({ name }) => name)).toEqual(["a", "b", "bias", "out"]);
  });

  it("is applied where an accumulator is stored", () => {
    const row = finished(
      contractionOf("ij,j->i", { shapes: [[20, 40], [40]] }),
      accessOf("bias", [["i", 20]]),
      (bias) => make.relu(make.binary("add", x, bias)),
    );
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
    const scattered = finished(
      contractionOf("oi->o(2*i)", { shapes: [[2, 3]] }),
      accessOf("bias", [["o", 2]]),
      (bias) => make.binary("add", x, bias),
    );
    const run = evaluateSource(compileContraction(scattered, {}).source);
    const out = run(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(10, 20));
    expect([...out]).toEqual([11, 10, 12, 10, 13, 24, 20, 25, 20, 26]);
  });
});

describe("a term", () => {
  /** The contraction with something computed of the elements of its first operand. */
  const activated = (
    compute: (element: Elementwise) => Elementwise,
    options: BindOptions,
    spec: string,
  ): Contraction => {
    const contraction = contractionOf(spec, options);
    const [first, ...others] = partsOfTerm(contraction.term).parts as [Elementwise, ...Elementwise[]];
    const computed = first.kind === "inside" ? { ...first, value: compute(first.value) } : compute(first);
    return { ...contraction, term: [computed, ...others].reduce((left, right) => make.binary("mul", left, right)) };
  };

  it("is surrounded by the padding, whatever it makes of 0", () => {
    const padded = activated((a) => make.binary("add", a, make.constantOf(1)), { shapes: [[3], [3]] }, "(x+k-1),k->x");
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
    const costly = compileContraction(
      activated((a) => make.call("exp", a), shapes, "ij,jk->ik"),
      {},
    );
    expect(costly.nests.map(({ comment }) => comment)).toEqual([
      "Copies a into aPadded, its prologue applied.",
      "out[i, k] = sum over j of exp(a[i, j]) * b[j, k]",
    ]);
    expect(costly.source.text.match(/Math\.exp/g)?.length).toBeLessThanOrEqual(4);
    const cheap = compileContraction(activated(make.relu, shapes, "ij,jk->ik"), {});
    expect(cheap.kernel.scratch).toEqual([]);
  });

  it("may read several operands in other ways than their product", () => {
    const given = contractionOf("ij,j->i", { shapes: [[2, 3], [3]] });
    const contraction: Contraction = {
      ...given,
      term: make.power(make.binary("sub", elementOf(0), elementOf(1)), 2),
    };
    const run = evaluateSource(compileContraction(contraction, {}).source);
    expect([...run(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 1, 1))]).toEqual([5, 50]);
  });

  it("may compare, choose, and read the positions of its indices", () => {
    const given = contractionOf("ij,j->i", { shapes: [[2, 3], [3]] });
    const position = (index: string): Elementwise => ({ kind: "integer", value: variableAffine(index) });
    const below = make.compare("le", position("j"), position("i"));
    const contraction: Contraction = {
      ...given,
      term: make.select(below, make.binary("mul", elementOf(0), elementOf(1)), make.constantOf(1)),
    };
    expect(printFormula(contraction)).toBe("out[i] = sum over j of j <= i ? a[i, j] * b[j] : 1");
    const run = evaluateSource(compileContraction(contraction, {}).source);
    expect([...run(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(10, 100, NaN))]).toEqual([12, 541]);
  });

  it.each<readonly [string, number[]]>([
    ["ij->i", [2, 3]],
    ["ij->", [2, 3]],
    ["ij->i", [2, 0]],
    ["ij->(i+j)", [3, 4]],
    ["i->(2*i)", [3]],
    ["i->i", [3]],
  ])(
    "may be a constant, which is reduced like anything else, and only where it is reached: %s of %j",
    (spec, shape) => {
      for (const reduce of ["sum", "prod", "max"] as const) {
        const given = contractionOf(spec, { shapes: [shape], reduce });
        const contraction: Contraction = { ...given, term: make.constantOf(2) };
        const arrays = operandsOf(contraction);
        const run = evaluateSource(compileContraction(contraction, {}).source);
        expect(run(...arrays)).toEqual(reference(contraction, arrays));
      }
    },
  );

  it("is read outside of an operand as it says, or not at all", () => {
    const given = contractionOf("(x+k-1),k->x", { shapes: [[3], [3]] });
    const [array, kernel] = [Float64Array.of(1, 2, 3), Float64Array.of(Infinity, 10, 100)];
    const found = (term: Elementwise): unknown[] => [
      ...evaluateSource(compileContraction({ ...given, term }, {}).source)(array, kernel),
    ];
    const product = make.binary("mul", elementOf(0), elementOf(1));
    const inside = (value: Elementwise, outside: number): Elementwise => ({
      kind: "inside",
      access: 0,
      value,
      outside,
    });
    // 0 times Infinity is no number; what is not read is no factor; a copy holds one border, and this term asks for two.
    expect(found(make.binary("mul", inside(elementOf(0), 0), elementOf(1)))).toEqual([NaN, Infinity, Infinity]);
    expect(found(make.binary("mul", inside(elementOf(0), -1), elementOf(1)))).toEqual([-Infinity, Infinity, Infinity]);
    expect(found(inside(make.compare("lt", elementOf(0), elementOf(1)), 5))).toEqual([7, 3, 7]);
    expect(
      found(
        make.binary("add", inside(elementOf(0), 7), make.binary("mul", inside(elementOf(0), 0), make.constantOf(10))),
      ),
    ).toEqual([40, 66, 62]);
    expect(
      found(inside(make.select(make.compare("lt", elementOf(1), make.constantOf(1e9)), product, elementOf(0)), 0)),
    ).toEqual([210, 321, 32]);
  });
});

describe("what is malformed", () => {
  const given = contractionOf("ij,jk->ik", {
    shapes: [
      [2, 3],
      [3, 4],
    ],
  });
  const add = make.binary("add", x, elementOf(2));

  it.each<readonly [string, Contraction]>([
    ["there is no read 2", { ...given, finish: add }],
    [
      "bias is read in the finish by j, which is no axis of the output",
      { ...given, finish: add, reads: [...given.reads, accessOf("bias", [["j", 3]])] },
    ],
    ["its term reads a reduced value", { ...given, term: make.binary("mul", make.relu(x), elementOf(1)) }],
  ])("is reported: %s", (why, contraction) => {
    expect(() => verifyContraction(contraction)).toThrow(
      new InternalError(`malformed contraction i j, j k -> i k: ${why}`),
    );
  });
});
