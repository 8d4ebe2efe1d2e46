/** Axes that lie together: which are one loop, and which are not. */
import { describe, expect, it } from "vitest";
import { compile, einsum, jit, type CompileOptions } from "../../src/index.ts";
import { fuseAxes } from "../../src/loops/fuse-axes.ts";
import { printNest } from "../../src/loops/describe-nests.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { reference } from "../support/reference.ts";
import { nestOf } from "./nests.ts";

/** The statement of a nest, and the sizes of its indices. */
function fusedOf(spec: string, options: CompileOptions, spoken: readonly string[] = []): string[] {
  const nest = fuseAxes(nestOf(spec, options), new Set(spoken));
  const [statement] = printNest(nest).split("\n");
  return [
    (statement as string).slice("nest ".length),
    nest.indices.map(({ name, size }) => `${name} ${size}`).join(", "),
  ];
}

describe("axes that lie together", () => {
  it.each<[string, string, CompileOptions, string, string]>([
    ["a copy", "ijk->ijk", { shapes: [[2, 3, 4]] }, "out[ijk] = a[ijk]", "ijk 24"],
    ["a sum", "ijkl->", { shapes: [[2, 3, 4, 5]] }, "out[0] sum= a[i_to_l]", "i_to_l 120"],
    ["groups by role", "abcd,cdef->abef", { shapes: [[2, 3, 4, 5], [4, 5, 6, 7]] }, "out[42*ab + ef] sum= A[20*ab + cd] * B[42*cd + ef]", "ab 6, ef 42, cd 20"], // prettier-ignore
    [
      "a transpose of groups",
      "abcd->cdab",
      { shapes: [[2, 3, 4, 5]] },
      "out[6*cd + ab] = A[20*ab + cd]",
      "cd 20, ab 6",
    ],
    ["a repeated group", "ij,k->ijk", { shapes: [[3, 4], [5]] }, "out[5*ij + k] = a[ij] * b[k]", "ij 12, k 5"],
    ["axes of one value between", "i1j->ij", { shapes: [[3, 1, 4]], notation: "compact" }, "out[ij] = a[ij]", "ij 12"],
    ["patches", "(2*y + u) -> y u", { shapes: [[8]], sizes: { u: 2 } }, "out[yu] = a[yu]", "yu 8"],
    ["a name that is taken", "i j ij -> i j ij", { shapes: [[2, 3, 4]] }, "out[i_j_ij] = a[i_j_ij]", "i_j_ij 24"],
  ])("are one loop: %s", (_, spec, options, statement, indices) => {
    expect(fusedOf(spec, options)).toEqual([statement, indices]);
  });

  it.each<[string, string, CompileOptions, number]>([
    ["in another order", "ij->ji", { shapes: [[3, 4]] }, 2],
    ["of another role", "ij->i", { shapes: [[3, 4]] }, 2],
    ["read apart by another operand", "ij,j->ij", { shapes: [[3, 4], [4]] }, 2],
    ["with a gap", "ij->ij", { shapes: [[3, 4]], strides: [[5, 1]] }, 2],
    ["windows that overlap", "(y + u) -> y u", { shapes: [[9]], sizes: { u: 3 } }, 2],
    ["of no values", "ij->ij", { shapes: [[0, 4]] }, 2],
  ])("are left apart: %s", (_, spec, options, count) => {
    expect(fuseAxes(nestOf(spec, options)).indices).toHaveLength(count);
  });

  it("stay apart where sizes are left to run time", () => {
    const { nests } = compile("ij->ij", { shapes: [["n", 4]] });
    expect(nests[0]?.indices.map(({ name }) => name)).toEqual(["i", "j"]);
  });

  it("stay apart where a caller speaks of one", () => {
    expect(fusedOf("ijk->ijk", { shapes: [[2, 3, 4]] }, ["j"])[1]).toBe("i 2, j 3, k 4");
    const { nests } = compile("ijk->ijk", { shapes: [[2, 3, 4]], unroll: { k: 2 } });
    expect(nests[0]?.indices.map(({ name }) => name)).toEqual(["ij", "k"]);
  });

  it("are found in any order of many", () => {
    const letters = [..."abcdefghijklmnopqr"];
    const shape = letters.map(() => 2);
    const spec = `${letters.join("")}->${[...letters.slice(9), ...letters.slice(0, 9)].join("")}`;
    const { contraction, nests } = compile(spec, { shapes: [shape] });
    nests.forEach(verifyNest);
    expect(nests.at(-1)?.indices.map(({ name, size }) => [name, size])).toEqual([["j_to_r", 512], ["a_to_i", 512]]); // prettier-ignore
    const data = Float64Array.from({ length: 2 ** 18 }, (_, at) => at % 1013);
    const expected = reference(contraction, [data]);
    expect(jit(spec, { shapes: [shape] })(data)).toEqual(expected);
    expect(einsum(spec, { data, shape }).data).toEqual(expected);
  });

  it("keep the positions that a gradient speaks of", () => {
    const data = Float64Array.from([1, 5, 2, 5, 0, 3]);
    const nest = compile("ij->", { shapes: [[2, 3]], reduce: "max" }).nests[0];
    expect(nest?.indices.map(({ name }) => name)).toEqual(["ij"]);
    expect(jit("ij->", { shapes: [[2, 3]], reduce: "max" })(data)).toEqual(Float64Array.of(5));
  });
});
