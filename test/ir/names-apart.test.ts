import { describe, expect, it } from "vitest";
import { namesApart } from "../../src/affine/affine.ts";
import { explainContraction, explainNests } from "../../src/cli/explain.ts";
import { compile, jit, type CompileOptions } from "../../src/index.ts";
import { printFormula } from "../../src/ir/print.ts";
import { mul, symbol, tensor } from "../../src/lazy/index.ts";
import { printKernel } from "../../src/loops/print-kernel.ts";

const CASES: readonly (readonly [spec: string, options: CompileOptions, formula: string])[] = [
  [
    "b h q d, b h k d -> b h q k",
    { shapes: [[2, 3, 4, 5], [2, 3, 6, 5]], operands: ["q", "k"] },
    "out[b, h, q2, k2] = sum over d of q[b, h, q2, d] * k[b, h, k2, d]",
  ],
  ["i->", { shapes: [[7]], operands: ["i"] }, "out[0] = sum over i2 of i[i2]"],
  ["ij,jk->ik", { shapes: [[4, 5], [5, 6]], operands: ["j", "x"] }, "out[i, k] = sum over j2 of j[i, j2] * x[j2, k]"],
  ["out j, j -> out", { shapes: [[3, 4], [4]] }, "out[out2] = sum over j of a[out2, j] * b[j]"],
  [
    "q(2*x+k),ok->qox",
    { shapes: [[9, 9], [3, 4]], operands: ["x", "k"] },
    "out[q, o, x2] = sum over k2 of x[q, 2*x2 + k2] * k[o, k2]",
  ],
  ["i1 i12, i12 -> i1", { shapes: [[3, 4], [4]], operands: ["i1", "i12"] }, "out[i1_2] = sum over i12_2 of i1[i1_2, i12_2] * i12[i12_2]"],
  ["i i2, i2 -> i", { shapes: [[3, 4], [4]], operands: ["i", "b"] }, "out[i3] = sum over i2 of i[i3, i2] * b[i2]"],
  ["i->i", { shapes: [["n"]], operands: ["i"] }, "out[i2] = i[i2]"],
]; // prettier-ignore

describe("an index that an operand is called like", () => {
  it.each(CASES)("has another name in every print of %s", (spec, options, formula) => {
    const compilation = compile(spec, { ...options, dtype: "float32" });
    expect(printFormula(compilation.contraction)).toBe(formula.replace("out[0]", "out"));
    const prints = [explainContraction(compilation), explainNests(compilation), printKernel(compilation.kernel)];
    for (const { tensor: { name } } of [...compilation.contraction.reads, compilation.contraction.output]) {
      const inBrackets = new RegExp(`\\[[^\\]]*(?<![\\p{ID_Continue}])${name}(?![\\p{ID_Continue}])[^\\]]*\\]`, "u");
      const asLoop = new RegExp(`for ${name} |  ${name} +\\d+ +(batch|left|right|contracted|summed)`, "u");
      for (const print of prints) {
        expect(print).not.toMatch(inBrackets);
        expect(print).not.toMatch(asLoop);
      }
      expect(compilation.source.text).not.toMatch(inBrackets);
    }
  }); // prettier-ignore

  it("is called by its own name everywhere else, and computes the same", () => {
    const options = { shapes: [[2, 5], [3, 5]], operands: ["q", "k"], tile: { q: 2 } }; // prettier-ignore
    const kernel = jit("q d, k d -> q k", options);
    const [q, k] = [Float64Array.from({ length: 10 }, (_, at) => at), Float64Array.from({ length: 15 }, (_, at) => 2 * at)];
    const plain = jit("q d, k d -> q k", { shapes: options.shapes });
    expect([...kernel(q, k)]).toEqual([...plain(q, k)]);
    expect(kernel.compilation.contraction.indices.map(({ name }) => name)).toEqual(["q", "k", "d"]);
  }); // prettier-ignore

  it("has another name in the loops of a lazy graph", () => {
    const [i, j] = [symbol("i"), symbol("j")];
    const graph = mul(tensor(3, 4, { name: "i" }).to(i, j), tensor(4, { name: "b" }).to(j)).sum(j);
    expect(graph.loopTree).toContain("i[4*i2 + j] * b[j]");
    expect(graph.loopTree).not.toMatch(/i\[[^\]]*\bi\b/);
  });
});

describe("names apart", () => {
  it("keep clear of tensors, of other variables and of each other", () => {
    const nameOf = namesApart(["i", "i2", "h", "a1"], ["i", "i3", "a1", "h"]);
    expect(["i", "i2", "h", "a1", "h*i", "$n"].map(nameOf)).toEqual(["i4", "i2", "h2", "a1_2", "h2*i4", "$n"]);
  });
});
