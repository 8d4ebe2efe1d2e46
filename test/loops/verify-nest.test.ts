import { describe, expect, it } from "vitest";
import { constantAffine, variableAffine } from "../../src/affine/affine.ts";
import { firstExtreme } from "../../src/grad/extremes.ts";
import { elementOf } from "../../src/ir/elementwise.ts";
import { InternalError } from "../../src/support/errors.ts";
import type { LoopNest } from "../../src/loops/nest.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { loopsOf, nestOf } from "./nests.ts";

const MATMUL = nestOf("ij,jk->ik", {
  shapes: [
    [4, 3],
    [3, 5],
  ],
});

function withLoops(loops: string): LoopNest {
  return { ...MATMUL, loops: loopsOf(loops) };
}

describe("verifyNest", () => {
  it.each(["i, j, k", "k unroll 2, i, j unroll 9", "i in tiles of 2, k, i in tiles of 1, j, i"])(
    "accepts %s",
    (loops) => {
      expect(() => verifyNest(withLoops(loops))).not.toThrow();
    },
  );

  it("needs no loop over an index of one value, nor any where one is empty", () => {
    expect(() => verifyNest(nestOf("i->", { shapes: [[1]] }))).not.toThrow();
    expect(() => verifyNest(nestOf("ij->i", { shapes: [[3, 0]] }))).not.toThrow();
  });

  it("wants memory for states that meet", () => {
    const place = { kind: "integer", value: variableAffine("j") } as const;
    const term = { kind: "tuple", parts: [elementOf(0), place] } as const;
    const loops = loopsOf("i, j");
    const nest = { ...nestOf("ij->(i+j)", { shapes: [[4, 3]] }), loops, reduce: firstExtreme("max"), term };
    const reason = "malformed nest out: it has no memory for its states";
    expect(() => verifyNest(nest)).toThrow(new InternalError(reason));
    expect(() => verifyNest({ ...nest, states: [nest.target.buffer] })).not.toThrow();
  });

  it.each<[string, LoopNest, string]>([
    ["an index without a loop", withLoops("i, k"), "index j has 0 serial loops"],
    ["an index of two loops", withLoops("i, j, k, j"), "index j has 2 serial loops"],
    ["a tile alone", withLoops("i, j, k in tiles of 2"), "index k has 0 serial loops"],
    ["a tile inside", withLoops("i, j, i in tiles of 2, k"), "the loop over i lies outside its tile"],
    ["a step of 0", withLoops("i, j unroll 0, k"), "the loop over j has step 0"],
    ["a loop over no index", withLoops("i, j, k, z"), "there is a loop over z, which is no index"],
    [
      "an index twice",
      { ...withLoops("i, j, k"), indices: [...MATMUL.indices, ...MATMUL.indices] },
      "an index occurs twice",
    ],
    [
      "an address of a stranger",
      { ...withLoops("i, j, k"), target: { ...MATMUL.target, address: variableAffine("z") } },
      "out is addressed by z, which is no index",
    ],
    [
      "an address behind the buffer",
      { ...withLoops("i, j, k"), target: { ...MATMUL.target, address: variableAffine("i", 7) } },
      "out[7*i] spans 0 to 21 of 20 elements",
    ],
    [
      "an address before the buffer",
      { ...withLoops("i, j, k"), target: { ...MATMUL.target, address: constantAffine(-1) } },
      "out[-1] spans -1 to -1 of 20 elements",
    ],
  ])("refuses %s", (_, nest, reason) => {
    expect(() => verifyNest(nest)).toThrow(new InternalError(`malformed nest out: ${reason}`));
  });
});
