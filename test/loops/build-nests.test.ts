import { describe, expect, it } from "vitest";
import type { CompileOptions } from "../../src/index.ts";
import { printNest } from "../../src/loops/describe-nests.ts";
import { nestsOf } from "./nests.ts";

/** The buffers and nests of a spec as text: a nest's comment stands above it. */
function built(spec: string, options: CompileOptions): string[] {
  const { nests, operands, output, scratch } = nestsOf(spec, options);
  return [
    ...[...operands, output, ...scratch].map(({ role, name, dtype, length }) => `${role} ${name}: ${dtype}, ${length}`),
    ...nests.flatMap((nest) => [...(nest.comment ? [`// ${nest.comment}`] : []), printNest(nest)]),
  ];
}

function reachOf(spec: string, options: CompileOptions): string[] {
  return nestsOf(spec, options).nests.map(
    ({ name, reach, before }) => `${name} ${reach}${before === "nothing" ? "" : `, ${before}`}`,
  );
}

describe("building nests", () => {
  it("makes one nest of one step, over flat addresses", () => {
    expect(
      built("ij,jk->ik", {
        shapes: [
          [4, 3],
          [3, 5],
        ],
      }),
    ).toEqual([
      "operand a: float64, 12",
      "operand b: float64, 15",
      "output out: float64, 20",
      "nest out[5*i + k] sum= a[3*i + j] * b[5*j + k]",
    ]);
  });

  it("hands what a step makes to the next in scratch, each nest with its formula", () => {
    expect(
      built("ij,jk,kl->il", {
        shapes: [
          [2, 3],
          [3, 4],
          [4, 5],
        ],
        dtype: "float32",
      }),
    ).toEqual([
      "operand a: float32, 6",
      "operand b: float32, 12",
      "operand c: float32, 20",
      "output out: float32, 10",
      "scratch t0: float64, 8",
      "// t0[i, k] = sum over j of a[i, j] * b[j, k]",
      "nest t0[4*i + k] sum= a[3*i + j] * b[4*j + k]",
      "// out[i, l] = sum over k of c[k, l] * t0[i, k]",
      "nest out[5*i + l] sum= c[5*k + l] * t0[4*i + k]",
    ]);
  });

  it("keeps scratch of integers in their dtype", () => {
    const { scratch } = nestsOf("ij,jk,kl->il", {
      shapes: [
        [2, 3],
        [3, 4],
        [4, 5],
      ],
      dtype: "int16",
    });
    expect(scratch).toEqual([{ name: "t0", role: "scratch", dtype: "int16", length: 8 }]);
  });

  it("names no scratch as an operand is called", () => {
    const names = (operands: string[]): string[] =>
      nestsOf("ij,jk,kl->il", {
        shapes: [
          [2, 3],
          [3, 4],
          [4, 5],
        ],
        operands,
      }).scratch.map(({ name }) => name);
    expect(names(["t0", "b", "c"])).toEqual(["tt0"]);
    expect(names(["x", "y", "z"])).toEqual(["t0"]);
    const { scratch } = nestsOf("(x+k-1),k->x", { shapes: [[5], [3]], operands: ["a", "aPadded"] });
    expect(scratch.map(({ name }) => name)).toEqual(["aPadded2"]);
  });

  it("reads strided and offset operands where they lie, with strides of 0 and below", () => {
    const options = {
      shapes: [
        [3, 4],
        [4, 2],
      ],
      strides: [
        [-8, 2],
        [0, 1],
      ],
      offsets: [20, 1],
    };
    expect(built("ij,jk->ik", options)).toEqual([
      "operand a: float64, 27",
      "operand b: float64, 3",
      "output out: float64, 6",
      "nest out[2*i + k] sum= a[-8*i + 2*j + 20] * b[k + 1]",
    ]);
  });

  it("leaves indices of one value out of addresses", () => {
    expect(built("ijk->j", { shapes: [[1, 4, 1]] }).at(-1)).toBe("nest out[j] sum= a[j]");
  });

  it("makes of a window an address, and of a repeated index the diagonal", () => {
    expect(built("(2*x+3*k)->xk", { shapes: [[12]], sizes: { k: 2 } }).at(-1)).toBe("nest out[2*x + k] = a[3*k + 2*x]");
    expect(built("ii->i", { shapes: [[4, 4]] }).at(-1)).toBe("nest out[i] = a[5*i]");
  });

  it("addresses nothing where an index is empty", () => {
    expect(built("ij,j->i", { shapes: [[4, 0], [0]] })).toEqual([
      "operand a: float64, 0",
      "operand b: float64, 0",
      "output out: float64, 4",
      "nest out[0] sum= a[0] * b[0]",
    ]);
  });
});

describe("what a nest reaches of its target", () => {
  it.each([
    [
      "ij,jk->ik",
      {
        shapes: [
          [4, 3],
          [3, 5],
        ],
      },
      ["out once"],
    ],
    ["ij->ji", { shapes: [[4, 3]] }, ["out once"]],
    ["ij->", { shapes: [[4, 3]] }, ["out once"]],
    ["ab->(ab)", { shapes: [[4, 3]] }, ["out once"]],
    ["i->i(i)", { shapes: [[4]] }, ["out partly"]],
    ["i->(2*i)", { shapes: [[4]] }, ["out partly"]],
    ["ij->(i+j)", { shapes: [[4, 3]] }, ["out repeatedly"]],
    ["ij->(4*i+j)", { shapes: [[2, 5]] }, ["out repeatedly"]],
    ["ij->(5*i+j)", { shapes: [[2, 5]] }, ["out once"]],
    ["x,k->(x+k-1)", { shapes: [[4], [3]] }, ["outPadded repeatedly", "out once"]],
    ["(x+k-1),k->x", { shapes: [[5], [3]] }, ["aPadded partly, kept", "out once"]],
  ] as [string, CompileOptions, string[]][])("is told by the strides: %s", (spec, options, expected) => {
    expect(reachOf(spec, options)).toEqual(expected);
  });
});
