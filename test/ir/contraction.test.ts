/** Tensors, addresses, roles, limits, printing and verification of contractions. */
import { firstExtreme } from "../../src/grad/extremes.ts";
import { describe, expect, it } from "vitest";
import { addressOf, reachOf, strideOf } from "../../src/ir/address.ts";
import { bind } from "../../src/ir/bind.ts";
import { elementOf, VALUE, type Elementwise } from "../../src/ir/elementwise.ts";
import { skipping } from "../../src/ir/product.ts";
import { binary, constantOf } from "../../src/ir/activations.ts";
import { sizesOf, type Contraction } from "../../src/ir/contraction.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import {
  printAccess,
  printAddress,
  printContraction,
  printFormula,
  printIndices,
  printSpecOf,
  roleOf,
} from "../../src/ir/print.ts";
import { addressRange, bufferLength, elementCount, isRowMajor, rowMajorStrides } from "../../src/ir/tensor.ts";
import { verifyContraction, whyMalformed } from "../../src/ir/verify.ts";
import { constantAffine, variableAffine, printAffine } from "../../src/affine/affine.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { InternalError } from "../../src/support/errors.ts";

function contractionOf(spec: string, shapes: BindOptions["shapes"], options: Omit<BindOptions, "shapes"> = {}) {
  return bind(parseSpec(spec), { shapes, ...options });
}

const CONVOLUTION = contractionOf("b i (2*oh + kh - 1) (2*ow + kw), o i kh kw -> b o oh ow", [
  [2, 3, 8, 9],
  [4, 3, 3, 3],
]);

describe("layouts", () => {
  it("are row-major unless told otherwise", () => {
    expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(rowMajorStrides([])).toEqual([]);
    expect(rowMajorStrides([2, 0, 4])).toEqual([4, 4, 1]);
  });

  it("count their elements", () => {
    expect(elementCount([2, 3])).toBe(6);
    expect(elementCount([])).toBe(1);
    expect(elementCount([5, 0])).toBe(0);
  });

  it("reach from their smallest address to their largest", () => {
    expect(addressRange([2, 3], [3, 1], 0)).toEqual({ min: 0, max: 5 });
    expect(addressRange([2, 3], [-3, 1], 3)).toEqual({ min: 0, max: 5 });
    expect(addressRange([4], [0], 7)).toEqual({ min: 7, max: 7 });
    expect(addressRange([], [], 2)).toEqual({ min: 2, max: 2 });
    expect(addressRange([3, 0], [1, 1], 0)).toBeNull();
  });

  it("need a buffer that holds the largest address", () => {
    const tensor = { name: "a", dtype: "float64", shape: [2, 3], strides: [10, 2], offset: 5 } as const;
    expect(bufferLength(tensor)).toBe(20);
    expect(bufferLength({ ...tensor, shape: [2, 0] })).toBe(0);
  });

  it("are dense where only axes of one value differ", () => {
    expect(isRowMajor([2, 3], [3, 1])).toBe(true);
    expect(isRowMajor([1, 3], [99, 1])).toBe(true);
    expect(isRowMajor([2, 3], [1, 2])).toBe(false);
    expect(isRowMajor([0, 3], [7, 1])).toBe(true);
  });
});

describe("addresses", () => {
  it("differentiate to strides: a window is a view", () => {
    const [image] = CONVOLUTION.reads as [Contraction["reads"][number]];
    expect(printAddress(image)).toBe("216*b + 72*i + 18*oh + 9*kh + 2*ow + kw - 9");
    expect(strideOf(image, "ow")).toBe(2);
    expect(strideOf(image, "kw")).toBe(1);
    expect(strideOf(image, "oh")).toBe(18);
    expect(strideOf(image, "kh")).toBe(9);
    expect(strideOf(image, "o")).toBe(0);
  });

  it("follow the layout that the operand has", () => {
    const options = { strides: [[1, -4]], offsets: [8] };
    const [matrix] = contractionOf("ij->ji", [[4, 3]], options).reads as [Contraction["reads"][number]];
    expect(printAffine(addressOf(matrix))).toBe("i - 4*j + 8");
  });

  it("add up along a diagonal, and do not depend on a broadcast index", () => {
    const { reads } = contractionOf("ii,ij->ij", [
      [3, 3],
      [1, 4],
    ]);
    expect(reads.map(printAddress)).toEqual(["4*i", "j"]);
  });

  it("reach outside only where padding was declared", () => {
    const [image] = CONVOLUTION.reads as [Contraction["reads"][number]];
    expect(reachOf(image, sizesOf(CONVOLUTION))).toEqual([
      { min: 0, max: 1 },
      { min: 0, max: 2 },
      { min: -1, max: 7 },
      { min: 0, max: 8 },
    ]);
    expect(image.axes.map(({ padded }) => padded)).toEqual([false, false, true, false]);
  });

  it("of a composition are row-major", () => {
    const [image] = contractionOf("(h w c) -> c h w", [[24]], { sizes: { h: 2, w: 3 } }).reads;
    expect(image && printAddress(image)).toBe("12*h + 4*w + c");
  });
});

describe("roles", () => {
  it.each([
    [
      "bij,bjk->bik",
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      { b: "batch", i: "left", k: "right", j: "contracted" },
    ],
    ["ij,k->ik", [[2, 3], [4]], { i: "left", k: "right", j: "summed" }],
    [
      "ij,ij->j",
      [
        [1, 4],
        [3, 4],
      ],
      { j: "batch", i: "summed" },
    ],
    ["i->ir", [[3]], { i: "left", r: "repeated" }],
  ] as const)("of %s", (spec, shapes, roles) => {
    const contraction = contractionOf(spec, shapes, spec === "i->ir" ? { sizes: { r: 2 } } : {});
    const found = contraction.indices.map(({ name }) => [name, roleOf(contraction, name)]);
    expect(Object.fromEntries(found)).toEqual(roles);
  });

  it("see through windows", () => {
    const roles = CONVOLUTION.indices.map(({ name }) => `${name} ${roleOf(CONVOLUTION, name)}`);
    expect(roles.join(", ")).toBe("b left, o right, oh left, ow left, i contracted, kh contracted, kw contracted");
  });
});

describe("printing", () => {
  it("shows the formula and the layouts", () => {
    expect(printContraction(CONVOLUTION)).toBe(
      [
        "out[b, o, oh, ow] = sum over i, kh, kw of A[b, i, 2*oh + kh - 1 padded, 2*ow + kw] * B[o, i, kh, kw]",
        "  A    float64  2 x 3 x 8 x 9, strides 216 72 9 1",
        "  B    float64  4 x 3 x 3 x 3, strides 27 9 3 1",
        "  out  float64  2 x 4 x 4 x 4, strides 64 16 4 1",
      ].join("\n"),
    );
  });

  it("shows the stride of each index in each tensor", () => {
    const contraction = contractionOf("ij,jk->ik", [
      [2, 3],
      [3, 4],
    ]);
    expect(printIndices(contraction)).toBe(
      [
        "  index  size  role        stride in a  stride in b  stride in out",
        "  i      2     left        3            0            4",
        "  k      4     right       0            1            1",
        "  j      3     contracted  1            4            0",
      ].join("\n"),
    );
  });

  it("shows scalars, offsets and dtypes", () => {
    const options = { dtypes: ["int8", "float32"] as const, offsets: [0, 3], strides: [undefined, [-1]] };
    expect(printContraction(contractionOf(",i->i", [[], [4]], options))).toBe(
      [
        "out[i] = a * b[i]",
        "  a    int8     scalar",
        "  b    float32  4, strides -1, offset 3",
        "  out  float32  4, strides 1",
      ].join("\n"),
    );
  });

  it.each([
    ["ij->i", { reduce: "mean" }, "out[i] = acc / 3 where acc = sum over j of a[i, j]"],
    ["ij->i", { reduce: "max" }, "out[i] = max over j of a[i, j]"],
    ["ij,ij->i", { combine: "add", reduce: "min" }, "out[i] = min over j of a[i, j] + b[i, j]"],
    ["ij,ij->i", { combine: "max" }, "out[i] = sum over j of max(a[i, j], b[i, j])"],
    ["ij->i", { combine: "min" }, "out[i] = sum over j of a[i, j]"],
    ["ij,ij->i", { combine: "and", reduce: "any" }, "out[i] = any over j of a[i, j] and b[i, j]"],
    ["ij,ij->ij", { combine: "or" }, "out[i, j] = a[i, j] or b[i, j]"],
  ] as const)("shows %s with %j as a formula", (spec, options, formula) => {
    const shapes = spec.includes(",")
      ? [
          [2, 3],
          [2, 3],
        ]
      : [[2, 3]];
    expect(printFormula(contractionOf(spec, shapes, options))).toBe(formula);
  });

  it("uses the names that the operands were given", () => {
    const contraction = contractionOf("i,i->", [[2], [2]], { operands: ["x", "w"] });
    expect([...contraction.reads, contraction.output].map(printAccess)).toEqual(["x[i]", "w[i]", "out"]);
  });
});

describe("verification", () => {
  const sound = contractionOf("i (j + 1), j -> i", [[2, 4], [3]]);
  const [first, second] = sound.reads as [Contraction["reads"][number], Contraction["reads"][number]];

  const padded = { ...first, axes: first.axes.map((axis) => ({ ...axis, padded: true })) };
  const outsideOf = (access: number): Elementwise => ({ kind: "inside", access, value: elementOf(access), outside: 0 });

  it("accepts a padded read once the term says what it is outside", () => {
    const settled = { ...sound, reads: [padded, second], term: binary("mul", outsideOf(0), elementOf(1)) };
    expect(whyMalformed(settled)).toBeNull();
    expect(whyMalformed({ ...settled, term: skipping(sound.term, settled.reads, 0) })).toBeNull();
  });

  it("accepts what binding makes", () => {
    expect(whyMalformed(sound)).toBeNull();
    expect(whyMalformed(CONVOLUTION)).toBeNull();
    expect(whyMalformed(contractionOf("ij->", [[0, 3]]))).toBeNull();
    verifyContraction(sound);
  });

  it.each<[string, Partial<Contraction>, string]>([
    [
      "an index listed twice",
      { indices: [...sound.indices, { name: "i", size: 2, reduced: false }] },
      "an index occurs twice in the list of indices",
    ],
    [
      "a size that is no count",
      { indices: sound.indices.map((index) => ({ ...index, size: 1.5 })) },
      "index i has size 1.5",
    ],
    [
      "an axis without an expression",
      { reads: [{ ...first, axes: first.axes.slice(1) }, second] },
      "a: 1 axis expressions for rank 2",
    ],
    [
      "an axis without a stride",
      { reads: [{ ...first, tensor: { ...first.tensor, strides: [4] } }, second] },
      "a: 1 strides",
    ],
    [
      "an expression over a stranger",
      { reads: [first, { ...second, axes: [{ expression: variableAffine("z", 2), padded: false }] }] },
      "b: 2*z uses z, which is no index",
    ],
    [
      "a read that leaves its axis",
      { reads: [{ ...first, tensor: { ...first.tensor, shape: [2, 3] } }, second] },
      "a: j + 1 leaves axis 1 of size 3, which is not padded",
    ],
    [
      "a read before its axis",
      { reads: [first, { ...second, axes: [{ expression: constantAffine(-1), padded: false }] }] },
      "b: -1 leaves axis 0 of size 3, which is not padded",
    ],
    ["a read that there is not", { term: binary("mul", elementOf(0), elementOf(2)) }, "there is no read 2"],
    [
      "a padded read of which the term does not say what lies outside",
      { reads: [padded, second] },
      "the term does not say what a, which is padded, is outside",
    ],
    [
      "a condition on another read",
      { reads: [padded, second], term: binary("mul", elementOf(0), outsideOf(1)) },
      "the term does not say what a, which is padded, is outside",
    ],
    ["a reduced value in the term", { term: binary("mul", elementOf(0), VALUE) }, "its term reads a reduced value"],
    [
      "a state without its monoid",
      { term: { kind: "tuple", parts: [elementOf(0), elementOf(1)] } },
      "its term has not 1 components",
    ],
    ["a monoid without its state", { reduce: firstExtreme("max") }, "its term has not 2 components"],
    [
      "a state of integers",
      { reduce: firstExtreme("max"), term: { kind: "tuple", parts: [elementOf(0), elementOf(1)] }, dtype: "int32" },
      "first max reduces doubles alone",
    ],
    [
      "a state in an expression",
      { term: binary("mul", elementOf(0), { kind: "tuple", parts: [elementOf(1)] }) },
      "an expression holds a tuple",
    ],
    [
      "a padded read beside a value",
      { reads: [padded], term: constantOf(1), finish: binary("add", VALUE, elementOf(0)) },
      "a is padded, but read beside a value",
    ],
    [
      "a finish that reads by a reduced index",
      { reads: [first, second, second], finish: binary("add", VALUE, elementOf(2)) },
      "b is read in the finish by j, which is no axis of the output",
    ],
    [
      "a reduced index in the output",
      { indices: sound.indices.map((index) => ({ ...index, reduced: true })) },
      "index i is reduced, yet the output depends on it",
    ],
  ])("tells of %s", (_, change, why) => {
    const malformed = { ...sound, ...change };
    expect(whyMalformed(malformed)).toBe(why);
    expect(() => verifyContraction(malformed)).toThrow(InternalError);
    expect(() => verifyContraction(malformed)).toThrow(`malformed contraction i (j + 1), j -> i: ${why}`);
  });

  it("does not ask where nothing is read", () => {
    const empty = { ...sound, indices: sound.indices.map((index) => ({ ...index, size: 0 })) };
    expect(whyMalformed(empty)).toBeNull();
  });
});

describe("binding", () => {
  it("lists kept indices in the order of the output, then reduced ones as they appear", () => {
    const { indices } = contractionOf("lmk,kji->jl", [
      [2, 3, 4],
      [4, 5, 6],
    ]);
    expect(indices.map(({ name, reduced }) => (reduced ? `-${name}` : name)).join(" ")).toBe("j l -m -k -i");
  });

  it("gives the axes of an ellipsis names that the spec does not use", () => {
    const { indices } = contractionOf("e0 ... -> ... e0", [[2, 3, 4]]);
    expect(indices.map(({ name, size }) => `${name} ${size}`)).toEqual(["ee0 3", "ee1 4", "e0 2"]);
  });

  it("names operands a, b, ... and goes on after z", () => {
    const { reads } = contractionOf(new Array(28).fill("n1").join(", ") + " -> n1 ()", new Array(28).fill([2]));
    expect(reads.map(({ tensor }) => tensor.name).join("")).toBe("abcdefghijklmnopqrstuvwxyza1b1");
  });

  it("names operands in capitals where an index has the name of one, and longer where it has both", () => {
    const namesOf = (spec: string, shapes: number[][]): string[] =>
      contractionOf(spec, shapes).reads.map(({ tensor }) => tensor.name);
    expect(
      namesOf("ab,bc->ac", [
        [2, 3],
        [3, 4],
      ]),
    ).toEqual(["A", "B"]);
    expect(namesOf("aAi,i->a", [[2, 3, 4], [4]])).toEqual(["A_", "B"]);
    expect(
      namesOf("ic,ci->c", [
        [2, 3],
        [3, 2],
      ]),
    ).toEqual(["a", "b"]);
  });

  it("prints a parameter in parentheses back as an expression", () => {
    const contraction = contractionOf("i (p) -> i", [[2, 3]], { params: { p: 2 } });
    expect(printSpecOf(contraction)).toBe("i (p) -> i");
    expect(contraction.reads.map(printAccess)).toEqual(["a[i, 2]"]);
  });

  it("divides a mean by the count of its reduced indices", () => {
    expect(contractionOf("ijk->j", [[2, 3, 4]], { reduce: "mean" }).finish).toEqual({
      kind: "binary",
      operator: "div",
      left: { kind: "value" },
      right: { kind: "constant", value: 8 },
    });
  });
});
